//! The PKCS#10 request (RFC 2986):
//!
//! ```text
//! CertificationRequest ::= SEQUENCE {
//!   certificationRequestInfo SEQUENCE {
//!     version        INTEGER { v1(0) },
//!     subject        Name,
//!     subjectPKInfo  SubjectPublicKeyInfo,
//!     attributes     [0] IMPLICIT SET },      -- empty
//!   signatureAlgorithm AlgorithmIdentifier,
//!   signature          BIT STRING }           -- over certificationRequestInfo
//! ```

use std::str::FromStr;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeySpec, MessageType, SigningAlgorithmSpec};
use ceremony::algorithms::SignatureAlgorithm;
use ceremony::signature::verifies;
use der::asn1::{Any, BitString, ObjectIdentifier};
use der::{Decode, Encode, EncodePem};
use step::ServiceError;
use x509_cert::name::RdnSequence;
use x509_cert::request::{CertReq, CertReqInfo, Version};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::{Error, Properties};

/// A request that lacks only its signature.
pub struct SigningRequest {
    info: CertReqInfo,
    algorithm: SignatureAlgorithm,
}

impl SigningRequest {
    /// For the subject of the properties and the public key of KMS.
    pub(crate) async fn prepare(kms: &Client, properties: &Properties) -> Result<Self, Error> {
        let subject = RdnSequence::from_str(&properties.subject)
            .map_err(|error| subject_malformed(&properties.subject, error.to_string()))?;
        if subject.0.is_empty() {
            return Err(subject_malformed(
                &properties.subject,
                "it is empty".to_owned(),
            ));
        }
        let answer = kms
            .get_public_key()
            .key_id(&properties.key_arn)
            .send()
            .await
            .map_err(|error| ServiceError::new("kms:GetPublicKey", &error))?;
        let unsuitable = || Error::KeyUnsuitable {
            key_arn: properties.key_arn.clone(),
            spec: answer
                .key_spec()
                .map_or("without a spec", KeySpec::as_str)
                .to_owned(),
        };
        let algorithm = answer
            .key_spec()
            .and_then(algorithm_for)
            .ok_or_else(unsuitable)?;
        let public_key = answer.public_key().ok_or_else(unsuitable)?;
        let public_key =
            SubjectPublicKeyInfoOwned::from_der(public_key.as_ref()).map_err(unwritable)?;
        let info = CertReqInfo {
            version: Version::V1,
            subject,
            public_key,
            attributes: Default::default(),
        };
        Ok(Self { info, algorithm })
    }

    /// Whether `pem` is a request for the same subject and key.
    pub(crate) fn is_the_same_as(&self, pem: &[u8]) -> bool {
        let Ok(block) = pem::parse(pem) else {
            return false;
        };
        CertReq::from_der(block.contents()).is_ok_and(|there| there.info == self.info)
    }

    /// Has KMS sign it, verifies the signature, and writes it as PEM.
    pub(crate) async fn sign(self, kms: &Client, key_arn: &str) -> Result<String, Error> {
        let message = self.info.to_der().map_err(unwritable)?;
        let answer = kms
            .sign()
            .key_id(key_arn)
            .signing_algorithm(SigningAlgorithmSpec::from(self.algorithm.as_str()))
            .message_type(MessageType::Raw)
            .message(Blob::new(message.clone()))
            .send()
            .await
            .map_err(|error| ServiceError::new("kms:Sign", &error))?;
        let signature = answer
            .signature
            .ok_or(Error::SignatureInvalid)?
            .into_inner();
        let public_key = self.info.public_key.to_der().map_err(unwritable)?;
        if !verifies(self.algorithm, &public_key, &message, &signature) {
            return Err(Error::SignatureInvalid);
        }
        let request = CertReq {
            info: self.info,
            algorithm: algorithm_identifier(self.algorithm),
            signature: BitString::from_bytes(&signature).map_err(unwritable)?,
        };
        request.to_pem(der::pem::LineEnding::LF).map_err(unwritable)
    }
}

/// What CAs accept of each kind of key.
fn algorithm_for(spec: &KeySpec) -> Option<SignatureAlgorithm> {
    match spec {
        KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => {
            Some(SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_256)
        }
        KeySpec::EccNistP256 => Some(SignatureAlgorithm::ECDSA_SHA_256),
        KeySpec::EccNistP384 => Some(SignatureAlgorithm::ECDSA_SHA_384),
        KeySpec::EccNistP521 => Some(SignatureAlgorithm::ECDSA_SHA_512),
        _ => None,
    }
}

/// RFC 4055 §5 (RSA: parameters NULL) and RFC 5758 §3.2 (ECDSA: parameters absent).
fn algorithm_identifier(algorithm: SignatureAlgorithm) -> AlgorithmIdentifierOwned {
    let (oid, parameters) = match algorithm {
        SignatureAlgorithm::ECDSA_SHA_256 => ("1.2.840.10045.4.3.2", None),
        SignatureAlgorithm::ECDSA_SHA_384 => ("1.2.840.10045.4.3.3", None),
        SignatureAlgorithm::ECDSA_SHA_512 => ("1.2.840.10045.4.3.4", None),
        // `algorithm_for` chooses no other.
        _ => ("1.2.840.113549.1.1.11", Some(Any::null())),
    };
    AlgorithmIdentifierOwned {
        oid: ObjectIdentifier::new_unwrap(oid),
        parameters,
    }
}

fn subject_malformed(subject: &str, reason: String) -> Error {
    Error::SubjectMalformed {
        subject: subject.to_owned(),
        reason,
    }
}

fn unwritable(error: impl std::fmt::Display) -> Error {
    Error::RequestUnwritable(error.to_string())
}
