//! Rejections of one place become one announcement a minute, and none is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use emulated::aws::{Fault, Gate};
use intake::{Output, handle};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::inbox::{FOLDER, Inbox, context, deliver, event};

async fn rejects(inbox: &Inbox, file: &str) {
    inbox.drops(file, "junk");
    assert_eq!(inbox.hears(file).await.unwrap(), Output::Rejected);
}

/// The keys that some announcement names.
fn told(inbox: &Inbox) -> BTreeSet<String> {
    let announced = inbox.aws.announced();
    let of = |detail: &Value| {
        let files = detail["files"].as_array().expect("files").clone();
        let listed = files.into_iter().map(|file| file["file"].clone());
        let all: Vec<Value> = listed.chain([detail["file"].clone()]).collect();
        all
    };
    announced
        .iter()
        .flat_map(|event| of(&event.detail))
        .filter_map(|file| file.as_str().map(str::to_owned))
        .collect()
}

fn keys(files: impl IntoIterator<Item = impl std::fmt::Display>) -> BTreeSet<String> {
    files
        .into_iter()
        .map(|file| format!("{FOLDER}{file}"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn seventeen_files_of_junk_make_two_announcements() {
    let mut inbox = Inbox::new();
    for count in 0..17 {
        inbox.drops(&format!("{count}.pem"), "junk");
        let heard = inbox.hears(&format!("{count}.pem")).await.unwrap();
        assert_eq!(heard, Output::Rejected);
    }
    let first = inbox.only_announcement().detail;
    assert_eq!(first["file"], format!("{FOLDER}0.pem"));
    assert_eq!((&first["files"], &first["more"]), (&json!([]), &json!(0)));
    inbox.time_passes(61);
    let messages = inbox.aws.sent();
    assert_eq!(messages.len(), 16);
    for message in messages {
        let delivery = inbox.delivers(&[message]).await;
        assert!(delivery.batch_item_failures.is_empty());
    }
    let announced = inbox.aws.announced();
    assert_eq!(announced.len(), 2);
    let second = &announced[1];
    assert_eq!(second.detail_type, "Certificates Rejected");
    assert_eq!(second.detail["partner"], "acme");
    assert_eq!(second.detail["file"], Value::Null);
    // The seventeenth is one too many for the folder, which is said of no file.
    let named = second.detail["files"].as_array().unwrap();
    assert_eq!(named.len(), 16);
    assert!(
        named[15]["reason"]
            .as_str()
            .unwrap()
            .contains("more than 16")
    );
    assert_eq!(
        told(&inbox),
        keys((0..16).map(|count| format!("{count}.pem")))
    );
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_a_quiet_minute_is_announced_at_once() {
    let mut inbox = Inbox::new();
    for count in 1..=3 {
        rejects(&inbox, "junk.pem").await;
        assert_eq!(inbox.aws.announced().len(), count);
        inbox.time_passes(60);
    }
    assert!(inbox.aws.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_flood_makes_one_announcement_a_minute() {
    let mut inbox = Inbox::new();
    let mut queue: Vec<(i64, String)> = Vec::new();
    for second in 0..600 {
        rejects(&inbox, "junk.pem").await;
        let sent = inbox.aws.sent();
        queue.extend(sent[queue.len()..].iter().map(|m| (inbox.now, m.clone())));
        let due: Vec<String> = queue
            .iter()
            .filter(|(at, _)| inbox.now - at == 60)
            .map(|(_, message)| message.clone())
            .collect();
        inbox.delivers(&due).await;
        assert!(inbox.aws.announced().len() <= 1 + second / 60, "{second}");
        inbox.time_passes(1);
    }
    assert!(inbox.aws.announced().len() > 8);
}

#[tokio::test(start_paused = true)]
async fn at_most_fifty_are_named_and_the_rest_is_counted() {
    let mut inbox = Inbox::new();
    for count in 0..73 {
        let key = format!("acme/{count:04}");
        assert_eq!(inbox.hears_of_key(&key).await.unwrap(), Output::Rejected);
    }
    inbox.time_passes(60);
    inbox.delivers(&inbox.aws.sent()).await;
    let announced = inbox.aws.announced();
    assert_eq!(announced.len(), 2);
    let detail = &announced[1].detail;
    assert_eq!(detail["files"].as_array().unwrap().len(), 50);
    assert_eq!(detail["more"], 22);
    let reason = detail["reason"].as_str().unwrap();
    assert!(reason.ends_with(": 72"), "{reason}");
    assert_eq!(detail["partner"], Value::Null);
}

/// The longest keys that S3 has, in letters that JSON writes longest.
#[tokio::test(start_paused = true)]
async fn no_names_make_an_announcement_that_is_too_large() {
    let mut inbox = Inbox::new();
    for count in 0..60 {
        let key = format!("acme/{count:04}/{}", "\u{1}".repeat(1014));
        assert_eq!(inbox.hears_of_key(&key).await.unwrap(), Output::Rejected);
    }
    inbox.time_passes(60);
    let delivery = inbox.delivers(&inbox.aws.sent()).await;
    assert!(delivery.batch_item_failures.is_empty());
    let detail = &inbox.aws.announced()[1].detail;
    let named = detail["files"].as_array().unwrap().len() as u64;
    assert!(named > 10, "{named}");
    assert_eq!(named + detail["more"].as_u64().unwrap(), 59);
    assert!(detail.to_string().len() < 256 * 1024);
}

#[tokio::test(start_paused = true)]
async fn keys_outside_all_folders_are_gathered_by_who_can_have_put_them_there() {
    let mut inbox = Inbox::new();
    for key in ["acme/x", "acme/prod/pin/x", "other/x", "x", "UPPER/x", "/x"] {
        assert_eq!(inbox.hears_of_key(key).await.unwrap(), Output::Rejected);
    }
    // One each of acme, other, and of nobody's.
    let told_at_once: Vec<Value> = inbox
        .aws
        .announced()
        .iter()
        .map(|event| event.detail["file"].clone())
        .collect();
    assert_eq!(told_at_once, ["acme/x", "other/x", "x"]);
    inbox.time_passes(60);
    inbox.delivers(&inbox.aws.sent()).await;
    assert_eq!(inbox.aws.announced().len(), 5);
    for key in ["acme/prod/pin/x", "UPPER/x", "/x"] {
        assert!(told(&inbox).contains(key), "{key}");
    }
    for event in inbox.aws.announced() {
        assert_eq!(event.detail["ceremony"], Value::Null);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_twice_is_told_once() {
    let mut inbox = Inbox::new();
    rejects(&inbox, "0.pem").await;
    for _ in 0..3 {
        rejects(&inbox, "1.pem").await;
    }
    inbox.time_passes(60);
    inbox.delivers(&inbox.aws.sent()).await;
    let announced = inbox.aws.announced();
    assert_eq!(announced.len(), 2);
    assert_eq!(announced[1].detail["files"].as_array().unwrap().len(), 1);
    assert_eq!(announced[1].detail["more"], 0);
}

#[tokio::test(start_paused = true)]
async fn the_folders_ceremony_is_named_when_a_minute_is_over_too() {
    let mut inbox = Inbox::with_chain();
    rejects(&inbox, "0.pem").await;
    rejects(&inbox, "1.pem").await;
    inbox.hears("leaf.pem").await.unwrap();
    inbox.time_passes(60);
    inbox.delivers(&inbox.aws.sent()).await;
    let detail = &inbox.aws.announced()[1].detail;
    assert_eq!(detail["latestCeremony"]["ceremonyId"], inbox.name_of_run(1));
}

/// The event comes again when its call has died, as Lambda sees to.
#[tokio::test(start_paused = true)]
async fn a_rejection_whose_call_dies_anywhere_is_told() {
    for before in 0..=2 {
        for requests in 0..=12 {
            let mut inbox = Inbox::new();
            for count in 0..before {
                rejects(&inbox, &format!("{count}.pem")).await;
            }
            inbox.drops("junk.pem", "junk");
            let gate = Gate::default();
            gate.let_pass(requests);
            let context = context(&inbox.aws.config_behind(&gate));
            let call = handle(&context, event(&format!("{FOLDER}junk.pem")), inbox.at());
            drop(timeout(Duration::from_secs(60), call).await);
            inbox.time_passes(30);
            inbox.hears("junk.pem").await.unwrap();
            inbox.time_passes(60);
            inbox.delivers(&inbox.aws.sent()).await;
            assert!(
                told(&inbox).contains(&format!("{FOLDER}junk.pem")),
                "{requests}"
            );
        }
    }
}

/// Its messages are delivered again after a while.
#[tokio::test(start_paused = true)]
async fn what_was_gathered_is_told_although_its_announcer_dies_anywhere() {
    for requests in 0..=6 {
        let mut inbox = Inbox::new();
        for count in 0..4 {
            rejects(&inbox, &format!("{count}.pem")).await;
        }
        inbox.time_passes(60);
        let gate = Gate::default();
        gate.let_pass(requests);
        let config = inbox.aws.config_behind(&gate);
        let messages = inbox.aws.sent();
        let call = deliver(&config, &messages[..1], inbox.at());
        drop(timeout(Duration::from_secs(60), call).await);
        inbox.time_passes(180);
        let delivery = inbox.delivers(&messages).await;
        assert!(delivery.batch_item_failures.is_empty(), "{requests}");
        let all = keys((0..4).map(|count| format!("{count}.pem")));
        assert_eq!(told(&inbox), all, "{requests}");
        assert!(inbox.aws.announced().len() <= 3, "{requests}");
        // And the next is told at once again.
        rejects(&inbox, "next.pem").await;
        inbox.time_passes(61);
        inbox.delivers(&inbox.aws.sent()).await;
        assert!(
            told(&inbox).contains(&format!("{FOLDER}next.pem")),
            "{requests}"
        );
    }
}

/// Messages of one window are delivered at about the same time, to several announcers.
#[tokio::test(start_paused = true)]
async fn two_announcers_of_one_window_tell_once() {
    let mut inbox = Inbox::new();
    for count in 0..3 {
        rejects(&inbox, &format!("{count}.pem")).await;
    }
    inbox.time_passes(60);
    let messages = inbox.aws.sent();
    let gate = Gate::default();
    gate.let_pass(2);
    let config = inbox.aws.config_behind(&gate);
    let one = deliver(&config, &messages[..1], inbox.at());
    let other = async {
        // By then the first has moved aside what was gathered.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let delivery = inbox.delivers(&messages[1..]).await;
        gate.let_pass(100);
        delivery
    };
    let (one, other) = tokio::join!(one, other);
    assert!(one.batch_item_failures.is_empty());
    assert_eq!(other.batch_item_failures.len(), 1, "it asks again later");
    assert_eq!(inbox.aws.announced().len(), 2);
    inbox.time_passes(180);
    let again = inbox.delivers(&messages[1..]).await;
    assert!(again.batch_item_failures.is_empty());
    assert_eq!(inbox.aws.announced().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_announced_is_given_back_to_the_queue() {
    for operation in ["GetItem", "UpdateItem", "PutEvents"] {
        let mut inbox = Inbox::new();
        rejects(&inbox, "0.pem").await;
        rejects(&inbox, "1.pem").await;
        inbox.time_passes(60);
        inbox.aws.fault_for_good(operation, Fault::Denied);
        let delivery = inbox.delivers(&inbox.aws.sent()).await;
        assert_eq!(delivery.batch_item_failures.len(), 1, "{operation}");
        assert_eq!(delivery.batch_item_failures[0].item_identifier, "0");
        inbox.aws.mend();
        inbox.time_passes(180);
        let delivery = inbox.delivers(&inbox.aws.sent()).await;
        assert!(delivery.batch_item_failures.is_empty());
        assert!(
            told(&inbox).contains(&format!("{FOLDER}1.pem")),
            "{operation}"
        );
    }
    let inbox = Inbox::new();
    let delivery = inbox.delivers(&["no JSON".to_owned()]).await;
    assert_eq!(delivery.batch_item_failures.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_bus_does_not_take_fails_the_call() {
    let inbox = Inbox::new();
    inbox.drops("0.pem", "junk");
    let refused = Fault::Answered(|answer| {
        *answer = json!({
            "FailedEntryCount": 1,
            "Entries": [{ "ErrorCode": "InternalFailure", "ErrorMessage": "not today" }],
        });
    });
    inbox.aws.fault("PutEvents", 1..=1, refused);
    let error = inbox.hears("0.pem").await.unwrap_err();
    assert!(error.to_string().contains("not today"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_lost_lose_no_rejection() {
    for operation in ["UpdateItem", "SendMessage", "PutEvents", "GetItem"] {
        let mut inbox = Inbox::new();
        inbox.aws.fault(operation, 1..=1, Fault::AnswerLost);
        rejects(&inbox, "0.pem").await;
        inbox.aws.fault(operation, 1..=1, Fault::AnswerLost);
        rejects(&inbox, "1.pem").await;
        inbox.time_passes(60);
        inbox.aws.fault(operation, 1..=1, Fault::AnswerLost);
        let messages = inbox.aws.sent();
        let delivery = inbox.delivers(&messages).await;
        inbox.time_passes(180);
        if !delivery.batch_item_failures.is_empty() {
            inbox.delivers(&messages).await;
        }
        assert_eq!(told(&inbox), keys(["0.pem", "1.pem"]), "{operation}");
    }
}
