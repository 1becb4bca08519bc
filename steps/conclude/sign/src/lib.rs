//! `Sign`: prefix and cryptogram under the KMS key.
//!
//! What is signed is the prefix that the partner wants, followed by the cryptogram's bytes. Messages over 4096 bytes,
//! which KMS does not take, are signed by their digest. The signature is verified here, with the
//! key that goes into the package, before it leaves. Needs kms:Sign and kms:GetPublicKey on one
//! key; creates nothing.

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType as KmsMessageType, SigningAlgorithmSpec};
use ceremony::algorithms::{Hash, SignatureAlgorithm};
use ceremony::evidence::{Deed, Recordable};
use ceremony::id::Ceremony;
use ceremony::signature::{MessageType, SignatureFacts, verifies};
use ceremony::signed_prefix::SignedPrefix;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub signed_prefix: SignedPrefix,
    /// Hex, as `Wrap` made it.
    pub cryptogram: String,
    pub algorithm: SignatureAlgorithm,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub SignatureFacts);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// What KMS takes in `RAW` mode (API reference, Sign).
const MAX_RAW_BYTES: usize = 4096;

/// What the step works with, made once at cold start.
pub struct Context {
    pub kms: Client,
    pub key_arn: String,
}

pub async fn handle(context: &Context, input: Input, journal: &Journal) -> Result<Output, Error> {
    let cryptogram = hex::decode(&input.cryptogram).map_err(|_| Error::CryptogramNotHex)?;
    let message = [input.signed_prefix.bytes(), &cryptogram].concat();
    let public_key = public_key(context, input.algorithm).await?;
    let (message_type, to_sign) = for_kms(input.algorithm, &message);
    let signature = sign(context, input.algorithm, message_type, to_sign).await?;
    journal.note(Deed::Signed {
        key_arn: context.key_arn.clone(),
    });
    if !verifies(input.algorithm, &public_key, &message, &signature) {
        return Err(Error::SignatureInvalid {
            key_arn: context.key_arn.clone(),
        });
    }
    Ok(Output(SignatureFacts {
        signature: hex::encode_upper(signature),
        algorithm: input.algorithm,
        message_type,
        key_arn: context.key_arn.clone(),
        public_key: to_pem(&public_key),
    }))
}

/// The DER SubjectPublicKeyInfo of the signing key, if that key can sign as the profile asks.
async fn public_key(context: &Context, algorithm: SignatureAlgorithm) -> Result<Vec<u8>, Error> {
    let answer = context
        .kms
        .get_public_key()
        .key_id(&context.key_arn)
        .send()
        .await
        .map_err(|error| ServiceError::new("kms:GetPublicKey", &error))?;
    let offered = answer.signing_algorithms();
    if !offered
        .iter()
        .any(|offered| offered.as_str() == algorithm.as_str())
    {
        let offered: Vec<&str> = offered.iter().map(SigningAlgorithmSpec::as_str).collect();
        return Err(Error::AlgorithmNotOffered {
            algorithm,
            offered: offered.join(", "),
        });
    }
    let key = answer.public_key.ok_or(Error::PublicKeyMissing)?;
    Ok(key.into_inner())
}

async fn sign(
    context: &Context,
    algorithm: SignatureAlgorithm,
    message_type: MessageType,
    to_sign: Vec<u8>,
) -> Result<Vec<u8>, Error> {
    let answer = context
        .kms
        .sign()
        .key_id(&context.key_arn)
        .signing_algorithm(SigningAlgorithmSpec::from(algorithm.as_str()))
        .message_type(match message_type {
            MessageType::Digest => KmsMessageType::Digest,
            MessageType::Raw => KmsMessageType::Raw,
        })
        .message(Blob::new(to_sign))
        .send()
        .await
        .map_err(|error| ServiceError::new("kms:Sign", &error))?;
    Ok(answer
        .signature
        .ok_or(Error::SignatureMissing)?
        .into_inner())
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
pub enum Error {
    #[error("the signing key cannot sign with {algorithm}; it offers {offered}")]
    AlgorithmNotOffered {
        algorithm: SignatureAlgorithm,
        offered: String,
    },
    #[error("the cryptogram is not hex")]
    CryptogramNotHex,
    #[error("the answer of GetPublicKey has no key")]
    PublicKeyMissing,
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the signature does not verify with the public key of {key_arn}")]
    SignatureInvalid { key_arn: String },
    #[error("the answer of Sign has no signature")]
    SignatureMissing,
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AlgorithmNotOffered { .. } => {
                "Choose a `signature.algorithm` in the profile that the key's spec offers, or \
                 deploy with another `signingKeySpec`."
            }
            Self::CryptogramNotHex => {
                "This is a defect of the software: report it with the record."
            }
            Self::PublicKeyMissing | Self::SignatureInvalid { .. } | Self::SignatureMissing => {
                "Nothing was published. Keep the record, look at the key in KMS and at its CloudTrail \
                 events, and run the ceremony again only when it is explained."
            }
            Self::Service(error) => error.remedy(),
        }
    }
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
