//! What a profile says of KEKs that come: who may ask for which, and on what terms they are offered a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attributes::{AliasName, KekModes, KekUsage};
use super::request::{ImportMethod, ImportRequest};
use crate::algorithms::{KekAlgorithm, OaepHash};
use crate::digest::Sha256;
use crate::exchange::{KeyDerivationFunction, KeyDerivationHash, Load, Passes};
use crate::profile::{DERIVED_KEY, ProfileVersion, Signature, Trust};
use crate::revocation::Rules;
use crate::working_keys::attributes::Exportability;
use crate::working_keys::place::AskedBy;

/// A KEK comes from the partner.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KekImport {
    /// What the partner may ask for, by a request. Default: nothing.
    #[serde(default)]
    pub requests: Option<MayImport>,
    /// What we may ask for, by an order. Default: nothing.
    #[serde(default)]
    pub orders: Option<MayImport>,
    /// By `ecdh`: how both sides come to the key that protects the block.
    #[serde(default)]
    pub agreement: Agreement,
    /// By `tr34`: default `one`. With `two` the offer has a random nonce, which the block repeats.
    #[serde(default)]
    pub passes: Passes,
    /// By `rsa-oaep`: the hash of RSAES-OAEP and its MGF1. Default: SHA_256.
    #[serde(default)]
    pub hash: OaepHash,
    /// By what it is known that the key which came is the one that was sent. Default: `announced`.
    #[serde(default)]
    pub kcv: KcvProof,
    /// How many hours a block is waited for, for each offer. Default: 168.
    #[serde(default = "a_week")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 696)))]
    pub deadline_hours: u32,
    /// How many more offers follow one that had its time, before the ceremony fails. Default: 2.
    #[serde(default = "two")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 5)))]
    pub fresh_offers: u32,
    /// For how many days the KEK that was there before is kept, so that an order can bring it back.
    /// Default: 30.
    #[serde(default = "a_month")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 90)))]
    pub keep_previous_days: u32,
    /// How offers are signed. Default: RSASSA_PKCS1_V1_5_SHA_256.
    #[serde(default)]
    pub signature: Signature,
}

/// What one side may ask for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MayImport {
    /// The ways by which a KEK may come.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub methods: Vec<ImportMethod>,
    /// The algorithms that it may have.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub algorithms: Vec<KekAlgorithm>,
    /// The usages that it may have. Default: K0.
    #[serde(default = "encryption_of_keys")]
    pub usages: Vec<KekUsage>,
    /// The modes that it may have. Default: B.
    #[serde(default = "both_ways")]
    pub modes: Vec<KekModes>,
    /// Whether it may be one that we can send on. Default: N alone.
    #[serde(default = "to_nobody")]
    pub exportabilities: Vec<Exportability>,
    /// The aliases that may be set besides the folder's own. Default: none.
    #[serde(default)]
    pub aliases: Vec<AliasName>,
}

fn encryption_of_keys() -> Vec<KekUsage> {
    vec![KekUsage::K0]
}

fn both_ways() -> Vec<KekModes> {
    vec![KekModes::B]
}

fn to_nobody() -> Vec<Exportability> {
    vec![Exportability::N]
}

/// How both sides of an agreement come to the key that protects the block.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Agreement {
    /// Default: NIST_SP800.
    #[serde(default)]
    pub key_derivation_function: KeyDerivationFunction,
    /// Default: SHA_512.
    #[serde(default)]
    pub key_derivation_hash: KeyDerivationHash,
    /// The key that both sides derive; not weaker than the KEK. Default: AES_256.
    #[serde(default = "derived_key")]
    pub derived_key: KekAlgorithm,
}

fn derived_key() -> KekAlgorithm {
    DERIVED_KEY
}

impl Default for Agreement {
    fn default() -> Self {
        Self {
            key_derivation_function: KeyDerivationFunction::default(),
            key_derivation_hash: KeyDerivationHash::default(),
            derived_key: DERIVED_KEY,
        }
    }
}

/// By what it is known that the key which came is the one that was sent. A block that opens says that it
/// was made for us; only its check value, over another way, says that no other took its place.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum KcvProof {
    /// The request has the check value, and the key that came must have it.
    #[default]
    Announced,
    /// The check value is published, and the partner confirms it by a file of its own; nothing uses the key
    /// before. One that the request has is compared all the same.
    Confirmed,
}

/// An offer has its time an hour before what it rests on: parameters of the service last for 30 days
/// (API reference, GetParametersForImport).
pub const LONGEST_HOURS: u32 = 29 * 24;

/// With the longest deadline, that of a confirmation too, and the longest grace these fit the year that an
/// execution may take.
pub const MOST_FRESH_OFFERS: u32 = 5;

const LONGEST_GRACE_DAYS: u32 = 90;

fn a_week() -> u32 {
    7 * 24
}

fn two() -> u32 {
    2
}

fn a_month() -> u32 {
    30
}

/// What one `kek-import` takes from the profile, as it stood when it began.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportPolicy {
    pub profile: ProfileVersion,
    pub trust: Trust,
    pub revocation: Rules,
    pub ca_key_arns: BTreeMap<Sha256, String>,
    /// Of the side that asks.
    pub may_import: MayImport,
    pub agreement: Agreement,
    pub passes: Passes,
    pub hash: OaepHash,
    pub kcv: KcvProof,
    pub deadline_hours: u32,
    pub fresh_offers: u32,
    pub keep_previous_days: u32,
    pub signature: Signature,
}

impl ImportPolicy {
    /// Why the request is not allowed.
    pub fn why_not(&self, request: &ImportRequest) -> Option<String> {
        let not_allowed = self.may_import.why_not(request);
        not_allowed.or_else(|| self.why_not_on_these_terms(request))
    }

    fn why_not_on_these_terms(&self, request: &ImportRequest) -> Option<String> {
        let (algorithm, derived) = (request.expected.algorithm, self.agreement.derived_key);
        if request.method == ImportMethod::Ecdh && !derived.may_protect(algorithm) {
            return Some(format!(
                "`algorithm` is {algorithm}, and the key that is derived (`agreement.derivedKey`) is \
                 {derived}, which is too weak to carry it"
            ));
        }
        if self.kcv == KcvProof::Announced && request.kcv.is_none() {
            return Some("`kcv` is missing: it must be announced".to_owned());
        }
        None
    }
}

impl MayImport {
    /// Why the request is not allowed, by the field that is not.
    pub fn why_not(&self, request: &ImportRequest) -> Option<String> {
        let expected = &request.expected;
        let (method, algorithm) = (request.method, expected.algorithm);
        if !self.methods.contains(&method) {
            return Some(format!("by `method` {method} is not allowed (`methods`)"));
        }
        if !self.algorithms.contains(&algorithm) {
            return Some(format!("{algorithm} is not allowed (`algorithms`)"));
        }
        if !self.usages.contains(&expected.usage) {
            let usage = expected.usage;
            return Some(format!("the usage {usage} is not allowed (`usages`)"));
        }
        if !self.modes.contains(&expected.modes) {
            let modes = expected.modes;
            return Some(format!("the modes {modes} are not allowed (`modes`)"));
        }
        if !self.exportabilities.contains(&expected.exportability) {
            let exportability = expected.exportability;
            return Some(format!(
                "the exportability {exportability} is not allowed (`exportabilities`)"
            ));
        }
        match &request.alias {
            Some(alias) if !self.aliases.contains(alias) => {
                Some("`alias` is none of those that may be set (`aliases`)".to_owned())
            }
            _ => None,
        }
    }

    fn is_consistent(&self, agreement: &Agreement) -> Result<(), String> {
        let lists = [
            ("methods", self.methods.is_empty()),
            ("algorithms", self.algorithms.is_empty()),
            ("usages", self.usages.is_empty()),
            ("modes", self.modes.is_empty()),
            ("exportabilities", self.exportabilities.is_empty()),
        ];
        if let Some((list, _)) = lists.into_iter().find(|(_, is_empty)| *is_empty) {
            return Err(format!("`{list}` is empty, and so nothing is allowed"));
        }
        for method in &self.methods {
            let may_come = |algorithm: &KekAlgorithm| {
                let (kek, exchange) = (*algorithm, method.exchange());
                let load = Load {
                    kek,
                    method: exchange,
                };
                let derived = agreement.derived_key;
                let is_protected = *method != ImportMethod::Ecdh || derived.may_protect(kek);
                load.some_key_may_carry_it() && is_protected
            };
            if !self.algorithms.iter().any(may_come) {
                return Err(format!(
                    "none of `algorithms` can come by {method}: the keys that carry it, or the key that is \
                     derived (`agreement.derivedKey`), are too weak"
                ));
            }
        }
        Ok(())
    }
}

impl KekImport {
    pub fn may_import(&self, asked_by: AskedBy) -> Option<&MayImport> {
        match asked_by {
            AskedBy::Partner => self.requests.as_ref(),
            AskedBy::Requester => self.orders.as_ref(),
        }
    }

    /// What the fields promise one another.
    pub(crate) fn is_consistent(&self) -> Result<(), String> {
        for asked_by in AskedBy::ALL {
            if let Some(rules) = self.may_import(asked_by) {
                let consistent = rules.is_consistent(&self.agreement);
                let section = asked_by.section();
                consistent.map_err(|words| format!("`kekImport.{section}`: {words}"))?;
            }
        }
        for (field, found, (least, most)) in [
            ("deadlineHours", self.deadline_hours, (1, LONGEST_HOURS)),
            ("freshOffers", self.fresh_offers, (0, MOST_FRESH_OFFERS)),
            (
                "keepPreviousDays",
                self.keep_previous_days,
                (0, LONGEST_GRACE_DAYS),
            ),
        ] {
            if !(least..=most).contains(&found) {
                return Err(format!(
                    "`kekImport.{field}` is {found}; {least} to {most} are expected"
                ));
            }
        }
        Ok(())
    }
}
