//! Attempts that end anywhere, and those that follow them: one key, and one answer.

use apc_emulator::FaultKind;
use aws_sdk_paymentcryptography::types::KeyState;
use ceremony::evidence::Deed;
use ceremony::key_import::attributes::Kcv;
use ceremony::key_import::run::Ours;
use ceremony::keys::Origin;
use serde_json::json;
use step::{Journal, StepError};

use crate::stage::{AES_128, Stage, asked};

async fn by_ecdh() -> Stage {
    Stage::new(&asked("ecdh", AES_128), &json!({}), AES_128).await
}

async fn with_a_wrong_check_value() -> Stage {
    let mut stage = by_ecdh().await;
    stage.input.request.kcv = Some(Kcv::try_from("000000".to_owned()).unwrap());
    stage
}

#[tokio::test]
async fn another_attempt_finds_the_key() {
    let stage = by_ecdh().await;
    let first = stage.imported().await;
    let calls = stage.calls_of("ImportKey");
    let second = stage.imported().await;
    assert_eq!(second.key_arn, first.key_arn);
    assert_eq!(
        (first.origin, second.origin),
        (Origin::Created, Origin::Found)
    );
    assert_eq!(stage.calls_of("ImportKey"), calls);
}

#[tokio::test]
async fn throttled_calls_are_made_again() {
    let stage = with_a_wrong_check_value().await;
    for operation in [
        "GetAlias",
        "CreateAlias",
        "ImportKey",
        "UpdateAlias",
        "GetKey",
        "DeleteKey",
    ] {
        stage.emulated.throttle(operation);
    }
    assert_eq!(stage.refused().await.error, "KcvDiffers");
    assert_eq!(stage.keks().len(), 1);
}

/// A key whose maker never heard of it is found by its tags, and no second one made.
#[tokio::test]
async fn a_crash_after_import_key_leaves_one_key() {
    let mut stage = by_ecdh().await;
    stage
        .emulated
        .strikes("ImportKey", FaultKind::DropAfterCommit);
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
    assert_eq!(stage.journal.deeds(), [], "nobody told it");
    let lost = stage.keks();
    let received = stage.imported().await;
    assert_eq!(
        (vec![received.key_arn], received.origin),
        (lost, Origin::Found)
    );

    // So with one whose check value is another.
    stage.drops("K0AB00N", AES_128);
    stage.input.request.kcv = Some(Kcv::try_from("000000".to_owned()).unwrap());
    stage
        .emulated
        .strikes("ImportKey", FaultKind::DropAfterCommit);
    stage.handled().await.unwrap_err();
    assert_eq!(stage.keks().len(), 2);
    assert_eq!(stage.refused().await.error, "KcvDiffers");
    assert_eq!(stage.keks().len(), 2);
}

#[tokio::test]
async fn a_failure_before_the_alias_names_the_key_leaves_one_key() {
    let mut stage = by_ecdh().await;
    stage.emulated.fails("UpdateAlias", 3);
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
    let [Deed::HadKey { key_arn, .. }] = &stage.journal.deeds()[..] else {
        panic!("{:?}", stage.journal.deeds());
    };
    let made = key_arn.clone();
    stage.journal = Journal::default();
    let received = stage.imported().await;
    assert_eq!((received.key_arn, received.origin), (made, Origin::Found));
    assert_eq!(stage.keks().len(), 1);
}

#[tokio::test]
async fn a_failure_before_the_verdict_changes_nothing_of_it() {
    let stage = with_a_wrong_check_value().await;
    stage.emulated.fails("GetKey", 3);
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
    assert_eq!(stage.refused().await.error, "KcvDiffers");
    assert_eq!(stage.keks().len(), 1);
}

#[tokio::test]
async fn a_wrong_key_is_deleted_once_whatever_became_of_the_answer() {
    let stage = with_a_wrong_check_value().await;
    stage.emulated.fails("DeleteKey", 3);
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
    let key_arn = stage.keks().remove(0);
    assert_eq!(
        stage.key(&key_arn).await.key_state,
        KeyState::CreateComplete
    );

    // Carried out, and nobody heard: the call that follows is refused.
    stage
        .emulated
        .strikes("DeleteKey", FaultKind::DropAfterCommit);
    let refusal = stage.refused().await;
    assert_eq!(refusal.error, "KcvDiffers");
    assert_eq!(stage.key(&key_arn).await.key_state, KeyState::DeletePending);
    let deleted = Deed::ScheduledDeletion { key_arn, days: 7 };
    assert!(stage.journal.deeds().contains(&deleted));
    assert_eq!(stage.refused().await, refusal);
    assert_eq!(stage.keks().len(), 1);
}

/// A responder restores it, and starts its use: it is the wrong one still.
#[tokio::test]
async fn a_wrong_key_that_is_restored_is_not_accepted() {
    let stage = with_a_wrong_check_value().await;
    let refusal = stage.refused().await;
    let key_arn = stage.keks().remove(0);
    let client = &stage.emulated.client;
    let restore = client.restore_key().key_identifier(&key_arn);
    restore.send().await.unwrap();
    let start = client.start_key_usage().key_identifier(&key_arn);
    start.send().await.unwrap();
    assert_eq!(stage.refused().await, refusal);
    assert_eq!(stage.key(&key_arn).await.key_state, KeyState::DeletePending);
    assert_eq!(stage.keks().len(), 1);
}

#[tokio::test]
async fn a_key_whose_use_somebody_stopped_is_an_error() {
    let stage = by_ecdh().await;
    let received = stage.imported().await;
    let client = &stage.emulated.client;
    let stop = client.stop_key_usage().key_identifier(&received.key_arn);
    stop.send().await.unwrap();
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "KekOutOfUse");
    assert!(error.to_string().contains("not enabled"), "{error}");
}

/// What is wrong on our side is no fault of the block's.
#[tokio::test]
async fn a_ca_or_a_token_that_is_gone_is_an_error_and_not_a_wrong_block() {
    let stage = by_ecdh().await;
    let ca = stage.input.issuing_ca_key_arn.clone().unwrap();
    let client = &stage.emulated.client;
    let delete = client.delete_key().key_identifier(&ca);
    delete.send().await.unwrap();
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "ServiceRefused", "{error}");
    assert_eq!(stage.keks().len(), 0);

    let mut stage = Stage::new(&asked("rsa-oaep", AES_128), &json!({}), AES_128).await;
    let unknown = "import-token-0000000000000000";
    let Ours::Parameters { import_token, .. } = &mut stage.input.made.ours else {
        panic!("by RSA-OAEP there is a token");
    };
    unknown.clone_into(import_token);
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "ServiceRefused", "{error}");
    assert!(!error.to_string().contains(unknown), "{error}");
}

#[tokio::test]
async fn a_service_at_fault_is_an_error_and_not_a_wrong_block() {
    let stage = by_ecdh().await;
    stage.emulated.fails("ImportKey", 1);
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
}
