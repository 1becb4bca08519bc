//! Orders that bring a KEK back: each goes to the ceremony that has replaced it, or is told why not.

use ceremony::announcement::AwaitedAnswer;
use ceremony::id::CeremonyId;
use ceremony::utc::Utc;
use emulated::aws::Task;
use intake_request::Output;
use serde_json::{Value, json};
use waiting::{Attempt, Subject, Wait, WaitId};

use super::{FOLDER, Inbox, NOW, TOKEN_KEY};

const SWITCHED: &str = "acme-production-cardholder-0123456789abcdef";
const TOKEN: &str = "AQCQAAAAKgAAAAMAAAAAAAAAAofTheCeremony";

fn rollback(ceremony_id: &str) -> Value {
    json!({ "version": 1, "kekRollback": { "ceremonyId": ceremony_id } })
}

/// The ceremony that has replaced a KEK waits for an order, until so many seconds from now.
async fn keeps(inbox: &Inbox, seconds: i64) {
    inbox.0.put_cipher(TOKEN_KEY);
    inbox.0.set_task(TOKEN, Task::Waits);
    let at = |seconds| Utc::of_unix_seconds(NOW + seconds).unwrap();
    let ceremony_id: CeremonyId = serde_json::from_value(json!(SWITCHED)).unwrap();
    let wait = Wait {
        id: WaitId {
            ceremony_id,
            awaited: AwaitedAnswer::Rollback,
        },
        subject: Subject::try_from(SWITCHED.to_owned()).unwrap(),
        deadline: at(seconds),
        reminders: Vec::new(),
    };
    let attempt = Attempt {
        entered_at: at(-10),
        retry: 0,
    };
    let token = TOKEN.to_owned().try_into().unwrap();
    inbox.waiting().open(&wait, attempt, &token).await.unwrap();
}

#[tokio::test]
async fn an_order_that_brings_a_kek_back_goes_to_the_ceremony_that_replaced_it() {
    let inbox = Inbox::new();
    keeps(&inbox, 60).await;
    inbox.drops("orders/back.json", rollback(SWITCHED).to_string());
    assert_eq!(inbox.hears("orders/back.json").await, Output::Delivered);
    let Some(Task::Succeeded(told)) = inbox.0.task(TOKEN) else {
        panic!("the ceremony is told nothing");
    };
    let result = &told["Payload"]["result"];
    assert_eq!(result["awaited"], "rollback");
    assert_eq!(result["object"]["key"], format!("{FOLDER}orders/back.json"));

    assert_eq!(
        inbox.hears("orders/back.json").await,
        Output::Ignored,
        "again"
    );
    assert!(inbox.0.announced().is_empty());
    assert!(inbox.0.executions().is_empty());
    let (reason, _) = inbox.is_told("orders/twice.json", rollback(SWITCHED)).await;
    assert!(reason.contains("another order was first"), "{reason}");
}

#[tokio::test]
async fn an_order_that_no_ceremony_carries_out_is_told_why() {
    let other = "acme-production-cardholder-fedcba9876543210";
    for (file, document, part) in [
        ("requests/a.json", rollback(SWITCHED), "by an order of ours"),
        ("orders/b.json", rollback(SWITCHED), "the time is over"),
        ("orders/c.json", rollback(other), "keeps no KEK from before"),
        (
            "orders/d.json",
            rollback("other-production-cardholder-fedcba9876543210"),
            "no ceremony of this folder",
        ),
        ("orders/e.json", json!({ "kekRollback": 1 }), "kekRollback"),
    ] {
        let inbox = Inbox::new();
        keeps(&inbox, -1).await;
        let (reason, _) = inbox.is_told(file, document).await;
        assert!(reason.contains(part), "{reason}");
        assert_eq!(inbox.0.task(TOKEN), Some(Task::Waits));
    }
}
