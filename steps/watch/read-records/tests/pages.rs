//! Records, and nothing else, out of an evidence bucket of more than one page.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_s3::Client;
use ceremony::execution::Execution;
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault};
use inventory::{Parts, Place, Progress, Recorded};
use read_records::{Context, Error, Input, handle};
use serde_json::json;
use step::{Journal, StepError};

const EVIDENCE: &str = "evidence";

async fn page(aws: &Aws, so_far: Progress) -> Result<Progress, Error> {
    let context = Context {
        s3: Client::new(&aws.config()),
        evidence_bucket: EVIDENCE.to_owned(),
        parts_bucket: "parts".to_owned(),
    };
    let input = Input {
        execution: execution(),
        so_far,
    };
    handle(&context, input, &Journal::default()).await
}

fn execution() -> Execution {
    Execution {
        arn: "arn:aws:states:eu-west-1:111122223333:execution:reconciliation:x".to_owned(),
        started_at: Utc::try_from("2026-11-27T04:00:00Z".to_owned()).unwrap(),
    }
}

fn failure(number: usize) -> String {
    let done = json!([{ "did": "had-key", "keyArn": format!("arn:{number}"), "alias": null }]);
    json!({ "steps": [], "done": done }).to_string()
}

#[tokio::test(start_paused = true)]
async fn every_record_is_read_over_all_pages_and_no_other_object() {
    let aws = Aws::default();
    for number in 0..400 {
        let folder = format!("acme-production-pin-{number:016x}");
        aws.put(
            EVIDENCE,
            &format!("{folder}/failure-x.json"),
            failure(number),
        );
        aws.put(EVIDENCE, &format!("{folder}/manifest.json"), "no record");
        aws.put(EVIDENCE, &format!("{folder}/published.json"), "no record");
    }
    aws.put(
        EVIDENCE,
        "reconciliation/20261126T040000Z-x.json",
        "no record",
    );
    aws.put(EVIDENCE, "trusted-roots/x.pem", "no record");

    let first = page(&aws, Progress::default()).await.unwrap();
    assert_eq!(first.pages, 1);
    assert!(first.next.is_some());
    let second = page(&aws, first).await.unwrap();
    assert_eq!((second.pages, second.next), (2, None));

    let s3 = Client::new(&aws.config());
    let execution = execution();
    let parts = Parts::new(&s3, "parts", &execution);
    let pages: Vec<Recorded> = parts.read(Place::Records, 2).await.unwrap();
    let all = Recorded::of_all(pages);
    assert_eq!(all.keys.len(), 400);
    assert_eq!(all.unreadable, []);
    let gets = aws.calls();
    let gets = gets
        .iter()
        .filter(|call| call.starts_with("GetObject evidence/"));
    assert_eq!(gets.count(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_not_answered_is_no_record_less() {
    let aws = Aws::default();
    aws.put(EVIDENCE, "acme/record.json", failure(1));
    aws.fault_for_good("GetObject", Fault::Denied);
    let error = page(&aws, Progress::default()).await.unwrap_err();
    assert_eq!(error.name(), "AccessDenied");
    assert_eq!(aws.keys("parts"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_empty_bucket_is_one_empty_page() {
    let aws = Aws::default();
    let progress = page(&aws, Progress::default()).await.unwrap();
    assert_eq!((progress.pages, progress.next), (1, None));
}
