//! An answer from its arrival to its execution, in one call.

use ceremony::utc::Utc;
use step::ServiceError;

use crate::Waiting;
use crate::deliver::Delivery;
use crate::names::{Subject, Taker, WaitId};
use crate::send::Answer;
use crate::take::{Refusal, Take};

/// What became of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Brought {
    Delivered,
    /// As [`Delivery::NobodyWaits`].
    NobodyWaits,
    Refused(Refusal),
}

/// How often a wait is taken again because its task has a newer token by then.
const ATTEMPTS: usize = 4;

impl Waiting {
    /// Takes the wait and answers it. Whoever got an error brings the same answer again.
    pub async fn bring(
        &self,
        id: &WaitId,
        subject: &Subject,
        taker: &Taker,
        answer: &Answer,
        now: Utc,
    ) -> Result<Brought, ServiceError> {
        for _ in 0..ATTEMPTS {
            let held = match self.take(id, subject, taker, now).await? {
                Take::Held(held) => held,
                Take::Refused(refusal) => return Ok(Brought::Refused(refusal)),
            };
            match self.deliver(held, answer, now).await? {
                Delivery::Delivered => return Ok(Brought::Delivered),
                Delivery::NobodyWaits => return Ok(Brought::NobodyWaits),
                Delivery::TakeAgain => {}
            }
        }
        Err(ServiceError::ServiceThrottled {
            operation: "states:SendTaskSuccess",
            detail: "the task had a newer token each time".to_owned(),
        })
    }
}
