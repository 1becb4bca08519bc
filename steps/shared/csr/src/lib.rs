//! Certificate requests (PKCS#10, RFC 2986) for signing keys of our own: made for a key in KMS, or
//! read as Payment Cryptography made them. No request is handed on whose signature does not verify.
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

mod kms;
mod subject;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, OwnKey};
use ceremony::signature::verifies;
use ceremony::utc::Utc;
use signing::SigningError;
use step::StepError;
use strum::{IntoStaticStr, VariantNames};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;
use x509_parser::x509::AlgorithmIdentifier;

pub use kms::signed_by_kms;
pub use subject::{Subject, oid};

/// A request whose signature verifies with the public key in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedRequest {
    der: Vec<u8>,
    public_key: Vec<u8>,
    subject: Subject,
}

impl SignedRequest {
    /// Reads PEM, and verifies the signature over the very bytes.
    pub fn parse(pem: &[u8]) -> Result<Self, Error> {
        let block = pem::parse(pem).map_err(unreadable)?;
        if block.tag() != TAG {
            return Err(unreadable("it is PEM of something else"));
        }
        Self::of_der(block.into_contents())
    }

    fn of_der(der: Vec<u8>) -> Result<Self, Error> {
        let (public_key, subject) = {
            let (rest, request) = X509CertificationRequest::from_der(&der).map_err(unreadable)?;
            if !rest.is_empty() {
                return Err(unreadable("something follows it"));
            }
            let info = &request.certification_request_info;
            let public_key = info.subject_pki.raw.to_vec();
            let algorithm = algorithm(&request.signature_algorithm)?;
            let signature = &request.signature_value;
            let whole = signature.unused_bits == 0;
            if !whole || !verifies(algorithm, &public_key, info.raw, &signature.data) {
                return Err(Error::SignatureInvalid);
            }
            (public_key, Subject::of_der(info.subject.as_raw())?)
        };
        Ok(Self {
            der,
            public_key,
            subject,
        })
    }

    pub fn to_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new(TAG, self.der.as_slice()), config)
    }

    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Whether both are for the same key and name: a signature may be another one each time.
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        self.public_key == other.public_key && self.subject.der() == other.subject.der()
    }

    /// What evidence has of it.
    pub fn record(
        &self,
        key: OwnKey,
        key_arn: &str,
        alias: Option<&str>,
        requested_at: Utc,
    ) -> CertificateRequest {
        CertificateRequest {
            version: CertificateRequest::VERSION,
            key,
            key_arn: key_arn.to_owned(),
            alias: alias.map(str::to_owned),
            public_key_sha256: Sha256::of(&self.public_key),
            subject_der: hex::encode(self.subject.der()),
            subject: self.subject.to_string(),
            requested_at,
        }
    }
}

/// RFC 7468 §7.
const TAG: &str = "CERTIFICATE REQUEST";

/// SHA-256 and longer, with the keys that sign here (RFC 4055 §5, RFC 5758 §3.2).
fn algorithm(identifier: &AlgorithmIdentifier<'_>) -> Result<SignatureAlgorithm, Error> {
    let oid = identifier.algorithm.to_id_string();
    match oid.as_str() {
        "1.2.840.113549.1.1.11" => Ok(SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_256),
        "1.2.840.113549.1.1.12" => Ok(SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_384),
        "1.2.840.113549.1.1.13" => Ok(SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_512),
        "1.2.840.10045.4.3.2" => Ok(SignatureAlgorithm::ECDSA_SHA_256),
        "1.2.840.10045.4.3.3" => Ok(SignatureAlgorithm::ECDSA_SHA_384),
        "1.2.840.10045.4.3.4" => Ok(SignatureAlgorithm::ECDSA_SHA_512),
        _ => Err(Error::SignatureInvalid),
    }
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::RequestUnreadable(error.to_string())
}

/// Why there is no request.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the key {key_arn} offers no algorithm by which a request can be signed")]
    KeyUnsuitable { key_arn: String },
    #[error("what should be a certificate request cannot be read: {0}")]
    RequestUnreadable(String),
    #[error("the request cannot be encoded: {0}")]
    RequestUnwritable(String),
    #[error("the signature of the request does not verify with the key's public key")]
    SignatureInvalid,
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error("`{subject}` is not a distinguished name of RFC 4514: {reason}")]
    SubjectMalformed { subject: String, reason: String },
}

impl StepError for Error {
    signing::signing_step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::KeyUnsuitable { .. } => {
                "Choose a `signingKeySpec` of RSA_2048, RSA_3072, RSA_4096 or ECC_NIST_P256, _P384, _P521."
            }
            Self::RequestUnreadable(_) | Self::RequestUnwritable(_) => {
                "This is a defect of the software: report it with the function's log."
            }
            Self::SignatureInvalid => {
                "Nothing was written: look at the key in KMS and at its CloudTrail events."
            }
            Self::Signing(error) => error.remedy(),
            Self::SubjectMalformed { .. } => {
                "Correct the context value `csrSubject`, or the name that was asked for, as in \
                 `CN=Payments Signing,O=Example,C=BR`."
            }
        }
    }
}

/// [`StepError::name`] and [`StepError::names`] of an enum whose variant `Csr` stands for an
/// [`Error`], whose variant `Service` stands for a `ServiceError`, and whose other variants stand for
/// themselves.
#[macro_export]
macro_rules! csr_step_error_names {
    () => {
        fn name(&self) -> &'static str {
            match self {
                Self::Csr(error) => error.name(),
                Self::Service(error) => error.name(),
                other => other.into(),
            }
        }

        fn names() -> Vec<&'static str> {
            let own = <Self as strum::VariantNames>::VARIANTS.iter().copied();
            own.filter(|name| !["Csr", "Service"].contains(name))
                .chain(<$crate::Error as step::StepError>::names())
                .collect()
        }
    };
}
