//! Signatures by the KMS key.
//!
//! Messages over 4096 bytes, which KMS does not take, are signed by their digest. Every signature
//! is verified here, with the key that the partner gets, before it leaves. Needs kms:Sign and
//! kms:GetPublicKey on one key; creates nothing.

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType as KmsMessageType, SigningAlgorithmSpec};
use ceremony::algorithms::{Hash, SignatureAlgorithm};
use ceremony::evidence::Deed;
use ceremony::signature::{MessageType, verifies};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

/// What KMS takes in `RAW` mode (API reference, Sign).
const MAX_RAW_BYTES: usize = 4096;

/// The key that signs, and the way to it.
pub struct Signer {
    pub kms: Client,
    pub key_arn: String,
}

/// A signature that verifies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signed {
    pub signature: Vec<u8>,
    pub message_type: MessageType,
    /// PEM of the SubjectPublicKeyInfo that verified it.
    pub public_key: String,
}

impl Signer {
    pub async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        journal: &Journal,
    ) -> Result<Signed, SigningError> {
        let public_key = self.public_key(algorithm).await?;
        let (message_type, to_sign) = for_kms(algorithm, message);
        let signature = self.ask_kms(algorithm, message_type, to_sign).await?;
        journal.note(Deed::Signed {
            key_arn: self.key_arn.clone(),
        });
        if !verifies(algorithm, &public_key, message, &signature) {
            return Err(SigningError::SignatureInvalid {
                key_arn: self.key_arn.clone(),
            });
        }
        Ok(Signed {
            signature,
            message_type,
            public_key: to_pem(&public_key),
        })
    }

    /// The DER SubjectPublicKeyInfo of the signing key, if that key can sign as the profile asks.
    pub async fn public_key(&self, algorithm: SignatureAlgorithm) -> Result<Vec<u8>, SigningError> {
        let answer = self
            .kms
            .get_public_key()
            .key_id(&self.key_arn)
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
        Ok(key.into_inner())
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
            .key_id(&self.key_arn)
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

fn to_pem(public_key: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("PUBLIC KEY", public_key), config)
}

/// Why there is no signature.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum SigningError {
    #[error("the signing key cannot sign with {algorithm}; it offers {offered}")]
    AlgorithmNotOffered {
        algorithm: SignatureAlgorithm,
        offered: String,
    },
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
