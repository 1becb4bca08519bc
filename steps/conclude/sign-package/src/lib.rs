//! `SignPackage`: every byte of a package is under the KMS key.
//!
//! The signature of `Sign` covers prefix and cryptogram, as the partner wants it, and nothing else.
//! This step, which knows no ceremony, adds to any package:
//!
//! | file | holds |
//! | --- | --- |
//! | `signing-public-key.pem` | the key that verifies the package |
//! | `signing-certificates.pem` | its certificate and those of the issuers, if one was enrolled |
//! | `SHA256SUMS` | every other file with its digest, the manifest and the README included, as `sha256sum -c` reads it |
//! | `SHA256SUMS.sig` | the signature over the list |
//!
//! Needs kms:Sign and kms:GetPublicKey on the signing keys, and to read enrolled certificates;
//! creates nothing.

mod certificates;
mod sums;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::enrolment::Installed;
use ceremony::evidence::Recordable;
use ceremony::execution::{BINARY, File, FileDigest, PEM, TEXT};
use ceremony::id::Ceremony;
use ceremony::publication::{Publication, SIGNING_CERTIFICATES, SIGNING_KEY, SUMS, SUMS_SIGNATURE};
use ceremony::signature::MessageType;
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use signing::{SigningError, SigningKeys};
use step::{Journal, ServiceError, StepError};
use storage::{InstalledError, StorageError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    /// As the packaging step made it.
    pub publication: Publication,
    pub algorithm: SignatureAlgorithm,
    /// The certificate that says which key signs, if one was enrolled.
    pub signer: Option<Installed>,
    /// PEM of the key by which something in the package has been signed already: the partner gets
    /// one key to verify all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// As it came, and the files more.
    pub publication: Publication,
    pub signed: SignedList,
}

/// What is told of the list and its signature.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedList {
    pub list: FileDigest,
    pub signature: FileDigest,
    pub algorithm: SignatureAlgorithm,
    pub message_type: MessageType,
    pub key_arn: String,
    /// Over the SubjectPublicKeyInfo in DER.
    pub public_key_sha256: Sha256,
    /// Of the certificate that is in the package, if one was enrolled.
    pub certificate_sha256: Option<Sha256>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        &self.signed
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub keys: SigningKeys,
    pub s3: aws_sdk_s3::Client,
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Input {
        mut publication,
        algorithm,
        public_key: signed_before,
        signer: installed,
        ..
    } = input;
    // Nothing is asked of anybody for a package that cannot be listed.
    sums::of(&publication)?;
    let now = Utc::now();
    let signer = context.keys.signer(installed.as_ref(), now)?;
    let key = signer.public_key(algorithm).await?;
    if signed_before.is_some_and(|before| before != key.to_pem()) {
        let key_arn = signer.key_arn.to_owned();
        return Err(Error::PublicKeyDiffers { key_arn });
    }
    let files = &mut publication.files;
    files.push(File::new(SIGNING_KEY, PEM, key.to_pem()));
    if let Some(installed) = &installed {
        let certificates = certificates::of(context, installed, key.der(), now).await?;
        files.push(File::new(SIGNING_CERTIFICATES, PEM, certificates));
    }
    let list = File::new(SUMS, TEXT, sums::of(&publication)?);
    let signed = signer.sign(&key, &list.contents, journal).await?;
    let signature = File::new(SUMS_SIGNATURE, BINARY, signed.signature);
    let told = SignedList {
        list: list.digest(),
        signature: signature.digest(),
        algorithm,
        message_type: signed.message_type,
        key_arn: signer.key_arn.to_owned(),
        public_key_sha256: Sha256::of(key.der()),
        certificate_sha256: installed.map(|installed| installed.certificate_sha256),
    };
    publication.files.extend([list, signature]);
    Ok(Output {
        publication,
        signed: told,
    })
}

/// Why the package is not signed.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the certificate that is installed for {key_arn} is for another key")]
    CertificateForAnotherKey { key_arn: String },
    #[error(
        "the certificates of {key_arn} have {bytes} bytes in PEM; at most {most} fit a package"
    )]
    CertificatesTooLong {
        key_arn: String,
        bytes: usize,
        most: usize,
    },
    #[error("{0}")]
    CertificatesUnreadable(String),
    #[error("two files of the package are called `{0}`")]
    FileNameTwice(String),
    #[error("{0:?} cannot be the name of a file in a package")]
    FileNameUnusable(String),
    #[error("{key_arn} has another public key than the one in the package")]
    PublicKeyDiffers { key_arn: String },
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl From<InstalledError> for Error {
    fn from(error: InstalledError) -> Self {
        error.told_as(Self::CertificatesUnreadable)
    }
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Signing(error.into())
    }
}

impl StepError for Error {
    signing::signing_step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::FileNameTwice(_) | Self::FileNameUnusable(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::CertificateForAnotherKey { .. } | Self::CertificatesUnreadable(_) => {
                "What is installed is not what was enrolled: look in CloudTrail who wrote the parameter \
                 `/key-ceremony/certificates/package-signing` last, and enrol the certificate again."
            }
            Self::CertificatesTooLong { .. } => {
                "Enrol a certificate with fewer or shorter certificates above it."
            }
            Self::PublicKeyDiffers { .. } => {
                "Nothing was published. Keep the record, look at the key in KMS and at its CloudTrail \
                 events, and run the ceremony again only when it is explained."
            }
            Self::Signing(error) => error.remedy(),
        }
    }
}
