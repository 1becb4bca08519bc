//! CreateKey, GetKey and ListKeys.

use serde::{Deserialize, Serialize};

use crate::crypto::material::KeyMaterial;
use crate::model::attributes::{DeriveKeyUsage, KeyAttributes, KeyCheckValueAlgorithm, KeyUsage};
use crate::model::identifiers::KeyIdentifier;
use crate::model::key::{Key, KeyOrigin, KeyState, KeySummary};
use crate::model::legality;
use crate::model::limits::{MaxResults, NextToken};
use crate::model::replication::ReplicationRegions;
use crate::model::tags::Tags;
use crate::operations::call::Call;
use crate::operations::paging::page;
use crate::protocol::error::ServiceError;
use crate::store::NewKey;

/// Makes a random key with legal attributes, and its replicas.
pub fn create_key(call: &mut Call<'_>, input: CreateKeyInput) -> Result<KeyOutput, ServiceError> {
    let CreateKeyInput {
        key_attributes,
        // Samples send check value algorithms that do not fit, and succeed.
        key_check_value_algorithm: _,
        exportable,
        enabled,
        tags,
        derive_key_usage,
        replication_regions,
    } = input;

    legality::check_created_key(&key_attributes)?;
    check_derive_key_usage(key_attributes.key_usage, derive_key_usage)?;

    let new = NewKey {
        attributes: key_attributes,
        derive_key_usage,
        enabled: enabled.unwrap_or(true),
        exportable,
        material: KeyMaterial::generate(key_attributes.key_algorithm)?,
        origin: KeyOrigin::AwsPaymentCryptography,
        tags: tags.into_map(),
    };
    let mut state = call.store.lock();
    let key = state.add_key(&call.scope, new, replication_regions, call.now)?;
    call.touch_key(&key.key_arn);
    Ok(KeyOutput { key })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateKeyInput {
    key_attributes: KeyAttributes,
    #[expect(dead_code, reason = "checked for its form, then ignored")]
    key_check_value_algorithm: Option<KeyCheckValueAlgorithm>,
    exportable: bool,
    enabled: Option<bool>,
    #[serde(default)]
    tags: Tags,
    derive_key_usage: Option<DeriveKeyUsage>,
    replication_regions: Option<ReplicationRegions>,
}

/// Shows a key, also one that is being deleted.
pub fn get_key(call: &mut Call<'_>, input: KeyInput) -> Result<KeyOutput, ServiceError> {
    let KeyInput { key_identifier } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let key = call.resolve(partition, &key_identifier)?.to_key();
    Ok(KeyOutput { key })
}

/// The input of every operation that needs to know nothing but the key.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyInput {
    pub key_identifier: KeyIdentifier,
}

/// The output of every operation that shows a key.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyOutput {
    pub key: Key,
}

/// Lists keys, oldest first, deleted ones included unless a state is asked for. INFERRED: the order
/// and the deleted ones.
pub fn list_keys(
    call: &mut Call<'_>,
    input: ListKeysInput,
) -> Result<ListKeysOutput, ServiceError> {
    let ListKeysInput {
        key_state,
        next_token,
        max_results,
    } = input;

    if key_state == Some(KeyState::CreateFailed) {
        let message = format!("KeyState: {} cannot be asked for", KeyState::CreateFailed);
        return Err(ServiceError::Validation(message));
    }
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let keys = partition
        .keys()
        .into_iter()
        .filter(|key| key_state.is_none_or(|state| state == key.state))
        .map(|key| {
            (
                format!("{:020}", key.sequence),
                KeySummary::from(key.to_key()),
            )
        });
    let page = page("keys", keys, next_token.as_ref(), max_results)?;
    Ok(ListKeysOutput {
        keys: page.items,
        next_token: page.next_token,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListKeysInput {
    key_state: Option<KeyState>,
    next_token: Option<NextToken>,
    max_results: Option<MaxResults>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListKeysOutput {
    keys: Vec<KeySummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A key pair for key agreement says what it derives. INFERRED: no other key may say so.
fn check_derive_key_usage(
    usage: KeyUsage,
    derive_key_usage: Option<DeriveKeyUsage>,
) -> Result<(), ServiceError> {
    match (usage, derive_key_usage) {
        (KeyUsage::K3, None) => Err(ServiceError::Validation(format!(
            "DeriveKeyUsage is required for {usage}"
        ))),
        (KeyUsage::K3, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(ServiceError::Validation(format!(
            "DeriveKeyUsage is not valid for {usage}"
        ))),
    }
}
