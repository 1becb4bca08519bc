//! One table, one key, and a wait to be answered.

use ceremony::announcement::AwaitedAnswer;
use ceremony::digest::Sha256;
use ceremony::id::{CertificateSet, Kind};
use ceremony::utc::Utc;
use emulated::aws::{Aws, Task};
use emulated::folder_of;
use serde_json::{Value, json};
use step::ServiceError;
use waiting::{
    Answer, Attempt, Delivery, Ending, Held, Opened, Refusal, Reminder, Subject, Take, Taker,
    TaskToken, Telling, Wait, WaitId, Waiting,
};

pub(crate) const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/tokens";
pub(crate) const TABLE: &str = "waiting";
/// Nothing else that a test says has this in it.
pub(crate) const TOKEN: &str = "AQCQAAAAKgAAAAMAAAAAAAAAAfirstTokenOfAll";
pub(crate) const SECOND: &str = "AQCQAAAAKgAAAAMAAAAAAAAAAnotTheFirstToken";
pub(crate) const SUBJECT: &str = "offer-1";
pub(crate) const DEADLINE: i64 = 3600;
pub(crate) const REMINDERS: [i64; 2] = [600, 1800];
/// From one sweep to the next.
pub(crate) const EVERY: i64 = 60;

/// So many seconds after the wait began.
pub(crate) fn at(seconds: i64) -> Utc {
    Utc::of_unix_seconds(1_795_000_000 + seconds).unwrap()
}

pub(crate) fn id_of(partner: &str, awaited: AwaitedAnswer) -> WaitId {
    let folder = folder_of(partner);
    let set = CertificateSet::new(Kind::KekExport, &folder, Sha256::of(b"leaf"), []);
    WaitId {
        ceremony_id: set.ceremony(1).ceremony_id,
        awaited,
    }
}

pub(crate) fn id() -> WaitId {
    id_of("acme", AwaitedAnswer::Block)
}

pub(crate) fn subject(text: &str) -> Subject {
    text.to_owned().try_into().unwrap()
}

pub(crate) fn taker(text: &str) -> Taker {
    text.to_owned().try_into().unwrap()
}

pub(crate) fn token(text: &str) -> TaskToken {
    text.to_owned().try_into().unwrap()
}

pub(crate) fn attempt(entered: i64, retry: u32) -> Attempt {
    Attempt {
        entered_at: at(entered),
        retry,
    }
}

pub(crate) fn wait_for(id: WaitId, about: &str) -> Wait {
    Wait {
        id,
        subject: subject(about),
        deadline: at(DEADLINE),
        reminders: REMINDERS.map(at).to_vec(),
    }
}

/// What a taker brings, by its name.
pub(crate) fn answer_of(name: &str) -> Answer {
    Answer::Success(json!({ "broughtBy": name }))
}

pub(crate) fn answered_by(name: &str) -> Task {
    Task::Succeeded(json!({ "broughtBy": name }))
}

pub(crate) fn deadline_passed() -> Task {
    Task::Failed {
        error: "WaitDeadlinePassed".to_owned(),
        cause: "nobody brought what it waited for in time".to_owned(),
    }
}

pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) waiting: Waiting,
}

impl World {
    /// Nobody waits.
    pub(crate) fn empty() -> Self {
        let aws = Aws::default();
        aws.put_cipher(KEY);
        let waiting = Waiting::new(&aws.config(), TABLE.to_owned(), KEY.to_owned());
        Self { aws, waiting }
    }

    /// The wait of [`id`] is open since the beginning.
    pub(crate) async fn waits() -> Self {
        let world = Self::empty();
        let wait = wait_for(id(), SUBJECT);
        let opened = world.opens(&wait, attempt(0, 0), TOKEN).await;
        assert_eq!(opened, Opened::Waits);
        world
    }

    /// A task begins to wait, and its step puts the token into the table.
    pub(crate) async fn opens(&self, wait: &Wait, attempt: Attempt, text: &str) -> Opened {
        self.aws.set_task(text, Task::Waits);
        let opened = self.open(wait, attempt, text).await;
        opened.expect("services that answer")
    }

    pub(crate) async fn open(
        &self,
        wait: &Wait,
        attempt: Attempt,
        text: &str,
    ) -> Result<Opened, ServiceError> {
        self.waiting.open(wait, attempt, &token(text)).await
    }

    pub(crate) async fn take(
        &self,
        id: &WaitId,
        about: &str,
        name: &str,
        seconds: i64,
    ) -> Result<Take, ServiceError> {
        let (about, by) = (subject(about), taker(name));
        self.waiting.take(id, &about, &by, at(seconds)).await
    }

    pub(crate) async fn takes(&self, name: &str, seconds: i64) -> Take {
        let taken = self.take(&id(), SUBJECT, name, seconds).await;
        taken.expect("services that answer")
    }

    pub(crate) async fn holds(&self, name: &str, seconds: i64) -> Held {
        match self.takes(name, seconds).await {
            Take::Held(held) => held,
            Take::Refused(refusal) => panic!("{name} was refused: {refusal:?}"),
        }
    }

    pub(crate) async fn is_refused(&self, name: &str, seconds: i64) -> Refusal {
        match self.takes(name, seconds).await {
            Take::Refused(refusal) => refusal,
            Take::Held(held) => panic!("{name} was not refused: {held:?}"),
        }
    }

    /// Takes and answers.
    pub(crate) async fn answers(&self, name: &str, seconds: i64) -> Delivery {
        let held = self.holds(name, seconds).await;
        let delivered = self.deliver(held, name, seconds).await;
        delivered.expect("services that answer")
    }

    pub(crate) async fn deliver(
        &self,
        held: Held,
        name: &str,
        seconds: i64,
    ) -> Result<Delivery, ServiceError> {
        self.waiting
            .deliver(held, &answer_of(name), at(seconds))
            .await
    }

    pub(crate) async fn end(&self, ending: Ending, seconds: i64) -> Result<Telling, ServiceError> {
        self.waiting.end(&id(), ending, at(seconds)).await
    }

    pub(crate) async fn remind(&self, seconds: i64) -> Option<Reminder> {
        let reminder = self.waiting.remind(&id(), at(seconds)).await;
        reminder.expect("a table")
    }

    /// The reminder that is due was sent.
    pub(crate) async fn reminds(&self, seconds: i64) {
        let reminder = self.remind(seconds).await.expect("a reminder");
        self.waiting.reminded(&reminder).await.expect("a table");
    }

    pub(crate) fn item(&self) -> Value {
        self.aws.item(&id().to_string()).expect("an item")
    }

    /// An attribute that is a text, or nothing.
    pub(crate) fn text(&self, attribute: &str) -> Option<String> {
        self.item()[attribute]["S"].as_str().map(str::to_owned)
    }
}
