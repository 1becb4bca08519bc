//! Files that come at once, too early, or while something else happens.

use ceremony::announcement::AwaitedAnswer;
use emulated::aws::{Gate, Task};
use step::StepError;
use take_answer::{Context, Error, Output};

use crate::world::{FRESH, LATER, NOW, OFFER, SECOND, TOKEN, World, block, key_of, waiting};

fn is_too_early(heard: Result<Output, Error>) {
    assert_eq!(heard.expect_err("an error").name(), "NotWaitedForYet");
}

/// An offer is out before its ceremony waits.
#[tokio::test(start_paused = true)]
async fn a_block_that_comes_before_its_ceremony_waits_is_taken_once_it_does() {
    let world = World::offered();
    let version = world.drops(&block(), "block");
    is_too_early(world.hears(&block(), &version, NOW + 1).await);
    world
        .opens(AwaitedAnswer::Block, OFFER, (NOW + 2, 0), TOKEN)
        .await;
    let heard = world.hears(&block(), &version, NOW + 61).await.unwrap();
    assert_eq!(heard, Output::Delivered);
    assert!(world.aws.announced().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_same_holds_for_a_fresh_offer_and_for_a_confirmation() {
    let world = World::waits().await;
    world.offers(FRESH);
    let fresh = key_of(&format!("zmk.{FRESH}.tr31"));
    let version = world.drops(&fresh, "block");
    is_too_early(world.hears(&fresh, &version, NOW + 1).await);
    world
        .opens(AwaitedAnswer::Block, FRESH, (NOW + 2, 0), SECOND)
        .await;
    let heard = world.hears(&fresh, &version, NOW + 61).await.unwrap();
    assert_eq!(heard, Output::Delivered);

    let confirmation = key_of(&format!("zmk.{FRESH}.kcv"));
    let version = world.drops(&confirmation, "1A0B2D");
    is_too_early(world.hears(&confirmation, &version, NOW + 1).await);
    let heard = world.hears(&confirmation, &version, LATER).await.unwrap();
    assert_eq!(heard, Output::Rejected);
    world.is_told(&confirmation, "no key of this offer");
}

#[tokio::test(start_paused = true)]
async fn a_ceremony_that_never_waits_is_waited_for_as_long_as_the_event_is_young() {
    let world = World::offered();
    let version = world.drops(&block(), "block");
    is_too_early(world.hears(&block(), &version, LATER - 1).await);
    let heard = world.hears(&block(), &version, LATER).await.unwrap();
    assert_eq!(heard, Output::Rejected);
    world.is_told(&block(), "does not wait for a block by this offer");
}

/// The first is refused, and the ceremony waits again: the second need not be dropped once more.
#[tokio::test(start_paused = true)]
async fn a_second_block_is_taken_if_the_first_is_refused_soon() {
    let world = World::waits().await;
    let first = world.drops(&block(), "the first");
    world.hears(&block(), &first, NOW + 1).await.unwrap();
    let second = world.drops(&block(), "the second");
    is_too_early(world.hears(&block(), &second, NOW + 1).await);
    world
        .opens(AwaitedAnswer::Block, OFFER, (NOW + 9, 0), SECOND)
        .await;
    // The first's event once more changes nothing.
    let heard = world.hears(&block(), &first, NOW + 10).await.unwrap();
    assert_eq!(heard, Output::Ignored);
    let heard = world.hears(&block(), &second, NOW + 61).await.unwrap();
    assert_eq!(heard, Output::Delivered);
    assert_eq!(world.result(SECOND).result.object.version_id, second);
}

#[tokio::test(start_paused = true)]
async fn a_second_block_is_not_taken_once_the_first_has_been() {
    let world = World::waits().await;
    let first = world.drops(&block(), "the first");
    world.hears(&block(), &first, NOW + 1).await.unwrap();
    let second = world.drops(&block(), "the second");
    let heard = world.hears(&block(), &second, LATER).await.unwrap();
    assert_eq!(heard, Output::Rejected);
    world.is_told(&block(), "another file was first");
    assert_eq!(world.result(TOKEN).result.object.version_id, first);
}

#[tokio::test(start_paused = true)]
async fn of_two_at_once_one_is_taken() {
    let world = World::waits().await;
    let [one, two] = ["one", "two"].map(|bytes| world.drops(&block(), bytes));
    let key = block();
    let heard = tokio::join!(
        world.hears(&key, &one, LATER),
        world.hears(&key, &two, LATER)
    );
    let heard = [heard.0.unwrap(), heard.1.unwrap()];
    assert!(heard.contains(&Output::Delivered), "{heard:?}");
    assert!(heard.contains(&Output::Rejected), "{heard:?}");
    let taken = world.result(TOKEN).result.object.version_id;
    assert_eq!(
        taken,
        if heard[0] == Output::Delivered {
            one
        } else {
            two
        }
    );
    world.is_told(&key, "another file was first");
}

/// The attempt of the task that waited was given up between the two calls.
#[tokio::test(start_paused = true)]
async fn an_answer_follows_its_task_to_a_newer_token() {
    let world = World::waits().await;
    let version = world.drops(&block(), "block");
    let gate = Gate::default();
    let context = Context {
        waiting: waiting(&world.aws.config_behind(&gate)),
        ..world.context()
    };
    let key = block();
    let brings = world.hears_by(&context, &key, &version, NOW + 1);
    let meanwhile = async {
        // It is read, taken and decrypted, and about to be sent.
        gate.let_pass(3);
        while !gate.is_waited_at() {
            tokio::task::yield_now().await;
        }
        world.aws.set_task(TOKEN, Task::Closed);
        world
            .opens(AwaitedAnswer::Block, OFFER, (NOW, 1), SECOND)
            .await;
        gate.let_pass(100);
    };
    let (heard, ()) = tokio::join!(brings, meanwhile);
    assert_eq!(heard.unwrap(), Output::Delivered);
    assert_eq!(world.aws.task(TOKEN), Some(Task::Closed));
    assert_eq!(world.result(SECOND).result.object.version_id, version);
}
