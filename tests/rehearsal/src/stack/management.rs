//! The management port of Payment Cryptography's emulator: what only tests may ask.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::stack::http::{self, Trust};

/// Faults, the request log, and the keys.
#[derive(Clone)]
pub struct Management {
    url: String,
    region: String,
    trust: Trust,
}

/// How an operation is made to fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The answer comes late, and is right.
    Delay(Duration),
    /// The connection breaks after the operation took effect.
    DropAfterCommit,
    /// The connection breaks before anything happened.
    DropBefore,
    Internal,
    Throttle,
}

impl Management {
    pub(crate) fn new(url: String, region: String, trust: Trust) -> Self {
        Self { url, region, trust }
    }

    /// Makes the next `times` calls of `operation` fail.
    pub async fn fault(&self, operation: &str, fault: Fault, times: u32) -> Result<()> {
        let request = fault.request(operation, times);
        self.call("POST", "/faults", Some(request)).await.map(drop)
    }

    /// Forgets the faults that have not struck yet.
    pub async fn clear_faults(&self) -> Result<()> {
        self.call("DELETE", "/faults", None).await.map(drop)
    }

    /// How many faults have not struck yet.
    pub async fn faults_left(&self) -> Result<usize> {
        let answer = self.call("GET", "/faults", None).await?;
        let faults = answer["faults"].as_array();
        Ok(faults.context("the answer has no list of faults")?.len())
    }

    /// Every request that the emulator got, oldest first: `{"requests":[…]}`.
    pub async fn requests(&self) -> Result<Value> {
        self.call("GET", "/requests", None).await
    }

    pub async fn clear_requests(&self) -> Result<()> {
        self.call("DELETE", "/requests", None).await.map(drop)
    }

    /// Every key and alias of the region, deleted ones included: `{"keys":[…],"aliases":[…]}`.
    pub async fn inventory(&self) -> Result<Value> {
        self.call("GET", &format!("/keys?region={}", self.region), None)
            .await
    }

    /// Every key that a ceremony made for a partner, by its tags. An operator's key may say that it
    /// is for a partner too, but is of no ceremony.
    pub async fn keys_of(&self, partner: &str) -> Result<Vec<Value>> {
        let mut inventory = self.inventory().await?;
        let Value::Array(mut keys) = inventory["keys"].take() else {
            bail!("the inventory has no list of keys");
        };
        keys.retain(|key| {
            let tags = &key["tags"];
            tags["key-ceremony:partner"] == partner && tags["key-ceremony:ceremony-id"].is_string()
        });
        Ok(keys)
    }

    /// Whether a key is the one that somebody has in the clear: what no API of the real service
    /// tells. Neither is shown anywhere, whatever the answer.
    pub async fn holds(&self, key_arn: &str, clear: &[u8]) -> Result<bool> {
        Ok(self.clear_key(key_arn).await? == clear)
    }

    /// A key in the clear, for a partner who has it too.
    pub async fn clear_key(&self, key_arn: &str) -> Result<Vec<u8>> {
        let request = json!({ "keyArn": key_arn });
        let answer = self.call("POST", "/keys/clear", Some(request)).await?;
        let key = answer["clearKey"]
            .as_str()
            .context("the answer has no clear key")?;
        hex::decode(key).ok().context("a clear key is hex")
    }

    /// What approval teams were asked for a partner, oldest first: the comment of each request names it.
    pub async fn approvals_for(&self, partner: &str) -> Result<Vec<Value>> {
        let mut answer = self.call("GET", "/approvals", None).await?;
        let Value::Array(mut approvals) = answer["approvals"].take() else {
            bail!("the answer has no list of approvals");
        };
        let named = format!("Root of {partner} for ");
        approvals.retain(|approval| {
            let comment = approval["requesterComment"].as_str();
            comment.is_some_and(|comment| comment.starts_with(&named))
        });
        Ok(approvals)
    }

    /// Decides for an approval team: `approve`, `reject`, or `cancel`.
    pub async fn decide(&self, key_arn: &str, decision: &str) -> Result<()> {
        let request = json!({ "keyArn": key_arn, "decision": decision });
        let decided = self.call("POST", "/approvals", Some(request)).await;
        decided.map(drop)
    }

    /// So many keys and no more, at any rate of calls.
    pub async fn room_for_keys(&self, keys: usize) -> Result<()> {
        let request = json!({ "rate": 1000, "burst": 1000, "keys": keys });
        self.call("PUT", "/quotas", Some(request)).await.map(drop)
    }

    /// So many calls a second, and room for as many keys and aliases as an account has.
    pub async fn quotas(&self, rate: u32) -> Result<()> {
        let request = json!({ "rate": rate });
        self.call("PUT", "/quotas", Some(request)).await.map(drop)
    }

    pub async fn room_without_end(&self) -> Result<()> {
        self.call("DELETE", "/quotas", None).await.map(drop)
    }

    /// Answers as late as the service's.
    pub async fn latencies_of_the_service(&self) -> Result<()> {
        let request = json!({ "factor": 1 });
        self.call("PUT", "/latencies", Some(request))
            .await
            .map(drop)
    }

    pub async fn answers_at_once(&self) -> Result<()> {
        self.call("DELETE", "/latencies", None).await.map(drop)
    }

    /// How often which operation was called from a position on:
    /// `{"calls":{…},"total":{…},"position":…}`, the last of which is where to go on.
    pub async fn calls_since(&self, position: u64) -> Result<Value> {
        self.call("GET", &format!("/calls?since={position}"), None)
            .await
    }

    /// Moves the emulator's clock.
    pub async fn set_clock_offset(&self, seconds: i64) -> Result<()> {
        let request = json!({ "offsetSeconds": seconds });
        self.call("PUT", "/clock", Some(request)).await.map(drop)
    }

    /// Forgets every key, alias, fault and request.
    pub async fn reset(&self) -> Result<()> {
        self.call("POST", "/reset", None).await.map(drop)
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        let url = format!("{}{path}", self.url);
        let body = body.map(|body| body.to_string());
        let answer = http::call(method, &url, body, &self.trust).await?;
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer).with_context(|| format!("the answer to {method} {path}"))
    }
}

impl Fault {
    fn request(self, operation: &str, times: u32) -> Value {
        let (kind, delay) = match self {
            Self::Delay(delay) => ("delay", Some(delay.as_millis() as u64)),
            Self::DropAfterCommit => ("drop-after-commit", None),
            Self::DropBefore => ("drop-before", None),
            Self::Internal => ("internal", None),
            Self::Throttle => ("throttle", None),
        };
        let mut request = json!({ "operation": operation, "kind": kind, "times": times });
        if let Some(delay) = delay {
            request["delayMs"] = delay.into();
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_sent_in_milliseconds() {
        let request = Fault::Delay(Duration::from_secs(2)).request("ExportKey", 1);
        let expected =
            json!({ "operation": "ExportKey", "kind": "delay", "times": 1, "delayMs": 2000 });
        assert_eq!(request, expected);
    }
}
