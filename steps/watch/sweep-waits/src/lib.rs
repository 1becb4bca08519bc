//! `sweep-waits`: reminds of what is waited for, and ends what is waited for in vain.
//!
//! A clock calls it every five minutes. Reads the whole table `waiting`. A wait whose deadline has
//! passed is ended: its execution goes on with the error `WaitDeadlinePassed`. No answer is taken after the
//! deadline, and none is refused before it; what an offer rests on holds for an hour more. What an earlier
//! sweep has ended and could not tell is told. A reminder that is due becomes an event `Answer Awaited`,
//! announced first and noted after: whoever is told twice after a crash in between has lost nothing.
//!
//! One wait that cannot be seen to does not keep the others. If there was one, the sweep ends in an error
//! after all of them, so that somebody is told; the next sweep tries it again.

use bus::Bus;
use ceremony::announcement::{Announcement, AnswerAwaited, AwaitedAnswer, VERSION};
use ceremony::id::Kind;
use ceremony::utc::Utc;
use serde::Serialize;
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};
use waiting::{Due, Ending, Reminder, Telling, WaitId, Waiting};

/// What the step works with, made once at cold start.
pub struct Context {
    pub bus: Bus,
    pub waiting: Waiting,
}

/// How many waits were ended and reminded of; for the log and the tests, nobody waits for it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Output {
    pub ended: usize,
    pub reminded: usize,
}

/// From one sweep to the next, in seconds.
pub const EVERY: i64 = 5 * 60;

/// Sees to every wait that is due, also if one of them cannot be seen to.
pub async fn handle(context: &Context, now: Utc) -> Result<Output, Error> {
    let (mut output, mut first, mut failed) = (Output::default(), None, 0);
    for due in context.waiting.due(now, now).await? {
        let (what, done) = match &due {
            Due::End(id) => (id.to_string(), Box::pin(end(context, id, now)).await),
            Due::Remind(id) => (id.to_string(), Box::pin(remind(context, id, now)).await),
            Due::Unreadable(id) => (id.clone(), Err(Failure::Unreadable)),
        };
        match done {
            Ok(Done::Ended) => output.ended += 1,
            Ok(Done::Reminded) => output.reminded += 1,
            Ok(Done::Nothing) => {}
            Err(failure) => {
                tracing::error!(wait = what, "{failure}");
                failed += 1;
                first.get_or_insert_with(|| format!("`{what}`: {failure}"));
            }
        }
    }
    match first {
        Some(first) => Err(Error::WaitsNotSeenTo { failed, first }),
        None => Ok(output),
    }
}

/// What was done about a wait.
enum Done {
    Ended,
    Reminded,
    /// Somebody else was faster, or is about to answer it.
    Nothing,
}

async fn end(context: &Context, id: &WaitId, now: Utc) -> Result<Done, Failure> {
    let passed = Ending::Deadline { by: now };
    match context.waiting.end(id, passed, now).await? {
        Telling::Forged => Err(Failure::Forged),
        Telling::NobodyWaits | Telling::Told => Ok(Done::Ended),
        Telling::NotEnded => Ok(Done::Nothing),
    }
}

async fn remind(context: &Context, id: &WaitId, now: Utc) -> Result<Done, Failure> {
    let Some(reminder) = context.waiting.remind(id, now).await? else {
        return Ok(Done::Nothing);
    };
    let announcement = Announcement::AnswerAwaited(awaited(&reminder)?);
    context.bus.announce(&announcement).await?;
    context.waiting.reminded(&reminder).await?;
    Ok(Done::Reminded)
}

fn awaited(reminder: &Reminder) -> Result<AnswerAwaited, Failure> {
    let Reminder {
        id,
        subject,
        deadline,
        ..
    } = reminder;
    let WaitId {
        ceremony_id,
        awaited,
    } = id;
    let subject = subject.as_str();
    let (ceremony, what, remedy) = match awaited {
        AwaitedAnswer::Block => (
            Kind::KekImport,
            format!("The partner's block by the offer {subject} is awaited until {deadline}."),
            "Remind the partner: the offer, with a README that says how to make the block and where to drop \
             it, lies in the outbox.",
        ),
        AwaitedAnswer::Confirmation => (
            Kind::KekImport,
            format!(
                "A KEK has come by the offer {subject}, and that its check value is the partner's is to be \
                 confirmed until {deadline}."
            ),
            "Remind the partner: the receipt, with a README that says how to confirm the check value, lies \
             in the outbox. Nothing uses the key before.",
        ),
        AwaitedAnswer::Rollback => (
            Kind::KekImport,
            format!(
                "The KEK that `{ceremony_id}` has replaced is kept until {deadline}, and is to be deleted \
                 then."
            ),
            "If the new one serves, there is nothing to do. If not, have our requester drop an order that \
             brings the one from before back, before that time.",
        ),
        // No ceremony waits so yet, and the wait does not say of which kind one would be.
        AwaitedAnswer::Approval => return Err(Failure::Unexpected),
    };
    let folder = ceremony_id.folder();
    Ok(AnswerAwaited {
        version: VERSION,
        ceremony,
        ceremony_id: ceremony_id.clone(),
        partner: folder.as_ref().map(|folder| folder.partner.clone()),
        environment: folder.as_ref().map(|folder| folder.environment),
        data_type: folder.as_ref().map(|folder| folder.data_type),
        awaited: *awaited,
        subject: subject.to_owned(),
        deadline: *deadline,
        what,
        remedy: remedy.to_owned(),
    })
}

/// Why a wait was not seen to.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Bus(#[from] bus::Error),
    #[error("what is stored is not its token: it has ended, and its execution cannot be told")]
    Forged,
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("nothing of this software waits for an approval by this table")]
    Unexpected,
    #[error("the item is not of the form that it must have")]
    Unreadable,
}

/// Why a wait may stand that should have ended, or a reminder may be missing. The next sweep tries it
/// again.
#[derive(Debug, IntoStaticStr, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("{failed} of the waits that are due could not be seen to, the first being {first}")]
    WaitsNotSeenTo { failed: usize, first: String },
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::Service(error) => error.remedy(),
            Self::WaitsNotSeenTo { .. } => {
                "Each is in the log of the function. An item that cannot be read, or whose token is not its \
                 own, was written by nobody of ours: find out by whom, and stop the execution that it names."
            }
        }
    }
}
