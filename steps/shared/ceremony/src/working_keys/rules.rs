//! What a profile says of orders: who may ask, and for what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Algorithm;
use super::attributes::Usage;
use super::order::{Asked, EstablishedKek, MAX_KEYS, NO_KEK, Order, Source};
use super::place::AskedBy;
use crate::exchange::{Load, Method};
use crate::fleet::{AllowedBdk, Exchange, InitialKeys};
use crate::profile::{self, ProfileVersion, Signature};

/// Working keys leave under an established KEK.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkingKeyExport {
    /// What the partner may ask for, by a request. Default: nothing.
    #[serde(default)]
    pub requests: Option<MayAsk>,
    /// What we may ask for, by an order. Default: nothing.
    #[serde(default)]
    pub orders: Option<MayAsk>,
    /// Keys of other folders, or made elsewhere, that may be sent here too: ARN, or alias as the order
    /// names it. They need the tag `key-ceremony:purpose` = `working`. Default: none.
    #[serde(default)]
    pub keys: Vec<String>,
    /// How the package is signed. Default: RSASSA_PKCS1_V1_5_SHA_256.
    #[serde(default)]
    pub signature: Signature,
}

/// What one side may ask for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MayAsk {
    /// The usages that keys may have. Default: none, but `bdks`.
    #[serde(default)]
    pub usages: Vec<Usage>,
    /// The algorithms that keys may have. Default: none, but `bdks`.
    #[serde(default)]
    pub algorithms: Vec<Algorithm>,
    /// Base derivation keys whose initial keys may be asked for, each by the name that orders use. They
    /// need the tag `key-ceremony:purpose` = `bdk`. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bdks: BTreeMap<String, AllowedBdk>,
    /// Whether keys may be made. Default: false, only existing ones are sent.
    #[serde(default)]
    pub new_keys: bool,
    /// How many keys one document may ask for. Default: 20.
    #[serde(default = "most_keys")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 20)))]
    pub max_keys: usize,
    /// Which KEKs may protect them. Default: the current one.
    #[serde(default = "current")]
    pub keks: Vec<EstablishedKek>,
}

fn most_keys() -> usize {
    MAX_KEYS
}

fn current() -> Vec<EstablishedKek> {
    vec![EstablishedKek::Current]
}

/// What one `working-key-export` takes from the profile; resolved once, by `fetch-request`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkingKeyPolicy {
    pub profile: ProfileVersion,
    /// Of the side that asks.
    pub may_ask: MayAsk,
    /// Keys that may be sent though they do not belong to the folder.
    pub keys: Vec<String>,
    pub signature: Signature,
}

impl WorkingKeyExport {
    pub fn may_ask(&self, asked_by: AskedBy) -> Option<&MayAsk> {
        match asked_by {
            AskedBy::Partner => self.requests.as_ref(),
            AskedBy::Requester => self.orders.as_ref(),
        }
    }

    /// What the fields promise one another, and take from how KEKs are sent.
    pub(crate) fn is_consistent(&self, keks: Option<&profile::Exchange>) -> Result<(), String> {
        for asked_by in AskedBy::ALL {
            let Some(rules) = self.may_ask(asked_by) else {
                continue;
            };
            let section = format!("workingKeyExport.{}", asked_by.section());
            let keys = !rules.usages.is_empty() && !rules.algorithms.is_empty();
            if !keys && rules.bdks.is_empty() || rules.keks.is_empty() {
                return Err(format!(
                    "`{section}` allows nothing: `keks`, and `usages` and `algorithms` or `bdks`, must \
                     not be empty"
                ));
            }
            if !(1..=MAX_KEYS).contains(&rules.max_keys) {
                return Err(format!(
                    "`{section}.maxKeys` is {}; 1 to {MAX_KEYS} are expected",
                    rules.max_keys
                ));
            }
            for (name, bdk) in &rules.bdks {
                bdk_may_travel(bdk, keks)
                    .map_err(|words| format!("`{section}.bdks.{name}`: {words}"))?;
            }
        }
        Ok(())
    }
}

/// What no certificate could make good, whatever it is.
fn bdk_may_travel(bdk: &AllowedBdk, keks: Option<&profile::Exchange>) -> Result<(), String> {
    if bdk.exchange == Exchange::Tr31 {
        return Ok(());
    }
    // From there come signer and, of the profile, trust anchors and rules of revocation.
    match keks {
        Some(exchange) if exchange.method() != Method::Tr34 => {
            return Err(format!(
                "`exchange` is `tr34`, and `kekExport.exchange.method` is `{}`: it must be `tr34` too, \
                 as it says who signs the blocks",
                exchange.method()
            ));
        }
        None => {
            return Err(
                "`exchange` is `tr34`, and there is no `kekExport`, whose exchange by `tr34` says who \
                 signs the blocks"
                    .to_owned(),
            );
        }
        Some(exchange) if exchange.takes_a_nonce() => {
            return Err(
                "`exchange` is `tr34`, and `kekExport.exchange.passes` is `two`: a random nonce of the \
                 partner's is for one block, and cannot serve a fleet"
                    .to_owned(),
            );
        }
        Some(_) => {}
    }
    let load = Load {
        kek: bdk.algorithm.as_travelling(),
        method: Method::Tr34,
    };
    if !load.some_key_may_carry_it() {
        return Err(format!(
            "`exchange` is `tr34`, and no RSA key is strong enough to carry {}",
            bdk.algorithm
        ));
    }
    if bdk.serial_number_in_block {
        return Err(
            "`serialNumberInBlock` is true, and `exchange` is `tr34`: such a block has no optional blocks"
                .to_owned(),
        );
    }
    Ok(())
}

impl MayAsk {
    /// Why the order is not allowed, as far as its document tells; what existing keys are is seen when
    /// they are found.
    pub fn why_not(&self, order: &Order) -> Option<String> {
        let keys = match &order.asked {
            Asked::InitialKeys(initial_keys) => {
                return self.why_no_initial_keys(order.kek, initial_keys);
            }
            Asked::Keys(keys) => keys,
        };
        if let Some(reason) = self.why_no_kek(order.kek) {
            return Some(reason);
        }
        let count = keys.len();
        if count > self.max_keys {
            return Some(format!(
                "it asks for {count} keys, and `maxKeys` is {}",
                self.max_keys
            ));
        }
        keys.iter().enumerate().find_map(|(index, key)| {
            let why = match &key.source {
                Source::Existing(_) => None,
                Source::New { .. } if !self.new_keys => {
                    Some("new keys are not allowed (`newKeys`)".to_owned())
                }
                Source::New {
                    usage, algorithm, ..
                } => self.why_not_kind(*usage, *algorithm),
            };
            why.map(|why| format!("`keys[{index}]`: {why}"))
        })
    }

    /// How many terminals an inventory has is seen when it is read.
    fn why_no_initial_keys(
        &self,
        kek: Option<EstablishedKek>,
        asked: &InitialKeys,
    ) -> Option<String> {
        let Some(bdk) = self.bdks.get(&asked.bdk) else {
            return Some("`initialKeys.bdk` is none of those that are allowed (`bdks`)".to_owned());
        };
        let why_not = match (bdk.exchange, kek) {
            (Exchange::Tr31, kek) => self.why_no_kek(kek),
            (Exchange::Tr34, Some(kek)) => Some(format!(
                "`kek` is `{kek}`, and the initial keys of this base derivation key leave by TR-34, under \
                 your certificate and no KEK: leave it out"
            )),
            (Exchange::Tr34, None) => None,
        };
        let (count, most) = (asked.terminals.len(), bdk.most_terminals());
        why_not.or_else(|| {
            (count > most as usize)
                .then(|| format!("it asks for {count} terminals, and `maxTerminals` is {most}"))
        })
    }

    fn why_no_kek(&self, kek: Option<EstablishedKek>) -> Option<String> {
        match kek {
            None => Some(NO_KEK.to_owned()),
            Some(kek) if !self.keks.contains(&kek) => {
                Some(format!("`kek` is `{kek}`, which is not allowed"))
            }
            Some(_) => None,
        }
    }

    /// How what the order asks for leaves; by TR-31 where it is not allowed at all.
    pub fn exchange_of(&self, order: &Order) -> Exchange {
        match &order.asked {
            Asked::InitialKeys(asked) => {
                let bdk = self.bdks.get(&asked.bdk);
                bdk.map_or(Exchange::Tr31, |bdk| bdk.exchange)
            }
            Asked::Keys(_) => Exchange::Tr31,
        }
    }

    /// Why keys of this kind are not allowed.
    pub fn why_not_kind(&self, usage: Usage, algorithm: Algorithm) -> Option<String> {
        if !self.usages.contains(&usage) {
            return Some(format!("keys of usage {usage} are not allowed (`usages`)"));
        }
        if !self.algorithms.contains(&algorithm) {
            return Some(format!("{algorithm} is not allowed (`algorithms`)"));
        }
        None
    }
}
