//! What goes wrong, and when.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::call::{Answer, Call, Service};
use super::table;

#[derive(Clone, Debug)]
pub enum Fault {
    /// Done, but nobody hears of it.
    AnswerLost,
    /// The JSON of the answer is another one.
    Answered(fn(&mut Value)),
    /// Not done: another transaction was writing the same items.
    Conflict,
    /// A bit of what was written flips afterwards, checksums and all.
    ChangedInStorage,
    /// A bit of what is read flips on its way; checksums stay as they were.
    ChangedOnTheWay,
    /// Not done: the caller may not.
    Denied,
    /// Not done: the service says no with this code, and repeats what it was asked.
    Echo(&'static str),
    /// Not done: the service says no, with this status and code.
    Refused(u16, &'static str),
    /// Not done: too fast.
    Throttled,
}

impl Fault {
    /// The answer in place of the right one, if nothing is done.
    pub(super) fn refusal(&self, call: &Call) -> Option<Answer> {
        let service = call.service;
        let (status, code) = match (self, service) {
            (Self::Denied, Service::S3) => (403, "AccessDenied"),
            (Self::Denied, _) => (400, "AccessDeniedException"),
            (Self::Throttled, Service::S3) => (503, "SlowDown"),
            (Self::Throttled, _) => (400, "ThrottlingException"),
            (Self::Conflict, _) => return Some(table::conflict(call)),
            (Self::Echo(code), _) => {
                let request = String::from_utf8_lossy(&call.body);
                return Some(Answer::error(service, 400, code, &request));
            }
            (Self::Refused(status, code), _) => (*status, *code),
            _ => return None,
        };
        Some(Answer::error(service, status, code, "as the test wants it"))
    }
}

#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Planned>);

#[derive(Debug)]
struct Planned {
    operation: String,
    requests: RangeInclusive<usize>,
    fault: Fault,
    seen: usize,
}

impl Faults {
    pub(super) fn plan(&mut self, operation: &str, requests: RangeInclusive<usize>, fault: Fault) {
        self.0.push(Planned {
            operation: operation.to_owned(),
            requests,
            fault,
            seen: 0,
        });
    }

    /// Counts a request, and says what happens to it.
    pub(super) fn next(&mut self, operation: &str) -> Option<Fault> {
        let mut found = None;
        for planned in &mut self.0 {
            if planned.operation == operation {
                planned.seen += 1;
                if planned.requests.contains(&planned.seen) {
                    found = Some(planned.fault.clone());
                }
            }
        }
        found
    }
}
