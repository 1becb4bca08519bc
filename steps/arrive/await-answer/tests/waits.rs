//! A token that a state hands over: what the table has of it then, and what nobody sees of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use await_answer::{Context, Error, Input, Put, handle};
use ceremony::announcement::AwaitedAnswer;
use ceremony::digest::Sha256;
use ceremony::id::{Ceremony, CertificateSet, Kind};
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault, Task};
use emulated::folder;
use serde_json::{Value, json};
use step::StepError;
use waiting::{Answer, Delivery, Take, WaitId, Waiting};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/tokens";
const TOKEN: &str = "AQCQAAAAKgAAAAMAAAAAAAAAAfirstTokenOfAll";
const SECOND: &str = "AQCQAAAAKgAAAAMAAAAAAAAAAnotTheFirstToken";
const OFFER: &str = "0123456789abcdef";

fn ceremony() -> Ceremony {
    CertificateSet::new(Kind::KekImport, &folder(), Sha256::of(b"request"), []).ceremony(1)
}

/// As the state writes it.
fn input(token: &str, entered_at: &str, retry: u32) -> Value {
    json!({
        "ceremony": ceremony(),
        "awaited": "block",
        "subject": OFFER,
        "deadline": "2026-12-01T12:00:00Z",
        "enteredAt": entered_at,
        "retry": retry,
        "token": token,
    })
}

fn first() -> Value {
    input(TOKEN, "2026-11-24T12:00:00.125Z", 0)
}

fn account() -> (Aws, Context) {
    let aws = Aws::default();
    aws.put_cipher(KEY);
    let waiting = Waiting::new(&aws.config(), "waiting".to_owned(), KEY.to_owned());
    (aws, Context { waiting })
}

async fn waits(context: &Context, input: Value) -> Result<Put, Error> {
    handle(context, serde_json::from_value(input).unwrap()).await
}

fn item(aws: &Aws) -> Value {
    let id = format!("wait#{}#block", ceremony().ceremony_id);
    aws.item(&id).expect("an item")
}

/// The token that is in the table is answered.
async fn is_answered(context: &Context, by: &str) -> Delivery {
    let id = WaitId {
        ceremony_id: ceremony().ceremony_id,
        awaited: AwaitedAnswer::Block,
    };
    let now = Utc::try_from("2026-11-25T12:00:00Z".to_owned()).unwrap();
    let subject = OFFER.to_owned().try_into().unwrap();
    let taker = by.to_owned().try_into().unwrap();
    let taken = context.waiting.take(&id, &subject, &taker, now).await;
    let Ok(Take::Held(held)) = taken else {
        panic!("{taken:?}");
    };
    let answer = Answer::Success(json!({}));
    context.waiting.deliver(held, &answer, now).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn whoever_brings_the_answer_finds_the_token_with_what_it_is_for() {
    let (aws, context) = account();
    aws.set_task(TOKEN, Task::Waits);
    assert_eq!(waits(&context, first()).await, Ok(Put::Waits));
    let item = item(&aws);
    assert_eq!(item["subject"]["S"], OFFER);
    assert_eq!(item["deadline"]["S"], "2026-12-01T12:00:00Z");
    let reminders = [
        json!({ "S": "2026-11-28T00:00:00.125Z" }),
        json!({ "S": "2026-11-30T12:00:00Z" }),
    ];
    assert_eq!(item["reminders"]["L"], json!(reminders));
    assert!(!item.to_string().contains(TOKEN));
    assert_eq!(is_answered(&context, "anna").await, Delivery::Delivered);
    assert_eq!(aws.task(TOKEN), Some(Task::Succeeded(json!({}))));
}

/// Lambda may call twice, and Step Functions tries again under another token.
#[tokio::test(start_paused = true)]
async fn the_latest_token_counts_whichever_comes_last() {
    let (aws, context) = account();
    aws.set_task(SECOND, Task::Waits);
    let second = input(SECOND, "2026-11-24T12:00:00.125Z", 1);
    assert_eq!(waits(&context, second.clone()).await, Ok(Put::Waits));
    assert_eq!(waits(&context, first()).await, Ok(Put::Superseded));
    assert_eq!(waits(&context, second).await, Ok(Put::Waits));
    assert_eq!(is_answered(&context, "anna").await, Delivery::Delivered);
    assert_eq!(aws.task(SECOND), Some(Task::Succeeded(json!({}))));
}

/// After an answer that was refused the state is entered once more, for another.
#[tokio::test(start_paused = true)]
async fn a_state_that_is_entered_once_more_waits_once_more() {
    let (aws, context) = account();
    for (token, entered_at, by) in [
        (TOKEN, "2026-11-24T12:00:00Z", "anna"),
        (SECOND, "2026-11-25T12:00:00Z", "ben"),
    ] {
        aws.set_task(token, Task::Waits);
        let waits = waits(&context, input(token, entered_at, 0)).await;
        assert_eq!(waits, Ok(Put::Waits));
        assert_eq!(is_answered(&context, by).await, Delivery::Delivered);
        assert_eq!(aws.task(token), Some(Task::Succeeded(json!({}))));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_told_has_the_token_in_it() {
    let input: Input = serde_json::from_value(first()).unwrap();
    assert!(!format!("{input:?}").contains(TOKEN));
    for operation in ["Encrypt", "PutItem"] {
        for fault in [Fault::Echo("ValidationException"), Fault::Denied] {
            let (aws, context) = account();
            aws.fault_for_good(operation, fault);
            let error = waits(&context, first()).await.unwrap_err();
            assert!(!error.to_string().contains(TOKEN), "{error}");
            assert!(aws.items().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_transient_is_named_so_that_the_state_is_tried_again() {
    let (aws, context) = account();
    aws.fault_for_good("Encrypt", Fault::Throttled);
    let error = waits(&context, first()).await.unwrap_err();
    assert_eq!(error.name(), "ServiceThrottled");
    aws.mend();
    assert_eq!(waits(&context, first()).await, Ok(Put::Waits));
}

#[tokio::test(start_paused = true)]
async fn a_subject_that_no_answer_could_have_is_a_defect() {
    let (_, context) = account();
    let mut input = first();
    input["subject"] = json!("a#b");
    let error = waits(&context, input).await.unwrap_err();
    assert_eq!(error.name(), "InputMalformed");
}
