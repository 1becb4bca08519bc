//! Signatures by a KMS key of ours.
//!
//! Messages over 4096 bytes, which KMS does not take, are signed by their digest. Every signature
//! is verified here, with the key that the partner gets, before it leaves. Needs kms:Sign and
//! kms:GetPublicKey on the keys that may sign; creates nothing.

mod key;

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType as KmsMessageType, SigningAlgorithmSpec};
use ceremony::algorithms::{Hash, SignatureAlgorithm};
use ceremony::digest::Sha256;
use ceremony::evidence::Deed;
use ceremony::signature::{MessageType, verifies};
use ceremony::text::shown;
use ceremony::utc::Utc;
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

pub use key::SigningKeys;

/// What KMS takes in `RAW` mode (API reference, Sign).
const MAX_RAW_BYTES: usize = 4096;

/// The key that signs, and the way to it.
pub struct Signer<'a> {
    pub kms: &'a Client,
    pub key_arn: &'a str,
}

/// The public half of a key that can sign by an algorithm.
pub struct PublicKey {
    algorithm: SignatureAlgorithm,
    /// SubjectPublicKeyInfo in DER.
    der: Vec<u8>,
}

/// A signature that verifies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signed {
    pub signature: Vec<u8>,
    pub message_type: MessageType,
}

impl PublicKey {
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The same in PEM, as the partner gets it.
    pub fn to_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("PUBLIC KEY", self.der.as_slice()), config)
    }
}

impl Signer<'_> {
    pub async fn sign(
        &self,
        key: &PublicKey,
        message: &[u8],
        journal: &Journal,
    ) -> Result<Signed, SigningError> {
        let (message_type, to_sign) = for_kms(key.algorithm, message);
        let signature = self.ask_kms(key.algorithm, message_type, to_sign).await?;
        journal.note(Deed::Signed {
            key_arn: self.key_arn.to_owned(),
        });
        if !verifies(key.algorithm, &key.der, message, &signature) {
            return Err(SigningError::SignatureInvalid {
                key_arn: self.key_arn.to_owned(),
            });
        }
        Ok(Signed {
            signature,
            message_type,
        })
    }

    /// The public key, if the key can sign as the profile asks.
    pub async fn public_key(
        &self,
        algorithm: SignatureAlgorithm,
    ) -> Result<PublicKey, SigningError> {
        let answer = self
            .kms
            .get_public_key()
            .key_id(self.key_arn)
            .send()
            .await
            .map_err(|error| ServiceError::new("kms:GetPublicKey", &error))?;
        let offered = answer.signing_algorithms();
        if !offered
            .iter()
            .any(|offered| offered.as_str() == algorithm.as_str())
        {
            let offered: Vec<&str> = offered.iter().map(SigningAlgorithmSpec::as_str).collect();
            return Err(SigningError::AlgorithmNotOffered {
                algorithm,
                offered: offered.join(", "),
            });
        }
        let key = answer.public_key.ok_or(SigningError::PublicKeyMissing)?;
        Ok(PublicKey {
            algorithm,
            der: key.into_inner(),
        })
    }

    async fn ask_kms(
        &self,
        algorithm: SignatureAlgorithm,
        message_type: MessageType,
        to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, SigningError> {
        let answer = self
            .kms
            .sign()
            .key_id(self.key_arn)
            .signing_algorithm(SigningAlgorithmSpec::from(algorithm.as_str()))
            .message_type(match message_type {
                MessageType::Digest => KmsMessageType::Digest,
                MessageType::Raw => KmsMessageType::Raw,
            })
            .message(Blob::new(to_sign))
            .send()
            .await
            .map_err(|error| ServiceError::new("kms:Sign", &error))?;
        let signature = answer.signature.ok_or(SigningError::SignatureMissing)?;
        Ok(signature.into_inner())
    }
}

/// The message as KMS takes it: itself, or its digest if it is too long.
fn for_kms(algorithm: SignatureAlgorithm, message: &[u8]) -> (MessageType, Vec<u8>) {
    if message.len() <= MAX_RAW_BYTES {
        return (MessageType::Raw, message.to_vec());
    }
    let hash = match algorithm.hash() {
        Hash::Sha256 => &SHA256,
        Hash::Sha384 => &SHA384,
        Hash::Sha512 => &SHA512,
    };
    let digest = digest(hash, message).as_ref().to_vec();
    (MessageType::Digest, digest)
}

/// Why there is no signature.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum SigningError {
    #[error("the signing key cannot sign with {algorithm}; it offers {offered}")]
    AlgorithmNotOffered {
        algorithm: SignatureAlgorithm,
        offered: String,
    },
    #[error(
        "the certificate that is installed for the signing key, {certificate_sha256}, is valid from \
         {not_before} to {not_after}"
    )]
    CertificateNotValid {
        certificate_sha256: Sha256,
        not_before: Utc,
        not_after: Utc,
    },
    #[error(
        "the certificate that is installed is for {}, which is no signing key here",
        shown(key_arn)
    )]
    KeyNotOurs { key_arn: String },
    #[error("the answer of GetPublicKey has no key")]
    PublicKeyMissing,
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the signature does not verify with the public key of {key_arn}")]
    SignatureInvalid { key_arn: String },
    #[error("the answer of Sign has no signature")]
    SignatureMissing,
}

impl StepError for SigningError {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AlgorithmNotOffered { .. } => {
                "Choose a `signature.algorithm` in the profile that the key's spec offers, or \
                 deploy with another `signingKeySpec`."
            }
            Self::CertificateNotValid { .. } => {
                "Enrol the next certificate for the signing key (`ceremony enrol status` says which \
                 keys have one)."
            }
            Self::KeyNotOurs { .. } => {
                "Deploy with the key that the certificate was installed for among the signing keys, or \
                 enrol a certificate for one that is there (`ceremony enrol status` says which keys \
                 have one)."
            }
            Self::PublicKeyMissing | Self::SignatureInvalid { .. } | Self::SignatureMissing => {
                "Nothing was published. Keep the record, look at the key in KMS and at its CloudTrail \
                 events, and run the ceremony again only when it is explained."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}

/// [`StepError::name`] and [`StepError::names`] of an enum whose variant `Signing` stands for a
/// [`SigningError`], and whose other variants stand for themselves.
#[macro_export]
macro_rules! signing_step_error_names {
    () => {
        fn name(&self) -> &'static str {
            match self {
                Self::Signing(error) => error.name(),
                other => other.into(),
            }
        }

        fn names() -> Vec<&'static str> {
            let own = <Self as strum::VariantNames>::VARIANTS.iter().copied();
            own.filter(|name| *name != "Signing")
                .chain(<$crate::SigningError as step::StepError>::names())
                .collect()
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_up_to_4096_bytes_goes_to_kms_as_it_is() {
        let message = vec![7; 4096];
        let prepared = for_kms(SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_256, &message);
        assert_eq!(prepared, (MessageType::Raw, message));
    }

    #[test]
    fn a_longer_message_goes_as_the_digest_of_the_algorithms_hash() {
        let message = vec![7; 4097];
        for (algorithm, bytes) in [
            (SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_256, 32),
            (SignatureAlgorithm::ECDSA_SHA_384, 48),
            (SignatureAlgorithm::RSASSA_PSS_SHA_512, 64),
        ] {
            let (message_type, to_sign) = for_kms(algorithm, &message);
            assert_eq!((message_type, to_sign.len()), (MessageType::Digest, bytes));
        }
    }
}
