//! The quotas of one account and region, which are not enforced unless a test asks.

mod rate;

pub(crate) use rate::RateLimit;

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much of the service one account may use in one region. The default is what AWS gives to
/// every account. As text: `rate=5,burst=5,keys=2000,aliases=2000`, in any order; what is left out
/// has its default.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Quotas {
    /// Requests a second, over all operations together. With 0 the burst is all there will ever be.
    pub rate: u32,
    /// Requests at once after a pause. INFERRED: AWS publishes none. With 0 nothing is admitted.
    pub burst: u32,
    /// Keys, replicas included. INFERRED: AWS excludes deleted keys, and a key that waits for its
    /// deletion is not deleted yet.
    pub keys: usize,
    /// Aliases, with or without a key.
    pub aliases: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            rate: 5,
            burst: 5,
            keys: 2_000,
            aliases: 2_000,
        }
    }
}

impl FromStr for Quotas {
    type Err = UnreadableQuotas;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut quotas = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| UnreadableQuotas(format!("{part} is not NAME=NUMBER")))?;
            match name {
                "rate" => quotas.rate = number(name, value)?,
                "burst" => quotas.burst = number(name, value)?,
                "keys" => quotas.keys = number(name, value)?,
                "aliases" => quotas.aliases = number(name, value)?,
                _ => return Err(UnreadableQuotas(format!("{name} is not a quota"))),
            }
        }
        Ok(quotas)
    }
}

/// A text that is no list of quotas.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}; quotas are rate, burst, keys and aliases")]
pub struct UnreadableQuotas(String);

fn number<N>(name: &str, value: &str) -> Result<N, UnreadableQuotas>
where
    N: FromStr<Err: Display>,
{
    let parsed = value.parse();
    parsed.map_err(|error| UnreadableQuotas(format!("{name}={value}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_from_text_and_default_to_those_of_every_account() {
        let read = |text: &str| text.parse::<Quotas>();
        assert_eq!(read(""), Ok(Quotas::default()));
        let other = Quotas {
            rate: 20,
            keys: 3,
            ..Quotas::default()
        };
        assert_eq!(read("keys=3,rate=20"), Ok(other));
        for wrong in ["5", "rate", "rate=", "rate=-1", "rate=0.5", "tags=1"] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("rate, burst, keys and aliases"), "{error}");
        }
    }
}
