//! TR-31 key blocks, under a KEK of the service or under a key agreed on.

use keyblock::ClearKey;
use keyblock::tr31::{self, LengthMasking, Version};
use serde::Deserialize;

use super::moved_key::MovedKey;
use super::{Wrapped, WrappedKeyMaterialFormat};
use crate::crypto::material::random_bytes;
use crate::model::certificate_text::CertificateText;
use crate::model::identifiers::{KeyArn, KeyIdentifier};
use crate::model::key_block_headers::KeyBlockHeaders;
use crate::operations::agreement::{
    Agreement, DerivationData, DeriveKeyAlgorithm, KeyDerivationFunction,
    KeyDerivationHashAlgorithm,
};
use crate::operations::call::Call;
use crate::operations::key_encryption_keys::{Protection, key_encryption_key};
use crate::protocol::error::ServiceError;

/// A key block under a KEK: version B under TDES, D under AES.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tr31KeyBlock {
    wrapping_key_identifier: KeyIdentifier,
    key_block_headers: Option<KeyBlockHeaders>,
}

impl Tr31KeyBlock {
    pub(super) fn wrap(
        self,
        call: &mut Call<'_>,
        moved: &MovedKey,
    ) -> Result<Wrapped, ServiceError> {
        let kek = key_encryption_key(call, &self.wrapping_key_identifier, Protection::Wrap)?;
        kek.check_strength(moved.algorithm)?;
        wrap(moved, self.key_block_headers, &kek.key, kek.arn)
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
    key_block_headers: Option<KeyBlockHeaders>,
}

impl DiffieHellmanTr31KeyBlock {
    /// INFERRED: initial DUKPT keys leave in all kinds of TR-31 key blocks, so in these too.
    pub(super) fn wrap(
        self,
        call: &mut Call<'_>,
        moved: &MovedKey,
    ) -> Result<Wrapped, ServiceError> {
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
        agreed.check_strength(moved.algorithm)?;
        wrap(moved, self.key_block_headers, &agreed.key, agreed.arn)
    }
}

/// The version follows from the key that protects the block. INFERRED for agreed TDES keys: no sample
/// derives them.
fn wrap(
    moved: &MovedKey,
    headers: Option<KeyBlockHeaders>,
    protection_key: &ClearKey,
    wrapping_key_arn: KeyArn,
) -> Result<Wrapped, ServiceError> {
    let version = if Version::D.accepts_protection_key(protection_key.algorithm()) {
        Version::D
    } else {
        Version::B
    };
    let header = moved.header(version, headers)?;
    let random = random_bytes()?;
    let masking = LengthMasking::Maximum;
    Ok(Wrapped {
        format: WrappedKeyMaterialFormat::Tr31KeyBlock,
        key_material: tr31::wrap(&moved.key, &header, masking, protection_key, &random)?,
        wrapping_key_arn,
    })
}
