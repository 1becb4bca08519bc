//! Files with working keys: one file is one set.

use ceremony::id::Kind;
use ceremony::utc::Utc;
use ceremony::working_key_import::place::{KeysPlace, KeysSet};

use crate::order::OrderDecision;
use crate::reject::{self, Rejection};
use crate::start::{self, Asking, Start};
use crate::{Arrivals, Error, Output, none_left};

impl Arrivals {
    /// Carries a decision about a file with keys out.
    pub async fn settle_keys(
        &self,
        place: &KeysPlace,
        decision: OrderDecision,
        now: Utc,
    ) -> Result<Output, Error> {
        let kind = Kind::WorkingKeyImport;
        let (reason, remedy) = match decision {
            OrderDecision::Reject { reason, remedy } => (reason, remedy),
            OrderDecision::Start {
                objects,
                sha256,
                dropped,
                per_day,
            } => {
                let asking = Asking {
                    machine: &self.state_machine_arn,
                    set: &KeysSet::new(place.clone(), sha256),
                    objects: &objects,
                    leaf: None,
                    dropped,
                    per_day,
                };
                match Box::pin(start::start(self, &asking, now)).await? {
                    Start::Started => return Ok(Output::Started),
                    // A file with keys has no nonce.
                    Start::AlreadyStarted | Start::NonceAnswered { .. } => {
                        return Ok(Output::AlreadyStarted);
                    }
                    Start::NoneLeftToday => {
                        (none_left(&place.folder, per_day, now), crate::remedy(kind))
                    }
                }
            }
        };
        let key = place.key();
        let rejection = Rejection::of(kind, &place.folder, Some(&key), reason, remedy);
        reject::reject(self, rejection, now).await
    }
}
