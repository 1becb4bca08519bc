//! Who asked for what, and how it ended. Never key material.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// One request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// Its place in the log: how many were logged before it since the emulator started. Neither
    /// emptying the log nor forgetting the oldest makes it start again.
    pub position: u64,
    /// When it came, RFC 3339, by the emulator's clock.
    pub time: String,
    /// The `x-amzn-RequestId` of the answer.
    pub request_id: String,
    pub account: Option<String>,
    pub region: Option<String>,
    /// Of the caller, as its signature claims.
    pub access_key_id: Option<String>,
    /// The operation's name, or the target as sent when there is no such operation.
    pub operation: String,
    /// Every key it found or made, in the order it did; for ExportKey the key that left, then the
    /// certificate authority's.
    pub key_arns: Vec<String>,
    /// The first alias it named, if any; for ExportKey that of the key that left.
    pub alias_name: Option<String>,
    /// `ok`, or the name of the exception. With a dropped connection, what the caller would have
    /// been told, or `nothing` when nothing was done.
    pub outcome: String,
    /// The fault that hit it, if any.
    pub fault: Option<String>,
}

impl LoggedRequest {
    /// Whether it was refused because there were too many; without a fault, by the quotas.
    pub fn is_throttled(&self) -> bool {
        self.outcome == "ThrottlingException"
    }
}

/// The newest requests, in the order in which they were carried out.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    end: u64,
    requests: VecDeque<LoggedRequest>,
}

impl RequestLog {
    pub(crate) fn add(&self, mut request: LoggedRequest) {
        let mut log = self.lock();
        request.position = log.end;
        log.end += 1;
        if log.requests.len() == CAPACITY {
            log.requests.pop_front();
        }
        log.requests.push_back(request);
    }

    /// The position that the next request will have.
    pub(crate) fn end(&self) -> u64 {
        self.lock().end
    }

    /// From a position on, as far as they are still remembered.
    pub(crate) fn since(&self, position: u64) -> Vec<LoggedRequest> {
        let log = self.lock();
        let first = log
            .requests
            .partition_point(|request| request.position < position);
        log.requests.range(first..).cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().requests.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many requests are remembered.
const CAPACITY: usize = 100_000;
