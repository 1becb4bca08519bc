//! Cryptograms of AS 2805: a raw TDES key under a variant of a KEK.

use keyblock::as2805;
use serde::Deserialize;

use super::Imported;
use crate::crypto::material::KeyMaterial;
use crate::model::as2805::As2805KeyVariant;
use crate::model::attributes::{KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse};
use crate::model::hex_text::WrappedKeyCryptogram;
use crate::model::identifiers::KeyIdentifier;
use crate::model::legality;
use crate::operations::call::Call;
use crate::operations::key_encryption_keys::{Protection, key_encryption_key};
use crate::protocol::error::ServiceError;

/// The variant says what the key is for. Nothing in the cryptogram shows a wrong key or KEK: the
/// caller compares check values.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct As2805KeyCryptogram {
    as2805_key_variant: As2805KeyVariant,
    key_modes_of_use: KeyModesOfUse,
    key_algorithm: KeyAlgorithm,
    exportable: bool,
    wrapping_key_identifier: KeyIdentifier,
    wrapped_key_cryptogram: WrappedKeyCryptogram,
}

impl As2805KeyCryptogram {
    pub(super) fn open(self, call: &mut Call<'_>) -> Result<Imported, ServiceError> {
        let attributes = KeyAttributes {
            key_usage: self.as2805_key_variant.key_usage(),
            key_class: KeyClass::SymmetricKey,
            key_algorithm: self.key_algorithm,
            key_modes_of_use: self.key_modes_of_use,
        };
        legality::check_created_key(&attributes)?;
        let moved = self.key_algorithm;
        let kek = key_encryption_key(call, &self.wrapping_key_identifier, Protection::Unwrap)?;
        kek.check_strength(moved)?;

        let algorithm = moved.symmetric().ok_or_else(|| {
            ServiceError::Validation(format!("KeyAlgorithm: {moved} is not symmetric"))
        })?;
        let variant = self.as2805_key_variant.into();
        let cryptogram = self.wrapped_key_cryptogram.bytes();
        let key = as2805::unwrap(cryptogram, algorithm, variant, &kek.key)?;
        Ok(Imported {
            attributes,
            exportable: self.exportable,
            material: KeyMaterial::Symmetric(key),
        })
    }
}
