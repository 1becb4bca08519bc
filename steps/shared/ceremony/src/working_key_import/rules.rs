//! What a profile says of working keys that come: which may be imported, and under which KEK.

use serde::{Deserialize, Serialize};

use super::check_value::announced;
use super::file::{MOST_KEYS, Sent};
use super::refused::Refused;
use crate::key_import::refused::Refused as Unreadable;
use crate::profile::{ProfileVersion, Signature};
use crate::text::shown;
use crate::tr31::{Header, letter_of};
use crate::working_keys::Algorithm;
use crate::working_keys::attributes::{Exportability, Modes, Usage};
use crate::working_keys::order::EstablishedKek;

/// Working keys come from the partner, in TR-31 blocks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkingKeyImport {
    /// The usages that keys may have.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub usages: Vec<Usage>,
    /// The algorithms that keys may have.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub algorithms: Vec<Algorithm>,
    /// The modes of use that keys may have. Default: all that belong to their usage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<Vec<Modes>>,
    /// Whether they may be keys that we can send on. Default: N alone.
    #[serde(default = "to_nobody")]
    pub exportabilities: Vec<Exportability>,
    /// How many keys one file may have. Default: 20.
    #[serde(default = "most_keys")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub max_keys: usize,
    /// The KEK that protects them. Default: the one that the partner sent.
    #[serde(default = "received")]
    pub kek: EstablishedKek,
    /// Whether a key is taken whose check value was not announced. Default: `optional`.
    #[serde(default)]
    pub kcv: KcvRule,
    /// How the package with the results is signed. Default: RSASSA_PKCS1_V1_5_SHA_256.
    #[serde(default)]
    pub signature: Signature,
}

fn to_nobody() -> Vec<Exportability> {
    vec![Exportability::N]
}

fn most_keys() -> usize {
    20
}

fn received() -> EstablishedKek {
    EstablishedKek::Received
}

/// Whether it must be announced which key is in a block. One that is announced is compared in any case.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum KcvRule {
    /// By the file, or by the block's own optional block KC.
    Announced,
    /// The block's MAC, under the KEK, is all that says who made it.
    #[default]
    Optional,
}

impl WorkingKeyImport {
    /// What the fields promise one another.
    pub(crate) fn is_consistent(&self) -> Result<(), String> {
        let modes = self.modes.as_ref();
        let lists = [
            ("usages", self.usages.is_empty()),
            ("algorithms", self.algorithms.is_empty()),
            ("modes", modes.is_some_and(Vec::is_empty)),
            ("exportabilities", self.exportabilities.is_empty()),
        ];
        if let Some((list, _)) = lists.into_iter().find(|(_, is_empty)| *is_empty) {
            return Err(format!(
                "`workingKeyImport.{list}` is empty, and so nothing is allowed"
            ));
        }
        for usage in &self.usages {
            if !self.algorithms.iter().any(|it| usage.works_with(*it)) {
                return Err(format!(
                    "`workingKeyImport.algorithms` has none that a key of usage {usage} can have"
                ));
            }
            if modes.is_some_and(|modes| !modes.iter().any(|it| usage.modes().contains(it))) {
                return Err(format!(
                    "`workingKeyImport.modes` has none that a key of usage {usage} can have"
                ));
            }
        }
        let found = self.max_keys;
        if !(1..=MOST_KEYS).contains(&found) {
            return Err(format!(
                "`workingKeyImport.maxKeys` is {found}; 1 to {MOST_KEYS} are expected"
            ));
        }
        Ok(())
    }
}

/// What one `working-key-import` takes from the profile, as it stood when it began.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyImportPolicy {
    pub profile: ProfileVersion,
    pub allowed: AllowList,
    pub max_keys: usize,
    pub kek: EstablishedKek,
    pub kcv: KcvRule,
    pub signature: Signature,
}

/// What the header of a block may say.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowList {
    pub usages: Vec<Usage>,
    pub algorithms: Vec<Algorithm>,
    /// Null where all are allowed that belong to the usage.
    pub modes: Option<Vec<Modes>>,
    pub exportabilities: Vec<Exportability>,
}

/// What a header says that is allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Says {
    pub usage: Usage,
    pub modes: Modes,
    pub exportability: Exportability,
    /// `A` or `T`; how long the key is, it does not say.
    letter: char,
}

/// Versions are not used: a key that has one may be an older one, or a component of a key.
const NO_VERSION: &str = "00";

/// Optional blocks that change nothing of what a key is for: padding, check values of the key and of the
/// KEK, names of the set that a base derivation key belongs to, a label, and times. The others of X9.143
/// §6.3.6 restrict the key, or say that a weaker one has protected it.
const HARMLESS: [&str; 8] = ["BI", "KC", "KP", "KS", "LB", "PB", "TC", "TS"];

impl KeyImportPolicy {
    pub fn new(section: WorkingKeyImport, profile: ProfileVersion) -> Self {
        Self {
            profile,
            allowed: AllowList {
                usages: section.usages,
                algorithms: section.algorithms,
                modes: section.modes,
                exportabilities: section.exportabilities,
            },
            max_keys: section.max_keys,
            kek: section.kek,
            kcv: section.kcv,
            signature: section.signature,
        }
    }

    /// What the block says of its key, if all of it is allowed.
    pub fn hold(&self, sent: &Sent) -> Result<Says, Refused> {
        let header = sent.block.header();
        let says = self.allowed.hold(header)?;
        let mut possible = self.allowed.possible(says.letter).collect::<Vec<_>>();
        possible.sort_by_key(|algorithm| algorithm.key_bytes());
        if let Some(shortest) = possible.first()
            && !sent.block.has_room_for(shortest.key_bytes())
        {
            let algorithm = *shortest;
            return Err(Unreadable::BlockTooShort { algorithm }.into());
        }
        let announced = announced(header, sent.kcv.as_ref())?;
        if self.kcv == KcvRule::Announced && announced.is_none() {
            return Err(Refused::KcvNotAnnounced);
        }
        Ok(says)
    }
}

impl AllowList {
    fn hold(&self, header: &Header) -> Result<Says, Refused> {
        let usages = Usage::ALL.iter().copied();
        let usage = usages
            .filter(|usage| self.usages.contains(usage))
            .find(|usage| usage.as_str() == header.usage)
            .ok_or_else(|| not_allowed("usage", &header.usage, &self.usages))?;
        let letter = header.algorithm;
        if !self.possible(letter).any(|it| usage.works_with(it)) {
            return Err(not_allowed(
                "algorithm",
                &letter.to_string(),
                &self.letters(),
            ));
        }
        let possible = usage.modes().iter().copied();
        let listed = |it: &Modes| self.modes.as_ref().is_none_or(|modes| modes.contains(it));
        let possible: Vec<Modes> = possible.filter(listed).collect();
        let mode = header.mode.to_string();
        let modes = possible.iter().copied().find(|it| it.as_str() == mode);
        let modes = modes.ok_or_else(|| not_allowed("mode of use", &mode, &possible))?;
        if header.key_version != NO_VERSION {
            return Err(not_allowed(
                "key version",
                &header.key_version,
                &[NO_VERSION],
            ));
        }
        let found = header.exportability.to_string();
        let mut all = self.exportabilities.iter().copied();
        let exportability = all.find(|it| it.as_str() == found);
        let exportability = exportability
            .ok_or_else(|| not_allowed("exportability", &found, &self.exportabilities))?;
        let mut blocks = header.optional_blocks.iter();
        match blocks.find(|block| !HARMLESS.contains(&block.id.as_str())) {
            Some(block) => Err(Refused::OptionalBlockNotAllowed {
                id: block.id.clone(),
            }),
            None => Ok(Says {
                usage,
                modes,
                exportability,
                letter,
            }),
        }
    }

    /// The algorithms that are allowed of those with this letter.
    fn possible(&self, letter: char) -> impl Iterator<Item = Algorithm> {
        let all = self.algorithms.iter().copied();
        all.filter(move |algorithm| letter_of(*algorithm) == letter)
    }

    fn letters(&self) -> Vec<char> {
        let mut letters: Vec<char> = self.algorithms.iter().copied().map(letter_of).collect();
        letters.sort_unstable();
        letters.dedup();
        letters
    }

    /// Whether keys of this algorithm are allowed, as is known once the key has come.
    pub fn hold_algorithm(&self, found: Algorithm) -> Result<(), Refused> {
        if self.algorithms.contains(&found) {
            return Ok(());
        }
        let allowed = listed(&self.algorithms);
        Err(Refused::AlgorithmNotAllowed { found, allowed })
    }
}

impl Says {
    /// Every algorithm that a key with such a header can have, whether it is allowed or not.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        let letter = self.letter;
        let all = Algorithm::ALL.into_iter();
        all.filter(move |algorithm| letter_of(*algorithm) == letter)
    }

    /// The service knows no more than whether a key may leave.
    pub fn is_exportable(&self) -> bool {
        self.exportability != Exportability::N
    }
}

fn not_allowed(field: &'static str, found: &str, allowed: &[impl std::fmt::Display]) -> Refused {
    Refused::HeaderNotAllowed {
        field,
        found: shown(found),
        allowed: listed(allowed),
    }
}

fn listed(all: &[impl std::fmt::Display]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    if all.is_empty() {
        return "none".to_owned();
    }
    all.join(", ")
}

#[cfg(test)]
mod tests;
