//! `ceremony enrol request`.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use ceremony::enrolment::{RequestOrder, Requested};
use ceremony::keys::Origin;
use serde::Deserialize;
use step::ServiceError;
use step::error::Explanation;

use super::Error;

/// As long as the function may take, and its start.
const PATIENCE: Duration = Duration::from_secs(150);

const ACTION: &str = "lambda:InvokeFunction";

/// Has the function ask for a certificate, once: it may take two minutes where a key is made.
pub async fn request(
    config: &SdkConfig,
    function: &str,
    order: &RequestOrder,
) -> Result<Requested, Error> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(PATIENCE)
        .operation_attempt_timeout(PATIENCE)
        .operation_timeout(PATIENCE);
    let config = aws_sdk_lambda::config::Builder::from(config)
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::disabled());
    let client = aws_sdk_lambda::Client::from_conf(config.build());
    let payload = serde_json::to_vec(order).map_err(unusable)?;
    let answer = client
        .invoke()
        .function_name(function)
        .payload(Blob::new(payload))
        .send()
        .await
        .map_err(|error| ServiceError::new(ACTION, &error))?;
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    if answer.function_error.is_some() {
        return Err(Refusal::of(&payload).into());
    }
    Ok(serde_json::from_slice(&payload).map_err(unusable)?)
}

fn unusable(error: serde_json::Error) -> ServiceError {
    ServiceError::ServiceUnavailable {
        operation: ACTION,
        detail: error.to_string(),
    }
}

/// What the function says where it asks for nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{name}: {what}\n  What to do: {remedy}")]
pub struct Refusal {
    pub name: String,
    pub what: String,
    pub remedy: String,
}

impl Refusal {
    fn of(payload: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Failure {
            error_type: String,
            error_message: String,
        }
        let Failure {
            error_type: name,
            error_message,
        } = serde_json::from_slice(payload).unwrap_or_default();
        match Explanation::parse(&error_message) {
            Some(Explanation { what, remedy, .. }) => Self { name, what, remedy },
            None => Self {
                name,
                what: error_message,
                remedy: "Look at the function's log.".to_owned(),
            },
        }
    }
}

/// What was asked for, and what to do with it.
pub fn told(requested: &Requested, file: Option<&Path>, inbox: Option<&str>) -> String {
    let Requested {
        request,
        origin,
        location,
        ..
    } = requested;
    let made = match origin {
        Origin::Created => "made just now",
        Origin::Found | Origin::Profile => "was there already",
    };
    let file = file.map_or("REQUEST.csr.pem".to_owned(), |file| {
        file.display().to_string()
    });
    let mut text = format!(
        "A certificate was asked for.\n\n    key       {} ({}), {made}\n",
        request.key, request.key_arn
    );
    if let Some(alias) = &request.alias {
        // Writing to a String does not fail.
        let _ = writeln!(text, "    alias     {alias}");
    }
    let inbox = inbox.unwrap_or("INBOX_BUCKET");
    let _ = write!(
        text,
        "    subject   {}\n    request   s3://{}/{}\n\n\
         Send it to the CA, and have it compare the SHA-256 of the public key over another channel:\n\n    \
         {}\n    openssl req -in {file} -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst \
         -sha256 -r\n\n\
         What the CA issues is dropped together with its issuers. It is proven, and installed, by \
         itself; until then nothing changes:\n\n    \
         aws s3 cp CERTIFICATE.pem s3://{inbox}/{}\n",
        request.subject,
        location.bucket,
        location.key,
        request.public_key_sha256,
        request.key.inbox_prefix(),
    );
    text
}
