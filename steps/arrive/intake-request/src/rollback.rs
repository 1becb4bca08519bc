//! An order that brings back the KEK which another one has replaced.
//!
//! It goes to the ceremony that has replaced it, which waits for such an order until its time is over, and
//! carries it out. The same event once more brings the same order: it completes what a crash has left
//! undone, or is ignored.

use arrivals::{Document, Machine, OrderDecision, Output};
use ceremony::announcement::AwaitedAnswer;
use ceremony::id::{CeremonyId, Kind};
use ceremony::key_import::rollback::Rollback;
use ceremony::key_import::run::Answered;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{AskedBy, OrderPlace};
use waiting::{Answer, Brought, End, Refusal, Subject, Taker, WaitId};

use crate::{Context, Error, Rejected};

pub(crate) async fn bring(
    context: &Context,
    place: &OrderPlace,
    document: &Document,
    now: Utc,
) -> Result<Output, Error> {
    let rejected = match deal_with(context, place, document, now).await? {
        Ok(output) => return Ok(output),
        Err(rejected) => rejected,
    };
    let Rejected { reason, remedy } = rejected;
    let machine = Machine {
        kind: Kind::KekImport,
        arn: &context.kek_import_state_machine_arn,
    };
    let decision = OrderDecision::Reject { reason, remedy };
    let arrivals = &context.arrivals;
    arrivals.settle_order(machine, place, decision, now).await
}

async fn deal_with(
    context: &Context,
    place: &OrderPlace,
    document: &Document,
    now: Utc,
) -> Result<Result<Output, Rejected>, Error> {
    if place.asked_by != AskedBy::Requester {
        return Ok(Err(Rejected {
            reason: "a KEK is brought back by an order of ours alone, and this is a request"
                .to_owned(),
            remedy: "Have our requester write it to `orders/`.",
        }));
    }
    let text = String::from_utf8_lossy(&document.bytes);
    let Rollback { ceremony_id } = match Rollback::parse(&text, &place.folder) {
        Ok(order) => order,
        Err(error) => return Ok(Err(Rejected::document(error))),
    };
    let answered = Answered {
        awaited: AwaitedAnswer::Rollback,
        object: document.object.clone(),
    };
    let told = answered.told(&context.software, now);
    let told = told.map_err(|error| Error::Unwritable(error.to_string()))?;
    let subject = Subject::try_from(ceremony_id.to_string()).map_err(Error::Unwritable)?;
    let taker = Taker::of_version(&document.object);
    let id = WaitId {
        ceremony_id: ceremony_id.clone(),
        awaited: AwaitedAnswer::Rollback,
    };
    let answer = Answer::Success(told);
    let brought = context.waiting.bring(&id, &subject, &taker, &answer, now);
    Ok(match brought.await? {
        Brought::Delivered => Ok(Output::Delivered),
        Brought::NobodyWaits => Err(nobody_waits(&ceremony_id)),
        // The same event came before.
        Brought::Refused(Refusal::Replayed) => Ok(Output::Ignored),
        Brought::Refused(refusal) => Err(of_refusal(&refusal, &ceremony_id)),
    })
}

const LOOK: &str = "Look at the execution that has this name, and at the alias `…/received` of the folder. What \
                    was deleted, a responder can restore for seven days; then the partner has to send its \
                    KEK again.";

fn nobody_waits(ceremony_id: &CeremonyId) -> Rejected {
    Rejected {
        reason: format!(
            "the ceremony `{ceremony_id}` does not wait any more: it was stopped, or has gone on, which may \
             be with this very order"
        ),
        remedy: LOOK,
    }
}

fn of_refusal(refusal: &Refusal, ceremony_id: &CeremonyId) -> Rejected {
    let reason = match refusal {
        Refusal::Duplicate { .. } => {
            format!("another order was first, and the ceremony `{ceremony_id}` goes by that one")
        }
        Refusal::Late { .. } | Refusal::Ended(End::DeadlinePassed) => format!(
            "the time is over for which the ceremony `{ceremony_id}` has kept the KEK from before"
        ),
        Refusal::Forged | Refusal::Ended(End::Forged) => format!(
            "the ceremony `{ceremony_id}` cannot be answered: what the table `waiting` has of it is not what \
             its step wrote"
        ),
        Refusal::Ended(End::Answered | End::Closed | End::Withdrawn) => {
            return nobody_waits(ceremony_id);
        }
        Refusal::Replaced | Refusal::Replayed | Refusal::Unknown | Refusal::WrongSubject => {
            format!(
                "the ceremony `{ceremony_id}` keeps no KEK from before: it has replaced none, or has not yet"
            )
        }
    };
    Rejected {
        reason,
        remedy: LOOK,
    }
}
