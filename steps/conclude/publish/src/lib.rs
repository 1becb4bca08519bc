//! `Publish`: the record to the evidence bucket, the package to the outbox.
//!
//! The record goes first: nothing lies in the outbox without proof of where it came from. Of the
//! package the manifest goes last: who finds it finds everything it names. Then the evidence is
//! told that the package is out. Nothing is overwritten; another attempt with the same input
//! writes the same bytes and finds them there.
//!
//! Leaves behind `<ceremony-id>/{record.json,certificates.pem,manifest.json,published.json}` in
//! the evidence bucket, the proven root for later ceremonies, and the package.

mod package;
mod partner_readme;
mod record;

use ceremony::contract::publish::Location;
use ceremony::digest::Sha256;
use ceremony::identifiers::trusted_root_key;
use step::ServiceError;
use step::StepError;
use storage::{WriteError, write_once};
use strum::{IntoStaticStr, VariantNames};

pub use ceremony::contract::publish::{Input, Output};
pub use package::{Manifest, Package};

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub outbox_bucket: String,
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, input: Input) -> Result<Output, Error> {
    let validated = input
        .validate
        .result
        .validated
        .as_ref()
        .ok_or(Error::PathNotValidated)?;
    let package = Package::new(&input, validated)?;
    let record = record::write(&input, &package)?;

    let ceremony = &input.input.ceremony;
    let evidence = |name: &str| Location {
        bucket: context.evidence_bucket.clone(),
        key: format!("{}/{name}", ceremony.ceremony_id),
    };
    let certificates: String = validated
        .path()
        .certificates()
        .map(|(_, certificate)| certificate.to_pem())
        .collect();
    let put = async |location: &Location, content_type: &str, bytes: &[u8]| {
        write_once(&context.s3, location, content_type, bytes).await
    };
    put(&evidence("certificates.pem"), PEM, certificates.as_bytes()).await?;
    put(&evidence("manifest.json"), JSON, &package.manifest.contents).await?;
    let record_location = evidence("record.json");
    put(&record_location, JSON, &record).await?;

    let root = &validated.path().root;
    let root_location = Location {
        bucket: context.evidence_bucket.clone(),
        key: trusted_root_key(&root.sha256()),
    };
    put(&root_location, PEM, root.to_pem().as_bytes()).await?;

    let prefix = ceremony.package_prefix();
    let outbox = |name: &str| Location {
        bucket: context.outbox_bucket.clone(),
        key: format!("{prefix}{name}"),
    };
    for file in package.files.iter().chain([&package.manifest]) {
        put(&outbox(file.name), file.content_type, &file.contents).await?;
    }
    let publication = record::write_publication(&input, &package, &record)?;
    put(&evidence("published.json"), JSON, &publication).await?;
    Ok(Output {
        package: Location {
            bucket: context.outbox_bucket.clone(),
            key: prefix.clone(),
        },
        record: record_location,
        manifest_sha256: Sha256::of(&package.manifest.contents),
        record_sha256: Sha256::of(&record),
    })
}

const JSON: &str = "application/json";
const PEM: &str = "application/x-pem-file";

/// Why the package or its record is not out.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{0}")]
    AlreadyPublished(String),
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("the {0} that arrived is not hex")]
    NotHex(&'static str),
    /// Cannot be: the state machine does not come here then.
    #[error("the certificate path was not validated")]
    PathNotValidated,
    #[error("the signing key that arrived is not PEM")]
    PublicKeyNotPem,
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Service(error) => Self::Service(error),
            exists @ WriteError::AlreadyExists { .. } => Self::AlreadyPublished(exists.to_string()),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::DocumentUnwritable(error.to_string())
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AlreadyPublished(_) => {
                "Something lies where this ceremony's files belong, and was left alone: find out \
                 who wrote it. The partner must not use a mixture of both; drop the leaf again for \
                 a ceremony with an id of its own."
            }
            Self::DocumentUnwritable(_)
            | Self::NotHex(_)
            | Self::PathNotValidated
            | Self::PublicKeyNotPem => {
                "This is a defect of the software: report it with the record."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
