//! The key that leaves.

use keyblock::ClearKey;
use keyblock::dukpt::{self, KeySerialNumber};
use keyblock::tr31::{Header, Version};
use serde::Deserialize;

use crate::crypto::material::KeyMaterial;
use crate::model::attributes::{KeyAlgorithm, KeyUsage};
use crate::model::identifiers::KeyIdentifier;
use crate::model::key_block::KeyBlockPurpose;
use crate::model::key_block_headers::KeyBlockHeaders;
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;

/// A key that may leave.
pub struct MovedKey {
    pub algorithm: KeyAlgorithm,
    pub key: ClearKey,
    purpose: KeyBlockPurpose,
    /// `None` for an initial DUKPT key, which is not a key of the service.
    pub usage: Option<KeyUsage>,
}

impl MovedKey {
    /// The key to give out: symmetric, usable, exportable. INFERRED: a key that is not exportable
    /// is a ValidationException.
    pub fn find(call: &mut Call<'_>, identifier: &KeyIdentifier) -> Result<Self, ServiceError> {
        let mut state = call.store.lock();
        let partition = state.partition(&call.scope, call.now);
        let record = call.resolve(partition, identifier)?;
        record.check_usable()?;
        if !record.exportable {
            return Err(ServiceError::Validation(format!(
                "{identifier} is not exportable"
            )));
        }
        match (&record.material, KeyBlockPurpose::of(&record.attributes)) {
            (KeyMaterial::Symmetric(key), Some(purpose)) => Ok(Self {
                algorithm: record.attributes.key_algorithm,
                key: key.clone(),
                purpose,
                usage: Some(record.attributes.key_usage),
            }),
            _ => Err(ServiceError::Validation(format!(
                "{identifier} is not a symmetric key"
            ))),
        }
    }

    /// The header of a key block with it.
    pub fn header(
        &self,
        version: Version,
        headers: Option<KeyBlockHeaders>,
    ) -> Result<Header, ServiceError> {
        let mut header = self.purpose.header(version).ok_or_else(|| {
            ServiceError::Validation("no mode of use of a key block fits the key".to_owned())
        })?;
        headers
            .unwrap_or_default()
            .apply(&self.purpose, &mut header)?;
        Ok(header)
    }
}

/// Not the base derivation key (BDK) leaves, but the initial key of one device.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExportDukptInitialKey {
    key_serial_number: SerialNumberText,
}

impl ExportDukptInitialKey {
    pub fn derive(self, base: MovedKey) -> Result<MovedKey, ServiceError> {
        let ExportDukptInitialKey {
            key_serial_number: SerialNumberText(serial_number),
        } = self;
        if base.usage != Some(KeyUsage::B0) {
            return Err(ServiceError::Validation(format!(
                "ExportDukptInitialKey: the key is not a {}",
                KeyUsage::B0
            )));
        }
        let key = dukpt::initial_key(serial_number, &base.key)
            .map_err(|error| ServiceError::Validation(format!("ExportDukptInitialKey: {error}")))?;
        Ok(MovedKey {
            algorithm: base.algorithm,
            purpose: KeyBlockPurpose::initial_key(key.algorithm()),
            key,
            usage: None,
        })
    }
}

/// 20 or 24 of `[0-9A-F]`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct SerialNumberText(KeySerialNumber);

impl TryFrom<String> for SerialNumberText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
            .map(Self)
            .map_err(|_| "value must be 20 or 24 of [0-9A-F]".to_owned())
    }
}
