//! The operator: says what is expected of a partner before the partner drops anything.

use anyhow::{Context, Result};
use aws_sdk_ssm::types::ParameterType;
use serde_json::Value;

use crate::actors::Folder;
use crate::stack::connection::Connection;

/// Whoever may write profiles.
#[derive(Clone, Copy, Debug)]
pub struct Operator<'a> {
    connection: &'a Connection,
}

impl<'a> Operator<'a> {
    pub fn new(connection: &'a Connection) -> Self {
        Self { connection }
    }

    /// Writes the profile of one folder; a present one is replaced.
    pub async fn put_profile(&self, folder: &Folder, profile: &Value) -> Result<()> {
        self.connection
            .ssm()?
            .put_parameter()
            .name(folder.profile_parameter())
            .value(profile.to_string())
            .r#type(ParameterType::String)
            .overwrite(true)
            .send()
            .await
            .with_context(|| format!("writing the profile of {folder}"))?;
        Ok(())
    }
}
