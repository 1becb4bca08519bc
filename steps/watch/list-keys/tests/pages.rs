//! Pages of keys, at a pace that leaves room for others.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use aws_sdk_s3::Client;
use ceremony::execution::Execution;
use ceremony::utc::Utc;
use emulated::Emulated;
use emulated::aws::Aws;
use inventory::{ListedKey, Parts, Place, Progress};
use list_keys::{Context, Error, Input, handle};
use step::{Journal, StepError};
use tokio::time::Instant;

const PAUSE: Duration = Duration::from_millis(300);

fn execution() -> Execution {
    Execution {
        arn: "arn:aws:states:eu-west-1:111122223333:execution:reconciliation:x".to_owned(),
        started_at: Utc::now(),
    }
}

async fn page(
    emulated: &Emulated,
    s3: &Client,
    execution: &Execution,
    so_far: Progress,
) -> Result<Progress, Error> {
    let context = Context {
        payment_cryptography: emulated.client.clone(),
        s3: s3.clone(),
        parts_bucket: "parts".to_owned(),
        pause: PAUSE,
    };
    let input = Input {
        execution: execution.clone(),
        so_far,
    };
    handle(&context, input, &Journal::default()).await
}

#[tokio::test]
async fn every_key_is_listed_once_a_hundred_at_a_time() {
    let (emulated, aws) = (Emulated::start().await, Aws::default());
    let usage = KeyUsage::Tr31K0KeyEncryptionKey;
    for _ in 0..101 {
        emulated
            .operator_creates(usage.clone(), KeyAlgorithm::Aes128, true)
            .await;
    }
    let (s3, execution) = (Client::new(&aws.config()), execution());
    let start = Instant::now();
    let first = page(&emulated, &s3, &execution, Progress::default())
        .await
        .unwrap();
    assert_eq!(first.pages, 1);
    assert!(start.elapsed() >= PAUSE, "others have room");
    // Another attempt at the same page writes it again, and no second one.
    let again = page(&emulated, &s3, &execution, Progress::default())
        .await
        .unwrap();
    assert_eq!(again.pages, 1);
    let second = page(&emulated, &s3, &execution, first).await.unwrap();
    assert_eq!((second.pages, second.next.as_ref()), (2, None));

    let parts = Parts::new(&s3, "parts", &execution);
    let pages: Vec<Vec<ListedKey>> = parts.read(Place::Keys, 2).await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 1]);
    let mut arns: Vec<_> = pages.iter().flatten().map(|key| &key.key_arn).collect();
    arns.sort_unstable();
    arns.dedup();
    assert_eq!(arns.len(), 101);
    let first = &pages[0][0];
    assert_eq!(
        (first.state.as_str(), first.enabled),
        ("CREATE_COMPLETE", true)
    );
    assert_eq!(first.kcv.len(), 6);
}

#[tokio::test]
async fn a_service_that_fails_is_an_error_with_its_name() {
    let (emulated, aws) = (Emulated::start().await, Aws::default());
    emulated.fails("ListKeys", 3);
    let s3 = Client::new(&aws.config());
    tokio::time::pause();
    let outcome = page(&emulated, &s3, &execution(), Progress::default()).await;
    assert_eq!(outcome.unwrap_err().name(), "ServiceUnavailable");
    assert_eq!(aws.keys("parts"), Vec::<String>::new());
}
