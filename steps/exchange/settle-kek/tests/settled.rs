//! The KEK from before: brought back by an order, or deleted when its time is over.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::KeyState;
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::key_import::run::{AlsoSwitched, Settled, SwitchedKek};
use emulated::{Emulated, ceremony};
use payment_keys::{Pace, destination, inspect};
use serde_json::Value;
use settle_kek::{Error, Input, Output, handle};
use step::Journal;

const ALIAS: &str = "alias/key-ceremony/kek/acme/production/cardholder/received";
const ALSO: &str = "alias/acme-zmk";

/// The KEK of the ceremony, the ones from before, and aliases that name the first.
struct Scene {
    emulated: Emulated,
    ours: String,
    previous: String,
    also_before: String,
}

impl Scene {
    async fn new() -> Self {
        let emulated = Emulated::start().await;
        let (previous, ours) = (kek(&emulated).await, kek(&emulated).await);
        let (also_before, _) = emulated.creates_kek().await;
        for alias in [ALIAS, ALSO] {
            let create = emulated.client.create_alias().alias_name(alias);
            create.key_arn(&ours).send().await.unwrap();
        }
        Self {
            emulated,
            ours,
            previous,
            also_before,
        }
    }

    async fn settles(&self, order: bool) -> Result<Output, Error> {
        let input = Input {
            ceremony: ceremony(),
            switched: SwitchedKek {
                alias: ALIAS.to_owned(),
                key_arn: self.ours.clone(),
                replaces_key_arn: Some(self.previous.clone()),
                kept_key_arn: None,
                also: Some(AlsoSwitched {
                    alias: ALSO.to_owned(),
                    replaces_key_arn: Some(self.also_before.clone()),
                }),
                keep_previous_until: None,
            },
            order: order.then(|| DroppedObject {
                key: "acme/production/cardholder/orders/back.json".to_owned(),
                version_id: "1".to_owned(),
                bytes: 2,
                sha256: Sha256::of(b"{}"),
            }),
        };
        handle(&self.emulated.client, input, &Journal::default()).await
    }

    async fn names(&self, alias: &str) -> Option<String> {
        let answer = self.emulated.client.get_alias().alias_name(alias);
        answer.send().await.unwrap().alias.unwrap().key_arn
    }

    async fn points(&self, alias: &str, key_arn: &str) {
        let update = self.emulated.client.update_alias().alias_name(alias);
        update.key_arn(key_arn).send().await.unwrap();
    }

    async fn state(&self, key_arn: &str) -> KeyState {
        let facts = inspect(&self.emulated.client, key_arn, &Pace::patient()).await;
        facts.unwrap().state
    }
}

/// One with the tags of the folder's.
async fn kek(emulated: &Emulated) -> String {
    let (key_arn, _) = emulated.creates_kek().await;
    let ceremony = ceremony();
    let tags = destination(&ceremony, "kek");
    emulated.operator_tags(&key_arn, &tags).await;
    key_arn
}

#[tokio::test]
async fn an_order_brings_the_kek_from_before_back() {
    let scene = Scene::new().await;
    let output = scene.settles(true).await.unwrap();
    assert_eq!(output.settled, Some(Settled::RolledBack));
    assert_eq!(scene.names(ALIAS).await.as_ref(), Some(&scene.previous));
    assert_eq!(scene.names(ALSO).await.as_ref(), Some(&scene.also_before));
    // Both are there: the one that was imported may be wanted again.
    for key in [&scene.ours, &scene.previous] {
        assert_eq!(scene.state(key).await, KeyState::CreateComplete);
    }
    assert_eq!(
        scene.settles(true).await.unwrap(),
        output,
        "another attempt"
    );

    let publication = &output.publication;
    let record: Value = serde_json::from_slice(&publication.documents[0].contents).unwrap();
    assert_eq!(record["settled"], "rolled-back");
    assert_eq!(record["previousKekKeyArn"], scene.previous);
    assert_eq!(record["order"]["versionId"], "1");
    let told: Value = serde_json::from_slice(&publication.manifest.contents).unwrap();
    assert_eq!(told["settled"], "rolled-back");
    assert!(!told.to_string().contains("arn:"), "{told}");
}

#[tokio::test]
async fn without_an_order_the_kek_from_before_is_deleted() {
    let scene = Scene::new().await;
    let output = scene.settles(false).await.unwrap();
    assert_eq!(output.settled, Some(Settled::Retired));
    assert_eq!(scene.state(&scene.previous).await, KeyState::DeletePending);
    assert_eq!(scene.state(&scene.ours).await, KeyState::CreateComplete);
    assert_eq!(scene.names(ALIAS).await.as_ref(), Some(&scene.ours));
    assert_eq!(
        scene.settles(false).await.unwrap(),
        output,
        "another attempt"
    );
    refuses(&scene, "PreviousUnusable", "its state is DELETE_PENDING").await;
}

/// The order is told why, and changes nothing.
async fn refuses(scene: &Scene, error: &str, words: &str) {
    let output = scene.settles(true).await.unwrap();
    let refused = output.refused.unwrap();
    assert_eq!((output.settled, refused.error.as_str()), (None, error));
    assert!(refused.what.contains(words), "{}", refused.what);
}

#[tokio::test]
async fn what_names_a_third_kek_by_now_is_not_brought_back() {
    let scene = Scene::new().await;
    let third = kek(&scene.emulated).await;
    scene.points(ALIAS, &third).await;
    refuses(&scene, "ReplacedSince", &third).await;
    assert_eq!(scene.names(ALIAS).await, Some(third));
    assert_eq!(scene.names(ALSO).await.as_ref(), Some(&scene.ours));

    // The one from before has had its time all the same.
    let output = scene.settles(false).await.unwrap();
    assert_eq!(output.settled, Some(Settled::Retired));
}

/// Somebody brought it back by hand, or a consumer of its own uses it.
#[tokio::test]
async fn a_kek_that_an_alias_names_is_not_deleted() {
    for alias in [ALIAS, "alias/somebodys"] {
        let scene = Scene::new().await;
        let _ = scene
            .emulated
            .client
            .create_alias()
            .alias_name(alias)
            .send()
            .await;
        scene.points(alias, &scene.previous).await;
        let output = scene.settles(false).await.unwrap();
        assert_eq!(output.settled, Some(Settled::Kept), "{alias}");
        assert_eq!(scene.state(&scene.previous).await, KeyState::CreateComplete);
    }
    // Its own alias keeps nothing.
    let scene = Scene::new().await;
    let own = format!("{ALIAS}/0123456789abcdef");
    let create = scene.emulated.client.create_alias().alias_name(&own);
    create.key_arn(&scene.previous).send().await.unwrap();
    let output = scene.settles(false).await.unwrap();
    assert_eq!(output.settled, Some(Settled::Retired));
}

/// A responder has stopped it as compromised.
#[tokio::test]
async fn the_only_kek_that_can_be_used_is_not_deleted() {
    let scene = Scene::new().await;
    let stop = scene.emulated.client.stop_key_usage();
    stop.key_identifier(&scene.ours).send().await.unwrap();
    let output = scene.settles(false).await.unwrap();
    assert_eq!(output.settled, Some(Settled::Kept));
    assert_eq!(scene.state(&scene.previous).await, KeyState::CreateComplete);
}

#[tokio::test]
async fn a_key_without_the_folders_tags_is_not_deleted() {
    let mut scene = Scene::new().await;
    let (stranger, _) = scene.emulated.creates_kek().await;
    scene.previous = stranger.clone();
    let key_arn = stranger.clone();
    assert_eq!(
        scene.settles(false).await.unwrap_err(),
        Error::PreviousNotOurs { key_arn }
    );
    assert_eq!(scene.state(&stranger).await, KeyState::CreateComplete);
}
