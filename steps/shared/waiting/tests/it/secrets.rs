//! A token is seen by nobody, and is of use for its own wait alone.

use ceremony::announcement::AwaitedAnswer;
use emulated::aws::Fault;
use serde_json::json;
use step::ServiceError;
use waiting::{Delivery, Ending, LEASE, Refusal, Take, TaskToken, Telling, Waiting};

use crate::world::{
    DEADLINE, KEY, SECOND, SUBJECT, TABLE, TOKEN, World, at, attempt, id, id_of, token, wait_for,
};

#[tokio::test(start_paused = true)]
async fn no_debug_output_tells_a_token() {
    let world = World::waits().await;
    let shown = [
        format!("{:?}", token(TOKEN)),
        format!("{:?}", world.holds("anna", 10).await),
        format!("{:?}", world.takes("anna", 10).await),
        format!("{:?}", world.waiting),
    ];
    for shown in shown {
        assert!(!shown.contains(TOKEN), "{shown}");
        assert!(shown.len() > 5, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_table_holds_no_token_in_clear() {
    let world = World::waits().await;
    drop(world.holds("anna", 10).await);
    let item = world.item();
    assert!(
        item["token"]["B"].is_string(),
        "there is a token to look at"
    );
    assert!(!item.to_string().contains(TOKEN));
    for call in world.aws.calls() {
        assert!(!call.contains(TOKEN), "{call}");
    }
}

/// Step Functions here repeats the token that it does not know, as AWS's validation does.
#[tokio::test(start_paused = true)]
async fn no_error_repeats_what_a_service_said_of_a_token() {
    for (operation, code) in [
        ("SendTaskSuccess", "ValidationException"),
        ("SendTaskSuccess", "InvalidOutput"),
        ("SendTaskFailure", "ValidationException"),
        ("Encrypt", "ValidationException"),
    ] {
        let world = World::waits().await;
        let echo = Fault::Echo(code);
        let error = if operation == "Encrypt" {
            world.aws.fault_for_good(operation, echo);
            let wait = wait_for(id(), SUBJECT);
            let opened = world.open(&wait, attempt(1, 0), TOKEN).await;
            opened.expect_err("an error")
        } else if operation == "SendTaskSuccess" {
            let held = world.holds("anna", 10).await;
            world.aws.fault_for_good(operation, echo);
            let delivered = world.deliver(held, "anna", 10).await;
            delivered.expect_err("an error")
        } else {
            world.aws.fault_for_good(operation, echo);
            let ended = world.end(Ending::Withdrawn, 10).await;
            ended.expect_err("an error")
        };
        for told in [error.to_string(), format!("{error:?}")] {
            assert!(told.contains(code), "{told}");
            assert!(!told.contains(TOKEN), "{told}");
            assert!(
                !told.contains("QVFDUUFBQUFL"),
                "not in Base64 either: {told}"
            );
        }
    }
}

#[test]
fn a_token_is_read_from_an_input_and_a_wrong_one_is_not_repeated() {
    let read = |value| serde_json::from_value::<TaskToken>(value);
    assert!(read(json!(TOKEN)).is_ok());
    for wrong in [
        json!(""),
        json!(format!("{TOKEN}{}", "x".repeat(2048))),
        json!([TOKEN]),
        json!({ "token": TOKEN }),
    ] {
        let error = read(wrong).expect_err("no token").to_string();
        assert!(!error.contains(TOKEN), "{error}");
    }
}

/// Somebody who can write the table wants one wait to be answered by another's answer.
#[tokio::test(start_paused = true)]
async fn the_token_of_another_wait_is_forged() {
    let world = World::waits().await;
    let other = id_of("mallory", AwaitedAnswer::Block);
    let wait = wait_for(other.clone(), SUBJECT);
    world.opens(&wait, attempt(0, 0), SECOND).await;
    // The partner's own wait gets the token of somebody else's execution.
    let (from, to) = (id().to_string(), other.to_string());
    world.aws.copy_attribute(&from, &to, "token");
    let taken = world.take(&other, SUBJECT, "mallory", 10).await;
    assert!(is_forged(&taken), "{taken:?}");
    assert_eq!(world.answers("anna", 10).await, Delivery::Delivered);
}

#[tokio::test(start_paused = true)]
async fn a_token_under_another_subject_or_attempt_or_changed_or_none_is_forged() {
    let changes: [(&str, serde_json::Value); 4] = [
        ("subject", json!({ "S": "offer-2" })),
        ("retry", json!({ "N": "7" })),
        ("token", json!({ "B": "AAAA" })),
        ("token", json!({ "B": "" })),
    ];
    for (attribute, value) in changes {
        let world = World::waits().await;
        let before = world.item()[attribute].clone();
        let item = id().to_string();
        world.aws.change_item(&item, attribute, value);
        let about = world.text("subject").unwrap();
        let taken = world.take(&id(), &about, "anna", 10).await;
        assert!(is_forged(&taken), "{attribute}: {taken:?}");
        // Put right, it is still the taker's.
        world.aws.change_item(&item, attribute, before);
        assert_eq!(world.answers("anna", 11).await, Delivery::Delivered);
    }
}

#[tokio::test(start_paused = true)]
async fn a_forged_wait_is_ended_by_the_sweep_though_nobody_can_be_told() {
    let world = World::waits().await;
    let item = id().to_string();
    let value = json!({ "B": "AAAA" });
    world.aws.change_item(&item, "token", value);
    let by = at(DEADLINE);
    let ended = world.end(Ending::Deadline { by }, 10).await;
    assert_eq!(ended, Ok(Telling::Forged));
    assert_eq!(world.text("end").as_deref(), Some("forged"));
    let later = at(DEADLINE + LEASE);
    assert_eq!(world.waiting.due(later, later).await, Ok(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_token_under_another_key_is_forged() {
    let world = World::waits().await;
    let key = format!("{KEY}-2");
    world.aws.put_cipher(&key);
    let waiting = Waiting::new(&world.aws.config(), TABLE.to_owned(), key);
    let other = World { waiting, ..world };
    let taken = other.take(&id(), SUBJECT, "anna", 10).await;
    assert!(is_forged(&taken), "{taken:?}");
}

fn is_forged(taken: &Result<Take, ServiceError>) -> bool {
    matches!(taken, Ok(Take::Refused(Refusal::Forged)))
}
