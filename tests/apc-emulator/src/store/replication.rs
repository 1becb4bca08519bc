//! Multi-Region keys: a primary, and replicas of it in other regions of the account.
//!
//! Replication is done before the request that asks for it is answered, and yet takes its time for
//! whoever looks: the answer to that request shows IN_PROGRESS or DELETE_IN_PROGRESS, and every
//! later one SYNCHRONIZED, or the region no more. The service is eventually consistent and promises
//! no order; this one is the same each time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{KeyRecord, NewKey, State};
use crate::clock::Timestamp;
use crate::model::attributes::KeyAttributes;
use crate::model::identifiers::{KeyArn, Region, Scope};
use crate::model::key::Key;
use crate::model::replication::{
    KeyReplicationState, MultiRegionKeyType, ReplicationRegions, ReplicationStatus,
};
use crate::protocol::error::ServiceError;

/// Where else a key is.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub enum Replication {
    /// The key is the one that is managed.
    Primary {
        regions: BTreeMap<Region, KeyReplicationState>,
        using_defaults: bool,
    },
    /// The key is a copy of the one in this region.
    Replica { primary: Region },
    /// The key is in its own region only.
    #[default]
    SingleRegion,
}

impl Replication {
    pub fn multi_region_key_type(&self) -> Option<MultiRegionKeyType> {
        match self {
            Self::Primary { .. } => Some(MultiRegionKeyType::Primary),
            Self::Replica { .. } => Some(MultiRegionKeyType::Replica),
            Self::SingleRegion => None,
        }
    }

    /// INFERRED: only the primary shows how far its replicas are.
    pub fn status(&self) -> Option<BTreeMap<Region, ReplicationStatus>> {
        match self {
            Self::Primary { regions, .. } => Some(
                regions
                    .iter()
                    .map(|(region, &status)| (region.clone(), ReplicationStatus { status }))
                    .collect(),
            ),
            Self::Replica { .. } | Self::SingleRegion => None,
        }
    }

    /// INFERRED: only the primary shows where its replicas come from.
    pub fn using_defaults(&self) -> Option<bool> {
        match self {
            Self::Primary { using_defaults, .. } => Some(*using_defaults),
            Self::Replica { .. } | Self::SingleRegion => None,
        }
    }

    /// The regions with a replica.
    pub fn regions(&self) -> Vec<Region> {
        match self {
            Self::Primary { regions, .. } => regions.keys().cloned().collect(),
            Self::Replica { .. } | Self::SingleRegion => Vec::new(),
        }
    }

    /// Begins to replicate to more regions.
    fn begin(&mut self, more: &ReplicationRegions, using_defaults: bool) {
        let mut regions = match std::mem::take(self) {
            Self::Primary { regions, .. } => regions,
            Self::Replica { .. } | Self::SingleRegion => BTreeMap::new(),
        };
        for region in more.iter() {
            regions.insert(region.clone(), KeyReplicationState::InProgress);
        }
        *self = Self::Primary {
            regions,
            using_defaults,
        };
    }

    /// Begins to take regions away. From now on the key's own configuration holds.
    fn begin_removal(&mut self, less: &ReplicationRegions) {
        if let Self::Primary {
            regions,
            using_defaults,
        } = self
        {
            *using_defaults = false;
            for (region, status) in regions {
                if less.contains(region) {
                    *status = KeyReplicationState::DeleteInProgress;
                }
            }
        }
    }

    /// Finishes what was begun. INFERRED: a key without replicas is no multi-Region key any more.
    fn settle(&mut self) {
        if let Self::Primary { regions, .. } = self {
            regions.retain(|_, status| *status != KeyReplicationState::DeleteInProgress);
            for status in regions.values_mut() {
                *status = KeyReplicationState::Synchronized;
            }
            if regions.is_empty() {
                *self = Self::SingleRegion;
            }
        }
    }
}

impl State {
    /// Adds a key, and its replicas in the regions asked for or else in the default ones.
    ///
    /// INFERRED: an empty list means no replicas, whatever the defaults are; keys that cannot be
    /// replicated ignore the defaults, and refuse regions of their own.
    pub fn add_key(
        &mut self,
        scope: &Scope,
        new: NewKey,
        regions: Option<ReplicationRegions>,
        now: Timestamp,
    ) -> Result<Key, ServiceError> {
        let quotas = self.quotas;
        let partition = self.partition(scope, now);
        let using_defaults = regions.is_none();
        let regions = match regions {
            Some(regions) => regions,
            None if is_replicable(&new.attributes) => partition.default_replication_regions.clone(),
            None => ReplicationRegions::default(),
        };
        check_other_regions(scope, &regions)?;
        if !regions.is_empty() && !is_replicable(&new.attributes) {
            return Err(not_replicable());
        }
        partition.check_room_for_key(quotas)?;
        self.check_room_for_replicas(scope, &regions, now)?;
        let record = self.partition(scope, now).insert_key(scope, new, now)?;
        let key = record.to_key();
        if regions.is_empty() {
            Ok(key)
        } else {
            self.replicate(scope, &key.key_arn, &regions, using_defaults, now)
        }
    }

    /// Replicates a key to more regions. INFERRED: one that it is in already is a Conflict, and then
    /// none of the regions is added.
    pub fn add_replicas(
        &mut self,
        scope: &Scope,
        arn: &KeyArn,
        more: &ReplicationRegions,
        now: Timestamp,
    ) -> Result<Key, ServiceError> {
        check_other_regions(scope, more)?;
        let record = self.partition(scope, now).key(arn)?;
        if !is_replicable(&record.attributes) {
            return Err(not_replicable());
        }
        let present = record.replication.regions();
        if let Some(region) = present.iter().find(|region| more.contains(region)) {
            let message = format!("{arn} is replicated to {region} already");
            return Err(ServiceError::Conflict(message));
        }
        self.check_room_for_replicas(scope, more, now)?;
        self.replicate(scope, arn, more, false, now)
    }

    /// INFERRED: a region without room for a replica is found before anything is done, and then the
    /// key is in none of the regions. It may be that the service makes the key and shows FAILED.
    fn check_room_for_replicas(
        &mut self,
        scope: &Scope,
        regions: &ReplicationRegions,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        if self.quotas.is_none() {
            return Ok(());
        }
        let quotas = self.quotas;
        regions.iter().try_for_each(|region| {
            let there = self.partition(&scope.in_region(region), now);
            there.check_room_for_key(quotas)
        })
    }

    /// Ends a key in some regions, with the aliases that pointed at it there. INFERRED: one that it
    /// is not in is a ValidationException, and then it stays in all of them.
    pub fn remove_replicas(
        &mut self,
        scope: &Scope,
        arn: &KeyArn,
        less: &ReplicationRegions,
        now: Timestamp,
    ) -> Result<Key, ServiceError> {
        let record = self.partition(scope, now).key(arn)?;
        let present = record.replication.regions();
        if let Some(region) = less.iter().find(|region| !present.contains(region)) {
            let message = format!("{arn} is not replicated to {region}");
            return Err(ServiceError::Validation(message));
        }
        record.replication.begin_removal(less);
        let key = record.to_key();
        record.replication.settle();
        for region in less.iter() {
            let there = scope.in_region(region);
            self.partition(&there, now)
                .remove_key(&arn.in_region(region));
        }
        Ok(key)
    }

    /// Makes the replicas of a key what the key is. Every change to a key ends with this.
    pub fn synchronize(&mut self, scope: &Scope, arn: &KeyArn, now: Timestamp) {
        let Ok(primary) = self.partition(scope, now).key(arn) else {
            return;
        };
        let regions = primary.replication.regions();
        let replicas: Vec<_> = regions
            .iter()
            .map(|region| (scope.in_region(region), replica(primary, scope, region)))
            .collect();
        for (there, replica) in replicas {
            self.partition(&there, now).put_key(replica);
        }
    }

    fn replicate(
        &mut self,
        scope: &Scope,
        arn: &KeyArn,
        regions: &ReplicationRegions,
        using_defaults: bool,
        now: Timestamp,
    ) -> Result<Key, ServiceError> {
        let record = self.partition(scope, now).key(arn)?;
        record.replication.begin(regions, using_defaults);
        let key = record.to_key();
        record.replication.settle();
        self.synchronize(scope, arn, now);
        Ok(key)
    }
}

/// The copy of a key for a region: the same id, substance, dates and tags. Resource policies belong
/// to the primary only. INFERRED: that the tags go along; nobody could set them on a replica.
fn replica(primary: &KeyRecord, scope: &Scope, region: &Region) -> KeyRecord {
    KeyRecord {
        arn: primary.arn.in_region(region),
        policy: None,
        replication: Replication::Replica {
            primary: scope.region.clone(),
        },
        ..primary.clone()
    }
}

/// INFERRED: a key's own region among those to replicate to is a mistake.
pub fn check_other_regions(
    scope: &Scope,
    regions: &ReplicationRegions,
) -> Result<(), ServiceError> {
    if regions.contains(&scope.region) {
        Err(ServiceError::Validation(format!(
            "ReplicationRegions: {} is the primary region",
            scope.region
        )))
    } else {
        Ok(())
    }
}

/// Only symmetric keys are.
fn is_replicable(attributes: &KeyAttributes) -> bool {
    attributes.key_algorithm.symmetric().is_some()
}

fn not_replicable() -> ServiceError {
    ServiceError::Validation("asymmetric keys cannot be replicated".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_begun_is_finished_by_settling() {
        let mut replication = Replication::default();
        replication.begin(&regions(&["us-east-1", "us-west-2"]), true);
        assert_eq!(states(&replication), ["IN_PROGRESS", "IN_PROGRESS"]);
        replication.settle();
        replication.begin(&regions(&["eu-west-1"]), false);
        let states_now = states(&replication);
        assert_eq!(states_now, ["IN_PROGRESS", "SYNCHRONIZED", "SYNCHRONIZED"]);
        assert_eq!(replication.using_defaults(), Some(false));
    }

    #[test]
    fn without_replicas_a_key_is_of_one_region() {
        let mut replication = Replication::default();
        replication.begin(&regions(&["us-east-1"]), true);
        replication.settle();
        replication.begin_removal(&regions(&["us-east-1"]));
        assert_eq!(states(&replication), ["DELETE_IN_PROGRESS"]);
        assert_eq!(replication.using_defaults(), Some(false));
        replication.settle();
        assert!(replication.multi_region_key_type().is_none());
        assert!(replication.status().is_none());
    }

    fn regions(names: &[&str]) -> ReplicationRegions {
        let regions = names.iter().map(|name| name.parse().unwrap());
        ReplicationRegions::try_from(regions.collect::<Vec<Region>>()).unwrap()
    }

    fn states(replication: &Replication) -> Vec<&'static str> {
        let status = replication.status().unwrap_or_default();
        status
            .values()
            .map(|region| region.status.as_str())
            .collect()
    }
}
