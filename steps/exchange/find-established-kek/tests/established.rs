//! The KEK under which a partner's keys come: the one that the profile says, of this folder, able to unwrap.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
};
use ceremony::algorithms::KekAlgorithm;
use ceremony::working_keys::order::EstablishedKek;
use emulated::{Emulated, ceremony};
use find_established_kek::{Error, Input, Output, handle};
use serde_json::json;
use step::StepError;

const KEKS: &str = "alias/key-ceremony/kek/acme/production/cardholder";

fn tags(purpose: &str) -> [(&'static str, &str); 4] {
    [
        ("key-ceremony:purpose", purpose),
        ("key-ceremony:partner", "acme"),
        ("key-ceremony:environment", "production"),
        ("key-ceremony:data-type", "cardholder"),
    ]
}

fn both_ways() -> KeyModesOfUse {
    let modes = KeyModesOfUse::builder().encrypt(true).decrypt(true);
    modes.wrap(true).unwrap(true).build()
}

/// A KEK of the folder, with the alias that `kek-import` or `kek-export` sets.
async fn establishes(emulated: &Emulated, which: &str, modes: KeyModesOfUse) -> String {
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Aes128)
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes)
        .key_usage(KeyUsage::Tr31K0KeyEncryptionKey)
        .build()
        .unwrap();
    let create = emulated.client.create_key().key_attributes(attributes);
    let key = create.exportable(false).send().await.unwrap().key.unwrap();
    emulated.operator_tags(&key.key_arn, &tags("kek")).await;
    let alias = emulated
        .client
        .create_alias()
        .alias_name(format!("{KEKS}/{which}"));
    alias.key_arn(&key.key_arn).send().await.unwrap();
    key.key_arn
}

async fn finds(emulated: &Emulated, kek: &str) -> Result<Output, Error> {
    let policy = json!({
        "profile": { "parameter": "p", "version": 1 },
        "allowed": {
            "usages": ["P0"], "algorithms": ["AES_128"], "modes": null, "exportabilities": ["N"],
        },
        "maxKeys": 20, "kek": kek, "kcv": "optional",
        "signature": { "algorithm": "RSASSA_PKCS1_V1_5_SHA_256" },
    });
    let input = Input {
        ceremony: ceremony(),
        policy: serde_json::from_value(policy).unwrap(),
    };
    handle(&emulated.client, input).await
}

#[tokio::test]
async fn the_kek_is_the_one_that_the_profile_says() {
    let emulated = Emulated::start().await;
    let received = establishes(&emulated, "received", both_ways()).await;
    let current = establishes(&emulated, "current", both_ways()).await;
    for (which, established, key_arn) in [
        ("received", EstablishedKek::Received, &received),
        ("current", EstablishedKek::Current, &current),
    ] {
        let kek = finds(&emulated, which).await.unwrap().kek;
        assert_eq!((kek.established, &kek.key_arn), (established, key_arn));
        assert_eq!(kek.alias, format!("{KEKS}/{which}"));
        assert_eq!((kek.algorithm, kek.kcv.len()), (KekAlgorithm::AES_128, 6));
    }
    let writes = ["CreateKey", "CreateAlias", "TagResource"];
    let calls = emulated.calls();
    let asked = calls.iter().filter(|call| !writes.contains(&call.as_str()));
    assert_eq!(asked.count(), 4, "two calls each");
}

#[tokio::test]
async fn without_a_kek_nothing_comes() {
    let emulated = Emulated::start().await;
    establishes(&emulated, "current", both_ways()).await;
    let error = finds(&emulated, "received").await.unwrap_err();
    assert_eq!(error.name(), "KekNotEstablished");
    assert!(error.to_string().contains("/received"), "{error}");
}

#[tokio::test]
async fn a_kek_that_only_wraps_lets_nothing_come() {
    let emulated = Emulated::start().await;
    let one_way = KeyModesOfUse::builder().encrypt(true).wrap(true).build();
    establishes(&emulated, "received", one_way).await;
    let error = finds(&emulated, "received").await.unwrap_err();
    assert_eq!(error.name(), "KekUnsuitable");
    assert!(error.to_string().contains("unwrap"), "{error}");
    let emulated = Emulated::start().await;
    let one_way = KeyModesOfUse::builder().decrypt(true).unwrap(true).build();
    establishes(&emulated, "received", one_way).await;
    finds(&emulated, "received").await.unwrap();
}

#[tokio::test]
async fn a_kek_that_is_out_of_use_or_of_another_lets_nothing_come() {
    let emulated = Emulated::start().await;
    let kek = establishes(&emulated, "received", both_ways()).await;
    for (tag, value) in [
        ("key-ceremony:partner", "globex"),
        ("key-ceremony:environment", "non-production"),
        ("key-ceremony:data-type", "pin"),
        ("key-ceremony:purpose", "working"),
    ] {
        emulated.operator_tags(&kek, &[(tag, value)]).await;
        let error = finds(&emulated, "received").await.unwrap_err();
        assert_eq!(error.name(), "KekOfAnotherFolder", "{tag}");
        assert!(error.to_string().contains(value), "{error}");
        emulated.operator_tags(&kek, &tags("kek")).await;
    }
    let stop = emulated.client.stop_key_usage().key_identifier(&kek);
    stop.send().await.unwrap();
    let error = finds(&emulated, "received").await.unwrap_err();
    assert_eq!(error.name(), "KekUnsuitable");
    assert!(error.to_string().contains("not enabled"), "{error}");
}
