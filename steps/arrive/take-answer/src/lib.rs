//! `take-answer`: a dropped block or confirmation goes to the execution that waits for it.
//!
//! Takes an EventBridge `Object Created` event of a file below `blocks/`, whose name says for which offer
//! it is; the evidence bucket says which ceremony has made that offer. Takes that ceremony's wait in the
//! table `waiting`, and ends it with the version of the file that the event is about. Whether the file is
//! any good, the ceremony finds out. What no ceremony takes is announced, with the reason.
//!
//! Events come more than once and in any order:
//!
//! - An answer is named by its key and version ([`Taker::of_version`]). The same event once more brings the same
//!   answer once more: it completes what a crash has left undone, or is known as used up and ignored.
//! - A second file may come while the first is looked at, or before its ceremony has begun to wait. That
//!   passes: for as long as the event is young ([`PATIENCE`]) this ends in an error, so that Lambda
//!   brings it again, and the file is taken if the ceremony waits by then. After that it is announced.
//! - Of two files that come at once the table lets one through.
//!
//! An error leaves nothing undone that the next attempt does not do.

mod file;
mod words;

use arrivals::Arrivals;
pub use arrivals::{CreatedObject, Input, ObjectCreated, Output};
use ceremony::announcement::AwaitedAnswer;
use ceremony::evidence::Software;
use ceremony::execution::DroppedObject;
use ceremony::id::{CeremonyId, Kind};
use ceremony::identifiers::Folder;
use ceremony::key_import::place::{AnswerPlace, BlockPlace, BlockRole};
use ceremony::key_import::run::Answered;
use ceremony::utc::Utc;
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};
use waiting::{Answer, Brought, Refusal, Subject, Taker, WaitId, Waiting};

use words::Words;

/// What the step works with, made once at cold start.
pub struct Context {
    pub arrivals: Arrivals,
    pub waiting: Waiting,
    pub software: Software,
}

/// Deals with an event that comes at this time.
pub async fn handle(context: &Context, event: Input, now: Utc) -> Result<Output, Error> {
    // Boxed: its future is large, and its type deep.
    Box::pin(deal_with(context, event, now)).await
}

/// For so long, in seconds after the file was dropped, what may pass is waited for. Lambda brings an event
/// again after one minute and then after two more, which is the last time.
pub const PATIENCE: i64 = 100;

async fn deal_with(context: &Context, event: Input, now: Utc) -> Result<Output, Error> {
    let arrivals = &context.arrivals;
    let dropped_at = event.time.map_or(0, |time| time.timestamp());
    let object = event.detail.object;
    let (place, awaited) = match BlockPlace::of_inbox_key(&object.key) {
        Some(BlockRole::Block(place)) => (place.answer(), AwaitedAnswer::Block),
        Some(BlockRole::Confirmation(place)) => (place, AwaitedAnswer::Confirmation),
        Some(BlockRole::Misplaced(reason)) => {
            return misplaced(arrivals, &object, reason, now).await;
        }
        // A key that only looks like one: `intake` and others see to it.
        None => return Ok(Output::Ignored),
    };
    let (folder, key) = (&place.folder, &object.key);
    if let Some(announced) = arrivals
        .private_key_below(Kind::KekImport, folder, &object)
        .await?
    {
        return Ok(announced);
    }
    let not_taken = async |words: Words| {
        let Words { reason, remedy } = words;
        let announced = arrivals.answer_not_taken(folder, key, reason, remedy, now);
        Ok::<_, Error>(announced.await?)
    };
    let seen = match file::read(arrivals, &object).await? {
        Some(Ok(seen)) => seen,
        Some(Err(reason)) => return not_taken(Words::unusable(reason)).await,
        // Deleted for good by now: whoever did that knows.
        None => return Ok(Output::Ignored),
    };
    // Of one that is taken, the ceremony says so.
    let not_taken = async |words: Words| not_taken(words.about(&seen)).await;
    let Some(ceremony_id) = file::ceremony_of(arrivals, &place).await? else {
        return not_taken(Words::offer_unknown(&place)).await;
    };
    let bringing = Bringing {
        ceremony_id: &ceremony_id,
        place: &place,
        awaited,
        dropped: &seen.object,
    };
    let refusal = match bringing.bring(context, now).await? {
        Brought::Delivered => return Ok(Output::Delivered),
        Brought::NobodyWaits => return not_taken(Words::nobody_waits(&ceremony_id)).await,
        Brought::Refused(refusal) => refusal,
    };
    if may_pass(&refusal) && now.unix_seconds() < dropped_at + PATIENCE {
        return Err(Error::NotWaitedForYet {
            ceremony_id: ceremony_id.clone(),
            awaited: bringing.id().awaited.as_str(),
        });
    }
    match words::of_refusal(&refusal, &bringing) {
        Some(words) => not_taken(words).await,
        // The same event came before.
        None => Ok(Output::Ignored),
    }
}

/// A file whose name is that of no answer.
async fn misplaced(
    arrivals: &Arrivals,
    object: &CreatedObject,
    reason: String,
    now: Utc,
) -> Result<Output, Error> {
    let (key, remedy) = (&object.key, words::MISPLACED);
    let beginning: Vec<&str> = key.split('/').take(3).collect();
    let Ok(folder) = Folder::of_inbox_key(&format!("{}/file", beginning.join("/"))) else {
        return Ok(arrivals.outside(object, reason, remedy, now).await?);
    };
    if let Some(announced) = arrivals
        .private_key_below(Kind::KekImport, &folder, object)
        .await?
    {
        return Ok(announced);
    }
    // A folder marker, which is no file.
    if key.ends_with('/') {
        return Ok(Output::Ignored);
    }
    let announced = arrivals.answer_not_taken(&folder, key, reason, remedy, now);
    Ok(announced.await?)
}

/// An answer, and the wait that it is for.
struct Bringing<'a> {
    ceremony_id: &'a CeremonyId,
    place: &'a AnswerPlace,
    awaited: AwaitedAnswer,
    dropped: &'a DroppedObject,
}

impl Bringing<'_> {
    fn id(&self) -> WaitId {
        WaitId {
            ceremony_id: self.ceremony_id.clone(),
            awaited: self.awaited,
        }
    }

    async fn bring(&self, context: &Context, now: Utc) -> Result<Brought, Error> {
        let answered = Answered {
            awaited: self.awaited,
            object: self.dropped.clone(),
        };
        let told = answered.told(&context.software, now);
        let told = told.map_err(|error| arrivals::Error::Unwritable(error.to_string()))?;
        // Hex digits name everything; it is not to be a panic all the same.
        let subject = Subject::try_from(self.place.offer.to_string());
        let subject = subject.map_err(arrivals::Error::Unwritable)?;
        let (taker, answer) = (Taker::of_version(self.dropped), Answer::Success(told));
        let (waiting, id) = (&context.waiting, self.id());
        let brought = waiting.bring(&id, &subject, &taker, &answer, now);
        Ok(brought.await?)
    }
}

/// Whether the ceremony may be on its way to the wait: it publishes before it waits, and while it looks at
/// one file it takes no other.
fn may_pass(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Duplicate { .. } | Refusal::Unknown | Refusal::WrongSubject => true,
        Refusal::Ended(_)
        | Refusal::Forged
        | Refusal::Late { .. }
        | Refusal::Replaced
        | Refusal::Replayed => false,
    }
}

/// Why an event could not be dealt with. It is tried again, and then it goes to a dead-letter queue, which
/// has an alarm.
#[derive(Debug, IntoStaticStr, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Arrivals(#[from] arrivals::Error),
    #[error("the ceremony `{ceremony_id}` does not wait for this {awaited} at the moment")]
    NotWaitedForYet {
        ceremony_id: CeremonyId,
        awaited: &'static str,
    },
    #[error("`{key}` does not name the ceremony that has made the offer: {detail}")]
    PointerMalformed { key: String, detail: String },
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Arrivals(error.into())
    }
}

impl StepError for Error {
    step::step_error_names!(Arrivals, arrivals::Error);

    fn remedy(&self) -> &'static str {
        match self {
            Self::Arrivals(error) => error.remedy(),
            Self::NotWaitedForYet { .. } => {
                "Nothing: the event comes again. If it lies in the dead-letter queue, redrive that."
            }
            Self::PointerMalformed { .. } => {
                "Only the step PublishPart writes such a document into the evidence bucket: find out who \
                 wrote this one, before anything else."
            }
        }
    }
}
