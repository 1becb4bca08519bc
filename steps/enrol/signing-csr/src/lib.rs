//! `signing-csr`: the certificate signing request for the signing key, at every deployment.
//!
//! A CloudFormation custom resource. Makes a PKCS#10 request (RFC 2986) for the KMS key with the
//! subject of the deployment, has KMS sign it, and puts it into the outbox. A request that lies
//! there for the same subject and key stays: a CA may have it in hand already. Deleting the stack
//! leaves it too.

mod answer;
mod request;

use aws_lambda_events::event::cloudformation::CloudFormationCustomResourceRequest;
use aws_sdk_s3::primitives::ByteStream;
use ceremony::digest::Sha256;
use serde::{Deserialize, Serialize};
use step::ServiceError;
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

pub use answer::{Answer, Status, Subject, send};
pub use request::SigningRequest;

pub type Event = CloudFormationCustomResourceRequest<serde_json::Value, serde_json::Value>;

/// The resource's properties.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Properties {
    pub key_arn: String,
    /// RFC 4514, as in `CN=Key Ceremony Signing Key,O=Example`.
    pub subject: String,
    pub bucket: String,
    pub key: String,
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
    let request = SigningRequest::prepare(&context.kms, &properties).await?;
    if let Some(there) = existing(context, &properties).await?
        && request.is_the_same_as(&there)
    {
        return Ok(Sha256::of(&there));
    }
    let pem = request.sign(&context.kms, &properties.key_arn).await?;
    context
        .s3
        .put_object()
        .bucket(&properties.bucket)
        .key(&properties.key)
        .content_type("application/x-pem-file")
        .body(ByteStream::from(pem.clone().into_bytes()))
        .send()
        .await
        .map_err(|error| ServiceError::new("s3:PutObject", &error))?;
    Ok(Sha256::of(pem.as_bytes()))
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
    #[error("the key {key_arn} is {spec}, with which no request can be signed")]
    KeyUnsuitable { key_arn: String, spec: String },
    #[error("the resource's properties are malformed: {0}")]
    PropertiesMalformed(String),
    #[error("the request cannot be encoded: {0}")]
    RequestUnwritable(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the signature of the request does not verify with the key's public key")]
    SignatureInvalid,
    #[error("`{subject}` is not a distinguished name of RFC 4514: {reason}")]
    SubjectMalformed { subject: String, reason: String },
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AnswerNotSent(_) => {
                "The stack operation will run into its timeout: look at the function's network path."
            }
            Self::KeyUnsuitable { .. } => {
                "Choose a `signingKeySpec` of RSA_2048, RSA_3072, RSA_4096 or ECC_NIST_P256, _P384, _P521."
            }
            Self::PropertiesMalformed(_) | Self::RequestUnwritable(_) => {
                "This is a defect of the software: report it with the function's log."
            }
            Self::Service(error) => error.remedy(),
            Self::SignatureInvalid => {
                "Nothing was written: look at the key in KMS and at its CloudTrail events."
            }
            Self::SubjectMalformed { .. } => {
                "Correct the context value `csrSubject`, as in `CN=Payments Signing,O=Example,C=BR`."
            }
        }
    }
}
