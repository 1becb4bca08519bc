//! What goes to the execution that waits for it.

use ceremony::announcement::AwaitedAnswer;
use ceremony::digest::Sha256;
use emulated::aws::{Fault, Task};
use step::StepError;
use take_answer::Output;

use crate::world::{LATER, NOW, OFFER, SECOND, TOKEN, World, block, key_of};

#[tokio::test(start_paused = true)]
async fn a_block_goes_to_the_execution_that_waits_for_it_however_often_its_event_comes() {
    let world = World::waits().await;
    let version = world.drops(&block(), "D0112K0AB00E0000");
    let heard = world.hears(&block(), &version, NOW + 1).await.unwrap();
    assert_eq!(heard, Output::Delivered);
    let recorded = world.result(TOKEN);
    assert_eq!(recorded.result.awaited, AwaitedAnswer::Block);
    let object = &recorded.result.object;
    assert_eq!((&object.key, &object.version_id), (&block(), &version));
    assert_eq!(object.bytes, 16);
    assert_eq!(object.sha256, Sha256::of(b"D0112K0AB00E0000"));
    assert_eq!(recorded.evidence.step, "take-answer");
    let result = serde_json::to_value(&recorded.result).unwrap();
    assert_eq!(recorded.evidence.result, result);

    for now in [NOW + 2, LATER, LATER + 1] {
        let heard = world.hears(&block(), &version, now).await.unwrap();
        assert_eq!(heard, Output::Ignored);
    }
    assert!(world.aws.announced().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_goes_to_its_own_wait() {
    let world = World::waits().await;
    world
        .opens(AwaitedAnswer::Confirmation, OFFER, (NOW, 0), SECOND)
        .await;
    let key = key_of(&format!("zmk.{OFFER}.kcv"));
    let heard = world.drops_and_hears(&key, "1A0B2D\n", NOW + 1).await;
    assert_eq!(heard.unwrap(), Output::Delivered);
    let awaited = world.result(SECOND).result.awaited;
    assert_eq!(awaited, AwaitedAnswer::Confirmation);
    assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
}

/// What lies over it by now is another answer.
#[tokio::test(start_paused = true)]
async fn the_version_is_delivered_that_the_event_is_about() {
    let world = World::waits().await;
    let first = world.drops(&block(), "the first");
    world.drops(&block(), "the second");
    let heard = world.hears(&block(), &first, NOW + 1).await.unwrap();
    assert_eq!(heard, Output::Delivered);
    let object = world.result(TOKEN).result.object;
    assert_eq!(object.version_id, first);
    assert_eq!(object.sha256, Sha256::of(b"the first"));
}

#[tokio::test(start_paused = true)]
async fn what_is_transient_is_left_to_the_next_time_that_the_event_comes() {
    for operation in [
        "GetObject",
        "GetItem",
        "PutItem",
        "Decrypt",
        "SendTaskSuccess",
    ] {
        let world = World::waits().await;
        let version = world.drops(&block(), "block");
        world.aws.fault_for_good(operation, Fault::Throttled);
        let error = world.hears(&block(), &version, NOW + 1).await.unwrap_err();
        assert!(
            ["ServiceThrottled", "ServiceUnavailable"].contains(&error.name()),
            "{operation}: {error}"
        );
        assert!(!error.to_string().contains(TOKEN), "{error}");
        assert_eq!(world.aws.task(TOKEN), Some(Task::Waits), "{operation}");
        world.aws.mend();
        let heard = world.hears(&block(), &version, NOW + 61).await.unwrap();
        assert_eq!(heard, Output::Delivered, "{operation}");
        assert!(world.aws.announced().is_empty());
    }
}

/// Step Functions has it, and whoever sent it could not know.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_accepted_unheard_is_told_of_with_care() {
    let world = World::waits().await;
    let version = world.drops(&block(), "block");
    world.aws.fault("SendTaskSuccess", 1..=1, Fault::AnswerLost);
    let heard = world.hears(&block(), &version, NOW + 1).await.unwrap();
    assert_eq!(heard, Output::Rejected);
    assert_eq!(world.result(TOKEN).result.object.version_id, version);
    world.is_told(&block(), "which may be with this very file");
}

#[tokio::test(start_paused = true)]
async fn keys_of_other_ceremonies_are_left_to_them() {
    let world = World::waits().await;
    for key in [
        "acme/production/cardholder/leaf.pem",
        "acme/production/cardholder/requests/blocks/leaf.pem",
        "acme/production/cardholder/blocks/",
    ] {
        let heard = world.drops_and_hears(key, "", NOW + 1).await;
        assert_eq!(heard.unwrap(), Output::Ignored, "{key}");
    }
    // Deleted for good before anybody looked.
    let version = world.drops(&block(), "block");
    world
        .aws
        .delete_version(crate::world::INBOX, &block(), &version);
    let heard = world.hears(&block(), &version, NOW + 1).await.unwrap();
    assert_eq!(heard, Output::Ignored);
    assert!(world.aws.announced().is_empty());
    assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
}
