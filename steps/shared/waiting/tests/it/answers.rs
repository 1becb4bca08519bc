//! Each answer that comes has an answer of its own, and one of them reaches the execution.

use ceremony::announcement::AwaitedAnswer;
use emulated::aws::Task;
use serde_json::json;
use waiting::{Answer, Delivery, End, Ending, LEASE, Refusal, Take, Telling};

use crate::world::{
    DEADLINE, SECOND, SUBJECT, TOKEN, World, answered_by, at, attempt, id, id_of, taker, wait_for,
};

#[tokio::test(start_paused = true)]
async fn an_answer_is_delivered_and_the_token_is_gone() {
    let world = World::waits().await;
    assert_eq!(world.answers("anna", 10).await, Delivery::Delivered);
    assert_eq!(world.aws.task(TOKEN), Some(answered_by("anna")));
    let item = world.item();
    assert_eq!(world.text("end").as_deref(), Some("answered"));
    assert_eq!(world.text("taker").as_deref(), Some("anna"));
    assert_eq!(item.get("token"), None);
    assert_eq!(item.get("dueAt"), None);
    let month = 30 * 24 * 60 * 60;
    let expires = (at(10).unix_seconds() + month).to_string();
    assert_eq!(item["expires"]["N"], expires);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_answer_too() {
    let world = World::waits().await;
    let held = world.holds("anna", 10).await;
    let no = Answer::Failure {
        error: "CeremonyRejected".to_owned(),
        cause: "anna says no".to_owned(),
    };
    let delivered = world.waiting.deliver(held, &no, at(10)).await;
    assert_eq!(delivered, Ok(Delivery::Delivered));
    let Some(Task::Failed { error, .. }) = world.aws.task(TOKEN) else {
        panic!("the task has not failed");
    };
    assert_eq!(error, "CeremonyRejected");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_is_unknown() {
    let world = World::waits().await;
    for (partner, awaited) in [
        ("acme", AwaitedAnswer::Approval),
        ("other", AwaitedAnswer::Block),
    ] {
        let unknown = id_of(partner, awaited);
        let taken = world.take(&unknown, SUBJECT, "anna", 1).await;
        let refused = matches!(taken, Ok(Take::Refused(Refusal::Unknown)));
        assert!(refused, "{unknown}: {taken:?}");
    }
    assert_eq!(world.aws.items(), [id().to_string()]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_something_else_is_told_from_one_about_what_was_replaced() {
    let world = World::waits().await;
    let fresh = wait_for(id(), "offer-2");
    world.opens(&fresh, attempt(100, 0), SECOND).await;
    assert_eq!(world.is_refused("anna", 110).await, Refusal::Replaced);
    let taken = world.take(&id(), "offer-3", "anna", 110).await;
    let wrong = matches!(taken, Ok(Take::Refused(Refusal::WrongSubject)));
    assert!(wrong, "{taken:?}");
    assert_eq!(world.text("state").as_deref(), Some("open"));
    for used in [TOKEN, SECOND] {
        assert_eq!(world.aws.task(used), Some(Task::Waits));
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_answer_is_a_duplicate_of_the_first_before_and_after_it_was_delivered() {
    let world = World::waits().await;
    let held = world.holds("anna", 10).await;
    let duplicate = Refusal::Duplicate { of: taker("anna") };
    assert_eq!(world.is_refused("ben", 10).await, duplicate);
    let delivered = world.deliver(held, "anna", 11).await;
    assert_eq!(delivered, Ok(Delivery::Delivered));
    assert_eq!(world.is_refused("ben", 12).await, duplicate);
    assert_eq!(world.aws.task(TOKEN), Some(answered_by("anna")));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_delivered_is_replayed() {
    let world = World::waits().await;
    world.answers("anna", 10).await;
    let before = world.item();
    assert_eq!(world.is_refused("anna", 11).await, Refusal::Replayed);
    assert_eq!(world.item(), before);
}

#[tokio::test(start_paused = true)]
async fn a_taker_that_died_takes_it_again_without_a_write() {
    let world = World::waits().await;
    drop(world.holds("anna", 10).await);
    let before = world.item();
    drop(world.holds("anna", DEADLINE + LEASE).await);
    assert_eq!(
        world.item(),
        before,
        "somebody else could have come between"
    );
    assert_eq!(world.answers("anna", 20).await, Delivery::Delivered);
}

#[tokio::test(start_paused = true)]
async fn at_its_deadline_an_answer_is_late_and_the_wait_stays_for_the_sweep() {
    let world = World::waits().await;
    let before = world.item();
    let deadline = at(DEADLINE);
    let late = Refusal::Late { deadline };
    assert_eq!(world.is_refused("anna", DEADLINE).await, late);
    assert_eq!(world.item(), before);
    assert_eq!(
        world.answers("anna", DEADLINE - 1).await,
        Delivery::Delivered
    );
}

#[tokio::test(start_paused = true)]
async fn an_ended_wait_says_how_it_ended() {
    let passed = Ending::Deadline { by: at(DEADLINE) };
    for (ending, end) in [
        (passed, End::DeadlinePassed),
        (Ending::Withdrawn, End::Withdrawn),
    ] {
        let world = World::waits().await;
        let told = world.end(ending, 10).await;
        assert_eq!(told, Ok(Telling::Told));
        assert_eq!(world.is_refused("anna", 11).await, Refusal::Ended(end));
    }
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_was_stopped_waits_no_more() {
    for gone in [Task::Closed, Task::Forgotten] {
        let world = World::waits().await;
        world.aws.set_task(TOKEN, gone);
        assert_eq!(world.answers("anna", 10).await, Delivery::NobodyWaits);
        let refusal = Refusal::Ended(End::Closed);
        assert_eq!(world.is_refused("anna", 11).await, refusal);
        assert_eq!(world.is_refused("ben", 11).await, refusal);
        assert_eq!(world.item().get("token"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_step_of_ours_wrote_is_not_acted_on() {
    let world = World::waits().await;
    let item = id().to_string();
    for (attribute, value) in [
        ("state", json!({ "S": "ajar" })),
        ("ceremonyId", json!({ "S": "another" })),
        ("deadline", json!({ "S": "soon" })),
        ("spent", json!({ "S": "anna" })),
        ("revision", json!({ "N": "-1" })),
    ] {
        let before = world.item()[attribute].clone();
        world.aws.change_item(&item, attribute, value);
        let taken = world.take(&id(), SUBJECT, "anna", 1).await;
        let error = taken.expect_err(attribute).to_string();
        assert!(error.contains("UnreadableItem"), "{error}");
        world.aws.change_item(&item, attribute, before);
    }
    assert_eq!(world.answers("anna", 10).await, Delivery::Delivered);
}
