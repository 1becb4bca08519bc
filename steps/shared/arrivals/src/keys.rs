//! Files with working keys: one file is one set.

use ceremony::id::Kind;
use ceremony::utc::Utc;
use ceremony::working_key_import::place::{KeysPlace, KeysSet};

use crate::order::{Machine, OrderDecision};
use crate::{Arrivals, Error, Output};

impl Arrivals {
    /// Carries a decision about a file with keys out.
    pub async fn settle_keys(
        &self,
        place: &KeysPlace,
        decision: OrderDecision,
        now: Utc,
    ) -> Result<Output, Error> {
        let machine = Machine {
            kind: Kind::WorkingKeyImport,
            arn: &self.state_machine_arn,
        };
        let set = |sha256| KeysSet::new(place.clone(), sha256);
        self.settle_document(machine, (&place.folder, &place.key()), set, decision, now)
            .await
    }
}
