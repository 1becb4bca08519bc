//! One KEK for a leaf, or the profile's, if that may be sent.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::digest::Sha256;
use ceremony::evidence::Deed;
use ceremony::execution::Execution;
use ceremony::keys::{KekFacts, Origin};
use create_kek::{Error, Input, handle};
use emulated::{Emulated, ceremony, execution, folder};
use step::{Journal, StepError};

fn input(key_arn: Option<&str>) -> Input {
    Input {
        ceremony: ceremony(),
        execution: execution(),
        leaf_sha256: Sha256::of(b"leaf"),
        algorithm: KekAlgorithm::AES_128,
        key_arn: key_arn.map(str::to_owned),
    }
}

async fn kek(emulated: &Emulated, key_arn: Option<&str>) -> Result<KekFacts, Error> {
    let journal = Journal::default();
    let output = handle(&emulated.client, input(key_arn), &journal).await?;
    Ok(output.0)
}

#[tokio::test]
async fn a_kek_is_made_once_and_found_again() {
    let emulated = Emulated::start().await;
    let (alias, journal) = (folder().kek_alias(&Sha256::of(b"leaf")), Journal::default());
    let first = handle(&emulated.client, input(None), &journal)
        .await
        .unwrap()
        .0;
    assert_eq!(first.origin, Origin::Created);
    assert_eq!(first.kcv_algorithm, KcvAlgorithm::CMAC);
    let deed = |origin| Deed::HadKey {
        key_arn: first.key_arn.clone(),
        alias: Some(alias.clone()),
        origin,
    };
    assert_eq!(journal.deeds(), [deed(Origin::Created)]);

    let journal = Journal::default();
    let second = handle(&emulated.client, input(None), &journal)
        .await
        .unwrap()
        .0;
    assert_eq!(second.origin, Origin::Found);
    assert_eq!(second.key_arn, first.key_arn);
    assert_eq!(journal.deeds(), [deed(Origin::Found)]);

    let [key] = &emulated.keys()[..] else {
        panic!("one key was expected");
    };
    assert!(key.exportable && key.enabled);
    assert_eq!(key.key_check_value, first.kcv);
    assert_eq!(key.aliases.len(), 1);
    let attributes = format!("{:?}", key.attributes);
    assert!(
        attributes.contains("K0") && attributes.contains("Aes128"),
        "{attributes}"
    );
}

#[tokio::test]
async fn every_leaf_has_a_kek_of_its_own() {
    let emulated = Emulated::start().await;
    let one = kek(&emulated, None).await.unwrap();
    let other = Input {
        leaf_sha256: Sha256::of(b"another leaf"),
        ..input(None)
    };
    let journal = Journal::default();
    let other = handle(&emulated.client, other, &journal).await.unwrap().0;
    assert_ne!(one.key_arn, other.key_arn);
}

#[tokio::test]
async fn the_profiles_kek_may_be_k0_or_k1() {
    let emulated = Emulated::start().await;
    for usage in [
        KeyUsage::Tr31K0KeyEncryptionKey,
        KeyUsage::Tr31K1KeyBlockProtectionKey,
    ] {
        let arn = emulated
            .operator_creates(usage, KeyAlgorithm::Aes128, true)
            .await;
        let ceremony = ceremony();
        let tags = payment_keys::destination(&ceremony, "kek");
        emulated.operator_tags(&arn, &tags).await;
        let kek = kek(&emulated, Some(&arn)).await.unwrap();
        assert_eq!(
            (kek.key_arn.as_str(), kek.origin),
            (arn.as_str(), Origin::Profile)
        );
    }
    assert_eq!(emulated.keys().len(), 2, "none is made beside them");
}

async fn refused(emulated: &Emulated, arn: &str, reason: &str) {
    match kek(emulated, Some(arn)).await {
        Err(error @ Error::KekUnsuitable { .. }) => {
            assert!(error.to_string().contains(reason), "{error}");
            assert!(!error.remedy().is_empty());
        }
        other => panic!("{reason}: {other:?}"),
    }
}

#[tokio::test]
async fn a_key_that_is_no_kek_to_send_is_refused_with_the_reason() {
    let emulated = Emulated::start().await;
    let (k0, data) = (
        KeyUsage::Tr31K0KeyEncryptionKey,
        KeyUsage::Tr31D0SymmetricDataEncryptionKey,
    );
    let aes = KeyAlgorithm::Aes128;
    let arn = emulated
        .operator_creates(k0.clone(), aes.clone(), false)
        .await;
    refused(&emulated, &arn, "not exportable").await;
    let arn = emulated
        .operator_creates(k0.clone(), KeyAlgorithm::Tdes3Key, true)
        .await;
    refused(&emulated, &arn, "the profile says AES_128").await;
    let arn = emulated.operator_creates(data, aes.clone(), true).await;
    refused(&emulated, &arn, "a key-encrypting key (K0 or K1) is needed").await;

    let arn = emulated.operator_creates(k0, aes, true).await;
    let stop = emulated.client.stop_key_usage().key_identifier(&arn);
    stop.send().await.unwrap();
    refused(&emulated, &arn, "not enabled").await;
    let delete = emulated.client.delete_key().key_identifier(&arn);
    delete.send().await.unwrap();
    refused(&emulated, &arn, "DELETE_PENDING").await;
}

/// Nothing else keeps one partner's KEK from another.
#[tokio::test]
async fn a_key_that_is_not_tagged_for_this_folder_is_refused() {
    let emulated = Emulated::start().await;
    let (usage, aes) = (KeyUsage::Tr31K0KeyEncryptionKey, KeyAlgorithm::Aes128);
    let arn = emulated.operator_creates(usage, aes, true).await;
    let ceremony = ceremony();
    let right = payment_keys::destination(&ceremony, "kek");
    for (wrong, reason) in [
        (None, "its tag `key-ceremony:purpose` is missing"),
        (
            Some(("key-ceremony:partner", "other")),
            "its tag `key-ceremony:partner` is `other`, `acme` is needed",
        ),
        (
            Some(("key-ceremony:environment", "non-production")),
            "`production` is needed",
        ),
        (
            Some(("key-ceremony:data-type", "pin")),
            "`cardholder` is needed",
        ),
        (Some(("key-ceremony:purpose", "ca")), "`kek` is needed"),
    ] {
        if let Some(wrong) = wrong {
            emulated.operator_tags(&arn, &right).await;
            emulated.operator_tags(&arn, &[wrong]).await;
        }
        let error = kek(&emulated, Some(&arn)).await.unwrap_err();
        assert_eq!(error.name(), "KekNotForThisFolder", "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

/// A KEK as this step makes it, by an attempt that died before it could point the alias at it.
async fn an_attempt_dies_with_a_kek(emulated: &Emulated) -> String {
    let (usage, aes) = (KeyUsage::Tr31K0KeyEncryptionKey, KeyAlgorithm::Aes128);
    let key_arn = emulated.operator_creates(usage, aes, true).await;
    let alias = folder().kek_alias(&Sha256::of(b"leaf"));
    let tags = payment_keys::tags(&ceremony(), "kek", &alias);
    let request = emulated.client.tag_resource().resource_arn(&key_arn);
    request.set_tags(Some(tags)).send().await.unwrap();
    key_arn
}

async fn responder_deletes(emulated: &Emulated, key_arn: &str) {
    let delete = emulated.client.delete_key().key_identifier(key_arn);
    delete.send().await.unwrap();
}

/// The service leaves the deleted key's alias without a key, as a lost attempt does.
#[tokio::test]
async fn a_kek_in_the_place_of_a_deleted_one_names_it() {
    let emulated = Emulated::start().await;
    let deleted = kek(&emulated, None).await.unwrap();
    assert_eq!(deleted.replaces_key_arn, None);
    responder_deletes(&emulated, &deleted.key_arn).await;
    let new = an_attempt_dies_with_a_kek(&emulated).await;
    let found = kek(&emulated, None).await.unwrap();
    assert_eq!(found.key_arn, new);
    assert_eq!(found.replaces_key_arn, Some(deleted.key_arn.clone()));

    let later = kek(&emulated, None).await.unwrap();
    assert_eq!(later.key_arn, new);
    assert_eq!(later.replaces_key_arn, None, "that has been said");

    let again = Input {
        execution: Execution {
            started_at: "1970-01-01T00:00:00Z".to_owned().try_into().unwrap(),
            ..execution()
        },
        ..input(None)
    };
    let journal = Journal::default();
    let again = handle(&emulated.client, again, &journal).await.unwrap().0;
    assert_eq!(again.key_arn, new);
    let said = "the attempt that made it was not heard";
    assert_eq!(again.replaces_key_arn, Some(deleted.key_arn), "{said}");
}

/// Whether it waits for its deletion or the wait is over.
#[tokio::test]
async fn the_last_of_several_deleted_keks_is_named_and_none_that_was_too_many() {
    let emulated = Emulated::start().await;
    let mut last = kek(&emulated, None).await.unwrap().key_arn;
    let controls = emulated.emulator.controls();
    for weeks in 1..=3 {
        responder_deletes(&emulated, &last).await;
        let surplus = an_attempt_dies_with_a_kek(&emulated).await;
        let tags = [("key-ceremony:purpose", "surplus")];
        emulated.operator_tags(&surplus, &tags).await;
        responder_deletes(&emulated, &surplus).await;
        an_attempt_dies_with_a_kek(&emulated).await;
        let new = kek(&emulated, None).await.unwrap();
        assert_eq!(new.replaces_key_arn.as_ref(), Some(&last));
        last = new.key_arn;
        controls.set_clock_offset(8 * 24 * 3600 * weeks);
    }
}

/// Of another leaf, or of an attempt that is still at work.
#[tokio::test]
async fn a_kek_that_was_only_waited_for_replaces_none() {
    let emulated = Emulated::start().await;
    let other = Input {
        leaf_sha256: Sha256::of(b"another leaf"),
        ..input(None)
    };
    let journal = Journal::default();
    let other = handle(&emulated.client, other, &journal).await.unwrap().0;
    responder_deletes(&emulated, &other.key_arn).await;
    let alias = folder().kek_alias(&Sha256::of(b"leaf"));
    let reserve = emulated.client.create_alias().alias_name(alias);
    reserve.send().await.unwrap();
    let made = an_attempt_dies_with_a_kek(&emulated).await;
    let found = kek(&emulated, None).await.unwrap();
    assert_eq!((found.key_arn, found.replaces_key_arn), (made, None));
}

/// What was made before a step failed is in its journal.
#[tokio::test]
async fn a_failure_after_the_kek_was_made_does_not_forget_it() {
    let emulated = Emulated::start().await;
    emulated.fails("UpdateAlias", 3);
    let journal = Journal::default();
    let error = handle(&emulated.client, input(None), &journal).await;
    assert_eq!(error.unwrap_err().name(), "ServiceUnavailable");
    let made = emulated.keys().remove(0).key_arn.to_string();
    let deeds = journal.deeds();
    let [
        Deed::HadKey {
            key_arn, origin, ..
        },
    ] = &deeds[..]
    else {
        panic!("{deeds:?}");
    };
    assert_eq!((key_arn, *origin), (&made, Origin::Created));
}

#[test]
fn every_error_has_its_variants_name() {
    let names = Error::names();
    assert!(names.contains(&"KekUnsuitable") && names.contains(&"ServiceUnavailable"));
    assert!(!names.contains(&"Service"));
}
