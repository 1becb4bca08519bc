//! `signing-csr`: the certificate signing request for the signing key, at every deployment.
//!
//! A CloudFormation custom resource. Makes a PKCS#10 request (RFC 2986) for the KMS key with the
//! subject of the deployment, has KMS sign it, puts it into the outbox, and writes down in the
//! evidence bucket that it was asked for: only a certificate that was is ever installed. A request that
//! lies there for the same subject and key stays: a CA may have it in hand already. Deleting the stack
//! leaves it too.

mod answer;

use aws_lambda_events::event::cloudformation::CloudFormationCustomResourceRequest;
use aws_sdk_s3::primitives::ByteStream;
use ceremony::digest::Sha256;
use ceremony::enrolment::OwnKey;
use ceremony::utc::Utc;
use csr::{SignedRequest, Subject as Name, signed_by_kms};
use serde::{Deserialize, Serialize};
use signing::Signer;
use step::{ServiceError, StepError};
use storage::{StorageError, WriteError, put_request};
use strum::{IntoStaticStr, VariantNames};

pub use answer::{Answer, Status, Subject, send};

pub type Event = CloudFormationCustomResourceRequest<serde_json::Value, serde_json::Value>;

/// The resource's properties.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Properties {
    pub key_arn: String,
    /// RFC 4514, as in `CN=Key Ceremony Signing Key,O=Example`.
    pub subject: String,
    /// The outbox, and where the request lies in it.
    pub bucket: String,
    pub key: String,
    pub evidence_bucket: String,
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub kms: aws_sdk_kms::Client,
    pub s3: aws_sdk_s3::Client,
}

/// Does what the event asks and tells CloudFormation; an error here is one of the telling.
pub async fn handle(context: &Context, event: Event) -> Result<(), Error> {
    let subject = Subject::of(&event);
    let outcome = match event {
        CloudFormationCustomResourceRequest::Create(request) => {
            ensure(context, request.resource_properties).await.map(Some)
        }
        CloudFormationCustomResourceRequest::Update(request) => {
            ensure(context, request.resource_properties).await.map(Some)
        }
        _ => Ok(None),
    };
    let answer = match outcome {
        Ok(csr) => Answer::success(&subject, csr),
        Err(error) => {
            tracing::error!(error = error.name(), "{error}");
            Answer::failure(
                &subject,
                format!("{}: {error}. {}", error.name(), error.remedy()),
            )
        }
    };
    send(&subject.response_url, &answer).await
}

/// The request in the outbox, written if none for this subject and key is there; its digest.
async fn ensure(context: &Context, properties: serde_json::Value) -> Result<Sha256, Error> {
    let properties: Properties = serde_json::from_value(properties)
        .map_err(|error| Error::PropertiesMalformed(error.to_string()))?;
    let signer = Signer {
        kms: &context.kms,
        key_arn: &properties.key_arn,
    };
    // Boxed: the futures of these calls are large, and their types deep.
    let name = Name::named(&properties.subject)?;
    let made = Box::pin(signed_by_kms(&signer, &name)).await?;
    let there = Box::pin(existing(context, &properties)).await?;
    let there = there.filter(|there| {
        SignedRequest::parse(there).is_ok_and(|there| there.asks_the_same_as(&made))
    });
    let pem = match there {
        Some(there) => there,
        None => {
            let pem = made.to_pem().into_bytes();
            Box::pin(write(context, &properties, &pem)).await?;
            pem
        }
    };
    let record = made.record(OwnKey::PackageSigning, signer.key_arn, None, Utc::now());
    let bucket = &properties.evidence_bucket;
    let subject = made.subject().der();
    Box::pin(put_request(&context.s3, bucket, record, subject)).await?;
    Ok(Sha256::of(&pem))
}

async fn write(context: &Context, properties: &Properties, pem: &[u8]) -> Result<(), Error> {
    context
        .s3
        .put_object()
        .bucket(&properties.bucket)
        .key(&properties.key)
        .content_type("application/x-pem-file")
        .body(ByteStream::from(pem.to_vec()))
        .send()
        .await
        .map_err(|error| ServiceError::new("s3:PutObject", &error))?;
    Ok(())
}

async fn existing(context: &Context, properties: &Properties) -> Result<Option<Vec<u8>>, Error> {
    let answer = context
        .s3
        .get_object()
        .bucket(&properties.bucket)
        .key(&properties.key)
        .send()
        .await;
    let object = match answer {
        Ok(object) => object,
        Err(error) => {
            return match ServiceError::new("s3:GetObject", &error) {
                ServiceError::ServiceRefused { code, .. } if code == "NoSuchKey" => Ok(None),
                // Without s3:ListBucket, S3 tells a missing object as a denied one. If the role
                // really lacks GetObject, it costs a new request, not a wrong one.
                ServiceError::AccessDenied { .. } => Ok(None),
                error => Err(error.into()),
            };
        }
    };
    let bytes = object
        .body
        .collect()
        .await
        .map_err(|error| ServiceError::ServiceUnavailable {
            operation: "s3:GetObject",
            detail: error.to_string(),
        })?;
    Ok(Some(bytes.to_vec()))
}

/// Why there is no request, or nobody was told.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("CloudFormation could not be answered: {0}")]
    AnswerNotSent(String),
    #[error(transparent)]
    Csr(#[from] csr::Error),
    #[error("the resource's properties are malformed: {0}")]
    PropertiesMalformed(String),
    #[error("that a certificate was asked for could not be written down: {0}")]
    RequestNotRecorded(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        error.told_as(Self::RequestNotRecorded)
    }
}

impl StepError for Error {
    csr::csr_step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AnswerNotSent(_) => {
                "The stack operation will run into its timeout: look at the function's network path."
            }
            Self::Csr(error) => error.remedy(),
            Self::PropertiesMalformed(_) => {
                "This is a defect of the software: report it with the function's log."
            }
            Self::RequestNotRecorded(_) => {
                "Find out who wrote it: requests in the evidence bucket are written by two steps alone."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
