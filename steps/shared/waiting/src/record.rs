//! An item of the table, read and written whole.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use ceremony::announcement::AwaitedAnswer;
use ceremony::id::CeremonyId;
use ceremony::utc::Utc;

use crate::names::{Attempt, Subject, Taker, WaitId};
use crate::token::Sealed;
use crate::{End, LEASE};

/// An item as the table holds it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// All that is known of a wait.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    pub(crate) id: WaitId,
    /// One more with every change. A change is made on the revision that was read, or not at all.
    pub(crate) revision: u64,
    pub(crate) attempt: Attempt,
    pub(crate) subject: Subject,
    pub(crate) deadline: Utc,
    pub(crate) reminders: Vec<Utc>,
    /// The latest reminder that was sent.
    pub(crate) reminded: Option<Utc>,
    /// The reminder that somebody is sending, and since when.
    pub(crate) reminding: Option<(Utc, Utc)>,
    pub(crate) state: State,
    /// What the ceremony waited for under this id before.
    pub(crate) replaced: Vec<Subject>,
    /// Whose answers were used up by earlier entries of the state.
    pub(crate) spent: Vec<Taker>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum State {
    Open {
        token: Sealed,
    },
    Taken {
        token: Sealed,
        taker: Taker,
        at: Utc,
    },
    Ended {
        end: End,
        at: Utc,
        /// Who had taken it, if anybody had.
        taker: Option<Taker>,
        /// The token, as long as the execution has not been told.
        untold: Option<Sealed>,
    },
}

/// How long an ended wait is kept, so that late answers are told what has become of it.
const KEPT: i64 = 30 * 24 * 60 * 60;

impl Record {
    pub(crate) fn taker(&self) -> Option<&Taker> {
        match &self.state {
            State::Open { .. } => None,
            State::Taken { taker, .. } => Some(taker),
            State::Ended { taker, .. } => taker.as_ref(),
        }
    }

    pub(crate) fn token(&self) -> Option<&Sealed> {
        match &self.state {
            State::Open { token } | State::Taken { token, .. } => Some(token),
            State::Ended { untold, .. } => untold.as_ref(),
        }
    }

    /// The reminder that was not sent and comes first.
    pub(crate) fn next_reminder(&self) -> Option<Utc> {
        let unsent = self.reminders.iter().copied();
        unsent.filter(|due| Some(*due) > self.reminded).min()
    }

    /// When a sweep has something to do here next, at the earliest.
    pub(crate) fn due_at(&self) -> Option<Utc> {
        match &self.state {
            State::Open { .. } => {
                let reminder = self.next_reminder().unwrap_or(self.deadline);
                Some(reminder.min(self.deadline))
            }
            State::Taken { at, .. } => Some(self.deadline.max(at.plus_seconds(LEASE))),
            State::Ended { at, untold, .. } => untold.as_ref().map(|_| *at),
        }
    }

    /// When the item may go: never, as long as an execution waits or has not been told.
    fn expires(&self) -> Option<i64> {
        match &self.state {
            State::Ended {
                at, untold: None, ..
            } => Some(at.unix_seconds() + KEPT),
            _ => None,
        }
    }

    /// `None` if it is not of this form.
    pub(crate) fn of_item(item: &Item) -> Option<Self> {
        // An id is a text in JSON, and reads as one.
        let ceremony_id: CeremonyId = text_in(item, "ceremonyId")
            .and_then(|text| serde_json::from_value(text.into()).ok())?;
        let awaited = text_in(item, "awaited")?;
        let mut all = AwaitedAnswer::ALL.into_iter();
        let awaited = all.find(|it| it.as_str() == awaited)?;
        let id = WaitId {
            ceremony_id,
            awaited,
        };
        if text_in(item, "id")? != id.to_string() {
            return None;
        }
        let reminding = match (
            time_in(item, "remindingFor"),
            time_in(item, "remindingSince"),
        ) {
            (Some(due), Some(since)) => Some((due, since)),
            _ => None,
        };
        Some(Self {
            id,
            revision: number_in(item, "revision")?,
            attempt: Attempt {
                entered_at: time_in(item, "enteredAt")?,
                retry: number_in(item, "retry")?,
            },
            subject: text_in(item, "subject")?.to_owned().try_into().ok()?,
            deadline: time_in(item, "deadline")?,
            reminders: list_in(item, "reminders")?,
            reminded: time_in(item, "remindedFor"),
            reminding,
            state: State::of_item(item)?,
            replaced: list_in(item, "replaced")?,
            spent: list_in(item, "spent")?,
        })
    }

    pub(crate) fn to_item(&self) -> Item {
        let mut item = Item::new();
        let mut set = |name: &str, value| {
            item.insert(name.to_owned(), value);
        };
        set("id", text(self.id.to_string()));
        set("ceremonyId", text(self.id.ceremony_id.to_string()));
        set("awaited", text(self.id.awaited.as_str()));
        set("revision", number(self.revision));
        set("enteredAt", time(self.attempt.entered_at));
        set("retry", number(self.attempt.retry));
        set("subject", text(self.subject.as_str()));
        set("deadline", time(self.deadline));
        set("reminders", list(&self.reminders, |due| due.to_string()));
        set(
            "replaced",
            list(&self.replaced, |it| it.as_str().to_owned()),
        );
        set("spent", list(&self.spent, |it| it.as_str().to_owned()));
        if let Some(due) = self.reminded {
            set("remindedFor", time(due));
        }
        if let Some((due, since)) = self.reminding {
            set("remindingFor", time(due));
            set("remindingSince", time(since));
        }
        if let Some(due) = self.due_at() {
            set("dueAt", number(due.unix_seconds()));
        }
        if let Some(expires) = self.expires() {
            set("expires", number(expires));
        }
        self.state.write(set);
        item
    }
}

impl State {
    fn of_item(item: &Item) -> Option<Self> {
        let taker = match text_in(item, "taker") {
            Some(taker) => Some(Taker::try_from(taker.to_owned()).ok()?),
            None => None,
        };
        let token = item.get("token").and_then(|value| value.as_b().ok());
        let token = token.map(|blob| Sealed(blob.as_ref().to_vec()));
        Some(match text_in(item, "state")? {
            "open" => Self::Open { token: token? },
            "taken" => Self::Taken {
                token: token?,
                taker: taker?,
                at: time_in(item, "takenAt")?,
            },
            "ended" => Self::Ended {
                end: End::of_str(text_in(item, "end")?)?,
                at: time_in(item, "endedAt")?,
                taker,
                untold: token,
            },
            _ => return None,
        })
    }

    fn write(&self, mut set: impl FnMut(&str, AttributeValue)) {
        let (state, token) = match self {
            Self::Open { token } => ("open", Some(token)),
            Self::Taken { token, taker, at } => {
                set("taker", text(taker.as_str()));
                set("takenAt", time(*at));
                ("taken", Some(token))
            }
            Self::Ended {
                end,
                at,
                taker,
                untold,
            } => {
                if let Some(taker) = taker {
                    set("taker", text(taker.as_str()));
                }
                set("end", text(end.as_str()));
                set("endedAt", time(*at));
                ("ended", untold.as_ref())
            }
        };
        set("state", text(state));
        if let Some(Sealed(bytes)) = token {
            set("token", AttributeValue::B(Blob::new(bytes.as_slice())));
        }
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn time(value: Utc) -> AttributeValue {
    text(value.to_string())
}

fn list<T>(values: &[T], written: impl Fn(&T) -> String) -> AttributeValue {
    AttributeValue::L(values.iter().map(|value| text(written(value))).collect())
}

pub(crate) fn text_in<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn number_in<N: std::str::FromStr>(item: &Item, name: &str) -> Option<N> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn time_in(item: &Item, name: &str) -> Option<Utc> {
    Utc::try_from(text_in(item, name)?.to_owned()).ok()
}

fn list_in<T: TryFrom<String>>(item: &Item, name: &str) -> Option<Vec<T>> {
    let values = item.get(name)?.as_l().ok()?.iter();
    values
        .map(|value| T::try_from(value.as_s().ok()?.clone()).ok())
        .collect()
}
