//! `AwaitAnswer`: the task token of an execution that waits, where whoever brings the answer finds it.
//!
//! Encrypts the token and puts it into the table `waiting`, with what the answer has to be about, until
//! when it is taken, and when somebody is to be reminded. The state ends by the token: the execution goes
//! on with what `take-answer` brings, or with the error by which `sweep-waits` ends the wait. What this
//! step answers itself is read by nobody, and only its errors count.

use ceremony::announcement::AwaitedAnswer;
use ceremony::id::Ceremony;
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};
use waiting::{Attempt, Opened, Subject, TaskToken, Wait, WaitId, Waiting};

/// What the execution is told, by whoever brings the answer.
pub use ceremony::key_import::run::Answered as Output;

/// It has the token: it can be read, and written nowhere.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub awaited: AwaitedAnswer,
    /// What the answer has to be about.
    pub subject: String,
    /// From then on no answer is taken.
    pub deadline: Utc,
    /// `$states.context.State.EnteredTime` and `.RetryCount`.
    pub entered_at: Utc,
    pub retry: u32,
    /// `$states.context.Task.Token`.
    pub token: TaskToken,
}

/// What has become of the token; for the log and the tests.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Put {
    /// A later attempt of the state was faster, and this token is of no use any more.
    Superseded,
    Waits,
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub waiting: Waiting,
}

pub async fn handle(context: &Context, input: Input) -> Result<Put, Error> {
    let Input {
        ceremony,
        awaited,
        subject,
        deadline,
        entered_at,
        retry,
        token,
    } = input;
    let subject = Subject::try_from(subject).map_err(|detail| Error::InputMalformed { detail })?;
    let wait = Wait {
        id: WaitId {
            ceremony_id: ceremony.ceremony_id,
            awaited,
        },
        subject,
        deadline,
        reminders: reminders(awaited, entered_at, deadline),
    };
    let attempt = Attempt { entered_at, retry };
    Ok(match context.waiting.open(&wait, attempt, &token).await? {
        Opened::Superseded => Put::Superseded,
        Opened::Waits => Put::Waits,
    })
}

const DAY: i64 = 24 * 60 * 60;

/// At half of the time, and a day before its end if that is later. A state that is entered once more, after
/// an answer that was refused, has the rest of the time.
///
/// An order that would bring a KEK back need not come: of that there is one word, at the last moment.
fn reminders(awaited: AwaitedAnswer, entered_at: Utc, deadline: Utc) -> Vec<Utc> {
    let left = deadline.unix_seconds() - entered_at.unix_seconds();
    if left <= 0 {
        return Vec::new();
    }
    let half = entered_at.plus_seconds(left / 2);
    let day_before = deadline.plus_seconds(-DAY);
    match awaited {
        _ if day_before <= half => vec![half],
        AwaitedAnswer::Rollback => vec![day_before],
        AwaitedAnswer::Approval | AwaitedAnswer::Block | AwaitedAnswer::Confirmation => {
            vec![half, day_before]
        }
    }
}

/// Why the execution cannot wait.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::InputMalformed { .. } => {
                "This is a defect of the software: report it with the record."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_reminded_at_half_of_the_time_and_a_day_before_its_end() {
        const HOUR: i64 = 60 * 60;
        let at = |seconds| Utc::of_unix_seconds(1_795_000_000 + seconds).unwrap();
        let (block, rollback) = (AwaitedAnswer::Block, AwaitedAnswer::Rollback);
        for (awaited, hours, expected) in [
            (block, 168, &[84, 144][..]),
            (block, 50, &[25, 26]),
            // Half of the time is the day before.
            (block, 48, &[24]),
            (block, 20, &[10]),
            (block, 0, &[]),
            (block, -1, &[]),
            (rollback, 720, &[696]),
            (rollback, 20, &[10]),
        ] {
            let expected: Vec<Utc> = expected.iter().map(|hour| at(hour * HOUR)).collect();
            let found = reminders(awaited, at(0), at(hours * HOUR));
            assert_eq!(found, expected, "{hours}");
        }
    }
}
