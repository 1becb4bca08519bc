//! One key for one alias, claimed by many at once and by those who come after a crash.

use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
};
use ceremony::id::{Ceremony, CeremonyId, Kind};
use ceremony::identifiers::Folder;
use payment_keys::{Claim, claim, made, tags};
use scenarios::{Created, Story};
use step::ServiceError;

fn attributes() -> KeyAttributes {
    let modes = KeyModesOfUse::builder()
        .encrypt(true)
        .decrypt(true)
        .wrap(true)
        .unwrap(true);
    KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Aes128)
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes.build())
        .key_usage(KeyUsage::Tr31K0KeyEncryptionKey)
        .build()
        .expect("attributes")
}

fn ceremony(partner: &str) -> Ceremony {
    let folder = Folder::of_inbox_key(&format!("{partner}/production/pin/x")).expect("a key");
    let id = CeremonyId::new(Kind::KekExport, &folder, "v", &[]);
    Ceremony::new(Kind::KekExport, id, folder)
}

/// Makes a key for the alias, without setting it.
async fn makes(story: &Story, alias: &str) -> Result<String, ServiceError> {
    let answer = story
        .payment_cryptography()
        .create_key()
        .key_attributes(attributes())
        .exportable(true)
        .set_tags(Some(tags(&ceremony(&story.partner), "kek", alias)))
        .send()
        .await
        .map_err(|error| ServiceError::new("payment-cryptography:CreateKey", &error))?;
    made("payment-cryptography:CreateKey", answer.key)
}

async fn claims(story: &Story, alias: &str) -> Claim {
    let client = story.payment_cryptography();
    claim(&client, alias, &attributes(), async || {
        makes(story, alias).await
    })
    .await
    .expect("a key")
}

#[tokio::test]
async fn many_at_once_get_one_key() {
    let story = Story::of("claims-at-once").await;
    let alias = "alias/key-ceremony/kek/claims-at-once/production/pin/0";
    let claimed = futures::future::join_all((0..12).map(|_| claims(&story, alias))).await;
    assert!(
        claimed
            .iter()
            .all(|claim| claim.key_arn == claimed[0].key_arn)
    );
    assert_eq!(claimed.iter().filter(|claim| claim.created).count(), 1);
    assert_eq!(story.created().await, Created { keks: 1, cas: 0 });
}

#[tokio::test]
async fn a_key_whose_maker_died_is_adopted() {
    let story = Story::of("claims-adopted").await;
    let alias = "alias/key-ceremony/kek/claims-adopted/production/pin/0";
    let client = story.payment_cryptography();
    client
        .create_alias()
        .alias_name(alias)
        .send()
        .await
        .expect("a reservation");
    // Two keys: a maker died twice. The older one is taken.
    let mut keys = Vec::new();
    for _ in 0..2 {
        keys.push(makes(&story, alias).await.expect("a key"));
    }
    let claimed = claims(&story, alias).await;
    assert_eq!(
        claimed,
        Claim {
            key_arn: keys.remove(0),
            created: false
        }
    );
    assert_eq!(claims(&story, alias).await, claimed);
}

#[tokio::test]
async fn a_key_for_another_alias_is_not_adopted() {
    let story = Story::of("claims-other").await;
    let one = claims(
        &story,
        "alias/key-ceremony/kek/claims-other/production/pin/1",
    )
    .await;
    let two = claims(
        &story,
        "alias/key-ceremony/kek/claims-other/production/pin/2",
    )
    .await;
    assert!(one.created && two.created && one.key_arn != two.key_arn);
}

/// Somebody reserved the alias and died; then three come, wait, and take over at once.
#[tokio::test]
async fn an_abandoned_reservation_is_taken_over_by_many_at_once() {
    let story = Story::of("claims-abandoned").await;
    let alias = "alias/key-ceremony/kek/claims-abandoned/production/pin/0";
    let client = story.payment_cryptography();
    client
        .create_alias()
        .alias_name(alias)
        .send()
        .await
        .expect("a reservation");
    let claimed = futures::future::join_all((0..3).map(|_| claims(&story, alias))).await;
    let assigned = story.alias(alias).await.expect("the alias").key_arn;
    for claim in &claimed {
        assert_eq!(Some(&claim.key_arn), assigned.as_ref());
    }
}
