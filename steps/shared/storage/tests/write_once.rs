//! What is written once, and what is never overwritten.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_s3::Client;
use ceremony::digest::Sha256;
use ceremony::execution::{JSON, Location};
use emulated::aws::{Aws, Fault};
use step::{ServiceError, StepError};
use storage::{Found, WriteError, write_once};

const BUCKET: &str = "evidence";
const KEY: &str = "id/record.json";
const OURS: &[u8] = b"the record";

fn location() -> Location {
    Location {
        bucket: BUCKET.to_owned(),
        key: KEY.to_owned(),
    }
}

async fn write(aws: &Aws) -> Result<(), WriteError> {
    write_once(&Client::new(&aws.config()), &location(), JSON, OURS).await
}

/// The error of a service, by the name that the state machine matches.
fn name(error: &WriteError) -> &'static str {
    match error {
        WriteError::AlreadyExists { .. } => "AlreadyExists",
        WriteError::Service(error) => error.name(),
    }
}

fn already_exists(there: &[u8]) -> WriteError {
    WriteError::AlreadyExists {
        location: location(),
        there: if there.len() == OURS.len() {
            Found::Digest(Sha256::of(there))
        } else {
            Found::Length(there.len().try_into().unwrap())
        },
        ours: Sha256::of(OURS),
    }
}

/// Object Lock takes nothing without a checksum.
#[tokio::test(start_paused = true)]
async fn an_object_is_written_with_its_type_and_checksum_and_read_back() {
    let aws = Aws::default();
    write(&aws).await.unwrap();
    let stored = aws.only(BUCKET, KEY);
    assert_eq!(stored.bytes, OURS);
    assert_eq!(stored.content_type, JSON);
    assert!(stored.sha256_kept);
    let (put, get) = (
        "PutObject evidence/id/record.json",
        "GetObject evidence/id/record.json",
    );
    assert_eq!(aws.calls(), [put, get]);
}

#[tokio::test(start_paused = true)]
async fn writing_twice_is_harmless() {
    let aws = Aws::default();
    write(&aws).await.unwrap();
    let first = aws.only(BUCKET, KEY);
    write(&aws).await.unwrap();
    assert_eq!(aws.only(BUCKET, KEY), first);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_object_stays_and_is_told_of_by_its_digest_or_its_length() {
    for there in ["the REcord", "a foreign record"] {
        let aws = Aws::default();
        aws.put(BUCKET, KEY, there);
        assert_eq!(write(&aws).await, Err(already_exists(there.as_bytes())));
        assert_eq!(aws.only(BUCKET, KEY).bytes, there.as_bytes());
    }
}

/// Even a part of ours, or ours with something behind it.
#[tokio::test(start_paused = true)]
async fn an_object_that_is_almost_ours_is_foreign() {
    for there in [&b""[..], b"the rec", b"the record\n", b"The record"] {
        let aws = Aws::default();
        aws.put(BUCKET, KEY, there);
        assert_eq!(write(&aws).await, Err(already_exists(there)));
        assert_eq!(aws.only(BUCKET, KEY).bytes, there);
    }
}

#[tokio::test(start_paused = true)]
async fn a_byte_that_changed_in_storage_is_noticed() {
    let aws = Aws::default();
    aws.fault("PutObject", 1..=1, Fault::ChangedInStorage);
    let error = write(&aws).await.unwrap_err();
    assert_eq!(error, already_exists(&aws.only(BUCKET, KEY).bytes));
}

/// Not a foreign object: asked again later, it is ours.
#[tokio::test(start_paused = true)]
async fn a_byte_that_changed_on_the_way_back_is_read_again_later() {
    let aws = Aws::default();
    aws.fault_for_good("GetObject", Fault::ChangedOnTheWay);
    let error = write(&aws).await.unwrap_err();
    assert_eq!(name(&error), "ServiceUnavailable");
    aws.mend();
    write(&aws).await.unwrap();
    assert_eq!(aws.only(BUCKET, KEY).bytes, OURS);
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_answer_it_finds_what_it_wrote() {
    let aws = Aws::default();
    aws.fault("PutObject", 1..=1, Fault::AnswerLost);
    write(&aws).await.unwrap();
    assert_eq!(aws.only(BUCKET, KEY).bytes, OURS);
    aws.fault("GetObject", 1..=1, Fault::AnswerLost);
    write(&aws).await.unwrap();
}

/// It may have been done, and nobody says that it was not.
#[tokio::test(start_paused = true)]
async fn without_any_answer_nobody_knows() {
    let aws = Aws::default();
    aws.fault_for_good("PutObject", Fault::AnswerLost);
    let WriteError::Service(error) = write(&aws).await.unwrap_err() else {
        panic!("an error of the service was expected");
    };
    assert_eq!(error.name(), "ServiceUnavailable");
    assert!(!error.changed_nothing());
    assert_eq!(aws.only(BUCKET, KEY).bytes, OURS);
}

#[tokio::test(start_paused = true)]
async fn a_throttle_is_waited_out_or_told_as_what_it_is() {
    for operation in ["PutObject", "GetObject"] {
        let aws = Aws::default();
        aws.fault(operation, 1..=2, Fault::Throttled);
        write(&aws).await.unwrap();

        let aws = Aws::default();
        aws.fault_for_good(operation, Fault::Throttled);
        let error = write(&aws).await.unwrap_err();
        assert_eq!(name(&error), "ServiceThrottled");
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_is_final_and_nothing_is_written() {
    let aws = Aws::default();
    aws.fault_for_good("PutObject", Fault::Denied);
    assert_eq!(name(&write(&aws).await.unwrap_err()), "AccessDenied");
    assert_eq!(aws.calls(), ["PutObject evidence/id/record.json"]);
    assert!(aws.keys(BUCKET).is_empty());
}

/// What was not read back does not count as written.
#[tokio::test(start_paused = true)]
async fn an_object_that_may_not_be_read_back_is_an_error() {
    let aws = Aws::default();
    aws.fault_for_good("GetObject", Fault::Denied);
    assert_eq!(name(&write(&aws).await.unwrap_err()), "AccessDenied");
    // Nor does it if it was there before.
    assert_eq!(name(&write(&aws).await.unwrap_err()), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn of_two_writers_at_once_one_comes_again() {
    let aws = Aws::default();
    let conflict = Fault::Refused(409, "ConditionalRequestConflict");
    aws.fault_for_good("PutObject", conflict);
    let WriteError::Service(error) = write(&aws).await.unwrap_err() else {
        panic!("an error of the service was expected");
    };
    assert!(matches!(error, ServiceError::ServiceUnavailable { .. }));
    assert!(aws.keys(BUCKET).is_empty());
}

/// Any other refusal is the service's own word, and final.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_nobody_expects_is_passed_on() {
    let aws = Aws::default();
    aws.fault_for_good("PutObject", Fault::Refused(400, "KMS.DisabledException"));
    let WriteError::Service(error) = write(&aws).await.unwrap_err() else {
        panic!("an error of the service was expected");
    };
    assert_eq!(error.name(), "ServiceRefused");
    assert!(
        error.to_string().contains("KMS.DisabledException"),
        "{error}"
    );
    assert_eq!(aws.calls().len(), 1);
}
