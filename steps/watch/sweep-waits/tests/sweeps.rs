//! Waits of several ceremonies, and what a sweep does about each.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use bus::Bus;
use ceremony::announcement::AwaitedAnswer;
use ceremony::digest::Sha256;
use ceremony::id::{CertificateSet, Kind};
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault, Task};
use emulated::folder_of;
use serde_json::json;
use step::StepError;
use sweep_waits::{Context, EVERY, Error, Output, handle};
use waiting::{Attempt, LEASE, Subject, Wait, WaitId, Waiting};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/tokens";
const DEADLINE: i64 = 72 * 60 * 60;
const REMINDER: i64 = DEADLINE / 2;
const NOTHING: Output = Output {
    ended: 0,
    reminded: 0,
};

/// So many seconds after the waits began.
fn at(seconds: i64) -> Utc {
    Utc::of_unix_seconds(1_795_000_000 + seconds).unwrap()
}

struct World {
    aws: Aws,
    context: Context,
}

impl World {
    fn new() -> Self {
        let aws = Aws::default();
        aws.put_cipher(KEY);
        let config = aws.config();
        let bridge = aws_sdk_eventbridge::Client::new(&config);
        let context = Context {
            bus: Bus::new(bridge, "key-ceremony".to_owned()),
            waiting: Waiting::new(&config, "waiting".to_owned(), KEY.to_owned()),
        };
        Self { aws, context }
    }

    /// A ceremony of this partner's waits, with a token of its name.
    async fn waits(&self, partner: &str, awaited: AwaitedAnswer) -> String {
        let set = CertificateSet::new(
            Kind::KekImport,
            &folder_of(partner),
            Sha256::of(b"request"),
            [],
        );
        let id = WaitId {
            ceremony_id: set.ceremony(1).ceremony_id,
            awaited,
        };
        let item = id.to_string();
        let wait = Wait {
            id,
            subject: Subject::try_from("0123456789abcdef".to_owned()).unwrap(),
            deadline: at(DEADLINE),
            reminders: vec![at(REMINDER)],
        };
        let attempt = Attempt {
            entered_at: at(0),
            retry: 0,
        };
        self.aws.set_task(partner, Task::Waits);
        let token = partner.to_owned().try_into().unwrap();
        let opened = self.context.waiting.open(&wait, attempt, &token).await;
        opened.unwrap();
        item
    }

    async fn sweeps(&self, seconds: i64) -> Result<Output, Error> {
        handle(&self.context, at(seconds)).await
    }

    fn is_ended(&self, token: &str) -> bool {
        match self.aws.task(token) {
            Some(Task::Failed { error, .. }) => error == "WaitDeadlinePassed",
            _ => false,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_by_the_first_sweep_after_its_deadline() {
    let world = World::new();
    world.waits("acme", AwaitedAnswer::Block).await;
    assert_eq!(world.sweeps(REMINDER).await.unwrap().reminded, 1);
    assert_eq!(world.sweeps(DEADLINE - 1).await.unwrap(), NOTHING);
    assert!(!world.is_ended("acme"));
    let ended = Output {
        ended: 1,
        reminded: 0,
    };
    assert_eq!(world.sweeps(DEADLINE).await.unwrap(), ended);
    assert!(world.is_ended("acme"));
    assert_eq!(world.sweeps(DEADLINE + EVERY).await.unwrap(), NOTHING);
}

#[tokio::test(start_paused = true)]
async fn a_reminder_is_announced_once_with_what_is_awaited_of_whom() {
    for (awaited, spelled, words) in [
        (AwaitedAnswer::Block, "block", "The partner's block"),
        (AwaitedAnswer::Confirmation, "confirmation", "check value"),
        (AwaitedAnswer::Rollback, "rollback", "is kept until"),
    ] {
        let world = World::new();
        world.waits("acme", awaited).await;
        assert_eq!(world.sweeps(REMINDER - 1).await.unwrap(), NOTHING);
        assert_eq!(world.sweeps(REMINDER).await.unwrap().reminded, 1);
        assert_eq!(world.sweeps(REMINDER + EVERY).await.unwrap(), NOTHING);
        let announced = world.aws.announced();
        assert_eq!(announced.len(), 1);
        assert_eq!(announced[0].detail_type, "Answer Awaited");
        let detail = &announced[0].detail;
        for (member, expected) in [
            ("ceremony", json!("kek-import")),
            ("partner", json!("acme")),
            ("environment", json!("production")),
            ("dataType", json!("cardholder")),
            ("awaited", json!(spelled)),
            ("subject", json!("0123456789abcdef")),
            ("deadline", json!(at(DEADLINE))),
        ] {
            assert_eq!(detail[member], expected, "{member}");
        }
        let what = detail["what"].as_str().unwrap();
        assert!(what.contains(words), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reminder_that_could_not_be_announced_is_announced_by_a_later_sweep() {
    let world = World::new();
    world.waits("acme", AwaitedAnswer::Block).await;
    world.aws.fault_for_good("PutEvents", Fault::Throttled);
    let error = world.sweeps(REMINDER).await.unwrap_err();
    assert_eq!(error.name(), "WaitsNotSeenTo");
    world.aws.mend();
    // Nobody knows whether it was said, and who has it may still be at work.
    assert_eq!(world.sweeps(REMINDER + 1).await.unwrap(), NOTHING);
    let later = world.sweeps(REMINDER + LEASE).await.unwrap();
    assert_eq!(later.reminded, 1);
    assert_eq!(world.aws.announced().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_cannot_be_seen_to_keeps_no_other_and_is_told_of() {
    let world = World::new();
    let unreadable = world.waits("a", AwaitedAnswer::Block).await;
    let forged = world.waits("b", AwaitedAnswer::Block).await;
    let other = world.waits("c", AwaitedAnswer::Block).await;
    world.waits("d", AwaitedAnswer::Confirmation).await;
    world.aws.copy_attribute(&other, &forged, "token");
    world
        .aws
        .change_item(&unreadable, "state", json!({ "S": "no such state" }));
    let error = world.sweeps(DEADLINE).await.unwrap_err();
    let Error::WaitsNotSeenTo { failed, first } = &error else {
        panic!("{error}");
    };
    assert_eq!(*failed, 2);
    assert!(first.contains("-cardholder-"), "{first}");
    assert!(world.is_ended("c") && world.is_ended("d"));
    assert_eq!(world.aws.task("a"), Some(Task::Waits));
    assert_eq!(world.aws.task("b"), Some(Task::Waits));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_could_not_be_told_is_told_by_the_next_sweep() {
    let world = World::new();
    world.waits("acme", AwaitedAnswer::Block).await;
    world
        .aws
        .fault_for_good("SendTaskFailure", Fault::Throttled);
    assert!(world.sweeps(DEADLINE).await.is_err());
    world.aws.mend();
    assert_eq!(world.sweeps(DEADLINE + EVERY).await.unwrap().ended, 1);
    assert!(world.is_ended("acme"));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_cannot_be_read_is_an_error() {
    let world = World::new();
    world.aws.fault_for_good("Scan", Fault::Denied);
    let error = world.sweeps(0).await.unwrap_err();
    assert_eq!(error.name(), "AccessDenied");
}
