//! What tests may do that no client of the service can: look inside, move the clock, break things.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::crypto::material::KeyMaterial;
use crate::faults::Fault;
use crate::latencies::Latencies;
use crate::model::attributes::{KeyAttributes, KeyCheckValueAlgorithm};
use crate::model::identifiers::{AliasName, KeyArn, Region, Scope};
use crate::model::key::{KeyOrigin, KeyState};
use crate::model::mpa::SessionStatus;
use crate::model::replication::MultiRegionKeyType;
use crate::model::tags::{TagKey, TagValue};
use crate::protocol::operation::Operation;
use crate::quotas::Quotas;
use crate::request_log::LoggedRequest;
use crate::service::Service;

/// A hold on a running emulator, from within the process or behind the management port.
#[derive(Clone)]
pub struct Controls {
    pub(crate) service: Arc<Service>,
    quotas: Option<Quotas>,
    latencies: Option<Latencies>,
}

impl Controls {
    /// Controls of a service that begins with these settings, and is reset to them.
    pub(crate) fn new(
        service: Arc<Service>,
        quotas: Option<Quotas>,
        latencies: Option<Latencies>,
    ) -> Self {
        let controls = Self {
            service,
            quotas,
            latencies,
        };
        controls.set_quotas(quotas);
        controls.set_latencies(latencies);
        controls
    }

    /// Lets coming requests fail.
    pub fn inject(&self, fault: Fault) -> Result<(), ControlError> {
        if let Some(name) = &fault.operation
            && Operation::named(name).is_none()
        {
            return Err(ControlError::UnknownOperation(name.clone()));
        }
        if fault.times == 0 {
            return Err(ControlError::NeverHappens);
        }
        self.service.faults.add(fault);
        Ok(())
    }

    /// The faults that are still to come.
    pub fn faults(&self) -> Vec<Fault> {
        self.service.faults.all()
    }

    /// Takes back every fault that is still to come.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
    }

    /// The request log, oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.service.requests.since(0)
    }

    /// Empties the request log.
    pub fn clear_requests(&self) {
        self.service.requests.clear();
    }

    /// The quotas that are enforced, if any.
    pub fn quotas(&self) -> Option<Quotas> {
        self.service.rate_limit.quotas()
    }

    /// Enforces quotas, or none any more. What was used of a rate is forgotten; the keys and aliases
    /// that there are stay, even if they are too many.
    pub fn set_quotas(&self, quotas: Option<Quotas>) {
        self.service.set_quotas(quotas);
    }

    /// How late answers come, if they do not come at once.
    pub fn latencies(&self) -> Option<Latencies> {
        self.service.latencies.get()
    }

    /// Lets answers come late, or at once again.
    pub fn set_latencies(&self, latencies: Option<Latencies>) {
        self.service.latencies.set(latencies);
    }

    /// Every key and alias, of one region or of all; without substance.
    pub fn inventory(&self, region: Option<&Region>) -> Inventory {
        let now = self.service.clock.now();
        let mut inventory = Inventory {
            keys: Vec::new(),
            aliases: Vec::new(),
        };
        let mut state = self.service.store.lock();
        for scope in state.scopes() {
            if region.is_some_and(|region| *region != scope.region) {
                continue;
            }
            let partition = state.partition(&scope, now);
            for record in partition.keys() {
                let aliases = partition.aliases().iter();
                let aliases = aliases.filter(|(_, target)| target.as_ref() == Some(&record.arn));
                let aliases = aliases.map(|(name, _)| name.clone()).collect();
                let key = record.to_key();
                inventory.keys.push(KeyView {
                    scope: ScopeView::of(&scope),
                    key_arn: key.key_arn,
                    attributes: key.key_attributes,
                    state: key.key_state,
                    enabled: key.enabled,
                    exportable: key.exportable,
                    origin: key.key_origin,
                    key_check_value: key.key_check_value,
                    key_check_value_algorithm: key.key_check_value_algorithm,
                    created_at: key.create_timestamp.to_rfc3339(),
                    multi_region_key_type: key.multi_region_key_type,
                    primary_region: key.primary_region,
                    replication_regions: record.replication.regions(),
                    approval: key.mpa_status.map(|status| status.status),
                    resource_policy: record
                        .policy
                        .as_ref()
                        .map(|policy| policy.as_str().to_owned()),
                    tags: record.tags.clone(),
                    aliases,
                });
            }
            for (name, target) in partition.aliases() {
                inventory.aliases.push(AliasView {
                    scope: ScopeView::of(&scope),
                    alias_name: name.clone(),
                    key_arn: target.clone(),
                });
            }
        }
        inventory
    }

    /// The bytes of a symmetric key in the clear, upper-case hex.
    pub fn clear_key(&self, arn: &KeyArn) -> Result<String, ControlError> {
        let scope = arn.scope().ok_or(ControlError::UnknownKey)?;
        let now = self.service.clock.now();
        let mut state = self.service.store.lock();
        let record = state
            .partition(&scope, now)
            .key(arn)
            .map_err(|_| ControlError::UnknownKey)?;
        match &record.material {
            KeyMaterial::Symmetric(key) => Ok(hex::encode_upper(key.bytes().expose())),
            _ => Err(ControlError::NotSymmetric),
        }
    }

    /// Sets how many seconds the emulator's time is ahead of the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.service.clock.set_offset_seconds(seconds);
    }

    /// The emulator's time.
    pub fn clock(&self) -> ClockView {
        ClockView {
            offset_seconds: self.service.clock.offset_seconds(),
            now: self.service.clock.now().to_rfc3339(),
        }
    }

    /// Back to the start: no keys, aliases, faults or logged requests, the machine's time, and the
    /// quotas and latencies that the emulator was started with.
    pub fn reset(&self) -> Result<(), ControlError> {
        self.service.store.lock().clear();
        self.clear_faults();
        self.clear_requests();
        self.set_clock_offset(0);
        self.set_quotas(self.quotas);
        self.set_latencies(self.latencies);
        self.save()
    }

    /// Keeps what a control changed, if there is a state file.
    pub(crate) fn save(&self) -> Result<(), ControlError> {
        let saved = self.service.save();
        saved.map_err(|error| ControlError::State(error.to_string()))
    }
}

/// What there is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// By account and region, oldest first.
    pub keys: Vec<KeyView>,
    /// By account, region and name; those without a key too.
    pub aliases: Vec<AliasView>,
}

/// A key without its substance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    #[serde(flatten)]
    pub scope: ScopeView,
    pub key_arn: KeyArn,
    pub attributes: KeyAttributes,
    pub state: KeyState,
    pub enabled: bool,
    pub exportable: bool,
    pub origin: KeyOrigin,
    pub key_check_value: String,
    pub key_check_value_algorithm: KeyCheckValueAlgorithm,
    pub created_at: String,
    pub multi_region_key_type: Option<MultiRegionKeyType>,
    pub primary_region: Option<Region>,
    /// Where the replicas of this key are.
    pub replication_regions: Vec<Region>,
    /// How far the approval of the key is, if it needs one.
    pub approval: Option<SessionStatus>,
    /// As it was put.
    pub resource_policy: Option<String>,
    #[serde(serialize_with = "tags_as_map")]
    pub tags: BTreeMap<TagKey, TagValue>,
    pub aliases: Vec<AliasName>,
}

/// An alias, and the key it points at, if any.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AliasView {
    #[serde(flatten)]
    pub scope: ScopeView,
    pub alias_name: AliasName,
    pub key_arn: Option<KeyArn>,
}

/// Where something is.
#[derive(Clone, Debug, Serialize)]
pub struct ScopeView {
    pub account: String,
    pub region: String,
}

impl ScopeView {
    pub(crate) fn of(scope: &Scope) -> Self {
        Self {
            account: scope.account.to_string(),
            region: scope.region.to_string(),
        }
    }
}

/// The emulator's time and how it differs from the machine's.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClockView {
    pub offset_seconds: i64,
    pub now: String,
}

/// Why a control did not work.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ControlError {
    #[error("the approval was decided before")]
    Decided,
    #[error("a fault with times 0 never happens")]
    NeverHappens,
    #[error("the key is not a symmetric key")]
    NotSymmetric,
    #[error("{0}")]
    State(String),
    #[error("there is no such approval")]
    UnknownApproval,
    #[error("there is no such key")]
    UnknownKey,
    #[error("{0} is not an operation of this service")]
    UnknownOperation(String),
}

fn tags_as_map<S: serde::Serializer>(
    tags: &BTreeMap<TagKey, TagValue>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(tags.iter().map(|(key, value)| (key.as_str(), value)))
}
