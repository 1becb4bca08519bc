//! The alias of the current KEK: of the ceremony that began last, in whatever order they end.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::Tag;
use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::execution::Execution;
use ceremony::keys::{KekFacts, Origin};
use emulated::{Emulated, ceremony, execution};
use establish_kek::{Input, Output, handle};

const ALIAS: &str = "alias/key-ceremony/kek/acme/production/cardholder/current";
const TAG: &str = "key-ceremony:run-began-at";

/// The step, of a run that began so many seconds after a time that does not matter.
async fn establishes(emulated: &Emulated, key_arn: &str, began: i64) -> Output {
    let input = Input {
        ceremony: ceremony(),
        execution: Execution {
            started_at: execution().started_at.plus_seconds(began),
            ..execution()
        },
        kek: KekFacts {
            key_arn: key_arn.to_owned(),
            algorithm: KekAlgorithm::AES_128,
            kcv: "000000".to_owned(),
            kcv_algorithm: KcvAlgorithm::CMAC,
            origin: Origin::Created,
            replaces_key_arn: None,
        },
    };
    handle(&emulated.client, input).await.unwrap()
}

async fn current(emulated: &Emulated) -> Option<String> {
    let answer = emulated.client.get_alias().alias_name(ALIAS).send().await;
    answer.unwrap().alias.unwrap().key_arn
}

async fn tags(emulated: &Emulated, key_arn: &str) -> Vec<Tag> {
    let request = emulated.client.list_tags_for_resource();
    let answer = request.resource_arn(key_arn).send().await;
    answer.unwrap().tags
}

#[tokio::test]
async fn the_kek_of_the_run_that_began_last_is_the_current_one() {
    let emulated = Emulated::start().await;
    let (first, _) = emulated.creates_kek().await;
    let output = establishes(&emulated, &first, 10).await;
    assert_eq!(output.alias, ALIAS);
    assert_eq!(output.replaces_key_arn, None);
    assert_eq!(output.kept_key_arn, None);
    assert_eq!(current(&emulated).await.as_ref(), Some(&first));

    let again = establishes(&emulated, &first, 10).await;
    assert_eq!(again, output, "another attempt");

    let (second, _) = emulated.creates_kek().await;
    let output = establishes(&emulated, &second, 20).await;
    assert_eq!(output.replaces_key_arn, Some(first));
    assert_eq!(output.kept_key_arn, None);
    assert_eq!(current(&emulated).await, Some(second));
}

/// It waited for an approval, while a newer leaf was dropped under a root that was known.
#[tokio::test]
async fn a_run_that_ends_late_turns_nothing_back_and_says_so() {
    let emulated = Emulated::start().await;
    let (older, _) = emulated.creates_kek().await;
    let (newer, _) = emulated.creates_kek().await;
    establishes(&emulated, &newer, 20).await;
    let output = establishes(&emulated, &older, 10).await;
    assert_eq!(output.key_arn, older);
    assert_eq!(output.replaces_key_arn, None);
    assert_eq!(output.kept_key_arn.as_ref(), Some(&newer));
    assert_eq!(current(&emulated).await.as_ref(), Some(&newer));
    assert!(tags(&emulated, &older).await.is_empty());

    let again = establishes(&emulated, &older, 10).await;
    assert_eq!(again, output, "another attempt");

    // The newer leaf is removed, and the older one dropped again.
    let output = establishes(&emulated, &older, 30).await;
    assert_eq!(output.replaces_key_arn, Some(newer));
    assert_eq!(current(&emulated).await, Some(older));
}

/// The leaf was dropped again, or the profile names one KEK for all leaves.
#[tokio::test]
async fn a_kek_that_is_sent_again_counts_from_its_latest_run() {
    let emulated = Emulated::start().await;
    let (kek, _) = emulated.creates_kek().await;
    let (other, _) = emulated.creates_kek().await;
    establishes(&emulated, &kek, 10).await;
    let output = establishes(&emulated, &kek, 30).await;
    assert_eq!((output.replaces_key_arn, output.kept_key_arn), (None, None));
    // An older run of the same KEK does not make it older.
    establishes(&emulated, &kek, 20).await;
    let output = establishes(&emulated, &other, 25).await;
    assert_eq!(output.kept_key_arn, Some(kek));
}

/// Of a key that an operator made and tagged, nothing but that one tag changes.
#[tokio::test]
async fn what_else_a_kek_is_tagged_with_stays() {
    let emulated = Emulated::start().await;
    let (kek, _) = emulated.creates_kek().await;
    let purpose = ("key-ceremony:purpose", "kek");
    emulated.operator_tags(&kek, &[purpose]).await;
    establishes(&emulated, &kek, 10).await;
    let mut found: Vec<(String, String)> = tags(&emulated, &kek)
        .await
        .into_iter()
        .map(|tag| (tag.key, tag.value.unwrap()))
        .collect();
    found.sort();
    let began = execution().started_at.plus_seconds(10).to_string();
    let expected = [purpose, (TAG, &began)];
    assert_eq!(
        found,
        expected.map(|(key, value)| (key.into(), value.into()))
    );
}

/// Of no run that is known: it was made the current one by hand, say, or before there was the tag.
#[tokio::test]
async fn a_current_kek_of_no_known_run_is_replaced() {
    for tag in [None, Some("yesterday")] {
        let emulated = Emulated::start().await;
        let (by_hand, _) = emulated.creates_kek().await;
        let create = emulated.client.create_alias().alias_name(ALIAS);
        create.key_arn(&by_hand).send().await.unwrap();
        if let Some(tag) = tag {
            emulated.operator_tags(&by_hand, &[(TAG, tag)]).await;
        }
        let (kek, _) = emulated.creates_kek().await;
        let output = establishes(&emulated, &kek, 10).await;
        assert_eq!(output.replaces_key_arn, Some(by_hand), "{tag:?}");
        assert_eq!(current(&emulated).await, Some(kek), "{tag:?}");
    }
}

#[tokio::test]
async fn an_alias_that_lost_its_key_gets_the_new_one() {
    let emulated = Emulated::start().await;
    let reserve = emulated.client.create_alias().alias_name(ALIAS);
    reserve.send().await.unwrap();
    let (kek, _) = emulated.creates_kek().await;
    let output = establishes(&emulated, &kek, 10).await;
    assert_eq!(output.replaces_key_arn, None);
    assert_eq!(current(&emulated).await, Some(kek));
}

#[tokio::test]
async fn a_throttle_is_waited_out() {
    let emulated = Emulated::start().await;
    let (kek, _) = emulated.creates_kek().await;
    for operation in ["TagResource", "CreateAlias"] {
        emulated.throttle(operation);
    }
    establishes(&emulated, &kek, 10).await;
    assert_eq!(current(&emulated).await, Some(kek));
}
