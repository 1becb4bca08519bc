//! Keys agreed on between two parties (ECDH), to protect a key block with.

use keyblock::{ClearKey, SymmetricAlgorithm, key_derivation};
use serde::Deserialize;

use crate::crypto::private_keys::agree_on_secret;
use crate::model::attributes::{KeyAlgorithm, KeyModesOfUse, KeyUsage, wire_enum};
use crate::model::certificate_text::CertificateText;
use crate::model::hex_text::SharedInformation;
use crate::model::identifiers::{KeyArn, KeyIdentifier};
use crate::model::strength::{self, TooWeak};
use crate::operations::authorities::certified;
use crate::operations::call::Call;
use crate::operations::key_pairs::key_pair_for;
use crate::protocol::error::ServiceError;

/// What both parties must say alike to agree on the same key.
pub struct Agreement {
    pub private_key_identifier: KeyIdentifier,
    pub certificate_authority_public_key_identifier: KeyIdentifier,
    pub public_key_certificate: CertificateText,
    pub derive_key_algorithm: DeriveKeyAlgorithm,
    pub key_derivation_function: KeyDerivationFunction,
    pub key_derivation_hash_algorithm: KeyDerivationHashAlgorithm,
    pub derivation_data: DerivationData,
}

impl Agreement {
    /// Derives the key block protection key.
    ///
    /// The `DeriveKeyUsage` of the pair does not limit the keys that are moved: a public client
    /// moves a K0 under a pair for K1.
    pub fn reach(self, call: &mut Call<'_>) -> Result<AgreedKey, ServiceError> {
        let pair = key_pair_for(
            call,
            "PrivateKeyIdentifier",
            &self.private_key_identifier,
            KeyUsage::K3,
            &[KeyModesOfUse::DERIVE_KEY],
        )?;
        let curve = pair.attributes.key_algorithm;
        let (certificate, _) = certified(
            call,
            &self.public_key_certificate,
            &self.certificate_authority_public_key_identifier,
        )?;
        if certificate.algorithm() != curve {
            return Err(ServiceError::Validation(format!(
                "PublicKeyCertificate: the key is {}, and that of PrivateKeyIdentifier is {curve}",
                certificate.algorithm()
            )));
        }

        let DerivationData::SharedInformation(shared_information) = &self.derivation_data;
        let secret = agree_on_secret(curve, &pair.private_key, certificate.public_key())
            .map_err(|error| ServiceError::Validation(error.to_string()))?;
        let algorithm = self.derive_key_algorithm;
        let key = key_derivation::derive_key(
            self.key_derivation_function.into(),
            self.key_derivation_hash_algorithm.into(),
            &secret,
            shared_information.bytes(),
            algorithm.symmetric,
        )
        .map_err(|error| ServiceError::Validation(format!("DeriveKeyAlgorithm: {error}")))?;
        Ok(AgreedKey {
            algorithm: algorithm.name,
            arn: pair.arn,
            curve,
            key,
        })
    }
}

/// A key block protection key that both parties have.
pub struct AgreedKey {
    algorithm: KeyAlgorithm,
    /// Of the service's own pair.
    pub arn: KeyArn,
    curve: KeyAlgorithm,
    pub key: ClearKey,
}

impl AgreedKey {
    /// The guide compares the moved key with the curve. INFERRED: the derived key, too, may not be
    /// the weaker one.
    pub fn check_strength(&self, moved: KeyAlgorithm) -> Result<(), TooWeak> {
        strength::check(strength::curve_may_protect, self.curve, moved)?;
        strength::check(strength::key_block_may_protect, self.algorithm, moved)
    }
}

/// The union of one member.
#[derive(Deserialize)]
pub enum DerivationData {
    SharedInformation(SharedInformation),
}

/// `SymmetricKeyAlgorithm`: what the derived key is for.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "KeyAlgorithm")]
pub struct DeriveKeyAlgorithm {
    name: KeyAlgorithm,
    symmetric: SymmetricAlgorithm,
}

impl TryFrom<KeyAlgorithm> for DeriveKeyAlgorithm {
    type Error = String;

    fn try_from(name: KeyAlgorithm) -> Result<Self, Self::Error> {
        match name.symmetric() {
            Some(symmetric) => Ok(Self { name, symmetric }),
            None => Err(format!("value must be a symmetric algorithm, not {name}")),
        }
    }
}

wire_enum! {
    /// How the shared secret becomes a key.
    KeyDerivationFunction {
        AnsiX963 = "ANSI_X963",
        NistSp800 = "NIST_SP800",
    }
}

impl From<KeyDerivationFunction> for key_derivation::KeyDerivationFunction {
    fn from(function: KeyDerivationFunction) -> Self {
        match function {
            KeyDerivationFunction::AnsiX963 => Self::X963,
            KeyDerivationFunction::NistSp800 => Self::ConcatKdf,
        }
    }
}

wire_enum! {
    /// The hash in it.
    KeyDerivationHashAlgorithm {
        Sha256 = "SHA_256",
        Sha384 = "SHA_384",
        Sha512 = "SHA_512",
    }
}

impl From<KeyDerivationHashAlgorithm> for key_derivation::KdfHash {
    fn from(hash: KeyDerivationHashAlgorithm) -> Self {
        match hash {
            KeyDerivationHashAlgorithm::Sha256 => Self::Sha256,
            KeyDerivationHashAlgorithm::Sha384 => Self::Sha384,
            KeyDerivationHashAlgorithm::Sha512 => Self::Sha512,
        }
    }
}
