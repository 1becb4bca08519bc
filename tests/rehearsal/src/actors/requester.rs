//! The requester: orders working keys for a partner.

use anyhow::{Context, Result};
use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value;

use crate::actors::Folder;
use crate::stack::connection::Connection;

/// Whoever may write below `orders/`.
#[derive(Clone, Copy, Debug)]
pub struct Requester<'a> {
    connection: &'a Connection,
    folder: &'a Folder,
}

impl<'a> Requester<'a> {
    pub fn new(connection: &'a Connection, folder: &'a Folder) -> Self {
        Self { connection, folder }
    }

    /// Places an order.
    pub async fn orders(&self, name: &str, order: &Value) -> Result<()> {
        let key = self.folder.key(&format!("orders/{name}.json"));
        self.puts(key, order.to_string()).await
    }

    /// Places a file that an order refers to.
    pub async fn attaches(&self, name: &str, file: &str, text: String) -> Result<()> {
        self.puts(self.folder.key(&format!("orders/{name}/{file}")), text)
            .await
    }

    async fn puts(&self, key: String, text: String) -> Result<()> {
        let put = self
            .connection
            .s3()?
            .put_object()
            .bucket(self.connection.output("INBOX_BUCKET")?)
            .key(&key)
            .body(ByteStream::from(text.into_bytes()))
            .send();
        put.await.with_context(|| format!("placing {key}"))?;
        Ok(())
    }
}
