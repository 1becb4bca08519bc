//! Faults that tests inject.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::operation::Operation;

/// What goes wrong, for which operation, and how often.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Fault {
    /// The operation's name; absent for any operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    pub kind: FaultKind,
    /// How many requests it hits.
    #[serde(default = "once")]
    pub times: u32,
    /// How long the answer takes, with kind `delay`.
    #[serde(default)]
    pub delay_ms: u64,
}

impl Fault {
    /// A fault that hits the next request for one operation.
    pub fn once(operation: &str, kind: FaultKind) -> Self {
        Self {
            operation: Some(operation.to_owned()),
            kind,
            times: 1,
            delay_ms: 0,
        }
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

/// The ways in which a request can fail.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The request is served, later.
    Delay,
    /// The request is served and the connection closed without an answer: a crash after commit.
    DropAfterCommit,
    /// The connection is closed without an answer, and nothing has happened.
    DropBefore,
    /// InternalServerException, status 500, and nothing has happened.
    Internal,
    /// ThrottlingException, status 400, and nothing has happened.
    Throttle,
}

impl FaultKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::DropAfterCommit => "drop-after-commit",
            Self::DropBefore => "drop-before",
            Self::Internal => "internal",
            Self::Throttle => "throttle",
        }
    }
}

/// The faults still to come, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub(crate) fn all(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The fault that hits a request for this operation, used up by one.
    pub(crate) fn take(&self, operation: Operation) -> Option<Fault> {
        let mut faults = self.lock();
        let position = faults.iter().position(|fault| {
            fault
                .operation
                .as_deref()
                .is_none_or(|name| name == operation.as_str())
        })?;
        faults[position].times = faults[position].times.saturating_sub(1);
        match faults[position].times {
            0 => Some(faults.remove(position)),
            _ => Some(faults[position].clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_its_operation_as_often_as_asked() {
        let faults = Faults::default();
        faults.add(Fault {
            times: 2,
            ..Fault::once("CreateKey", FaultKind::Throttle)
        });
        assert!(faults.take(Operation::GetKey).is_none());
        assert!(faults.take(Operation::CreateKey).is_some());
        assert!(faults.take(Operation::CreateKey).is_some());
        assert!(faults.take(Operation::CreateKey).is_none());
    }

    #[test]
    fn a_fault_without_an_operation_hits_any() {
        let faults = Faults::default();
        faults.add(serde_json::from_str(r#"{"kind":"drop-before"}"#).unwrap());
        assert_eq!(
            faults.take(Operation::ListKeys).unwrap().kind,
            FaultKind::DropBefore
        );
        assert!(faults.take(Operation::ListKeys).is_none());
    }
}
