//! Room for keys and aliases.

use super::Partition;
use crate::model::key::KeyState;
use crate::protocol::error::ServiceError;
use crate::quotas::Quotas;

impl Partition {
    /// INFERRED: every key counts that is not deleted: those that wait for deletion or approval, and
    /// those that were not approved. The user guide has it that replicas count, where they are.
    pub(super) fn check_room_for_key(&self, quotas: Option<Quotas>) -> Result<(), ServiceError> {
        let Some(quotas) = quotas else {
            return Ok(());
        };
        let keys = self.keys.values();
        let count = keys.filter(|key| key.state != KeyState::DeleteComplete);
        check(count.count(), quotas.keys, "keys")
    }

    /// An alias counts whether or not it has a key.
    pub fn check_room_for_alias(&self, quotas: Option<Quotas>) -> Result<(), ServiceError> {
        match quotas {
            Some(quotas) => check(self.aliases.len(), quotas.aliases, "aliases"),
            None => Ok(()),
        }
    }
}

fn check(count: usize, quota: usize, what: &str) -> Result<(), ServiceError> {
    if count < quota {
        Ok(())
    } else {
        let message = format!("an account has at most {quota} {what} in a region");
        Err(ServiceError::ServiceQuotaExceeded(message))
    }
}
