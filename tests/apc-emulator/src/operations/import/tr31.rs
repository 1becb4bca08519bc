//! TR-31 key blocks, under a KEK of the service or under a key agreed on.

use keyblock::{ClearKey, tr31};
use serde::Deserialize;

use super::Imported;
use crate::model::attributes::KeyAlgorithm;
use crate::model::certificate_text::CertificateText;
use crate::model::identifiers::KeyIdentifier;
use crate::model::key_block::Tr31WrappedKeyBlock;
use crate::model::strength::TooWeak;
use crate::operations::agreement::{
    Agreement, DerivationData, DeriveKeyAlgorithm, KeyDerivationFunction,
    KeyDerivationHashAlgorithm,
};
use crate::operations::call::Call;
use crate::operations::key_encryption_keys::{Protection, key_encryption_key};
use crate::protocol::error::ServiceError;

/// A key block under a KEK. Versions A, B and C are for TDES KEKs, D for AES KEKs.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tr31KeyBlock {
    wrapping_key_identifier: KeyIdentifier,
    wrapped_key_block: Tr31WrappedKeyBlock,
}

impl Tr31KeyBlock {
    pub(super) fn open(self, call: &mut Call<'_>) -> Result<Imported, ServiceError> {
        let kek = key_encryption_key(call, &self.wrapping_key_identifier, Protection::Unwrap)?;
        open(&self.wrapped_key_block, &kek.key, |moved| {
            kek.check_strength(moved)
        })
    }
}

/// A key block under a key that this side and the other derive from their key pairs (ECDH).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DiffieHellmanTr31KeyBlock {
    private_key_identifier: KeyIdentifier,
    certificate_authority_public_key_identifier: KeyIdentifier,
    public_key_certificate: CertificateText,
    derive_key_algorithm: DeriveKeyAlgorithm,
    key_derivation_function: KeyDerivationFunction,
    key_derivation_hash_algorithm: KeyDerivationHashAlgorithm,
    derivation_data: DerivationData,
    wrapped_key_block: Tr31WrappedKeyBlock,
}

impl DiffieHellmanTr31KeyBlock {
    pub(super) fn open(self, call: &mut Call<'_>) -> Result<Imported, ServiceError> {
        let agreement = Agreement {
            private_key_identifier: self.private_key_identifier,
            certificate_authority_public_key_identifier: self
                .certificate_authority_public_key_identifier,
            public_key_certificate: self.public_key_certificate,
            derive_key_algorithm: self.derive_key_algorithm,
            key_derivation_function: self.key_derivation_function,
            key_derivation_hash_algorithm: self.key_derivation_hash_algorithm,
            derivation_data: self.derivation_data,
        };
        let agreed = agreement.reach(call)?;
        open(&self.wrapped_key_block, &agreed.key, |moved| {
            agreed.check_strength(moved)
        })
    }
}

fn open(
    block: &Tr31WrappedKeyBlock,
    protection_key: &ClearKey,
    check_strength: impl FnOnce(KeyAlgorithm) -> Result<(), TooWeak>,
) -> Result<Imported, ServiceError> {
    let unwrapped = tr31::unwrap(block.as_str(), protection_key)?;
    let moved = KeyAlgorithm::of_symmetric(unwrapped.key.algorithm());
    check_strength(moved)?;
    Imported::from_key_block(&unwrapped.header, unwrapped.key)
}
