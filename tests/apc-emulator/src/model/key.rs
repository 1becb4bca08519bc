//! A key as answers show it, and the states it goes through.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attributes::{DeriveKeyUsage, KeyAttributes, KeyCheckValueAlgorithm, wire_enum};
use super::identifiers::{KeyArn, Region};
use super::mpa::MpaStatus;
use super::replication::{MultiRegionKeyType, ReplicationStatus};
use crate::clock::Timestamp;

wire_enum! {
    /// Where a key is in its life. CREATE_IN_PROGRESS waits for approval. CREATE_FAILED did not get
    /// it; the user guide has this state and the model's enum does not.
    KeyState {
        CreateComplete = "CREATE_COMPLETE",
        CreateFailed = "CREATE_FAILED",
        CreateInProgress = "CREATE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeletePending = "DELETE_PENDING",
    }
}

wire_enum! {
    /// Who made the key.
    KeyOrigin {
        AwsPaymentCryptography = "AWS_PAYMENT_CRYPTOGRAPHY",
        External = "EXTERNAL",
    }
}

/// The `Key` of most answers. Never key material.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    pub key_arn: KeyArn,
    pub key_attributes: KeyAttributes,
    pub key_check_value: String,
    pub key_check_value_algorithm: KeyCheckValueAlgorithm,
    pub enabled: bool,
    pub exportable: bool,
    pub key_state: KeyState,
    pub key_origin: KeyOrigin,
    pub create_timestamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_start_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_stop_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_pending_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derive_key_usage: Option<DeriveKeyUsage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_region_key_type: Option<MultiRegionKeyType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_region: Option<Region>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_status: Option<BTreeMap<Region, ReplicationStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub using_default_replication_regions: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mpa_status: Option<MpaStatus>,
}

/// One line of ListKeys.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeySummary {
    pub key_arn: KeyArn,
    pub key_state: KeyState,
    pub key_attributes: KeyAttributes,
    pub key_check_value: String,
    pub exportable: bool,
    pub enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_region_key_type: Option<MultiRegionKeyType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_region: Option<Region>,
}

impl From<Key> for KeySummary {
    fn from(key: Key) -> Self {
        Self {
            key_arn: key.key_arn,
            key_state: key.key_state,
            key_attributes: key.key_attributes,
            key_check_value: key.key_check_value,
            exportable: key.exportable,
            enabled: key.enabled,
            multi_region_key_type: key.multi_region_key_type,
            primary_region: key.primary_region,
        }
    }
}
