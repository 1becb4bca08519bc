//! Whoever holds a wait answers it.

use ceremony::utc::Utc;
use step::ServiceError;

use crate::Waiting;
use crate::rules::{self, Change};
use crate::send::{Answer, Sent};
use crate::take::Held;

/// What became of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// The execution goes on with it.
    Delivered,
    /// Step Functions does not know the token any more. Either the same answer was delivered when it
    /// was sent before, by somebody who died or heard nothing, or the execution was stopped or has run
    /// into a time-out.
    NobodyWaits,
    /// Neither does it know this token, but the task waits with a newer one by now: take it again.
    TakeAgain,
}

impl Waiting {
    /// Sends the answer. What was held is used up; whoever gets an error takes the wait again, under
    /// the same name, and sends the same.
    ///
    /// Transient are `ServiceThrottled` and `ServiceUnavailable`. An output that Step Functions refuses
    /// (`InvalidOutput`, or more than 256 KiB) is refused each time, and the deadline ends the wait.
    pub async fn deliver(
        &self,
        held: Held,
        answer: &Answer,
        now: Utc,
    ) -> Result<Delivery, ServiceError> {
        let Held {
            id,
            attempt,
            taker,
            token,
        } = held;
        match self.send(&token, answer).await? {
            Sent::Accepted => {
                let rule = |before: Option<&_>| rules::answered(before, attempt, &taker, now);
                // The execution has the answer, whatever the table says.
                if let Err(error) = self.change(&id, rule).await {
                    tracing::warn!(wait = %id, "delivered, which could not be noted: {error}");
                }
                Ok(Delivery::Delivered)
            }
            Sent::Closed => {
                let rule = |before: Option<&_>| rules::closed(before, attempt, &taker, now);
                Ok(match self.change(&id, rule).await? {
                    Change::Keep(true) => Delivery::TakeAgain,
                    _ => Delivery::NobodyWaits,
                })
            }
        }
    }
}
