//! A partner: makes its chain, drops it, fetches what comes back, and opens that.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use partner::{Certified, Opened, Package, Pki, Receiver};
use serde_json::Value;

use crate::actors::Folder;
use crate::stack::connection::Connection;

/// The files of a package, by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// One partner at one of its folders.
#[derive(Clone, Copy, Debug)]
pub struct Partner<'a> {
    connection: &'a Connection,
    folder: &'a Folder,
}

impl<'a> Partner<'a> {
    pub fn new(connection: &'a Connection, folder: &'a Folder) -> Self {
        Self { connection, folder }
    }

    /// Drops a file into the folder. Returns the version that it became.
    pub async fn drops(&self, file: &str, bytes: impl Into<Vec<u8>>) -> Result<String> {
        self.drops_at(&self.folder.key(file), bytes).await
    }

    /// The same under an inbox key that somebody has told.
    pub async fn drops_at(&self, key: &str, bytes: impl Into<Vec<u8>>) -> Result<String> {
        let answer = self
            .connection
            .s3()?
            .put_object()
            .bucket(self.connection.output("INBOX_BUCKET")?)
            .key(key)
            .body(ByteStream::from(bytes.into()))
            .send()
            .await
            .with_context(|| format!("dropping {key}"))?;
        answer.version_id.context("the inbox is not versioned")
    }

    /// Drops every certificate of a chain, one file each. Returns how many files that were.
    pub async fn drops_chain(&self, pki: &Pki) -> Result<usize> {
        let files = files(pki);
        for (file, certificate) in &files {
            self.drops(file, certificate.pem()).await?;
        }
        Ok(files.len())
    }

    /// Asks for something, by a document and the certificates beside it.
    pub async fn requests(
        &self,
        name: &str,
        request: &Value,
        beside: &[(&str, String)],
    ) -> Result<()> {
        for (file, pem) in beside {
            self.drops(&format!("requests/{name}/{file}"), pem.as_str())
                .await?;
        }
        let document = format!("requests/{name}.json");
        self.drops(&document, request.to_string()).await.map(drop)
    }

    /// What lies at a place in the outbox that an event names.
    pub async fn fetches_at(&self, location: &Value) -> Result<Files> {
        let member = |name: &str| location[name].as_str().context("a bucket and a key");
        self.connection
            .download(member("bucket")?, member("key")?)
            .await
    }

    /// The package of a ceremony; no files when there is none.
    pub async fn fetches(&self, ceremony: &str) -> Result<Files> {
        let outbox = self.connection.output("OUTBOX_BUCKET")?;
        let prefix = format!("{}/{ceremony}/", self.folder);
        self.connection.download(outbox, &prefix).await
    }

    /// Opens a package: every digest, both signatures, the KEK, its check value.
    ///
    /// Then the KEK is held to the one in Payment Cryptography, which no real partner could do.
    pub async fn opens(&self, files: Files, leaf: &Certified) -> Result<Opened> {
        self.opens_as(files, &Receiver::new(leaf)).await
    }

    /// The same with what the partner knows besides: the nonce that it sent, say.
    pub async fn opens_as(&self, files: Files, receiver: &Receiver<'_>) -> Result<Opened> {
        let opened = Package::from_files(files)
            .open_as(receiver)
            .context("the partner says no")?;
        let management = self.connection.management()?;
        let key_arn = &opened.manifest.kek.key_arn;
        if !management.holds(key_arn, opened.kek.expose()).await? {
            bail!("the unwrapped KEK is not the one in Payment Cryptography");
        }
        Ok(opened)
    }
}

/// A chain as files, by the names that a partner would choose.
pub fn files(pki: &Pki) -> Vec<(&'static str, &Certified)> {
    const INTERMEDIATES: [&str; 3] = [
        "intermediate.pem",
        "intermediate-2.pem",
        "intermediate-3.pem",
    ];
    assert!(
        pki.intermediates.len() <= INTERMEDIATES.len(),
        "no names for so many intermediates"
    );
    let mut files = vec![("root.pem", &pki.root)];
    files.extend(INTERMEDIATES.into_iter().zip(&pki.intermediates));
    files.push(("leaf.pem", &pki.leaf));
    files
}
