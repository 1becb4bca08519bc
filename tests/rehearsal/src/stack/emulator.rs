//! Payment Cryptography's emulator: its process, and its management port for tests.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stack::connection::{ACCOUNT, REGION};
use crate::stack::http::{self, Trust};
use crate::stack::tls::Tls;
use workbench::process::{Group, Lifetime, log_tail};

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running emulator's two addresses.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Addresses {
    pub service: String,
    pub management: String,
}

/// Starts the emulator on free ports and waits until it says that it listens.
pub async fn start(
    program: &Path,
    log: &Path,
    tls: &Tls,
    lifetime: Lifetime,
) -> Result<(Group, Addresses)> {
    let mut command = lifetime.command(program);
    command
        .env_clear()
        .args(["--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"])
        .args(["--region", REGION, "--account", ACCOUNT])
        .arg("--tls-cert")
        .arg(&tls.certificate)
        .arg("--tls-key")
        .arg(&tls.key);
    let mut group = Group::spawn("apc-emulator", &mut command, log)?;
    let started = Instant::now();
    loop {
        let output = std::fs::read_to_string(log).unwrap_or_default();
        if let Some(addresses) = addresses(&output) {
            return Ok((group, addresses));
        }
        group.must_be_running()?;
        if started.elapsed() > START_TIMEOUT {
            bail!(
                "the Payment Cryptography emulator does not start{}",
                log_tail(log)
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn addresses(output: &str) -> Option<Addresses> {
    let after = |prefix: &str| {
        // A last line without its end may still be in the middle of being written.
        let complete = &output[..output.rfind('\n')?];
        // What follows the address is for people.
        complete
            .lines()
            .find_map(|line| line.strip_prefix(prefix)?.split(' ').next())
            .map(Into::into)
    };
    Some(Addresses {
        service: after("listening on ")?,
        management: after("management on ")?,
    })
}

/// What only tests may ask of the emulator: faults, its request log, and its keys.
#[derive(Clone)]
pub struct Management {
    url: String,
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
    pub(crate) fn new(url: String, trust: Trust) -> Self {
        Self { url, trust }
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

    /// Every request that the emulator got, oldest first: `{"requests":[…]}`.
    pub async fn requests(&self) -> Result<Value> {
        self.call("GET", "/requests", None).await
    }

    pub async fn clear_requests(&self) -> Result<()> {
        self.call("DELETE", "/requests", None).await.map(drop)
    }

    /// Every key and alias of a region, deleted ones included: `{"keys":[…],"aliases":[…]}`.
    pub async fn keys(&self, region: &str) -> Result<Value> {
        self.call("GET", &format!("/keys?region={region}"), None)
            .await
    }

    /// A key in the clear, in hex: what no API of the real service gives.
    pub async fn clear_key(&self, key_arn: &str) -> Result<String> {
        let request = json!({ "keyArn": key_arn });
        let answer = self.call("POST", "/keys/clear", Some(request)).await?;
        let key = answer["clearKey"]
            .as_str()
            .context("the answer has no clear key")?;
        Ok(key.to_owned())
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
    fn addresses_are_known_once_both_lines_are_complete() {
        assert!(addresses("listening on https://127.0.0.1:4").is_none());
        assert!(addresses("listening on https://127.0.0.1:4\nmanagement on http://x:5").is_none());
        let output = "management on http://h:5 (a remark)\nlistening on https://h:4\n";
        let found = addresses(output).unwrap();
        assert_eq!(
            (found.service.as_str(), found.management.as_str()),
            ("https://h:4", "http://h:5")
        );
    }

    #[test]
    fn a_delay_is_sent_in_milliseconds() {
        let request = Fault::Delay(Duration::from_secs(2)).request("ExportKey", 1);
        let expected =
            json!({ "operation": "ExportKey", "kind": "delay", "times": 1, "delayMs": 2000 });
        assert_eq!(request, expected);
    }
}
