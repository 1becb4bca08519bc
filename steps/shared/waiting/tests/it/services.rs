//! What is told when a service does not do as it should, and what is left then.

use emulated::aws::{Fault, Task};
use serde_json::Value;
use step::{ServiceError, StepError};
use waiting::{Answer, Delivery, Refusal};

use crate::world::{SUBJECT, TOKEN, World, answered_by, at, id, taker};

async fn fails(world: &World, operation: &str, fault: Fault) -> ServiceError {
    let held = world.holds("anna", 10).await;
    world.aws.fault_for_good(operation, fault);
    let delivered = world.deliver(held, "anna", 10).await;
    let error = delivered.expect_err(operation);
    world.aws.mend();
    error
}

#[tokio::test(start_paused = true)]
async fn what_is_transient_is_told_from_what_is_refused_and_the_taker_comes_again() {
    for (fault, name) in [
        (Fault::Throttled, "ServiceThrottled"),
        (
            Fault::Refused(400, "KmsThrottlingException"),
            "ServiceThrottled",
        ),
        (
            Fault::Refused(500, "InternalServerError"),
            "ServiceUnavailable",
        ),
        (Fault::Denied, "AccessDenied"),
        (
            Fault::Refused(400, "KmsAccessDeniedException"),
            "AccessDenied",
        ),
        (
            Fault::Refused(400, "KmsInvalidStateException"),
            "ServiceRefused",
        ),
    ] {
        let world = World::waits().await;
        let error = fails(&world, "SendTaskSuccess", fault).await;
        assert_eq!(error.name(), name, "{error}");
        assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
        let duplicate = Refusal::Duplicate { of: taker("anna") };
        assert_eq!(world.is_refused("ben", 11).await, duplicate);
        assert_eq!(world.answers("anna", 12).await, Delivery::Delivered);
        assert_eq!(world.aws.task(TOKEN), Some(answered_by("anna")));
    }
}

/// Whoever comes again cannot know that its first answer was accepted.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_accepted_unheard_is_not_delivered_twice() {
    let world = World::waits().await;
    let held = world.holds("anna", 10).await;
    let lost = Fault::AnswerLost;
    world.aws.fault("SendTaskSuccess", 1..=1, lost);
    let delivered = world.deliver(held, "anna", 10).await;
    assert_eq!(delivered, Ok(Delivery::NobodyWaits));
    assert_eq!(world.aws.task(TOKEN), Some(answered_by("anna")));
    assert_eq!(world.text("taker").as_deref(), Some("anna"));
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_found_done() {
    let world = World::waits().await;
    world.aws.fault("PutItem", 1..=1, Fault::AnswerLost);
    drop(world.holds("anna", 10).await);
    let calls = world.aws.calls();
    let writes = calls.iter().filter(|call| call.starts_with("PutItem"));
    // The one that opened, the one that took, and the SDK's second attempt at that.
    assert_eq!(writes.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_output_that_is_too_long_is_refused_each_time() {
    let world = World::waits().await;
    for _ in 0..2 {
        let held = world.holds("anna", 10).await;
        let long = Answer::Success(Value::String("x".repeat(262_144)));
        let delivered = world.waiting.deliver(held, &long, at(10)).await;
        let error = delivered.expect_err("too long");
        assert_eq!(error.name(), "ServiceRefused");
    }
    assert_eq!(world.aws.task(TOKEN), Some(Task::Waits));
}

#[tokio::test(start_paused = true)]
async fn a_taker_that_cannot_decrypt_has_the_wait_all_the_same() {
    let world = World::waits().await;
    world.aws.fault_for_good("Decrypt", Fault::Denied);
    let taken = world.take(&id(), SUBJECT, "anna", 10).await;
    assert_eq!(taken.expect_err("no token").name(), "AccessDenied");
    world.aws.mend();
    let duplicate = Refusal::Duplicate { of: taker("anna") };
    assert_eq!(world.is_refused("ben", 11).await, duplicate);
    assert_eq!(world.answers("anna", 12).await, Delivery::Delivered);
}
