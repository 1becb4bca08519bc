//! Symmetric keys that protect others on their way.

use keyblock::ClearKey;

use crate::crypto::material::KeyMaterial;
use crate::model::attributes::{KeyAlgorithm, KeyModesOfUse, KeyUsage};
use crate::model::identifiers::{KeyArn, KeyIdentifier};
use crate::model::strength::{self, TooWeak};
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;

/// A key-encrypting key (KEK) of the service.
pub struct KeyEncryptionKey {
    pub arn: KeyArn,
    algorithm: KeyAlgorithm,
    pub key: ClearKey,
}

impl KeyEncryptionKey {
    /// No key travels under a weaker one.
    pub fn check_strength(&self, moved: KeyAlgorithm) -> Result<(), TooWeak> {
        strength::check(strength::key_block_may_protect, self.algorithm, moved)
    }
}

/// What a KEK is to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protection {
    Unwrap,
    Wrap,
}

/// The usable KEK that `WrappingKeyIdentifier` means.
///
/// The guide lists the modes of a key block protection key: `{Encrypt, Wrap}` exports,
/// `{Decrypt, Unwrap}` imports, all four do both. One without restrictions is not listed.
pub fn key_encryption_key(
    call: &mut Call<'_>,
    identifier: &KeyIdentifier,
    protection: Protection,
) -> Result<KeyEncryptionKey, ServiceError> {
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, identifier)?;
    record.check_usable()?;
    let attributes = record.attributes;
    let one_way = match protection {
        Protection::Unwrap => KeyModesOfUse::DECRYPT_UNWRAP,
        Protection::Wrap => KeyModesOfUse::ENCRYPT_WRAP,
    };
    let allowed = [one_way, KeyModesOfUse::ENCRYPT_DECRYPT_WRAP_UNWRAP];
    let refused = |what: &str| {
        ServiceError::Validation(format!("WrappingKeyIdentifier: {identifier} {what}"))
    };
    match &record.material {
        KeyMaterial::Symmetric(key)
            if matches!(attributes.key_usage, KeyUsage::K0 | KeyUsage::K1) =>
        {
            if !allowed.contains(&attributes.key_modes_of_use) {
                return Err(refused(match protection {
                    Protection::Unwrap => "may not unwrap keys",
                    Protection::Wrap => "may not wrap keys",
                }));
            }
            Ok(KeyEncryptionKey {
                arn: record.arn.clone(),
                algorithm: attributes.key_algorithm,
                key: key.clone(),
            })
        }
        _ => Err(refused("is not a TR31_K0 or TR31_K1 key")),
    }
}
