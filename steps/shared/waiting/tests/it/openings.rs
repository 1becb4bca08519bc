//! Which token is in force, whoever writes when.

use emulated::aws::{Fault, Task};
use waiting::{Delivery, Opened, Refusal};

use crate::world::{
    DEADLINE, SECOND, SUBJECT, TOKEN, World, answered_by, attempt, id, taker, wait_for,
};

#[tokio::test(start_paused = true)]
async fn the_token_of_an_attempt_that_was_given_up_takes_no_place() {
    let world = World::empty();
    let wait = wait_for(id(), SUBJECT);
    let second = world.opens(&wait, attempt(0, 1), SECOND).await;
    assert_eq!(second, Opened::Waits);
    let late = world.opens(&wait, attempt(0, 0), TOKEN).await;
    assert_eq!(late, Opened::Superseded);
    assert_eq!(world.answers("anna", 10).await, Delivery::Delivered);
    assert_eq!(world.aws.task(SECOND), Some(answered_by("anna")));
    assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_opens_twice_opens_once() {
    let world = World::empty();
    let wait = wait_for(id(), SUBJECT);
    world.aws.fault("PutItem", 1..=1, Fault::AnswerLost);
    let opened = world.opens(&wait, attempt(0, 0), TOKEN).await;
    assert_eq!(opened, Opened::Waits);
    let before = world.item();
    let again = world.opens(&wait, attempt(0, 0), TOKEN).await;
    assert_eq!(again, Opened::Waits);
    assert_eq!(world.item(), before);
    // Nor does it take the wait from whoever has it.
    drop(world.holds("anna", 5).await);
    world.opens(&wait, attempt(0, 0), TOKEN).await;
    let duplicate = Refusal::Duplicate { of: taker("anna") };
    assert_eq!(world.is_refused("ben", 6).await, duplicate);
}

/// The attempt that waited first is over, so that no answer to it can have come through.
#[tokio::test(start_paused = true)]
async fn after_a_retry_of_the_task_the_same_answer_may_come_again() {
    let world = World::waits().await;
    let held = world.holds("anna", 10).await;
    world.aws.set_task(TOKEN, Task::Closed);
    let wait = wait_for(id(), SUBJECT);
    world.opens(&wait, attempt(0, 1), SECOND).await;
    let delivered = world.deliver(held, "anna", 11).await;
    assert_eq!(delivered, Ok(Delivery::TakeAgain));
    assert_eq!(world.answers("anna", 12).await, Delivery::Delivered);
    assert_eq!(world.aws.task(SECOND), Some(answered_by("anna")));
}

/// A wrong block, say: the ceremony waits for another one, and does not take the same again.
#[tokio::test(start_paused = true)]
async fn after_another_entry_of_the_state_an_answer_that_was_used_up_is_replayed() {
    for noted in [true, false] {
        let world = World::waits().await;
        if noted {
            world.answers("anna", 10).await;
        } else {
            // Delivered, and dead before that was written.
            let held = world.holds("anna", 10).await;
            world.aws.fault_for_good("PutItem", Fault::Denied);
            let delivered = world.deliver(held, "anna", 10).await;
            assert_eq!(delivered, Ok(Delivery::Delivered));
            world.aws.mend();
            assert_eq!(world.text("state").as_deref(), Some("taken"));
        }
        let wait = wait_for(id(), SUBJECT);
        world.opens(&wait, attempt(100, 0), SECOND).await;
        assert_eq!(world.is_refused("anna", 110).await, Refusal::Replayed);
        assert_eq!(world.answers("ben", 110).await, Delivery::Delivered);
        assert_eq!(world.aws.task(TOKEN), Some(answered_by("anna")));
        assert_eq!(world.aws.task(SECOND), Some(answered_by("ben")));
    }
}

#[tokio::test(start_paused = true)]
async fn what_takes_the_place_of_a_wait_is_reminded_of_anew_and_the_same_is_not() {
    for (about, reminded) in [(SUBJECT, false), ("offer-2", true)] {
        let world = World::waits().await;
        world.reminds(600).await;
        let wait = wait_for(id(), about);
        world.opens(&wait, attempt(700, 0), SECOND).await;
        let again = world.remind(701).await;
        assert_eq!(again.is_some(), reminded, "{about}");
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_entries_leave_an_item_that_still_can_be_written() {
    let world = World::waits().await;
    for entry in 1..=150 {
        let name = format!("{entry:0>250}");
        world.aws.set_task(TOKEN, Task::Waits);
        assert_eq!(world.answers(&name, 10).await, Delivery::Delivered);
        let wait = wait_for(id(), SUBJECT);
        world.opens(&wait, attempt(entry, 0), TOKEN).await;
    }
    let spent = world.item()["spent"]["L"].as_array().unwrap().len();
    assert_eq!(spent, 100);
    let name = format!("{:0>250}", 150);
    assert_eq!(world.is_refused(&name, 10).await, Refusal::Replayed);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_may_not_write_says_so_and_nobody_waits() {
    let world = World::empty();
    let wait = wait_for(id(), SUBJECT);
    for operation in ["Encrypt", "GetItem", "PutItem"] {
        world.aws.fault_for_good(operation, Fault::Denied);
        let opened = world.open(&wait, attempt(0, 0), TOKEN).await;
        let error = opened.expect_err(operation).to_string();
        assert!(error.contains(operation), "{error}");
        world.aws.mend();
    }
    assert!(world.aws.items().is_empty());
    assert_eq!(world.is_refused("anna", DEADLINE).await, Refusal::Unknown);
}
