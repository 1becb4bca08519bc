//! CreateKey, GetKey, ListKeys, and the life of a key.

use std::collections::HashSet;

use apc_emulator::KeyArn;
use aws_sdk_paymentcryptography::types::{
    DeriveKeyUsage, KeyAlgorithm, KeyCheckValueAlgorithm, KeyClass, KeyModesOfUse, KeyOrigin,
    KeyState, KeyUsage,
};
use keyblock::{ClearKey, HmacHash, SymmetricAlgorithm};

use crate::support::{
    CONFLICT, NOT_FOUND, VALIDATION, attributes, client, create_kek, create_kek_arn, exception,
    inventory, kek, start,
};

#[tokio::test]
async fn a_created_key_has_the_check_value_of_its_bytes() {
    let (emulator, client) = start().await;
    for (algorithm, symmetric, method) in [
        (
            KeyAlgorithm::Aes128,
            SymmetricAlgorithm::Aes128,
            KeyCheckValueAlgorithm::Cmac,
        ),
        (
            KeyAlgorithm::Aes192,
            SymmetricAlgorithm::Aes192,
            KeyCheckValueAlgorithm::Cmac,
        ),
        (
            KeyAlgorithm::Aes256,
            SymmetricAlgorithm::Aes256,
            KeyCheckValueAlgorithm::Cmac,
        ),
        (
            KeyAlgorithm::Tdes2Key,
            SymmetricAlgorithm::Tdes2Key,
            KeyCheckValueAlgorithm::AnsiX924,
        ),
        (
            KeyAlgorithm::Tdes3Key,
            SymmetricAlgorithm::Tdes3Key,
            KeyCheckValueAlgorithm::AnsiX924,
        ),
    ] {
        let key = create_kek(&client, algorithm.clone()).await;
        assert_eq!(key.key_state, KeyState::CreateComplete);
        assert_eq!(key.key_origin, KeyOrigin::AwsPaymentCryptography);
        assert_eq!(key.key_check_value_algorithm, method);
        assert!(key.enabled && key.exportable);
        assert_eq!(key.usage_start_timestamp, Some(key.create_timestamp));
        let arn: KeyArn = key.key_arn.parse().unwrap();
        let clear = hex::decode(emulator.controls().clear_key(&arn).unwrap()).unwrap();
        let clear = ClearKey::new(symmetric, clear.into()).unwrap();
        assert_eq!(
            key.key_check_value,
            clear.key_check_value().to_string(),
            "{algorithm}"
        );
    }
}

#[tokio::test]
async fn an_hmac_key_has_the_length_of_its_hash() {
    let (emulator, client) = start().await;
    let key = client
        .create_key()
        .key_attributes(attributes(
            KeyUsage::Tr31M7HmacKey,
            KeyClass::SymmetricKey,
            KeyAlgorithm::HmacSha384,
            KeyModesOfUse::builder().generate(true).verify(true).build(),
        ))
        .exportable(false)
        .send()
        .await
        .unwrap()
        .key
        .unwrap();
    let clear = emulator
        .controls()
        .clear_key(&key.key_arn.parse().unwrap())
        .unwrap();
    assert_eq!(clear.len(), 2 * 48);
    let algorithm = SymmetricAlgorithm::Hmac(HmacHash::Sha384);
    let clear = ClearKey::new(algorithm, hex::decode(clear).unwrap().into()).unwrap();
    assert_eq!(key.key_check_value, clear.key_check_value().to_string());
}

#[tokio::test]
async fn key_pairs_have_check_values_of_eight_digits() {
    let (emulator, client) = start().await;
    for (usage, algorithm, modes, derive) in [
        (
            KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature,
            KeyAlgorithm::Rsa2048,
            KeyModesOfUse::builder().sign(true).build(),
            None,
        ),
        (
            KeyUsage::Tr31K3AsymmetricKeyForKeyAgreement,
            KeyAlgorithm::EccNistP521,
            KeyModesOfUse::builder().derive_key(true).build(),
            Some(DeriveKeyUsage::Tr31K1KeyBlockProtectionKey),
        ),
    ] {
        let key = client
            .create_key()
            .key_attributes(attributes(
                usage,
                KeyClass::AsymmetricKeyPair,
                algorithm,
                modes,
            ))
            .set_derive_key_usage(derive.clone())
            .exportable(true)
            .send()
            .await
            .unwrap()
            .key
            .unwrap();
        assert_eq!(key.key_check_value_algorithm, KeyCheckValueAlgorithm::Sha1);
        assert_eq!(key.key_check_value.len(), 8);
        assert_eq!(key.derive_key_usage, derive);
        let arn = key.key_arn.parse().unwrap();
        assert!(emulator.controls().clear_key(&arn).is_err());
    }
}

#[tokio::test]
async fn illegal_attributes_are_refused_and_make_no_key() {
    let (emulator, client) = start().await;
    let encrypt_decrypt = KeyModesOfUse::builder().encrypt(true).decrypt(true).build();
    let derive = KeyModesOfUse::builder().derive_key(true).build();
    let agreement = KeyUsage::Tr31K3AsymmetricKeyForKeyAgreement;
    for wrong in [
        attributes(
            KeyUsage::Tr31D0SymmetricDataEncryptionKey,
            KeyClass::SymmetricKey,
            KeyAlgorithm::Aes128,
            encrypt_decrypt,
        ),
        kek(KeyAlgorithm::HmacSha256),
        kek(KeyAlgorithm::Rsa2048),
        // DeriveKeyUsage is missing.
        attributes(
            agreement,
            KeyClass::AsymmetricKeyPair,
            KeyAlgorithm::EccNistP256,
            derive.clone(),
        ),
        attributes(
            KeyUsage::Tr31B0BaseDerivationKey,
            KeyClass::PublicKey,
            KeyAlgorithm::Aes128,
            derive,
        ),
        kek(KeyAlgorithm::from("AES_512")),
    ] {
        let refused = client
            .create_key()
            .key_attributes(wrong)
            .exportable(true)
            .send()
            .await;
        assert_eq!(exception(refused), VALIDATION);
    }
    let refused = client
        .create_key()
        .key_attributes(kek(KeyAlgorithm::Aes128))
        .derive_key_usage(DeriveKeyUsage::Tr31K0KeyEncryptionKey)
        .exportable(true)
        .send()
        .await;
    assert_eq!(exception(refused), VALIDATION);
    assert!(inventory(&emulator).keys.is_empty());
}

#[tokio::test]
async fn a_check_value_algorithm_that_does_not_fit_changes_nothing() {
    let (_emulator, client) = start().await;
    let output = client
        .create_key()
        .key_attributes(kek(KeyAlgorithm::Tdes2Key))
        .key_check_value_algorithm(KeyCheckValueAlgorithm::Cmac)
        .exportable(true)
        .send()
        .await
        .unwrap();
    let key = output.key.unwrap();
    assert_eq!(
        key.key_check_value_algorithm,
        KeyCheckValueAlgorithm::AnsiX924
    );
}

#[tokio::test]
async fn get_key_shows_what_create_key_made() {
    let (_emulator, client) = start().await;
    let made = create_kek(&client, KeyAlgorithm::Aes256).await;
    let shown = client
        .get_key()
        .key_identifier(&made.key_arn)
        .send()
        .await
        .unwrap();
    assert_eq!(shown.key, Some(made));
}

#[tokio::test]
async fn a_key_lives_in_one_region_only() {
    let (emulator, here) = start().await;
    let there = client(&emulator, "us-west-2").await;
    let arn = create_kek_arn(&here).await;
    assert!(arn.contains(":eu-west-1:000000000000:key/"), "{arn}");
    assert_eq!(
        exception(there.get_key().key_identifier(&arn).send().await),
        NOT_FOUND
    );
    assert!(there.list_keys().send().await.unwrap().keys.is_empty());
    assert_eq!(here.list_keys().send().await.unwrap().keys.len(), 1);
}

#[tokio::test]
async fn an_unknown_key_is_named_in_the_error() {
    let (_emulator, client) = start().await;
    let unknown = "arn:aws:payment-cryptography:eu-west-1:000000000000:key/aaaaaaaaaaaaaaaa";
    let error = client
        .get_key()
        .key_identifier(unknown)
        .send()
        .await
        .unwrap_err();
    let error = error.into_service_error();
    assert!(error.is_resource_not_found_exception());
    assert!(
        error.to_string().contains("ResourceNotFoundException"),
        "{error}"
    );
}

#[tokio::test]
async fn list_keys_gives_every_key_once_over_its_pages() {
    let (_emulator, client) = start().await;
    let mut made = HashSet::new();
    for _ in 0..7 {
        made.insert(create_kek_arn(&client).await);
    }
    let mut pages = client.list_keys().max_results(3).into_paginator().send();
    let mut listed = Vec::new();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        let keys = page.unwrap().keys;
        sizes.push(keys.len());
        listed.extend(keys.into_iter().map(|key| key.key_arn));
    }
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(listed.into_iter().collect::<HashSet<_>>(), made);
    assert_eq!(
        exception(client.list_keys().max_results(101).send().await),
        VALIDATION
    );
    assert_eq!(
        exception(client.list_keys().next_token("made-up").send().await),
        VALIDATION
    );
}

#[tokio::test]
async fn list_keys_filters_by_state() {
    let (_emulator, client) = start().await;
    let kept = create_kek_arn(&client).await;
    let deleted = create_kek_arn(&client).await;
    client
        .delete_key()
        .key_identifier(&deleted)
        .send()
        .await
        .unwrap();
    for (state, expected) in [
        (KeyState::CreateComplete, kept),
        (KeyState::DeletePending, deleted),
    ] {
        let keys = client
            .list_keys()
            .key_state(state)
            .send()
            .await
            .unwrap()
            .keys;
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].key_arn, expected);
    }
    let none = client
        .list_keys()
        .key_state(KeyState::DeleteComplete)
        .send()
        .await
        .unwrap();
    assert!(none.keys.is_empty());
}

#[tokio::test]
async fn a_deleted_key_waits_and_can_be_restored() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    let deleted = client
        .delete_key()
        .key_identifier(&arn)
        .delete_key_in_days(3)
        .send()
        .await;
    let deleted = deleted.unwrap().key.unwrap();
    assert_eq!(deleted.key_state, KeyState::DeletePending);
    assert!(!deleted.enabled);
    let wait = deleted.delete_pending_timestamp.unwrap().secs() - deleted.create_timestamp.secs();
    assert!((3 * 86_400..3 * 86_400 + 60).contains(&wait), "{wait}");

    assert_eq!(
        exception(client.delete_key().key_identifier(&arn).send().await),
        CONFLICT
    );
    assert_eq!(
        exception(client.start_key_usage().key_identifier(&arn).send().await),
        CONFLICT
    );

    let restored = client
        .restore_key()
        .key_identifier(&arn)
        .send()
        .await
        .unwrap()
        .key
        .unwrap();
    assert_eq!(restored.key_state, KeyState::CreateComplete);
    assert_eq!(restored.delete_pending_timestamp, None);
    assert!(!restored.enabled);
    assert_eq!(
        exception(client.restore_key().key_identifier(&arn).send().await),
        CONFLICT
    );

    let started = client
        .start_key_usage()
        .key_identifier(&arn)
        .send()
        .await
        .unwrap();
    assert!(started.key.unwrap().enabled);
    let stopped = client
        .stop_key_usage()
        .key_identifier(&arn)
        .send()
        .await
        .unwrap();
    let stopped = stopped.key.unwrap();
    assert!(!stopped.enabled && stopped.usage_stop_timestamp.is_some());
}

#[tokio::test]
async fn a_deletion_is_final_when_the_waiting_period_is_over() {
    let (emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    client
        .delete_key()
        .key_identifier(&arn)
        .send()
        .await
        .unwrap();

    emulator.controls().set_clock_offset(8 * 86_400);
    let gone = client
        .get_key()
        .key_identifier(&arn)
        .send()
        .await
        .unwrap()
        .key
        .unwrap();
    assert_eq!(gone.key_state, KeyState::DeleteComplete);
    assert!(gone.delete_timestamp.is_some());
    assert!(
        emulator
            .controls()
            .clear_key(&arn.parse().unwrap())
            .is_err()
    );
    assert_eq!(
        exception(client.restore_key().key_identifier(&arn).send().await),
        CONFLICT
    );
}

#[tokio::test]
async fn a_waiting_period_has_limits() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    for days in [2, 181] {
        let refused = client
            .delete_key()
            .key_identifier(&arn)
            .delete_key_in_days(days);
        assert_eq!(exception(refused.send().await), VALIDATION);
    }
}
