//! How many calls something cost.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;

use crate::controls::Controls;
use crate::request_log::LoggedRequest;

impl Controls {
    /// How many requests were ever logged: where the next one will be in the log.
    pub fn log_position(&self) -> u64 {
        self.service.requests.end()
    }

    /// The request log from a position on, oldest first.
    pub fn requests_since(&self, position: u64) -> Vec<LoggedRequest> {
        self.service.requests.since(position)
    }

    /// How often which operation was called from a position on, and how often throttled.
    pub fn calls_since(&self, position: u64) -> Calls {
        Calls::of(&self.requests_since(position))
    }
}

/// Requests by operation.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Calls(BTreeMap<String, CallCount>);

impl Calls {
    /// Counts requests: all of the log, those from a position on, or those of one alias.
    pub fn of<'a>(requests: impl IntoIterator<Item = &'a LoggedRequest>) -> Self {
        let mut calls = Self::default();
        for request in requests {
            let count = calls.0.entry(request.operation.clone()).or_default();
            *count += CallCount {
                all: 1,
                throttled: u64::from(request.is_throttled()),
            };
        }
        calls
    }

    /// Those of one operation.
    pub fn operation(&self, name: &str) -> CallCount {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// By operation, in the order of their names; only those that were called.
    pub fn by_operation(&self) -> &BTreeMap<String, CallCount> {
        &self.0
    }

    /// Those of all operations together.
    pub fn total(&self) -> CallCount {
        let mut total = CallCount::default();
        for count in self.0.values() {
            total += *count;
        }
        total
    }
}

/// A number of requests, and how many of them were throttled.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallCount {
    pub all: u64,
    pub throttled: u64,
}

impl CallCount {
    /// Those that were not throttled, whatever became of them.
    pub fn admitted(self) -> u64 {
        self.all.saturating_sub(self.throttled)
    }
}

impl AddAssign for CallCount {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.throttled += other.throttled;
    }
}
