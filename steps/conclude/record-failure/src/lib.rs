//! `RecordFailure`: an error becomes a record, and words for the announcement.
//!
//! Takes whatever went wrong, in whatever form Step Functions has it, says which step, what and
//! what to do, and writes that to the evidence bucket as `<ceremony-id>/failure-<time>.json`.
//! Depends on as little as it can: the execution's input may be what is wrong.

mod words;

use ceremony::contract::publish::{Execution, Location};
use ceremony::evidence::document;
use ceremony::identifiers::Ceremony;
use ceremony::utc::Utc;
use serde::Serialize;
use serde_json::Value;
use step::ServiceError;
use step::StepError;
use storage::{WriteError, write_once};
use strum::{IntoStaticStr, VariantNames};

pub use ceremony::contract::record_failure::{Input, Output};
pub use words::{Words, put_into_words};

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, input: Input) -> Result<Output, Error> {
    let Input {
        execution,
        input,
        failure,
        failed_at,
    } = input;
    let Words {
        step,
        error,
        what,
        remedy,
    } = put_into_words(&failure);
    let ceremony: Option<Ceremony> = input
        .get("ceremony")
        .and_then(|value| serde_json::from_value(value.clone()).ok());
    let record = Record {
        schema_version: 1,
        outcome: "failed",
        ceremony: ceremony.as_ref(),
        execution: &execution,
        input: &input,
        failed_at,
        step: &step,
        error: &error,
        what: &what,
        remedy: &remedy,
        checks: failure.checks.as_ref(),
    };
    let bytes = document(&record)?;
    let location = Location {
        bucket: context.evidence_bucket.clone(),
        key: format!(
            "{}/failure-{}.json",
            folder(ceremony.as_ref(), &execution),
            failed_at.compact()
        ),
    };
    write_once(&context.s3, &location, "application/json", &bytes).await?;
    Ok(Output {
        ceremony,
        step,
        error,
        what,
        remedy,
        record: location,
    })
}

/// The ceremony id; without one, the name of the execution, which is it unless somebody started
/// the execution by hand.
fn folder(ceremony: Option<&Ceremony>, execution: &Execution) -> String {
    match ceremony {
        Some(ceremony) => ceremony.ceremony_id.to_string(),
        None => execution
            .arn
            .rsplit(':')
            .next()
            .unwrap_or("unknown")
            .to_owned(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    schema_version: u32,
    outcome: &'static str,
    ceremony: Option<&'a Ceremony>,
    execution: &'a Execution,
    input: &'a Value,
    failed_at: Utc,
    step: &'a str,
    error: &'a str,
    what: &'a str,
    remedy: &'a str,
    checks: Option<&'a Value>,
}

/// Why there is no record of the failure. It is announced all the same.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{0}")]
    AlreadyRecorded(String),
    #[error("the record could not be written: {0}")]
    DocumentUnwritable(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Service(error) => Self::Service(error),
            exists @ WriteError::AlreadyExists { .. } => Self::AlreadyRecorded(exists.to_string()),
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
            Self::AlreadyRecorded(_) => "Find out who wrote it: two failures cannot share a time.",
            Self::DocumentUnwritable(_) => {
                "This is a defect of the software: report it with the execution's ARN."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
