//! Cryptograms of AS 2805: a raw TDES key under a variant of a KEK.

use keyblock::as2805;
use serde::Deserialize;

use super::moved_key::MovedKey;
use super::{Wrapped, WrappedKeyMaterialFormat};
use crate::model::as2805::As2805KeyVariant;
use crate::model::identifiers::KeyIdentifier;
use crate::operations::call::Call;
use crate::operations::key_encryption_keys::{Protection, key_encryption_key};
use crate::protocol::error::ServiceError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct As2805KeyCryptogram {
    wrapping_key_identifier: KeyIdentifier,
    as2805_key_variant: As2805KeyVariant,
}

impl As2805KeyCryptogram {
    /// INFERRED: the variant is that of the key's usage; the receiver has nothing else to tell it.
    pub(super) fn wrap(
        self,
        call: &mut Call<'_>,
        moved: &MovedKey,
    ) -> Result<Wrapped, ServiceError> {
        let variant = self.as2805_key_variant;
        if moved.usage != Some(variant.key_usage()) {
            return Err(ServiceError::Validation(format!(
                "As2805KeyVariant: {variant} is for keys of usage {}",
                variant.key_usage()
            )));
        }
        let kek = key_encryption_key(call, &self.wrapping_key_identifier, Protection::Wrap)?;
        kek.check_strength(moved.algorithm)?;
        let cryptogram = as2805::wrap(&moved.key, variant.into(), &kek.key)?;
        Ok(Wrapped {
            format: WrappedKeyMaterialFormat::KeyCryptogram,
            key_material: hex::encode_upper(cryptogram),
            wrapping_key_arn: kek.arn,
        })
    }
}
