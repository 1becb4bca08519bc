//! Orders for the initial keys of fleets: what is refused before a key leaves.

use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage, Tag,
};
use scenarios::Story;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::existing_keys::operator_creates_kek;

const CEREMONY: &str = "working-key-export";

/// A partner with a KEK, for whose terminals `bdk` may be used as a TDES key.
async fn with_bdk(story: Story, usage: KeyUsage, modes: KeyModesOfUse) -> (Story, String) {
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Tdes2Key)
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes)
        .key_usage(usage)
        .build()
        .expect("attributes");
    let tag = Tag::builder().key("key-ceremony:purpose").value("bdk");
    let create = story.payment_cryptography().create_key();
    let create = create.key_attributes(attributes).exportable(true);
    let created = create.tags(tag.build().expect("a tag")).send().await;
    let bdk = created.expect("a key").key.expect("a key").key_arn;
    let mut profile = story.profile(&story.chain().build());
    profile["workingKeyExport"] = json!({
        "orders": { "bdks": { "pos": { "keyArn": bdk, "algorithm": "TDES_2KEY" } } },
    });
    story.operator_writes_profile(&profile).await;
    let kek = operator_creates_kek(&story, KeyAlgorithm::Aes128, true).await;
    let alias = format!("alias/key-ceremony/kek/{}/current", story.folder);
    let create = story.payment_cryptography().create_alias();
    let created = create.alias_name(alias).key_arn(kek).send().await;
    created.expect("an alias");
    (story.about(CEREMONY), bdk)
}

pub(crate) async fn with_right_bdk(story: Story) -> Story {
    let modes = KeyModesOfUse::builder().derive_key(true).build();
    let (story, _) = with_bdk(story, KeyUsage::Tr31B0BaseDerivationKey, modes).await;
    story
}

pub(crate) fn terminals(count: u32) -> Vec<String> {
    let number = |it| format!("{:020X}", (0xFFFF_9876_u128 << 48) + (u128::from(it) << 21));
    (1..=count).map(number).collect()
}

pub(crate) fn order(initial_keys: Value) -> Value {
    json!({ "version": 1, "kek": "current", "initialKeys": initial_keys })
}

#[tokio::test]
async fn a_bdk_that_the_profile_does_not_allow() {
    let story = with_right_bdk(Story::of("ipek-not-allowed").await).await;
    let asked = order(json!({ "bdk": "atm", "terminals": terminals(1) }));
    story.requester_orders("atm", &asked).await;
    let event = story.is_told("Request Rejected").await;
    let reason = event.detail["reason"].to_string();
    assert!(reason.contains("initialKeys.bdk"), "{reason}");
    assert!(story.ceremonies().await.is_empty());
}

#[tokio::test]
async fn a_serial_number_with_a_counter() {
    let story = with_right_bdk(Story::of("ipek-counter").await).await;
    let asked = order(json!({ "bdk": "pos", "terminals": ["FFFF9876543210E00001"] }));
    story.requester_orders("one", &asked).await;
    let event = story.is_told("Request Rejected").await;
    let reason = event.detail["reason"].to_string();
    assert!(reason.contains("counter is not zero"), "{reason}");
}

#[tokio::test]
async fn a_bdk_of_another_usage() {
    let modes = KeyModesOfUse::builder().encrypt(true).decrypt(true);
    let modes = modes.wrap(true).unwrap(true).build();
    let usage = KeyUsage::Tr31D0SymmetricDataEncryptionKey;
    let (story, bdk) = with_bdk(Story::of("ipek-usage").await, usage, modes).await;
    let asked = order(json!({ "bdk": "pos", "terminals": terminals(1) }));
    story.requester_orders("one", &asked).await;
    let failure = story.ceremony_fails("BdkUnsuitable").await;
    assert!(failure.cause.contains(&bdk), "{}", failure.cause);
}

#[tokio::test]
async fn the_same_terminal_twice_in_the_list() {
    let story = with_right_bdk(Story::of("ipek-twice").await).await;
    let mut list = terminals(120);
    list[100] = list[7].clone();
    let text = list.join("\r\n");
    let sha256 = hex::encode(Sha256::digest(&text));
    story.requester_attaches("twice", "fleet.csv", text).await;
    let inventory = json!({ "file": "fleet.csv", "sha256": sha256 });
    let asked = order(json!({ "bdk": "pos", "inventory": inventory }));
    story.requester_orders("twice", &asked).await;
    let failure = story.ceremony_fails("InventoryMalformed").await;
    let words = "line 101: it is the terminal of line 8 again";
    assert!(failure.cause.contains(words), "{}", failure.cause);
}
