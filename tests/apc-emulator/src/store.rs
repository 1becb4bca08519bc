//! Keys and aliases, in memory only, behind one lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;
use crate::crypto::material::{GenerationFailed, KeyMaterial, random_bytes};
use crate::model::attributes::{DeriveKeyUsage, KeyAttributes};
use crate::model::identifiers::{AliasName, KeyArn, KeyIdentifier, Scope};
use crate::model::key::{Key, KeyOrigin, KeyState};
use crate::model::tags::{TagKey, TagValue};
use crate::protocol::error::ServiceError;

/// The state of every account and region. One lock over all of it, because an operation may reach
/// into another region (replication), and because nothing slow happens while it is held: keys are
/// generated and certificates read before.
#[derive(Default)]
pub struct Store {
    state: Mutex<State>,
}

impl Store {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // An operation that panicked has left the maps whole: it inserts or removes entire entries.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
pub struct State {
    scopes: BTreeMap<Scope, Partition>,
}

impl State {
    /// What belongs to one account in one region, as it is at this time.
    pub fn partition(&mut self, scope: &Scope, now: Timestamp) -> &mut Partition {
        let partition = self.scopes.entry(scope.clone()).or_default();
        partition.finish_deletions(now);
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

/// The keys and aliases of one account in one region.
#[derive(Default)]
pub struct Partition {
    aliases: BTreeMap<AliasName, Option<KeyArn>>,
    keys: HashMap<KeyArn, KeyRecord>,
    next_sequence: u64,
}

impl Partition {
    /// Adds a key under a new ARN. The id looks like the service's: 16 characters of `[a-z2-7]`.
    pub fn insert_key(
        &mut self,
        scope: &Scope,
        new: NewKey,
        now: Timestamp,
    ) -> Result<&KeyRecord, GenerationFailed> {
        let arn = loop {
            let arn = KeyArn::of(scope, &new_key_id()?);
            if !self.keys.contains_key(&arn) {
                break arn;
            }
        };
        self.next_sequence += 1;
        let record = KeyRecord::new(arn.clone(), self.next_sequence, new, now);
        Ok(self.keys.entry(arn).or_insert(record))
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

    /// Wipes the keys whose waiting period is over.
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
            }
        }
    }
}

/// What a new key starts with.
pub struct NewKey {
    pub attributes: KeyAttributes,
    pub derive_key_usage: Option<DeriveKeyUsage>,
    pub enabled: bool,
    pub exportable: bool,
    pub material: KeyMaterial,
    pub origin: KeyOrigin,
    pub tags: BTreeMap<TagKey, TagValue>,
}

/// A key with its substance and its history.
pub struct KeyRecord {
    pub arn: KeyArn,
    pub attributes: KeyAttributes,
    pub created_at: Timestamp,
    pub delete_pending_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    pub derive_key_usage: Option<DeriveKeyUsage>,
    pub enabled: bool,
    pub exportable: bool,
    pub key_check_value: String,
    pub material: KeyMaterial,
    pub origin: KeyOrigin,
    pub sequence: u64,
    pub state: KeyState,
    pub tags: BTreeMap<TagKey, TagValue>,
    pub usage_started_at: Option<Timestamp>,
    pub usage_stopped_at: Option<Timestamp>,
}

impl KeyRecord {
    fn new(arn: KeyArn, sequence: u64, new: NewKey, now: Timestamp) -> Self {
        let key_check_value = new.material.key_check_value();
        Self {
            arn,
            attributes: new.attributes,
            created_at: now,
            delete_pending_at: None,
            deleted_at: None,
            derive_key_usage: new.derive_key_usage,
            enabled: new.enabled,
            exportable: new.exportable,
            key_check_value: key_check_value
                .map(|value| value.to_string())
                .unwrap_or_default(),
            material: new.material,
            origin: new.origin,
            sequence,
            state: KeyState::CreateComplete,
            tags: new.tags,
            usage_started_at: new.enabled.then_some(now),
            usage_stopped_at: (!new.enabled).then_some(now),
        }
    }

    /// The key as answers show it.
    pub fn to_key(&self) -> Key {
        let algorithm = self.attributes.key_algorithm;
        Key {
            key_arn: self.arn.clone(),
            key_attributes: self.attributes,
            key_check_value: self.key_check_value.clone(),
            key_check_value_algorithm: algorithm.key_check_value_algorithm(),
            enabled: self.enabled,
            exportable: self.exportable,
            key_state: self.state,
            key_origin: self.origin,
            create_timestamp: self.created_at,
            usage_start_timestamp: self.usage_started_at,
            usage_stop_timestamp: self.usage_stopped_at,
            delete_pending_timestamp: self.delete_pending_at,
            delete_timestamp: self.deleted_at,
            derive_key_usage: self.derive_key_usage,
        }
    }

    pub fn start_usage(&mut self, now: Timestamp) {
        self.enabled = true;
        self.usage_started_at = Some(now);
        self.usage_stopped_at = None;
    }

    pub fn stop_usage(&mut self, now: Timestamp) {
        self.enabled = false;
        self.usage_stopped_at = Some(now);
    }

    /// Not on its way to deletion. INFERRED from the text of ConflictException in the model.
    pub fn check_not_deleted(&self) -> Result<(), ServiceError> {
        match self.state {
            KeyState::CreateComplete => Ok(()),
            state => Err(ServiceError::Conflict(format!(
                "{} is in state {state}",
                self.arn
            ))),
        }
    }

    /// Fit for cryptography. INFERRED: a disabled key gives a ConflictException; nothing documents
    /// which error it is.
    pub fn check_usable(&self) -> Result<(), ServiceError> {
        self.check_not_deleted()?;
        match self.enabled {
            true => Ok(()),
            false => Err(ServiceError::Conflict(format!(
                "{} is not enabled",
                self.arn
            ))),
        }
    }
}

/// 80 random bits in the alphabet of RFC 4648 section 6, lower case.
fn new_key_id() -> Result<String, GenerationFailed> {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bytes = random_bytes::<16>()?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect())
}
