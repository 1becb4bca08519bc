//! AddKeyReplicationRegions, RemoveKeyReplicationRegions, and the default replication regions.
//!
//! The defaults are kept per account and region, as the user guide has it: every region can have
//! its own, and the keys made there become primaries.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::model::identifiers::{KeyArn, KeyIdentifier, Region, Scope};
use crate::model::key::Key;
use crate::model::replication::ReplicationRegions;
use crate::operations::call::Call;
use crate::operations::keys::KeyOutput;
use crate::protocol::error::ServiceError;
use crate::store::{Partition, State, check_other_regions};

/// Replicates a key to more regions. INFERRED: the key may be disabled, as StopKeyUsage does not
/// stop replication either.
pub fn add_regions(call: &mut Call<'_>, input: KeyRegionsInput) -> Result<KeyOutput, ServiceError> {
    change_regions(call, input, State::add_replicas)
}

/// Ends a key in some regions; there it is not found from then on.
pub fn remove_regions(
    call: &mut Call<'_>,
    input: KeyRegionsInput,
) -> Result<KeyOutput, ServiceError> {
    change_regions(call, input, State::remove_replicas)
}

type Change =
    fn(&mut State, &Scope, &KeyArn, &ReplicationRegions, Timestamp) -> Result<Key, ServiceError>;

fn change_regions(
    call: &mut Call<'_>,
    input: KeyRegionsInput,
    change: Change,
) -> Result<KeyOutput, ServiceError> {
    let KeyRegionsInput {
        key_identifier,
        replication_regions,
    } = input;

    check_not_empty(&replication_regions)?;
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, &key_identifier)?;
    record.check_changeable()?;
    let arn = record.arn.clone();
    let key = change(
        &mut state,
        &call.scope,
        &arn,
        &replication_regions,
        call.now,
    )?;
    Ok(KeyOutput { key })
}

/// Adds to the regions that new keys are replicated to. Keys that exist stay as they are.
pub fn enable_default_regions(
    call: &mut Call<'_>,
    input: RegionsInput,
) -> Result<DefaultRegionsOutput, ServiceError> {
    let RegionsInput {
        replication_regions,
    } = input;

    check_not_empty(&replication_regions)?;
    check_other_regions(&call.scope, &replication_regions)?;
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    partition
        .default_replication_regions
        .add(replication_regions);
    Ok(DefaultRegionsOutput::of(partition))
}

/// Takes from the regions that new keys are replicated to. INFERRED: one that is not among them is
/// no error.
pub fn disable_default_regions(
    call: &mut Call<'_>,
    input: RegionsInput,
) -> Result<DefaultRegionsOutput, ServiceError> {
    let RegionsInput {
        replication_regions,
    } = input;

    check_not_empty(&replication_regions)?;
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    partition
        .default_replication_regions
        .remove(&replication_regions);
    Ok(DefaultRegionsOutput::of(partition))
}

/// Shows the regions that new keys are replicated to.
pub fn get_default_regions(
    call: &mut Call<'_>,
    _input: NoInput,
) -> Result<DefaultRegionsOutput, ServiceError> {
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    Ok(DefaultRegionsOutput::of(partition))
}

/// The input of AddKeyReplicationRegions and RemoveKeyReplicationRegions.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyRegionsInput {
    key_identifier: KeyIdentifier,
    replication_regions: ReplicationRegions,
}

/// The input of EnableDefaultKeyReplicationRegions and DisableDefaultKeyReplicationRegions.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegionsInput {
    replication_regions: ReplicationRegions,
}

#[derive(Deserialize)]
pub struct NoInput {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DefaultRegionsOutput {
    enabled_replication_regions: Vec<Region>,
}

impl DefaultRegionsOutput {
    fn of(partition: &Partition) -> Self {
        Self {
            enabled_replication_regions: partition.default_replication_regions.to_list(),
        }
    }
}

/// INFERRED: a request about no region is a mistake.
fn check_not_empty(regions: &ReplicationRegions) -> Result<(), ServiceError> {
    if regions.is_empty() {
        Err(ServiceError::Validation(
            "ReplicationRegions has no member".to_owned(),
        ))
    } else {
        Ok(())
    }
}
