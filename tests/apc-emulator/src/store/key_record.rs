//! A key with its substance and its history.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Replication;
use crate::clock::Timestamp;
use crate::crypto::material::KeyMaterial;
use crate::crypto::saved;
use crate::model::attributes::{DeriveKeyUsage, KeyAttributes};
use crate::model::identifiers::{KeyArn, Region};
use crate::model::key::{Key, KeyOrigin, KeyState};
use crate::model::mpa::MpaStatus;
use crate::model::policy::PolicyDocument;
use crate::model::tags::{TagKey, TagValue};
use crate::protocol::error::ServiceError;

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
#[derive(Clone, Deserialize, Serialize)]
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
    #[serde(with = "saved::material")]
    pub material: KeyMaterial,
    pub mpa_status: Option<MpaStatus>,
    pub origin: KeyOrigin,
    pub policy: Option<PolicyDocument>,
    pub replication: Replication,
    pub sequence: u64,
    pub state: KeyState,
    pub tags: BTreeMap<TagKey, TagValue>,
    pub usage_started_at: Option<Timestamp>,
    pub usage_stopped_at: Option<Timestamp>,
}

impl KeyRecord {
    pub(super) fn new(arn: KeyArn, sequence: u64, new: NewKey, now: Timestamp) -> Self {
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
            mpa_status: None,
            origin: new.origin,
            policy: None,
            replication: Replication::SingleRegion,
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
            multi_region_key_type: self.replication.multi_region_key_type(),
            primary_region: self.primary_region(),
            replication_status: self.replication.status(),
            using_default_replication_regions: self.replication.using_defaults(),
            mpa_status: self.mpa_status.clone(),
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

    /// Neither on its way to deletion nor still waiting for approval, or without it. INFERRED from
    /// the text of ConflictException in the model.
    pub fn check_complete(&self) -> Result<(), ServiceError> {
        match self.state {
            KeyState::CreateComplete => Ok(()),
            state => Err(ServiceError::Conflict(format!(
                "{} is in state {state}",
                self.arn
            ))),
        }
    }

    /// Open for changes: not a replica, which is read-only, and not on its way to deletion.
    /// INFERRED: that a change to a replica is a ValidationException.
    pub fn check_changeable(&self) -> Result<(), ServiceError> {
        self.check_not_replica()?;
        self.check_complete()
    }

    pub fn check_not_replica(&self) -> Result<(), ServiceError> {
        match &self.replication {
            Replication::Replica { primary } => Err(ServiceError::Validation(format!(
                "{} is a read-only replica of the key in {primary}",
                self.arn
            ))),
            Replication::Primary { .. } | Replication::SingleRegion => Ok(()),
        }
    }

    /// Where a multi-Region key is managed.
    fn primary_region(&self) -> Option<Region> {
        match &self.replication {
            Replication::Primary { .. } => self.arn.scope().map(|scope| scope.region),
            Replication::Replica { primary } => Some(primary.clone()),
            Replication::SingleRegion => None,
        }
    }

    /// Fit for cryptography. INFERRED: a disabled key gives a ConflictException; nothing documents
    /// which error it is.
    pub fn check_usable(&self) -> Result<(), ServiceError> {
        self.check_complete()?;
        if self.enabled {
            Ok(())
        } else {
            Err(ServiceError::Conflict(format!(
                "{} is not enabled",
                self.arn
            )))
        }
    }
}
