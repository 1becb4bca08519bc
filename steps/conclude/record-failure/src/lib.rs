//! `RecordFailure`: an error becomes a record, and words for the announcement.
//!
//! It knows no ceremony. Takes whatever went wrong, in whatever form Step Functions has it, says
//! which step, what, what to do and what had been done by then, and writes that to the evidence
//! bucket as `<execution name>/failure-<time>-<digest>.json`, together with the evidence of every
//! step before. The name of an execution is its ceremony's id, unless somebody started it by hand.
//! Depends on as little as it can: the execution's input may be what is wrong, so that it never
//! says where to write.

mod words;

use ceremony::announcement::{CeremonyFailed, VERSION};
use ceremony::digest::Sha256;
use ceremony::evidence::{Recordable, document};
use ceremony::execution::{Execution, JSON, Location};
use ceremony::id::{AnyCeremony, Kind};
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use step::{ServiceError, StepError};
use storage::{StorageError, WriteError, write_once};
use strum::{IntoStaticStr, VariantNames};

pub use words::{Done, ErrorOutput, Failure, Words, put_into_words};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// Which ceremony's machine failed.
    pub kind: Kind,
    pub execution: Execution,
    /// The execution's input, whatever it is: it may be what is wrong.
    pub input: Value,
    pub failure: Failure,
    /// Of every step that ended well.
    pub evidence: Vec<Value>,
    /// Where in Payment Cryptography to look for what a killed step left behind.
    pub aliases: Vec<String>,
    /// How to run such a ceremony again, once the remedy has been applied.
    pub again: String,
    /// When the failure path was entered.
    pub failed_at: Utc,
}

/// The detail of the event `Ceremony Failed`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub CeremonyFailed);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, input: Input) -> Result<Output, Error> {
    let words = put_into_words(&input.failure);
    let id = folder_of(&input.execution);
    let ceremony = ceremony_of(&input.input).filter(|it| it.id().as_str() == id);
    let bytes = document(&Record::new(&input, ceremony.as_ref(), &words))?;
    let (time, digest) = (input.failed_at.compact(), Sha256::of(&bytes).short());
    let location = Location {
        bucket: context.evidence_bucket.clone(),
        key: format!("{id}/failure-{time}-{digest}.json"),
    };
    write_once(&context.s3, &location, JSON, &bytes).await?;
    let Words {
        step,
        error,
        what,
        remedy,
        done: _,
    } = words;
    let folder = ceremony.as_ref().and_then(AnyCeremony::folder);
    Ok(Output(CeremonyFailed {
        version: VERSION,
        ceremony: input.kind,
        ceremony_id: id,
        partner: folder.as_ref().map(|folder| folder.partner.clone()),
        environment: folder.as_ref().map(|folder| folder.environment),
        data_type: folder.as_ref().map(|folder| folder.data_type),
        step,
        error,
        what,
        remedy,
        again: input.again,
        record: Some(location),
        execution_arn: input.execution.arn,
    }))
}

/// What the execution's input says of itself, if its id belongs to its folder.
fn ceremony_of(input: &Value) -> Option<AnyCeremony> {
    let ceremony: AnyCeremony = serde_json::from_value(input.get("ceremony")?.clone()).ok()?;
    ceremony.is_consistent().then_some(ceremony)
}

/// The execution's name, which Step Functions lets nobody give twice in 90 days. It may have
/// characters that no folder should: then the digest of the ARN stands for it.
fn folder_of(execution: &Execution) -> String {
    let name = execution.arn.rsplit(':').next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.is_empty() && name.bytes().all(plain) {
        return name.to_owned();
    }
    format!("execution-{}", Sha256::of(execution.arn.as_bytes()).short())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    schema_version: u32,
    outcome: &'static str,
    kind: Kind,
    ceremony: Option<&'a AnyCeremony>,
    execution: &'a Execution,
    input: &'a Value,
    failed_at: Utc,
    step: &'a str,
    error: &'a str,
    what: &'a str,
    remedy: &'a str,
    again: &'a str,
    /// What the failing step had done, or `not known`.
    done: &'a Done,
    /// Where to look for keys that nobody knows of.
    aliases: &'a [String],
    steps: &'a [Value],
}

impl<'a> Record<'a> {
    fn new(input: &'a Input, ceremony: Option<&'a AnyCeremony>, words: &'a Words) -> Self {
        Self {
            schema_version: 1,
            outcome: "failed",
            kind: input.kind,
            ceremony,
            execution: &input.execution,
            input: &input.input,
            failed_at: input.failed_at,
            step: &words.step,
            error: &words.error,
            what: &words.what,
            remedy: &words.remedy,
            again: &input.again,
            done: &words.done,
            aliases: &input.aliases,
            steps: &input.evidence,
        }
    }
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
        error.told_as(Self::AlreadyRecorded)
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
            Self::AlreadyRecorded(_) => {
                "Find out who wrote it: another record has another name, by its digest."
            }
            Self::DocumentUnwritable(_) => {
                "This is a defect of the software: report it with the execution's ARN."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(ceremony_id: &str) -> Value {
        json!({ "ceremony": {
            "ceremony": "kek-export", "ceremonyId": ceremony_id, "partner": "acme",
            "environment": "production", "dataType": "pin",
        }})
    }

    #[test]
    fn an_id_of_another_folder_names_no_folder_of_the_evidence() {
        let right = "acme-production-pin-0123456789abcdef";
        let found = ceremony_of(&input(right)).expect("a ceremony");
        assert_eq!(found.id().as_str(), right);
        for wrong in [
            "../../trusted-roots/x",
            "victim-production-pin-0123456789abcdef",
            "acme-production-pin-0123456789abcdef/..",
        ] {
            assert_eq!(ceremony_of(&input(wrong)), None, "{wrong}");
        }
        assert_eq!(ceremony_of(&json!({})), None);
        assert_eq!(ceremony_of(&json!({ "ceremony": 1 })), None);
    }

    #[test]
    fn the_folder_is_the_executions_name_or_a_digest() {
        let folder = |name: &str| {
            folder_of(&Execution {
                arn: format!("arn:aws:states:us-east-1:111122223333:execution:kek-export:{name}"),
                started_at: Utc::now(),
            })
        };
        assert_eq!(folder("by-hand_2"), "by-hand_2");
        for odd in ["..", "", "a.b", "a b", "\u{e9}"] {
            let folder = folder(odd);
            assert!(folder.starts_with("execution-"), "{folder}");
            assert_eq!(folder.len(), "execution-".len() + 16, "{folder}");
        }
        assert_ne!(folder(".."), folder("."));
    }
}
