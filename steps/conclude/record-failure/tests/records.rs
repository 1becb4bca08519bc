//! Where the record of a failure lies, what it says, and that it replaces none.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_s3::Client;
use ceremony::execution::{Execution, JSON, Location};
use ceremony::id::Kind;
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault};
use emulated::ceremony;
use record_failure::{Context, Error, ErrorOutput, Failure, Input, Output, handle};
use serde_json::{Value, json};
use step::StepError;

const EVIDENCE: &str = "evidence";

fn utc(text: &str) -> Utc {
    text.to_owned().try_into().unwrap()
}

/// `Wrap` failed, having exported a key.
fn input() -> Input {
    let explanation = json!({
        "what": "the KCV is wrong.", "remedy": "Stop.",
        "done": [{ "did": "signed", "keyArn": "arn" }],
    });
    let cause = json!({ "errorType": "KcvMismatch", "errorMessage": explanation.to_string() });
    Input {
        kind: Kind::KekExport,
        execution: Execution {
            arn: "arn:aws:states:eu-west-1:111122223333:execution:kek-export:by-hand".to_owned(),
            started_at: utc("2026-11-24T12:00:00Z"),
        },
        input: json!({ "version": 1, "ceremony": ceremony(), "objects": [] }),
        failure: Failure {
            step: "Wrap".to_owned(),
            error: ErrorOutput {
                error: Some("KcvMismatch".to_owned()),
                cause: Some(cause.to_string()),
            },
        },
        evidence: vec![json!({ "step": "validate" })],
        aliases: vec!["alias/kek".to_owned()],
        again: "Drop the leaf again.".to_owned(),
        failed_at: utc("2026-11-24T12:00:07.123Z"),
    }
}

async fn record(aws: &Aws, input: &Input) -> Result<Output, Error> {
    let context = Context {
        s3: Client::new(&aws.config()),
        evidence_bucket: EVIDENCE.to_owned(),
    };
    handle(&context, input.clone()).await
}

fn json_at(aws: &Aws, key: &str) -> Value {
    let stored = aws.only(EVIDENCE, key);
    assert_eq!(stored.content_type, JSON);
    assert!(stored.sha256_kept);
    serde_json::from_slice(&stored.bytes).unwrap()
}

fn key() -> String {
    format!("{}/failure-20261124T120007Z.json", ceremony().ceremony_id)
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_recorded_beside_the_ceremonys_other_evidence() {
    let aws = Aws::default();
    let Output(announced) = record(&aws, &input()).await.unwrap();
    assert_eq!(aws.keys(EVIDENCE), [key()]);
    let there = Location {
        bucket: EVIDENCE.to_owned(),
        key: key(),
    };
    assert_eq!(announced.record, Some(there));
    assert_eq!(announced.ceremony_id, ceremony().ceremony_id.as_str());
    assert_eq!(announced.partner, Some(ceremony().partner));
    assert_eq!(
        (announced.error.as_str(), announced.step.as_str()),
        ("KcvMismatch", "Wrap")
    );
    assert_eq!(announced.what, "the KCV is wrong.");
}

/// What had been done is what cannot be found out afterwards.
#[tokio::test(start_paused = true)]
async fn the_record_has_the_input_every_step_before_and_what_the_failing_one_did() {
    let aws = Aws::default();
    let input = input();
    record(&aws, &input).await.unwrap();
    let record = json_at(&aws, &key());
    assert_eq!(record["outcome"], "failed");
    assert_eq!(record["ceremony"], json!(ceremony()));
    assert_eq!(record["execution"], json!(input.execution));
    assert_eq!(record["input"], input.input);
    assert_eq!(record["steps"], json!(input.evidence));
    assert_eq!(record["aliases"], json!(input.aliases));
    assert_eq!(
        record["done"],
        json!([{ "did": "signed", "keyArn": "arn" }])
    );
    assert_eq!(record["failedAt"], "2026-11-24T12:00:07.123Z");
    let words = ["error", "what", "remedy", "again"].map(|member| record[member].clone());
    let expected = ["KcvMismatch", "the KCV is wrong.", "Stop.", &input.again];
    assert_eq!(words, expected);
}

#[tokio::test(start_paused = true)]
async fn of_a_killed_step_the_record_says_that_nobody_knows() {
    let aws = Aws::default();
    let mut input = input();
    input.failure.error = ErrorOutput {
        error: Some("States.Timeout".to_owned()),
        cause: None,
    };
    record(&aws, &input).await.unwrap();
    assert_eq!(json_at(&aws, &key())["done"], "not known");
}

/// An input that nobody can read, or whose id is not of its folder, is recorded all the same, and
/// does not say where.
#[tokio::test(start_paused = true)]
async fn an_input_that_says_no_folder_is_recorded_under_the_executions_name() {
    let mut of_another = json!({ "ceremony": ceremony() });
    of_another["ceremony"]["partner"] = json!("victim");
    let mut above = json!({ "ceremony": ceremony() });
    above["ceremony"]["ceremonyId"] = json!("../trusted-roots");
    for wrong in [of_another, above, json!(null), json!("x"), json!([1])] {
        let aws = Aws::default();
        let mut input = input();
        input.input = wrong.clone();
        let Output(announced) = record(&aws, &input).await.unwrap();
        let key = "by-hand/failure-20261124T120007Z.json";
        assert_eq!(aws.keys(EVIDENCE), [key]);
        assert_eq!(json_at(&aws, key)["input"], wrong);
        assert_eq!(
            (announced.ceremony_id.as_str(), announced.partner),
            ("by-hand", None)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn every_failure_has_a_record_of_its_own() {
    let aws = Aws::default();
    let mut input = input();
    record(&aws, &input).await.unwrap();
    input.failed_at = utc("2026-11-24T12:00:08.123Z");
    input.failure.step = "Sign".to_owned();
    record(&aws, &input).await.unwrap();
    assert_eq!(aws.keys(EVIDENCE).len(), 2);
    assert_eq!(json_at(&aws, &key())["step"], "Wrap");
}

#[tokio::test(start_paused = true)]
async fn a_record_is_never_overwritten() {
    let aws = Aws::default();
    record(&aws, &input()).await.unwrap();
    let first = aws.only(EVIDENCE, &key());
    // The same once more is no other record.
    record(&aws, &input()).await.unwrap();
    let mut other = input();
    other.failure.step = "Sign".to_owned();
    let error = record(&aws, &other).await.unwrap_err();
    assert_eq!(error.name(), "AlreadyRecorded");
    assert_eq!(aws.only(EVIDENCE, &key()), first);
}

#[tokio::test(start_paused = true)]
async fn a_record_whose_bytes_changed_in_storage_does_not_count() {
    let aws = Aws::default();
    aws.fault("PutObject", 1..=1, Fault::ChangedInStorage);
    let error = record(&aws, &input()).await.unwrap_err();
    assert_eq!(error.name(), "AlreadyRecorded");
}

/// The machine announces the failure without a record then.
#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_written_is_told_by_the_services_name() {
    for (fault, expected) in [
        (Fault::Denied, "AccessDenied"),
        (Fault::Throttled, "ServiceThrottled"),
        (Fault::Refused(404, "NoSuchBucket"), "ServiceRefused"),
        (
            Fault::Refused(503, "ServiceUnavailable"),
            "ServiceUnavailable",
        ),
    ] {
        let aws = Aws::default();
        aws.fault_for_good("PutObject", fault);
        let error = record(&aws, &input()).await.unwrap_err();
        assert_eq!(error.name(), expected);
        assert!(aws.keys(EVIDENCE).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_one_record() {
    let aws = Aws::default();
    aws.fault("PutObject", 1..=1, Fault::AnswerLost);
    record(&aws, &input()).await.unwrap();
    aws.only(EVIDENCE, &key());
}
