//! How an emulator is set up, and the guardrails around it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::latencies::Latencies;
use crate::model::identifiers::{AccountId, Region};
use crate::quotas::Quotas;
use crate::state_file::StateConfig;

/// The settings of an emulator. The default listens on a free loopback port over plain HTTP.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where clients connect; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where tests connect, if at all; always loopback.
    pub management: Option<SocketAddr>,
    /// Serve HTTPS with this certificate and key.
    pub tls: Option<Tls>,
    /// The region of requests that name none.
    pub region: Region,
    /// The account of requests that name none: by default one that nobody has.
    pub account: AccountId,
    /// Listen also where other machines can connect.
    pub allow_remote_danger: bool,
    /// Keep the state in this file; without one it ends with the emulator.
    pub state: Option<StateConfig>,
    /// Enforce these quotas; without them there is no end to anything.
    pub quotas: Option<Quotas>,
    /// Answer as late as the service; without them answers come at once.
    pub latencies: Option<Latencies>,
}

/// PEM files for HTTPS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate, followed by any intermediates.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: FREE_LOOPBACK_PORT,
            management: Some(FREE_LOOPBACK_PORT),
            tls: None,
            region: Region::default(),
            account: AccountId::default(),
            allow_remote_danger: false,
            state: None,
            quotas: None,
            latencies: None,
        }
    }
}

impl Config {
    /// Refuses what would put clear keys within reach of other machines.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if !self.listen.ip().is_loopback() && !self.allow_remote_danger {
            return Err(Refusal::Remote(self.listen));
        }
        match self.management {
            Some(address) if !address.ip().is_loopback() => Err(Refusal::RemoteManagement(address)),
            _ => Ok(()),
        }
    }
}

/// Refuses an environment that seems to be meant for the real service.
///
/// Real access key ids are `AKIA` (long-term) or `ASIA` (temporary) and 16 more capitals or digits.
/// The ones in AWS's documentation end in `EXAMPLE` and are no secret.
pub fn check_environment(access_key_id: Option<&str>) -> Result<(), Refusal> {
    let looks_real = access_key_id.is_some_and(|id| {
        let start = id.starts_with("AKIA") || id.starts_with("ASIA");
        let rest = id
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        start && rest && id.len() == 20 && !id.ends_with("EXAMPLE")
    });
    if looks_real {
        Err(Refusal::RealCredentials)
    } else {
        Ok(())
    }
}

/// Why the emulator will not start.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "AWS_ACCESS_KEY_ID looks like a real credential: this is a test double, and nothing that \
         talks to it should hold one"
    )]
    RealCredentials,
    #[error("{0} is not a loopback address: anyone who can connect can use every key")]
    Remote(SocketAddr),
    #[error("{0} is not a loopback address: the management port gives out keys in the clear")]
    RemoteManagement(SocketAddr),
}

const FREE_LOOPBACK_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        let remote: SocketAddr = "0.0.0.0:0".parse().unwrap();
        let config = Config {
            listen: remote,
            ..Config::default()
        };
        assert_eq!(config.check(), Err(Refusal::Remote(remote)));
        let config = Config {
            allow_remote_danger: true,
            ..config
        };
        assert_eq!(config.check(), Ok(()));
        let config = Config {
            management: Some(remote),
            ..config
        };
        assert_eq!(config.check(), Err(Refusal::RemoteManagement(remote)));
    }

    #[test]
    fn credentials_that_look_real_are_refused() {
        // Put together here so that no scanner takes it for a leaked one.
        let real = format!("AKIA{}", "Q3EGRIZ7ABCDWXYZ");
        assert_eq!(
            check_environment(Some(&real)),
            Err(Refusal::RealCredentials)
        );
        for harmless in ["test", "000000000000", "AKIAIOSFODNN7EXAMPLE", "AKIA", ""] {
            assert_eq!(check_environment(Some(harmless)), Ok(()), "{harmless}");
        }
        assert_eq!(check_environment(None), Ok(()));
    }
}
