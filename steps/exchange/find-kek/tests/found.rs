//! The KEK of a folder and the keys of an order: found, or refused before anything is made or leaves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::keys::Origin;
use ceremony::working_keys::order::Order;
use ceremony::working_keys::rules::WorkingKeyPolicy;
use emulated::{Emulated, ceremony};
use find_kek::{Error, Input, Output, handle};
use serde_json::{Value, json};
use step::StepError;

const FOLDER: &str = "acme/production/cardholder";

/// What an operator says of a key of this folder.
fn tags(purpose: &str) -> [(&'static str, &str); 4] {
    [
        ("key-ceremony:purpose", purpose),
        ("key-ceremony:partner", "acme"),
        ("key-ceremony:environment", "production"),
        ("key-ceremony:data-type", "cardholder"),
    ]
}

async fn points(emulated: &Emulated, alias: &str, key_arn: &str) {
    let create = emulated.client.create_alias().alias_name(alias);
    create.key_arn(key_arn).send().await.unwrap();
}

/// A folder with a KEK of that algorithm.
async fn established(algorithm: KeyAlgorithm) -> Emulated {
    let emulated = Emulated::start().await;
    let usage = KeyUsage::Tr31K0KeyEncryptionKey;
    let kek = emulated.operator_creates(usage, algorithm, true).await;
    emulated.operator_tags(&kek, &tags("kek")).await;
    let alias = format!("alias/key-ceremony/kek/{FOLDER}/current");
    points(&emulated, &alias, &kek).await;
    emulated
}

async fn pin_key(emulated: &Emulated, exportable: bool) -> String {
    let usage = KeyUsage::Tr31P0PinEncryptionKey;
    emulated
        .operator_creates(usage, KeyAlgorithm::Aes128, exportable)
        .await
}

fn policy(change: impl FnOnce(&mut Value)) -> WorkingKeyPolicy {
    let mut policy = json!({
        "profile": { "parameter": "p", "version": 1 },
        "mayAsk": {
            "usages": ["P0", "M6"], "newKeys": true, "maxKeys": 20,
            "algorithms": ["AES_128", "AES_192", "AES_256", "TDES_2KEY", "TDES_3KEY"],
            "keks": ["current"],
        },
        "keys": [],
        "signature": { "algorithm": "RSASSA_PKCS1_V1_5_SHA_256" },
    });
    change(&mut policy);
    serde_json::from_value(policy).unwrap()
}

async fn finds(emulated: &Emulated, key: Value, policy: WorkingKeyPolicy) -> Result<Output, Error> {
    let order = json!({ "version": 1, "kek": "current", "keys": [key] });
    let input = Input {
        ceremony: ceremony(),
        order: Order::parse(&order.to_string()).unwrap(),
        policy,
    };
    handle(&emulated.client, input).await
}

fn new_key(algorithm: &str) -> Value {
    json!({ "name": "pin", "usage": "P0", "algorithm": algorithm, "modes": "B" })
}

fn existing(key: &str) -> Value {
    json!({ "name": "pin", "key": key })
}

#[tokio::test]
async fn without_a_kek_nothing_is_made() {
    let emulated = Emulated::start().await;
    let refused = finds(&emulated, new_key("AES_128"), policy(|_| {})).await;
    assert_eq!(refused.unwrap_err().name(), "KekNotEstablished");

    let alias = format!("alias/key-ceremony/kek/{FOLDER}/current");
    let reserve = emulated.client.create_alias().alias_name(alias);
    reserve.send().await.unwrap();
    let refused = finds(&emulated, new_key("AES_128"), policy(|_| {})).await;
    assert_eq!(refused.unwrap_err().name(), "KekNotEstablished", "reserved");
}

#[tokio::test]
async fn the_kek_of_another_folder_protects_nothing_here() {
    for (tag, value) in [
        ("key-ceremony:partner", "globex"),
        ("key-ceremony:environment", "non-production"),
        ("key-ceremony:data-type", "pin"),
        ("key-ceremony:purpose", "working"),
    ] {
        let emulated = established(KeyAlgorithm::Aes128).await;
        let kek = emulated.keys()[0].key_arn.to_string();
        emulated.operator_tags(&kek, &[(tag, value)]).await;
        let refused = finds(&emulated, new_key("AES_128"), policy(|_| {})).await;
        let error = refused.unwrap_err();
        assert_eq!(error.name(), "KekOfAnotherFolder", "{tag}");
        assert!(error.to_string().contains(value), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_kek_protects_nothing() {
    let emulated = Emulated::start().await;
    let key = pin_key(&emulated, true).await;
    emulated.operator_tags(&key, &tags("kek")).await;
    let alias = format!("alias/key-ceremony/kek/{FOLDER}/current");
    points(&emulated, &alias, &key).await;
    let refused = finds(&emulated, new_key("AES_128"), policy(|_| {})).await;
    assert_eq!(refused.unwrap_err().name(), "KekUnsuitable");
}

/// User guide, "Import and export keys": each KEK with a key that is too strong for it.
#[tokio::test]
async fn a_key_never_leaves_under_a_weaker_one() {
    for (kek, key) in [
        (KeyAlgorithm::Tdes2Key, "TDES_3KEY"),
        (KeyAlgorithm::Tdes2Key, "AES_128"),
        (KeyAlgorithm::Tdes3Key, "AES_128"),
        (KeyAlgorithm::Aes128, "AES_192"),
        (KeyAlgorithm::Aes128, "AES_256"),
        (KeyAlgorithm::Aes192, "AES_256"),
    ] {
        let emulated = established(kek.clone()).await;
        let refused = finds(&emulated, new_key(key), policy(|_| {})).await;
        assert_eq!(
            refused.unwrap_err().name(),
            "KekTooWeak",
            "{key} under {kek}"
        );
        assert_eq!(emulated.keys().len(), 1, "nothing was made");
    }
    for (kek, key) in [
        (KeyAlgorithm::Tdes2Key, "TDES_2KEY"),
        (KeyAlgorithm::Aes128, "TDES_3KEY"),
        (KeyAlgorithm::Aes256, "AES_256"),
    ] {
        let emulated = established(kek).await;
        let output = finds(&emulated, new_key(key), policy(|_| {})).await;
        assert_eq!(output.unwrap().keys[0].existing, None);
    }
}

#[tokio::test]
async fn an_existing_key_must_be_the_folders_by_its_tags_or_named_in_the_profile() {
    let emulated = established(KeyAlgorithm::Aes128).await;
    let key = pin_key(&emulated, true).await;
    points(&emulated, "alias/acme-pin", &key).await;
    for identifier in [key.as_str(), "alias/acme-pin"] {
        let refused = finds(&emulated, existing(identifier), policy(|_| {})).await;
        assert_eq!(refused.unwrap_err().name(), "KeyNotAllowed");
        let named = policy(|policy| policy["keys"] = json!([identifier]));
        let found = finds(&emulated, existing(identifier), named).await.unwrap();
        let there = found.keys[0].existing.clone().unwrap();
        assert_eq!((there.key_arn, there.origin), (key.clone(), Origin::Order));
    }
    emulated.operator_tags(&key, &tags("working")).await;
    finds(&emulated, existing(&key), policy(|_| {}))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_existing_key_is_one_that_may_and_can_be_sent() {
    let emulated = established(KeyAlgorithm::Aes128).await;
    let key = pin_key(&emulated, false).await;
    emulated.operator_tags(&key, &tags("working")).await;
    let error = finds(&emulated, existing(&key), policy(|_| {}))
        .await
        .unwrap_err();
    assert_eq!(error.name(), "KeyUnsuitable");
    assert!(error.to_string().contains("not exportable"), "{error}");

    let usage = KeyUsage::Tr31D0SymmetricDataEncryptionKey;
    let key = emulated
        .operator_creates(usage, KeyAlgorithm::Aes128, true)
        .await;
    emulated.operator_tags(&key, &tags("working")).await;
    let error = finds(&emulated, existing(&key), policy(|_| {}))
        .await
        .unwrap_err();
    assert_eq!(error.name(), "KeyNotAllowed", "{error}");

    let kek = emulated.creates_kek().await.0;
    let error = finds(&emulated, existing(&kek), policy(|_| {}))
        .await
        .unwrap_err();
    assert_eq!(error.name(), "KeyUnsuitable", "a KEK is no working key");

    let error = finds(&emulated, existing("alias/nobody"), policy(|_| {})).await;
    assert_eq!(error.unwrap_err().name(), "KeyMissing");
}

#[tokio::test]
async fn a_name_stands_for_one_key() {
    let emulated = established(KeyAlgorithm::Aes128).await;
    let key = pin_key(&emulated, true).await;
    emulated.operator_tags(&key, &tags("working")).await;
    let alias = format!("alias/key-ceremony/keys/{FOLDER}/pin");
    points(&emulated, &alias, &key).await;
    let found = finds(&emulated, new_key("AES_128"), policy(|_| {})).await;
    let there = found.unwrap().keys[0].existing.clone().unwrap();
    assert_eq!((there.key_arn, there.origin), (key, Origin::Found));

    let other = json!({ "name": "pin", "usage": "M6", "algorithm": "AES_128", "modes": "C" });
    let error = finds(&emulated, other, policy(|_| {})).await.unwrap_err();
    assert_eq!(error.name(), "KeyUnsuitable");
    assert!(error.to_string().contains("P0 AES_128 B"), "{error}");
}
