//! Why a file goes to no ceremony, and what to do about it.

use ceremony::announcement::AwaitedAnswer;
use ceremony::id::CeremonyId;
use ceremony::key_import::place::AnswerPlace;
use ceremony::key_import::refused::Refused;
use ceremony::utc::Utc;
use waiting::{End, Refusal};

use crate::Bringing;
use crate::file::Seen;

pub(crate) struct Words {
    pub(crate) reason: String,
    pub(crate) remedy: &'static str,
}

pub(crate) const MISPLACED: &str = "Put it at <partner>/<environment>/<data-type>/blocks/, under the name \
                                    that the README of the offer says.";

const BY_THE_NEWEST: &str = "Ask the partner for an answer to the newest offer in the outbox, under the \
                             name that its README says. If none stands any more, the request has to be \
                             dropped again.";

impl Words {
    /// Whatever else is wrong with a file, that it may be a key comes first.
    pub(crate) fn about(self, seen: &Seen) -> Self {
        if !seen.may_be_a_key {
            return self;
        }
        let key = Refused::ClearKeyReceived;
        Self {
            reason: format!("{key}; and {}", self.reason),
            remedy: key.remedy(),
        }
    }

    /// Of a file that nobody can look into.
    pub(crate) fn unusable(reason: String) -> Self {
        Self {
            reason,
            remedy: "Drop a file that is made as the README of the offer says.",
        }
    }

    pub(crate) fn offer_unknown(place: &AnswerPlace) -> Self {
        let AnswerPlace { request, offer, .. } = place;
        Self {
            reason: format!(
                "it names no offer that was ever made to this request: there is no offer {offer} for \
                 `{request}`"
            ),
            remedy: "Compare its name with the one that the README of the offer says: the request's name, \
                     then the 16 digits that name the offer. Then drop it again.",
        }
    }

    /// Step Functions says the same of an execution that has ended, and of one that has had this answer
    /// from a call of which nobody heard the end.
    pub(crate) fn nobody_waits(ceremony_id: &CeremonyId) -> Self {
        Self {
            reason: format!(
                "the ceremony `{ceremony_id}` does not wait any more: it was stopped, or has gone on, which \
                 may be with this very file"
            ),
            remedy: "Look at the execution that has this name. If it goes on or has succeeded, there is \
                     nothing to do; if not, the request has to be dropped again.",
        }
    }
}

/// `None` where there is nothing to say.
pub(crate) fn of_refusal(refusal: &Refusal, bringing: &Bringing<'_>) -> Option<Words> {
    let Bringing {
        ceremony_id,
        place,
        awaited,
        ..
    } = bringing;
    let offer = &place.offer;
    let words = |reason, remedy| Some(Words { reason, remedy });
    match refusal {
        Refusal::Replayed => None,
        Refusal::Duplicate { .. } => words(
            format!("another file was first, and the ceremony `{ceremony_id}` goes by that one"),
            "Find out which of the two the partner means. If the one that was first is rejected, drop this \
             one again.",
        ),
        Refusal::Late { deadline } => words(had_its_time(bringing, Some(*deadline)), BY_THE_NEWEST),
        Refusal::Ended(End::DeadlinePassed) => words(had_its_time(bringing, None), BY_THE_NEWEST),
        Refusal::Replaced => words(
            format!(
                "it is for the offer {offer}, which had its time; `{ceremony_id}` has made another since"
            ),
            BY_THE_NEWEST,
        ),
        Refusal::Ended(End::Withdrawn) => words(
            format!("the ceremony `{ceremony_id}` was withdrawn"),
            "If it is wanted after all, the request has to be dropped again.",
        ),
        Refusal::Ended(End::Answered | End::Closed) => Some(Words::nobody_waits(ceremony_id)),
        Refusal::Forged | Refusal::Ended(End::Forged) => words(
            format!(
                "the ceremony `{ceremony_id}` cannot be answered: what the table `waiting` has of it is not \
                 what its step wrote"
            ),
            "Find out who has written into the table `waiting`, before anything else. The execution has to \
             be stopped, and the request dropped again.",
        ),
        Refusal::Unknown | Refusal::WrongSubject => words(
            match awaited {
                AwaitedAnswer::Confirmation => format!(
                    "the ceremony `{ceremony_id}` has no key of this offer whose check value is to be \
                     confirmed"
                ),
                _ => {
                    format!("the ceremony `{ceremony_id}` does not wait for a block by this offer")
                }
            },
            "Look at the execution that has this name. If it has ended, the request has to be dropped again; \
             if not, drop the file again once it waits.",
        ),
    }
}

fn had_its_time(bringing: &Bringing<'_>, at: Option<Utc>) -> String {
    let what = match bringing.awaited {
        AwaitedAnswer::Confirmation => "to confirm the check value of the key by the offer",
        _ => "for a block by the offer",
    };
    let at = at.map(|at| format!(" ({at})")).unwrap_or_default();
    let offer = &bringing.place.offer;
    format!("the time {what} {offer} is over{at}")
}
