//! The emulator without sockets.

use hyper::body::Bytes;
use serde_json::Value;

use crate::approvals::{self, Approval, ApprovalView};
use crate::controls::ControlError;
use crate::model::identifiers::{AccountId, Region, Scope};
use crate::quotas::Quotas;
use crate::service::{Request, Service};
use crate::store::Decision;

/// Everything that the emulator does with a request, in the thread that asks: for tests that make
/// more requests than a socket can carry.
pub struct Front {
    service: Service,
}

impl Front {
    /// A front with nothing behind it; account and region hold for requests that name none.
    pub fn new(account: AccountId, region: Region) -> Self {
        Self {
            service: Service::new(Scope { account, region }),
        }
    }

    /// Sets how many seconds the emulator's time is ahead of the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.service.clock.set_offset_seconds(seconds);
    }

    /// Enforces quotas, or none any more. Latencies there are none: nobody waits here.
    pub fn set_quotas(&self, quotas: Option<Quotas>) {
        self.service.set_quotas(quotas);
    }

    /// Decides for an approval team.
    pub fn decide(
        &self,
        approval: &Approval,
        decision: Decision,
    ) -> Result<ApprovalView, ControlError> {
        approvals::decide(&self.service, approval, decision)
    }

    /// The HTTP status and the body that a client would get. `target` is the value of
    /// `X-Amz-Target`, `authorization` that of `Authorization`.
    pub fn answer(
        &self,
        target: Option<&str>,
        authorization: Option<&str>,
        body: &[u8],
    ) -> (u16, Value) {
        let answer = self.service.serve_now(Request {
            authorization: authorization.map(str::to_owned),
            body: Bytes::copy_from_slice(body),
            target: target.map(str::to_owned),
        });
        (answer.status, answer.body)
    }
}
