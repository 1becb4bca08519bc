//! Keys, aliases and what goes with them, behind one lock.

mod approvals;
mod exchange;
mod key_record;
mod pairs;
mod quotas;
mod replication;

pub use approvals::{Approvals, Decision, ProtectedRequest, Session, no_team};
pub use exchange::{Exchange, IssuedCertificate, Parameters, ParametersPurpose};
pub use key_record::{KeyRecord, NewKey};
pub use replication::{Replication, check_other_regions};

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::crypto::material::{GenerationFailed, KeyMaterial, random_bytes};
use crate::model::identifiers::{AliasName, KeyArn, KeyIdentifier, Scope};
use crate::model::key::KeyState;
use crate::model::replication::ReplicationRegions;
use crate::protocol::error::ServiceError;
use crate::quotas::Quotas;

/// The state of every account and region. One lock over all of it, because an operation may reach
/// into another region (replication), and because nothing slow happens while it is held: keys are
/// generated and certificates read before.
#[derive(Default)]
pub struct Store {
    state: Mutex<State>,
}

impl Store {
    /// A store that goes on where another ended.
    pub fn with_state(state: State) -> Self {
        Self {
            state: Mutex::new(state),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        // An operation that panicked has left the maps whole: it inserts or removes entire entries.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything there is. It can be written to a state file, key material included.
#[derive(Default, Deserialize, Serialize)]
pub struct State {
    /// How many keys and aliases there may be: a setting of the emulator, not of its state, but here
    /// because it is looked at under the same lock.
    #[serde(skip)]
    pub quotas: Option<Quotas>,
    #[serde(with = "pairs")]
    scopes: BTreeMap<Scope, Partition>,
}

impl State {
    /// What belongs to one account in one region, as it is at this time.
    pub fn partition(&mut self, scope: &Scope, now: Timestamp) -> &mut Partition {
        let partition = self.scopes.entry(scope.clone()).or_default();
        partition.finish_deletions(now);
        partition.expire_sessions(now);
        partition.exchange.wipe_expired(now);
        partition
    }

    /// Every scope that holds anything.
    pub fn scopes(&self) -> Vec<Scope> {
        self.scopes.keys().cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.scopes.clear();
    }
}

/// What one account has in one region.
#[derive(Default, Deserialize, Serialize)]
pub struct Partition {
    aliases: BTreeMap<AliasName, Option<KeyArn>>,
    approvals: Approvals,
    pub default_replication_regions: ReplicationRegions,
    exchange: Exchange,
    keys: HashMap<KeyArn, KeyRecord>,
    next_sequence: u64,
}

impl Partition {
    /// Adds a key under a new ARN. The id looks like the service's: 16 characters of `[a-z2-7]`.
    fn insert_key(
        &mut self,
        scope: &Scope,
        new: NewKey,
        now: Timestamp,
    ) -> Result<&KeyRecord, GenerationFailed> {
        let arn = loop {
            let arn = KeyArn::of(scope, &new_id()?);
            if !self.keys.contains_key(&arn) {
                break arn;
            }
        };
        self.next_sequence += 1;
        let record = KeyRecord::new(arn.clone(), self.next_sequence, new, now);
        Ok(self.keys.entry(arn).or_insert(record))
    }

    /// Puts a replica in its place. It stays where it was in the order of keys, and when it waits
    /// for deletion its aliases lose it, as the primary's do.
    fn put_key(&mut self, mut record: KeyRecord) {
        record.sequence = match self.keys.get(&record.arn) {
            Some(present) => present.sequence,
            None => {
                self.next_sequence += 1;
                self.next_sequence
            }
        };
        if record.state != KeyState::CreateComplete {
            self.unassign_aliases(&record.arn);
        }
        self.keys.insert(record.arn.clone(), record);
    }

    /// Forgets a replica, and leaves its aliases without a key.
    fn remove_key(&mut self, arn: &KeyArn) {
        self.unassign_aliases(arn);
        self.keys.remove(arn);
    }

    /// The key that an identifier means. A key or alias of another account or region is not found
    /// (INFERRED), and neither is an alias without a key.
    pub fn resolve(
        &mut self,
        scope: &Scope,
        identifier: &KeyIdentifier,
    ) -> Result<&mut KeyRecord, ServiceError> {
        let arn = match identifier {
            KeyIdentifier::Key(arn) => Some(arn),
            KeyIdentifier::Alias(alias) => self.aliases.get(alias).and_then(Option::as_ref),
            KeyIdentifier::AliasArn {
                scope: named,
                alias,
            } if named == scope => self.aliases.get(alias).and_then(Option::as_ref),
            KeyIdentifier::AliasArn { .. } => None,
        };
        arn.and_then(|arn| self.keys.get_mut(arn))
            .ok_or_else(|| ServiceError::not_found(identifier))
    }

    pub fn key(&mut self, arn: &KeyArn) -> Result<&mut KeyRecord, ServiceError> {
        self.keys
            .get_mut(arn)
            .ok_or_else(|| ServiceError::not_found(arn))
    }

    /// Every key, oldest first.
    pub fn keys(&self) -> Vec<&KeyRecord> {
        let mut keys: Vec<_> = self.keys.values().collect();
        keys.sort_by_key(|key| key.sequence);
        keys
    }

    pub fn aliases(&self) -> &BTreeMap<AliasName, Option<KeyArn>> {
        &self.aliases
    }

    pub fn aliases_mut(&mut self) -> &mut BTreeMap<AliasName, Option<KeyArn>> {
        &mut self.aliases
    }

    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    pub fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// Leaves every alias of this key without a key.
    pub fn unassign_aliases(&mut self, arn: &KeyArn) {
        for target in self
            .aliases
            .values_mut()
            .filter(|target| target.as_ref() == Some(arn))
        {
            *target = None;
        }
    }

    /// Wipes the keys whose waiting period is over; their policies end with them.
    fn finish_deletions(&mut self, now: Timestamp) {
        for key in self.keys.values_mut() {
            if let KeyState::DeletePending = key.state
                && let Some(due) = key.delete_pending_at
                && due <= now
            {
                key.state = KeyState::DeleteComplete;
                key.deleted_at = Some(due);
                key.delete_pending_at = None;
                key.material = KeyMaterial::Gone;
                key.policy = None;
                self.exchange.forget_key(&key.arn);
            }
        }
    }
}

/// 80 random bits in the alphabet of RFC 4648 section 6, lower case.
pub fn new_id() -> Result<String, GenerationFailed> {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bytes = random_bytes::<16>()?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect())
}
