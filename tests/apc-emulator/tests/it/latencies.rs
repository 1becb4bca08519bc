//! Answers as late as the service's.

use std::time::{Duration, Instant};

use apc_emulator::{Latencies, Quotas};
use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyMaterialType};

use crate::support::{create_kek_arn, exception, inventory, kek, start};

#[tokio::test]
async fn latencies_are_those_of_the_operation_and_scaled() {
    let (emulator, client) = start().await;
    let controls = emulator.controls();
    controls.set_latencies(Some(Latencies::default()));
    let began = Instant::now();
    create_kek_arn(&client).await;
    assert!(began.elapsed() >= Duration::from_millis(254));
    let began = Instant::now();
    client.list_keys().send().await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(20));

    controls.set_latencies(Some(Latencies::scaled(4.0).unwrap()));
    let began = Instant::now();
    create_kek_arn(&client).await;
    assert!(began.elapsed() >= Duration::from_millis(4 * 254));

    // Off again, in time for a call that would take four minutes.
    controls.set_latencies(Some(Latencies::scaled(1000.0).unwrap()));
    controls.set_latencies(None);
    let at_once = tokio::time::timeout(Duration::from_secs(60), create_kek_arn(&client));
    at_once.await.unwrap();
}

/// The service does not take anything back because nobody waits for the answer.
#[tokio::test]
async fn latencies_pass_after_the_work_so_that_who_gives_up_has_made_a_key() {
    let (emulator, client) = start().await;
    let slow = Latencies::scaled(1000.0).unwrap();
    emulator.controls().set_latencies(Some(slow));
    let create = client
        .create_key()
        .key_attributes(kek(KeyAlgorithm::Aes128))
        .exportable(true);
    let given_up = tokio::spawn(create.send());
    while emulator.controls().requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    given_up.abort();
    assert_eq!(inventory(&emulator).keys.len(), 1);
    assert_eq!(emulator.controls().requests()[0].outcome, "ok");
}

#[tokio::test]
async fn latencies_are_not_for_requests_that_the_quota_refuses() {
    let (emulator, client) = start().await;
    let slow = Latencies::scaled(1000.0).unwrap();
    emulator.controls().set_latencies(Some(slow));
    let nothing = Quotas {
        burst: 0,
        ..Quotas::default()
    };
    emulator.controls().set_quotas(Some(nothing));
    let ask = client
        .get_parameters_for_import()
        .key_material_type(KeyMaterialType::Tr34KeyBlock)
        .wrapping_key_algorithm(KeyAlgorithm::Rsa2048);
    let refused = tokio::time::timeout(Duration::from_secs(60), ask.send()).await;
    assert_eq!(exception(refused.unwrap()), "ThrottlingException");
}
