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

/// `WrapRsa` failed, having exported a key.
fn input() -> Input {
    let explanation = json!({
        "what": "the KCV is wrong.", "remedy": "Stop.",
        "done": [{ "did": "signed", "keyArn": "arn" }],
    });
    let cause = json!({ "errorType": "KcvMismatch", "errorMessage": explanation.to_string() });
    Input {
        kind: Kind::KekExport,
        execution: Execution {
            arn: execution(ceremony().ceremony_id.as_str()),
            started_at: utc("2026-11-24T12:00:00Z"),
        },
        input: json!({ "version": 1, "ceremony": ceremony(), "objects": [] }),
        failure: Failure {
            step: "WrapRsa".to_owned(),
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

fn execution(name: &str) -> String {
    format!("arn:aws:states:eu-west-1:111122223333:execution:kek-export:{name}")
}

/// The key of the one record.
fn key(aws: &Aws) -> String {
    let [key] = &aws.keys(EVIDENCE)[..] else {
        panic!("one record was expected: {:?}", aws.keys(EVIDENCE));
    };
    key.clone()
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_recorded_beside_the_ceremonys_other_evidence() {
    let aws = Aws::default();
    let Output(announced) = record(&aws, &input()).await.unwrap();
    let beside = format!("{}/failure-20261124T120007Z-", ceremony().ceremony_id);
    let there = Location {
        bucket: EVIDENCE.to_owned(),
        key: key(&aws),
    };
    assert!(there.key.starts_with(&beside), "{there:?}");
    assert_eq!(announced.record, Some(there));
    assert_eq!(announced.ceremony_id, ceremony().ceremony_id.as_str());
    assert_eq!(announced.partner, Some(ceremony().partner));
    assert_eq!(
        (announced.error.as_str(), announced.step.as_str()),
        ("KcvMismatch", "WrapRsa")
    );
    assert_eq!(announced.what, "the KCV is wrong.");
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_a_partner_is_told_of_its_ceremony() {
    let aws = Aws::default();
    let enrolment = emulated::enrolment::enrolment(&emulated::enrolment::own_chain());
    let id = enrolment.ceremony_id.to_string();
    let mut input = input();
    input.kind = Kind::CertificateEnrolment;
    input.execution.arn = execution(&id);
    input.input = json!({ "ceremony": enrolment });
    let Output(announced) = record(&aws, &input).await.unwrap();
    assert_eq!(announced.ceremony, Kind::CertificateEnrolment);
    assert_eq!(announced.ceremony_id, id);
    assert_eq!(announced.partner, None);
    let record = json_at(&aws, &key(&aws));
    assert_eq!(record["ceremony"], json!(enrolment));
}

/// What had been done is what cannot be found out afterwards.
#[tokio::test(start_paused = true)]
async fn the_record_has_the_input_every_step_before_and_what_the_failing_one_did() {
    let aws = Aws::default();
    let input = input();
    record(&aws, &input).await.unwrap();
    let record = json_at(&aws, &key(&aws));
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
    assert_eq!(json_at(&aws, &key(&aws))["done"], "not known");
}

/// Whoever may start an execution can write anything into its input.
#[tokio::test(start_paused = true)]
async fn the_input_does_not_say_where_the_record_lies() {
    let mut of_another = json!({ "ceremony": ceremony() });
    of_another["ceremony"]["partner"] = json!("victim");
    let mut above = json!({ "ceremony": ceremony() });
    above["ceremony"]["ceremonyId"] = json!("../trusted-roots");
    // As good as the real one, which has its evidence in that folder.
    let replayed = json!({ "ceremony": ceremony() });
    let wrong = [
        of_another,
        above,
        replayed,
        json!(null),
        json!("x"),
        json!([1]),
    ];
    for wrong in wrong {
        let aws = Aws::default();
        let mut input = input();
        input.execution.arn = execution("by-hand");
        input.input = wrong.clone();
        let Output(announced) = record(&aws, &input).await.unwrap();
        let key = key(&aws);
        assert!(
            key.starts_with("by-hand/failure-20261124T120007Z-"),
            "{key}"
        );
        assert_eq!(json_at(&aws, &key)["input"], wrong);
        assert_eq!(json_at(&aws, &key)["ceremony"], Value::Null);
        assert_eq!(
            (announced.ceremony_id.as_str(), announced.partner),
            ("by-hand", None)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn two_failures_in_one_second_have_a_record_each() {
    let aws = Aws::default();
    let mut input = input();
    record(&aws, &input).await.unwrap();
    // The same once more is no other record.
    record(&aws, &input).await.unwrap();
    let first = key(&aws);
    input.failure.step = "Sign".to_owned();
    record(&aws, &input).await.unwrap();
    assert_eq!(aws.keys(EVIDENCE).len(), 2);
    assert_eq!(json_at(&aws, &first)["step"], "WrapRsa");
}

#[tokio::test(start_paused = true)]
async fn a_record_is_never_overwritten() {
    let aws = Aws::default();
    record(&aws, &input()).await.unwrap();
    let there = Location {
        bucket: EVIDENCE.to_owned(),
        key: key(&aws),
    };
    let other = Aws::default();
    let s3 = Client::new(&other.config());
    storage::write_once(&s3, &there, JSON, b"{}").await.unwrap();
    let error = record(&other, &input()).await.unwrap_err();
    assert_eq!(error.name(), "AlreadyRecorded");
    assert_eq!(other.only(EVIDENCE, &there.key).bytes, b"{}");
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
    aws.only(EVIDENCE, &key(&aws));
}
