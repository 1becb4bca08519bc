//! Who asked for what, and how it ended. Never key material.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// One request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
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

/// The newest requests, in the order in which they were answered.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<LoggedRequest>>);

impl RequestLog {
    pub(crate) fn add(&self, request: LoggedRequest) {
        let mut requests = self.lock();
        if requests.len() == CAPACITY {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<LoggedRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many requests are remembered.
const CAPACITY: usize = 100_000;
