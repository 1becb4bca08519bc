//! What no ceremony takes, and what is said of it.

use ceremony::announcement::AwaitedAnswer;
use emulated::aws::{Fault, Task};
use serde_json::json;
use step::StepError;
use take_answer::Output;
use waiting::{Ending, WaitId};

use crate::world::{
    DEADLINE, FRESH, LATER, NOW, OFFER, SECOND, TOKEN, World, another_id, at, block, ceremony_id,
    key_of,
};

impl World {
    async fn is_not_taken(&self, key: &str, now: i64, words: &str) {
        let heard = self.drops_and_hears(key, "block", now).await.unwrap();
        assert_eq!(heard, Output::Rejected);
        self.is_told(key, words);
    }

    async fn ends(&self, ending: Ending, now: i64) {
        let id = WaitId {
            ceremony_id: ceremony_id(),
            awaited: AwaitedAnswer::Block,
        };
        self.waiting.end(&id, ending, at(now)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_for_an_offer_that_was_never_made_is_told_at_once() {
    let world = World::waits().await;
    let key = key_of(&format!("zmk.{FRESH}.tr31"));
    let words = "names no offer that was ever made to this request";
    world.is_not_taken(&key, NOW + 1, words).await;
    assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
}

#[tokio::test(start_paused = true)]
async fn a_block_for_an_offer_that_another_has_replaced_is_told_at_once() {
    let world = World::waits().await;
    world.offers(FRESH);
    world
        .opens(AwaitedAnswer::Block, FRESH, (NOW + 1, 0), SECOND)
        .await;
    world
        .is_not_taken(&block(), NOW + 2, "which had its time")
        .await;
    assert_eq!(world.aws.task(SECOND), Some(Task::Waits));
}

#[tokio::test(start_paused = true)]
async fn a_block_after_the_deadline_is_not_taken_whoever_was_faster() {
    let world = World::waits().await;
    world
        .is_not_taken(&block(), DEADLINE, "is over (2026-")
        .await;
    assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));

    let world = World::waits().await;
    let by = at(DEADLINE);
    world.ends(Ending::Deadline { by }, DEADLINE - 60).await;
    world.is_not_taken(&block(), DEADLINE - 30, "is over").await;
}

#[tokio::test(start_paused = true)]
async fn a_block_for_a_ceremony_that_was_withdrawn_or_stopped_is_not_taken() {
    let world = World::waits().await;
    world.ends(Ending::Withdrawn, NOW + 1).await;
    world.is_not_taken(&block(), NOW + 2, "was withdrawn").await;

    let world = World::waits().await;
    world.aws.set_task(TOKEN, Task::Closed);
    world
        .is_not_taken(&block(), NOW + 2, "does not wait any more")
        .await;
}

/// Whoever can write the table cannot have one wait answered by another's token.
#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_the_waits_own_is_not_used() {
    let world = World::waits().await;
    world
        .opens(AwaitedAnswer::Confirmation, OFFER, (NOW, 0), SECOND)
        .await;
    let of = |awaited| format!("wait#{}#{awaited}", ceremony_id());
    world
        .aws
        .copy_attribute(&of("confirmation"), &of("block"), "token");
    world
        .is_not_taken(&block(), NOW + 1, "cannot be answered")
        .await;
    assert_eq!(world.aws.task(SECOND), Some(Task::Waits));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_no_answer_by_its_name_is_told_where_it_belongs() {
    for (key, partner) in [
        (key_of("zmk.tr31"), json!("acme")),
        (key_of("old/zmk.0123456789abcdef.tr31"), json!("acme")),
        ("acme/prod/pin/blocks/x.tr31".to_owned(), json!(null)),
    ] {
        let world = World::waits().await;
        let heard = world.drops_and_hears(&key, "block", NOW + 1).await;
        assert_eq!(heard.unwrap(), Output::Rejected);
        let told = world.only_announcement();
        assert_eq!(told.detail_type, "Block Not Taken", "{key}");
        assert_eq!(told.detail["partner"], partner);
        assert!(told.detail["remedy"].to_string().contains("/blocks/"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_private_key_is_told_as_everywhere_and_answers_nothing() {
    for key in [
        block(),
        key_of(&format!("zmk.{OFFER}.kcv")),
        key_of("key.pem"),
    ] {
        let world = World::waits().await;
        let pem = emulated::quick_chain().leaf.key().pem();
        let heard = world.drops_and_hears(&key, &pem, NOW + 1).await;
        assert_eq!(heard.unwrap(), Output::PrivateKeyReceived);
        let told = world.only_announcement();
        assert_eq!(told.detail_type, "Private Key Received");
        assert_eq!(told.detail["ceremony"], "kek-import");
        assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
    }
}

/// The ceremony would say so of one that it takes.
#[tokio::test(start_paused = true)]
async fn what_may_be_a_key_in_the_clear_is_told_as_that_where_no_ceremony_takes_it() {
    let world = World::waits().await;
    let key = key_of(&format!("zmk.{FRESH}.tr31"));
    let digits = "0123456789ABCDEF0123456789ABCDEF";
    let heard = world.drops_and_hears(&key, digits, NOW + 1).await.unwrap();
    assert_eq!(heard, Output::Rejected);
    world.is_told(&key, "may be a key in the clear");
    let told = world.only_announcement().detail.to_string();
    assert!(told.contains("compromised") && !told.contains(digits));

    let heard = world
        .drops_and_hears(&block(), digits, NOW + 1)
        .await
        .unwrap();
    assert_eq!(heard, Output::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_too_large_or_cannot_be_read_is_not_taken() {
    for bytes in [16 * 1024 + 1, 70_000] {
        let world = World::waits().await;
        let heard = world
            .drops_and_hears(&block(), &"x".repeat(bytes), NOW + 1)
            .await;
        assert_eq!(heard.unwrap(), Output::Rejected);
        world.is_told(&block(), "at most 16384");
        assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
    }
    let world = World::waits().await;
    let version = world.drops(&block(), "block");
    // Looking for a private key, and reading.
    world.aws.fault("GetObject", 1..=2, Fault::Denied);
    let heard = world.hears(&block(), &version, NOW + 1).await.unwrap();
    assert_eq!(heard, Output::Rejected);
    world.is_told(&block(), "it cannot be read");
}

/// A record that is not ours must not lead to somebody's execution.
#[tokio::test(start_paused = true)]
async fn a_pointer_that_names_no_ceremony_of_the_folder_leads_nowhere() {
    for pointer in [
        "{}".to_owned(),
        json!({ "ceremonyId": another_id() }).to_string(),
        json!({ "ceremonyId": "../x" }).to_string(),
    ] {
        let world = World::waits().await;
        world.points(OFFER, pointer);
        let heard = world.drops_and_hears(&block(), "block", NOW + 1).await;
        assert_eq!(heard.unwrap_err().name(), "PointerMalformed");
        assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
    }
}

/// Not being allowed to look is not the same as there being nothing.
#[tokio::test(start_paused = true)]
async fn a_bucket_that_does_not_say_what_is_not_there_is_an_error() {
    let world = World::waits().await;
    let key = key_of(&format!("zmk.{FRESH}.tr31"));
    world.aws.forbid_listing();
    let heard = world.drops_and_hears(&key, "block", NOW + 1).await;
    assert_eq!(heard.unwrap_err().name(), "AccessDenied");
    assert!(world.aws.announced().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_not_taken_within_a_minute_is_told_together() {
    let world = World::waits().await;
    for number in 0..3 {
        let key = key_of(&format!("zmk{number}.{FRESH}.tr31"));
        let heard = world.drops_and_hears(&key, "block", LATER).await;
        assert_eq!(heard.unwrap(), Output::Rejected);
    }
    assert_eq!(world.aws.announced().len(), 1);
    world.announces_what_was_gathered().await;
    let announced = world.aws.announced();
    assert_eq!(announced.len(), 2, "{announced:?}");
    assert_eq!(announced[1].detail_type, "Block Not Taken");
    let detail = &announced[1].detail;
    assert_eq!(detail["ceremony"], "kek-import");
    assert_eq!(detail["partner"], "acme");
    assert_eq!(detail["files"].as_array().unwrap().len(), 2);
}
