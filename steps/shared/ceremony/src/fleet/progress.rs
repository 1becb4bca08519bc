//! How far a run is, and when it will be done.

use serde::{Deserialize, Serialize};

use super::run::Plan;
use crate::announcement::VERSION;
use crate::id::{Ceremony, CeremonyId, Kind};
use crate::identifiers::{DataType, Environment, PartnerId};
use crate::utc::Utc;

/// The detail of the event `Initial Keys Progress`: another tenth of a run is done.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InitialKeysProgress {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// How many terminals are accounted for.
    pub done: u32,
    /// How many there are.
    pub of: u32,
    /// When all will be, at the rate of this run; null while there is none.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub expected_end: Option<Utc>,
}

impl InitialKeysProgress {
    /// After so many batches of a run.
    pub fn new(ceremony: &Ceremony, plan: &Plan, batches_done: u32, now: Utc) -> Self {
        let batch = u32::try_from(super::BATCH).unwrap_or(1);
        Self {
            version: VERSION,
            ceremony: ceremony.kind,
            ceremony_id: ceremony.ceremony_id.clone(),
            partner: ceremony.partner.clone(),
            environment: ceremony.environment,
            data_type: ceremony.data_type,
            done: plan.terminals.min(batches_done.saturating_mul(batch)),
            of: plan.terminals,
            expected_end: expected_end(plan, batches_done, now),
        }
    }
}

/// In how many parts progress is told.
const PARTS: u32 = 10;

/// Whether a batch is one after which progress is told: the last of each tenth.
pub fn is_told_after(plan: &Plan, batch: u32) -> bool {
    let part = |batch: u32| u64::from(batch) * u64::from(PARTS) / u64::from(plan.batches.max(1));
    batch > 0 && part(batch) > part(batch - 1)
}

/// When a run will be done that has finished so many batches by now: at the rate of this attempt, which
/// found some of them finished. None while there is no rate.
pub fn expected_end(plan: &Plan, done: u32, now: Utc) -> Option<Utc> {
    let left = i64::from(plan.batches.saturating_sub(done));
    let by_now = i64::from(done.saturating_sub(plan.done_before));
    let took = now.unix_seconds() - plan.begun_at.unix_seconds();
    if by_now == 0 {
        return None;
    }
    Some(now.plus_seconds(left * took / by_now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256;
    use crate::execution::Location;

    fn plan(batches: u32, done_before: u32) -> Plan {
        Plan {
            folder: String::new(),
            terminals: batches * 100,
            batches,
            done_before,
            begun_at: Utc::of_unix_seconds(1000).unwrap(),
            list: Location {
                bucket: String::new(),
                key: String::new(),
            },
            inventory_version_id: None,
            inventory_sha256: Sha256::of(b""),
        }
    }

    #[test]
    fn progress_is_told_ten_times_or_after_each_batch() {
        for (batches, told) in [(1, 1), (3, 3), (10, 10), (25, 10), (10_000, 10)] {
            let plan = plan(batches, 0);
            let after: Vec<u32> = (1..=batches)
                .filter(|it| is_told_after(&plan, *it))
                .collect();
            assert_eq!(after.len(), told, "{batches}");
            assert_eq!(after.last(), Some(&batches));
        }
    }

    #[test]
    fn the_end_is_expected_at_the_rate_of_this_attempt() {
        let at = |seconds| Utc::of_unix_seconds(seconds).unwrap();
        assert_eq!(expected_end(&plan(100, 0), 10, at(1100)), Some(at(2000)));
        assert_eq!(expected_end(&plan(100, 50), 60, at(1100)), Some(at(1500)));
        assert_eq!(expected_end(&plan(100, 50), 50, at(1100)), None);
        assert_eq!(expected_end(&plan(100, 0), 100, at(1100)), Some(at(1100)));
    }
}
