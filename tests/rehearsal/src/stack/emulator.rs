//! The process of Payment Cryptography's emulator.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::stack::connection::ACCOUNT;
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
    region: &str,
    log: &Path,
    tls: &Tls,
    lifetime: Lifetime,
) -> Result<(Group, Addresses)> {
    let mut command = lifetime.command(program);
    command
        .env_clear()
        .args(["--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"])
        .args(["--region", region, "--account", ACCOUNT])
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
}
