//! Injected faults, as the SDK sees them.

use std::time::{Duration, Instant};

use apc_emulator::{Config, Emulator, Fault, FaultKind};
use aws_config::retry::RetryConfig;
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::KeyAlgorithm;

use crate::support::{create, create_kek, exception, inventory, start};

#[tokio::test]
async fn a_throttled_call_changes_nothing_and_is_throttled_as_often_as_asked() {
    let (emulator, client) = start().await;
    let fault = Fault {
        times: 2,
        ..Fault::once("CreateKey", FaultKind::Throttle)
    };
    emulator.controls().inject(fault).unwrap();
    for _ in 0..2 {
        assert_eq!(exception(create(&client).await), "ThrottlingException");
    }
    assert!(inventory(&emulator).keys.is_empty());
    create(&client).await.unwrap();
    assert_eq!(inventory(&emulator).keys.len(), 1);
}

#[tokio::test]
async fn the_sdk_retries_throttling_by_itself() {
    let (emulator, client) = start().await;
    emulator
        .controls()
        .inject(Fault::once("CreateKey", FaultKind::Throttle))
        .unwrap();
    let config = client
        .config()
        .to_builder()
        .retry_config(RetryConfig::standard())
        .build();
    create_kek(&Client::from_conf(config), KeyAlgorithm::Aes128).await;
    let outcomes: Vec<_> = emulator
        .controls()
        .requests()
        .into_iter()
        .map(|request| request.outcome)
        .collect();
    assert_eq!(outcomes, ["ThrottlingException", "ok"]);
}

#[tokio::test]
async fn an_internal_error_changes_nothing() {
    let (emulator, client) = start().await;
    emulator
        .controls()
        .inject(Fault::once("CreateKey", FaultKind::Internal))
        .unwrap();
    assert_eq!(exception(create(&client).await), "InternalServerException");
    assert!(inventory(&emulator).keys.is_empty());
}

#[tokio::test]
async fn a_connection_dropped_before_changes_nothing() {
    let (emulator, client) = start().await;
    emulator
        .controls()
        .inject(Fault::once("CreateKey", FaultKind::DropBefore))
        .unwrap();
    assert_eq!(exception(create(&client).await), "no answer");
    assert!(inventory(&emulator).keys.is_empty());
    let request = &emulator.controls().requests()[0];
    assert_eq!(request.outcome, "nothing");
    assert_eq!(request.fault.as_deref(), Some("drop-before"));
}

#[tokio::test]
async fn a_connection_dropped_after_commit_leaves_the_key() {
    let (emulator, client) = start().await;
    emulator
        .controls()
        .inject(Fault::once("CreateKey", FaultKind::DropAfterCommit))
        .unwrap();
    assert_eq!(exception(create(&client).await), "no answer");
    let keys = inventory(&emulator).keys;
    assert_eq!(keys.len(), 1);
    let request = &emulator.controls().requests()[0];
    assert_eq!(request.outcome, "ok");
    assert_eq!(request.fault.as_deref(), Some("drop-after-commit"));
    assert_eq!(request.key_arns, [keys[0].key_arn.to_string()]);
}

#[tokio::test]
async fn a_delayed_call_succeeds_later() {
    let (emulator, client) = start().await;
    let fault = Fault {
        delay_ms: 300,
        ..Fault::once("CreateKey", FaultKind::Delay)
    };
    emulator.controls().inject(fault).unwrap();
    let start = Instant::now();
    create(&client).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn faults_are_taken_back_and_the_impossible_is_refused() {
    let (emulator, client) = start().await;
    let controls = emulator.controls();
    controls
        .inject(Fault::once("CreateKey", FaultKind::Throttle))
        .unwrap();
    controls.clear_faults();
    create(&client).await.unwrap();
    assert!(
        controls
            .inject(Fault::once("CreateKeys", FaultKind::Throttle))
            .is_err()
    );
    let never = Fault {
        times: 0,
        ..Fault::once("CreateKey", FaultKind::Throttle)
    };
    assert!(controls.inject(never).is_err());
}

#[tokio::test]
async fn an_emulator_that_is_shut_down_leaves_its_port() {
    let (emulator, client) = start().await;
    let address = emulator
        .url()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    create(&client).await.unwrap();
    emulator.shutdown().await;
    assert_eq!(exception(create(&client).await), "no answer");
    let again = Emulator::start(Config {
        listen: address,
        ..Config::default()
    })
    .await
    .unwrap();
    assert!(inventory(&again).keys.is_empty());
}
