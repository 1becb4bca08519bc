//! DeleteKey, RestoreKey, StartKeyUsage and StopKeyUsage.

use serde::Deserialize;

use crate::model::identifiers::KeyIdentifier;
use crate::model::key::KeyState;
use crate::model::limits::DeleteKeyInDays;
use crate::operations::call::Call;
use crate::operations::keys::{KeyInput, KeyOutput};
use crate::protocol::error::ServiceError;

/// Schedules a key for deletion, stops its use and leaves its aliases without a key. The substance
/// is wiped when the waiting period is over. Replicas follow their primary in this and in all else.
///
/// The user guide shows a key that waits for deletion as disabled, an older example of the AWS CLI
/// as enabled; the guide is newer. INFERRED: the aliases are unassigned at once and not at the end.
pub fn delete_key(call: &mut Call<'_>, input: DeleteKeyInput) -> Result<KeyOutput, ServiceError> {
    let DeleteKeyInput {
        key_identifier,
        delete_key_in_days,
    } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, &key_identifier)?;
    record.check_changeable()?;

    record.stop_usage(call.now);
    record.state = KeyState::DeletePending;
    let days = delete_key_in_days.unwrap_or_default().get();
    record.delete_pending_at = Some(call.now.plus_days(days));
    let key = record.to_key();
    partition.unassign_aliases(&key.key_arn);
    state.synchronize(&call.scope, &key.key_arn, call.now);
    Ok(KeyOutput { key })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteKeyInput {
    key_identifier: KeyIdentifier,
    delete_key_in_days: Option<DeleteKeyInDays>,
}

/// Cancels a scheduled deletion. The key stays disabled until StartKeyUsage, as the user guide
/// shows it, and gets no alias back.
pub fn restore_key(call: &mut Call<'_>, input: KeyInput) -> Result<KeyOutput, ServiceError> {
    let KeyInput { key_identifier } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, &key_identifier)?;
    record.check_not_replica()?;
    if record.state != KeyState::DeletePending {
        let message = format!("{} is in state {}", record.arn, record.state);
        return Err(ServiceError::Conflict(message));
    }

    record.state = KeyState::CreateComplete;
    record.delete_pending_at = None;
    let key = record.to_key();
    state.synchronize(&call.scope, &key.key_arn, call.now);
    Ok(KeyOutput { key })
}

/// Enables a key. INFERRED: enabling an enabled key changes nothing and is no error.
pub fn start_key_usage(call: &mut Call<'_>, input: KeyInput) -> Result<KeyOutput, ServiceError> {
    let KeyInput { key_identifier } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, &key_identifier)?;
    record.check_changeable()?;

    if !record.enabled {
        record.start_usage(call.now);
    }
    let key = record.to_key();
    state.synchronize(&call.scope, &key.key_arn, call.now);
    Ok(KeyOutput { key })
}

/// Disables a key. INFERRED: disabling a disabled key changes nothing and is no error.
pub fn stop_key_usage(call: &mut Call<'_>, input: KeyInput) -> Result<KeyOutput, ServiceError> {
    let KeyInput { key_identifier } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, &key_identifier)?;
    record.check_changeable()?;

    if record.enabled {
        record.stop_usage(call.now);
    }
    let key = record.to_key();
    state.synchronize(&call.scope, &key.key_arn, call.now);
    Ok(KeyOutput { key })
}
