//! Somebody brings what is awaited.

use ceremony::utc::Utc;
use step::ServiceError;

use crate::names::{Attempt, Subject, Taker, WaitId};
use crate::rules::{self, Change};
use crate::token::TaskToken;
use crate::{End, Waiting};

/// Whether somebody may answer.
#[derive(Debug)]
pub enum Take {
    /// It may, and nobody else.
    Held(Held),
    /// It may not.
    Refused(Refusal),
}

/// Why an answer is not taken. Nothing was changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// Another answer was first.
    Duplicate { of: Taker },
    /// The wait has ended without an answer.
    Ended(End),
    /// What is stored is not this wait's token: somebody else than this crate wrote it. The taker has
    /// the wait all the same, in case the item is put right.
    Forged,
    /// It comes after the deadline, though nobody has ended the wait yet.
    Late { deadline: Utc },
    /// Another offer or document has taken the place of the one that it is about.
    Replaced,
    /// The answer of this name was used before.
    Replayed,
    /// No ceremony of this id waits for such a thing, or did within the last weeks.
    Unknown,
    /// It is about something that nobody asked.
    WrongSubject,
}

/// A wait that its taker may answer.
pub struct Held {
    pub(crate) id: WaitId,
    pub(crate) attempt: Attempt,
    pub(crate) taker: Taker,
    pub(crate) token: TaskToken,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("id", &self.id)
            .field("taker", &self.taker)
            .finish_non_exhaustive()
    }
}

impl Waiting {
    /// Takes a wait for an answer about this subject.
    ///
    /// Whoever got an error comes again under the same name, and so does whoever died with what it
    /// held.
    pub async fn take(
        &self,
        id: &WaitId,
        subject: &Subject,
        taker: &Taker,
        now: Utc,
    ) -> Result<Take, ServiceError> {
        let rule = |before: Option<&_>| rules::take(before, subject, taker, now);
        let record = match self.change(id, rule).await? {
            Change::Write(record) => *record,
            Change::Keep(Ok(record)) => record,
            Change::Keep(Err(refusal)) => return Ok(Take::Refused(refusal)),
        };
        let Some(token) = self.unseal(&record).await? else {
            return Ok(Take::Refused(Refusal::Forged));
        };
        Ok(Take::Held(Held {
            id: record.id,
            attempt: record.attempt,
            taker: taker.clone(),
            token,
        }))
    }
}
