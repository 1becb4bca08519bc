//! What a sweep finds, and what it does once.

use ceremony::announcement::AwaitedAnswer;
use emulated::aws::{Fault, Task};
use serde_json::json;
use waiting::{Delivery, Due, Ending, LEASE, Refusal, Telling};

use crate::world::{
    DEADLINE, EVERY, REMINDERS, SECOND, SUBJECT, TOKEN, World, answered_by, at, attempt,
    deadline_passed, id, id_of, wait_for,
};

impl World {
    async fn due(&self, seconds: i64) -> Vec<Due> {
        let due = self.waiting.due(at(seconds), at(seconds + EVERY)).await;
        due.expect("a table")
    }

    async fn ends(&self, seconds: i64) -> Telling {
        let by = at(seconds + EVERY);
        let ended = self.end(Ending::Deadline { by }, seconds).await;
        ended.expect("services that answer")
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_ended_before_its_deadline_by_the_last_sweep_that_can() {
    let world = World::waits().await;
    let last = DEADLINE - EVERY;
    for reminder in REMINDERS {
        world.reminds(reminder).await;
    }
    assert_eq!(world.due(last - 1).await, []);
    assert_eq!(world.ends(last - 1).await, Telling::NotEnded);
    assert_eq!(world.due(last).await, [Due::End(id())]);
    assert_eq!(world.ends(last).await, Telling::Told);
    assert_eq!(world.aws.task(TOKEN), Some(deadline_passed()));
    assert_eq!(world.due(last).await, []);
    assert_eq!(world.ends(last).await, Telling::NotEnded);
}

#[tokio::test(start_paused = true)]
async fn who_died_before_telling_leaves_it_to_the_next_sweep() {
    let world = World::waits().await;
    world
        .aws
        .fault_for_good("SendTaskFailure", Fault::Throttled);
    let by = at(DEADLINE);
    let ended = world.end(Ending::Deadline { by }, DEADLINE).await;
    assert!(ended.is_err(), "{ended:?}");
    world.aws.mend();
    let ended = Refusal::Ended(waiting::End::DeadlinePassed);
    assert_eq!(world.is_refused("anna", DEADLINE).await, ended);
    assert_eq!(world.item().get("expires"), None, "it must not go yet");
    assert_eq!(world.due(DEADLINE).await, [Due::End(id())]);
    assert_eq!(world.ends(DEADLINE).await, Telling::Told);
    assert_eq!(world.aws.task(TOKEN), Some(deadline_passed()));
    assert!(world.item().get("expires").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_taker_at_work_is_left_alone_and_a_dead_one_is_not() {
    let world = World::waits().await;
    let taken = DEADLINE - 1;
    let held = world.holds("anna", taken).await;
    for still in [taken, DEADLINE, taken + LEASE - 1] {
        assert_eq!(world.due(still).await, [], "{still}");
        assert_eq!(world.ends(still).await, Telling::NotEnded);
    }
    assert_eq!(world.due(taken + LEASE).await, [Due::End(id())]);
    assert_eq!(world.ends(taken + LEASE).await, Telling::Told);
    // It had only stood still, and comes too late.
    let delivered = world.deliver(held, "anna", taken + LEASE + 1).await;
    assert_eq!(delivered, Ok(Delivery::NobodyWaits));
    assert_eq!(world.aws.task(TOKEN), Some(deadline_passed()));
    assert_eq!(world.text("end").as_deref(), Some("deadline-passed"));
}

#[tokio::test(start_paused = true)]
async fn who_was_accepted_before_it_was_ended_has_answered_whatever_was_written() {
    let world = World::waits().await;
    let held = world.holds("anna", 10).await;
    world
        .aws
        .fault_for_good("SendTaskFailure", Fault::Throttled);
    let ended = world.end(Ending::Withdrawn, 10 + LEASE).await;
    assert!(ended.is_err(), "ended, and not told: {ended:?}");
    world.aws.mend();
    let delivered = world.deliver(held, "anna", 11 + LEASE).await;
    assert_eq!(delivered, Ok(Delivery::Delivered));
    assert_eq!(world.text("end").as_deref(), Some("answered"));
    assert_eq!(world.aws.task(TOKEN), Some(answered_by("anna")));
    assert_eq!(world.due(DEADLINE + LEASE).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_finds_out_that_an_execution_was_stopped() {
    let world = World::waits().await;
    world.aws.set_task(TOKEN, Task::Closed);
    assert_eq!(world.ends(DEADLINE).await, Telling::NobodyWaits);
    assert_eq!(world.text("end").as_deref(), Some("closed"));
}

#[tokio::test(start_paused = true)]
async fn a_fresh_wait_is_not_ended_by_whoever_found_the_former_due() {
    let world = World::waits().await;
    let found = world.due(DEADLINE - EVERY).await;
    assert_eq!(found, [Due::End(id())]);
    let mut fresh = wait_for(id(), "offer-2");
    fresh.deadline = at(2 * DEADLINE);
    let opened = attempt(DEADLINE - EVERY, 0);
    world.opens(&fresh, opened, SECOND).await;
    assert_eq!(world.ends(DEADLINE - EVERY).await, Telling::NotEnded);
    assert_eq!(world.aws.task(SECOND), Some(Task::Waits));
}

#[tokio::test(start_paused = true)]
async fn each_reminder_is_sent_once_and_only_while_nobody_has_answered() {
    let world = World::waits().await;
    assert_eq!(world.due(599).await, []);
    assert_eq!(world.remind(599).await, None);
    assert_eq!(world.due(600).await, [Due::Remind(id())]);
    let first = world.remind(600).await.expect("a reminder");
    assert_eq!((first.due, first.deadline), (at(600), at(DEADLINE)));
    assert_eq!(world.remind(601).await, None, "somebody is sending it");
    world.waiting.reminded(&first).await.unwrap();
    assert_eq!(world.remind(700).await, None, "it was sent");
    assert_eq!(world.due(700).await, []);
    assert_eq!(world.remind(1800).await.expect("the next").due, at(1800));
    world.answers("anna", 1801).await;
    assert_eq!(world.remind(1800 + LEASE).await, None, "there is an answer");
}

#[tokio::test(start_paused = true)]
async fn a_reminder_whose_sender_died_is_sent_by_another_when_its_time_is_over() {
    let world = World::waits().await;
    let lost = world.remind(600).await.expect("a reminder");
    assert_eq!(world.remind(599 + LEASE).await, None);
    let again = world.remind(600 + LEASE).await.expect("the same");
    assert_eq!(again.due, lost.due);
    // What the dead one says is not about the other's.
    world.waiting.reminded(&lost).await.unwrap();
    assert_eq!(world.text("remindedFor"), None);
    world.waiting.reminded(&again).await.unwrap();
    assert_eq!(world.text("remindedFor"), Some(at(600).to_string()));
}

#[tokio::test(start_paused = true)]
async fn of_reminders_that_were_missed_the_latest_is_sent() {
    let world = World::waits().await;
    let only = world.remind(2000).await.expect("a reminder");
    assert_eq!(only.due, at(1800));
    world.waiting.reminded(&only).await.unwrap();
    assert_eq!(world.remind(2001).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_reads_every_page_and_tells_of_what_it_cannot_read() {
    let world = World::empty();
    world.aws.scan_pages_of(2);
    let partners = ["acme", "bolt", "coin", "dime", "euro"];
    for partner in partners {
        let mut wait = wait_for(id_of(partner, AwaitedAnswer::Block), SUBJECT);
        if partner == "bolt" {
            wait.deadline = at(2 * DEADLINE);
            wait.reminders.clear();
        }
        world.opens(&wait, attempt(0, 0), partner).await;
    }
    let broken = id_of("dime", AwaitedAnswer::Block).to_string();
    let value = json!({ "S": "ajar" });
    world.aws.change_item(&broken, "state", value);
    let due = world.due(DEADLINE).await;
    let end = |partner| Due::End(id_of(partner, AwaitedAnswer::Block));
    let expected = [
        end("acme"),
        end("coin"),
        Due::Unreadable(broken),
        end("euro"),
    ];
    assert_eq!(due, expected);
    let scans = world.aws.calls();
    let scans = scans.iter().filter(|call| call.starts_with("Scan"));
    assert_eq!(scans.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn two_sweeps_at_once_tell_an_execution_once() {
    let world = World::waits().await;
    let both = tokio::join!(world.ends(DEADLINE), world.ends(DEADLINE));
    let told = [both.0, both.1];
    let times = told.iter().filter(|telling| **telling == Telling::Told);
    assert_eq!(times.count(), 1, "{told:?}");
    assert_eq!(world.aws.task(TOKEN), Some(deadline_passed()));
    let ended = Refusal::Ended(waiting::End::DeadlinePassed);
    assert_eq!(world.is_refused("anna", DEADLINE).await, ended);
}
