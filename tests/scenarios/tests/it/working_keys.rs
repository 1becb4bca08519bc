//! Orders for working keys that end otherwise than with a package.

use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage, Tag,
};
use scenarios::Story;
use serde_json::{Value, json};

use crate::existing_keys::operator_creates_kek;

const CEREMONY: &str = "working-key-export";

/// A partner that may be sent PIN and MAC keys of any strength.
async fn onboarded(partner: &str) -> Story {
    let story = Story::of(partner).await;
    let mut profile = story.profile(&story.chain().build());
    profile["workingKeyExport"] = json!({
        "orders": {
            "usages": ["M6", "P0"], "algorithms": ["AES_128", "AES_256"], "newKeys": true,
        },
    });
    story.operator_writes_profile(&profile).await;
    story.about(CEREMONY)
}

async fn points(story: &Story, key_arn: &str) {
    let alias = format!("alias/key-ceremony/kek/{}/current", story.folder);
    let create = story.payment_cryptography().create_alias();
    let created = create.alias_name(alias).key_arn(key_arn).send().await;
    created.expect("an alias");
}

/// The same with a KEK, as `kek-export` leaves it behind.
async fn with_kek(partner: &str) -> Story {
    let story = onboarded(partner).await;
    let kek = operator_creates_kek(&story, KeyAlgorithm::Aes128, true).await;
    points(&story, &kek).await;
    story
}

fn order(keys: Value) -> Value {
    json!({ "version": 1, "kek": "current", "keys": keys })
}

fn new_key(algorithm: &str) -> Value {
    order(json!([{ "name": "pin", "usage": "P0", "algorithm": algorithm, "modes": "B" }]))
}

async fn makes_nothing(story: &Story) {
    let management = story.stack().management().expect("a client");
    let keys = management.keys_of(&story.partner).await.expect("keys");
    assert!(keys.is_empty(), "{keys:?}");
}

#[tokio::test]
async fn no_kek_is_established() {
    let story = onboarded("keys-no-kek").await;
    story.requester_orders("pin", &new_key("AES_128")).await;
    let failure = story.ceremony_fails("KekNotEstablished").await;
    assert_eq!(failure.record["step"], "FindKek");
    makes_nothing(&story).await;
}

#[tokio::test]
async fn the_alias_has_the_kek_of_another_partner() {
    let (story, other) = (
        onboarded("keys-foreign-kek").await,
        Story::of("keys-other").await,
    );
    let kek = operator_creates_kek(&other, KeyAlgorithm::Aes128, true).await;
    points(&story, &kek).await;
    story.requester_orders("pin", &new_key("AES_128")).await;
    let failure = story.ceremony_fails("KekOfAnotherFolder").await;
    assert!(failure.cause.contains("keys-other"), "{}", failure.cause);
    makes_nothing(&story).await;
}

#[tokio::test]
async fn the_key_is_stronger_than_the_kek() {
    let story = with_kek("keys-too-strong").await;
    story.requester_orders("pin", &new_key("AES_256")).await;
    story.ceremony_fails("KekTooWeak").await;
    makes_nothing(&story).await;
}

#[tokio::test]
async fn the_key_is_not_exportable() {
    let story = with_kek("keys-kept").await;
    let modes = KeyModesOfUse::builder().generate(true).verify(true).build();
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Aes128)
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes)
        .key_usage(KeyUsage::Tr31M6Iso97975CmacKey)
        .build()
        .expect("attributes");
    let tags = [
        ("purpose", "working"),
        ("partner", story.partner.as_str()),
        ("environment", "production"),
        ("data-type", "cardholder"),
    ];
    let tags = tags.map(|(key, value)| {
        let tag = Tag::builder().key(format!("key-ceremony:{key}"));
        tag.value(value).build().expect("both members")
    });
    let create = story.payment_cryptography().create_key();
    let create = create.key_attributes(attributes).exportable(false);
    let created = create.set_tags(Some(tags.into())).send().await;
    let key = created.expect("a key").key.expect("a key").key_arn;
    let asked = order(json!([{ "name": "mac", "key": key }]));
    story.requester_orders("mac", &asked).await;
    let failure = story.ceremony_fails("KeyUnsuitable").await;
    assert!(
        failure.cause.contains("not exportable"),
        "{}",
        failure.cause
    );
}

#[tokio::test]
async fn an_order_asks_for_what_the_profile_does_not_allow() {
    let story = with_kek("keys-not-allowed").await;
    let asked = order(json!([
        { "name": "data", "usage": "D0", "algorithm": "AES_128", "modes": "B" },
    ]));
    story.requester_orders("data", &asked).await;
    let event = story.is_told("Request Rejected").await;
    assert!(
        event.names(&story.folder.key("orders/data.json")),
        "{event:?}"
    );
    let reason = event.detail["reason"].to_string();
    assert!(reason.contains("keys of usage D0"), "{reason}");
    assert!(story.ceremonies().await.is_empty());
    makes_nothing(&story).await;
}

/// Who asks follows from the prefix: the partner, which may ask for nothing.
#[tokio::test]
async fn a_partner_asks_for_what_only_we_may_order() {
    let story = with_kek("keys-by-partner").await;
    let asked = new_key("AES_128").to_string();
    story.partner_drops("requests/pin.json", asked).await;
    let event = story.is_told("Request Rejected").await;
    let reason = event.detail["reason"].to_string();
    assert!(reason.contains("workingKeyExport.requests"), "{reason}");
    assert!(story.ceremonies().await.is_empty());
}

#[tokio::test]
async fn an_event_is_replayed() {
    let story = with_kek("keys-replayed").await;
    story.requester_orders("pin", &new_key("AES_128")).await;
    story.ceremony_succeeds().await;
    let event = json!({
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": { "object": { "key": story.folder.key("orders/pin.json") } },
    });
    let answer = story.world().invoke_intake_request(&event).await;
    assert_eq!(answer, "already-started");
    assert_eq!(story.ceremonies().await.len(), 1);
    let management = story.stack().management().expect("a client");
    let keys = management.keys_of(&story.partner).await.expect("keys");
    assert_eq!(keys.len(), 1, "{keys:?}");
}
