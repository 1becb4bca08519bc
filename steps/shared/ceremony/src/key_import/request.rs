//! The document of a request or an order for a KEK of the partner's: how it is to come, and what it is to be.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::attributes::{AliasName, Kcv, KekModes, KekUsage};
use crate::algorithms::{KekAlgorithm, KeyAlgorithm};
use crate::bundle::private_key_in_json;
use crate::exchange::{Load, Method};
use crate::working_keys::MalformedOrder;
use crate::working_keys::attributes::Exportability;
use crate::working_keys::order::{AskedBlock, blocks_are_usable};

/// The KEK that is expected.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportRequest {
    pub method: ImportMethod,
    pub expected: ExpectedKek,
    /// As its sender announced it; null where nobody has yet.
    pub kcv: Option<Kcv>,
    /// One more alias that is to name it, beside the folder's own.
    pub alias: Option<AliasName>,
}

/// What the key must be, by what its block says in clear, or by what we tell the service where nothing
/// says it (RSA-OAEP).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedKek {
    pub algorithm: KekAlgorithm,
    pub usage: KekUsage,
    pub modes: KekModes,
    pub exportability: Exportability,
    pub optional_blocks: Vec<AskedBlock>,
}

/// How the partner's KEK comes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ImportMethod {
    /// In a TR-31 block, under a key that its key and one of ours agree on.
    Ecdh,
    /// In a TR-34 block, signed by its key, for one of the service's.
    Tr34,
    /// Encrypted under a key of the service's (RFC 8017, RSAES-OAEP).
    RsaOaep,
    /// As components that custodians carry to AWS, from where it comes as by ECDH.
    Physical,
}

impl ImportMethod {
    pub const ALL: [Self; 4] = [Self::Ecdh, Self::Tr34, Self::RsaOaep, Self::Physical];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ecdh => "ecdh",
            Self::Tr34 => "tr34",
            Self::RsaOaep => "rsa-oaep",
            Self::Physical => "physical",
        }
    }

    /// The method of exchange whose rules hold, those of strength above all.
    pub fn exchange(self) -> Method {
        match self {
            Self::Ecdh | Self::Physical => Method::Ecdh,
            Self::Tr34 => Method::Tr34,
            Self::RsaOaep => Method::RsaOaep,
        }
    }

    /// Whether the partner needs a certificate: that of the key which agrees with ours, or of the one that
    /// signs. Who encrypts under an RSA key needs none, and the facility is AWS's.
    pub fn needs_a_certificate(self) -> bool {
        matches!(self, Self::Ecdh | Self::Tr34)
    }

    /// Whether the partner can be asked for optional blocks.
    fn has_optional_blocks(self) -> bool {
        matches!(self, Self::Ecdh)
    }

    /// Whether the service is told, as a yes or a no, what else a header would say in three ways.
    fn knows_no_sensitive_keys(self) -> bool {
        matches!(self, Self::RsaOaep | Self::Physical)
    }
}

impl fmt::Display for ImportMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The document as it is written. Unknown fields are errors.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "ImportRequest"))]
struct Document {
    /// Version of the form: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1)))]
    version: u32,
    /// The KEK that is expected, and how it comes.
    kek_import: Entry,
}

/// The member by which the document is told from one that asks for working keys, which lies at the same
/// place.
const MEMBER: &str = "kekImport";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "ExpectedKek"))]
struct Entry {
    /// How the KEK comes.
    method: ImportMethod,
    algorithm: KekAlgorithm,
    /// Default: K0, encryption of keys.
    #[serde(default = "encryption_of_keys")]
    usage: KekUsage,
    /// Default: B, keys may go both ways under it.
    #[serde(default = "both_ways")]
    modes: KekModes,
    /// Whether we may send the KEK on. Default: N, to nobody.
    #[serde(default = "to_nobody")]
    exportability: Exportability,
    /// Optional blocks that the key block must have, exactly so. Default: none.
    #[serde(default)]
    optional_blocks: Vec<AskedBlock>,
    /// The key check value, if its sender has announced it: CMAC for AES, ANSI X9.24-1 for TDES.
    #[serde(default)]
    kcv: Option<Kcv>,
    /// One more alias that is to name the KEK, beside `alias/key-ceremony/kek/<folder>/received`. Default:
    /// none.
    #[serde(default)]
    alias: Option<AliasName>,
}

fn encryption_of_keys() -> KekUsage {
    KekUsage::K0
}

fn both_ways() -> KekModes {
    KekModes::B
}

fn to_nobody() -> Exportability {
    Exportability::N
}

impl ImportRequest {
    /// Whether a document is meant as such a request, be it right or wrong.
    pub fn is_meant_by(json: &str) -> bool {
        let document: Result<serde_json::Map<String, serde_json::Value>, _> =
            serde_json::from_str(json);
        document.is_ok_and(|document| document.contains_key(MEMBER))
    }

    /// Reads the document. What is wrong is told with the field that it is wrong in.
    pub fn parse(json: &str) -> Result<Self, MalformedOrder> {
        // Before anything that repeats names of what it cannot read.
        if private_key_in_json(json).is_some() {
            return Err(MalformedOrder::new("it holds a private key"));
        }
        let Document {
            version,
            kek_import,
        } = MalformedOrder::read(json)?;
        MalformedOrder::of_version(version)?;
        let request = kek_import.read();
        let consistent = request.is_consistent();
        consistent.map_err(|words| MalformedOrder::new(format!("`{MEMBER}`: {words}")))?;
        Ok(request)
    }

    /// The JSON Schema of the document.
    #[cfg(feature = "schema")]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Document)
    }

    /// What travels, and how: what the key that carries it has to be good for.
    pub fn load(&self) -> Load {
        Load {
            kek: self.expected.algorithm,
            method: self.method.exchange(),
        }
    }

    /// Which key of ours, or of the service's, the partner is offered: by ECDH one on the curve of its
    /// certificate, by an RSA key the shortest that may carry the KEK. `None` where none may.
    pub fn offered_key(&self, partners: Option<&KeyAlgorithm>) -> Option<KeyAlgorithm> {
        let load = self.load();
        let mut known = KeyAlgorithm::KNOWN.into_iter();
        match self.method {
            ImportMethod::Ecdh => partners.filter(|it| load.may_travel_under(it)).cloned(),
            ImportMethod::Tr34 | ImportMethod::RsaOaep => {
                known.find(|key| load.may_travel_under(key))
            }
            // What AWS's sample has for the facility, and strong enough for every KEK.
            ImportMethod::Physical => Some(KeyAlgorithm::EccNistP521),
        }
    }

    /// What no partner and no HSM could make good.
    fn is_consistent(&self) -> Result<(), String> {
        let (method, expected) = (self.method, &self.expected);
        if !self.load().some_key_may_carry_it() {
            return Err(format!(
                "no key is strong enough to carry {} by {method}; use another `method`",
                expected.algorithm
            ));
        }
        if !expected.optional_blocks.is_empty() && !method.has_optional_blocks() {
            return Err(format!(
                "`optionalBlocks` are asked for, and what comes by {method} has none"
            ));
        }
        blocks_are_usable(&expected.optional_blocks)?;
        if method.knows_no_sensitive_keys() && expected.exportability == Exportability::S {
            return Err(format!(
                "`exportability` is S, and by {method} it is either `E` or `N`: the service is told, by one                  of two words, whether the key may be sent on"
            ));
        }
        Ok(())
    }
}

impl Entry {
    fn read(self) -> ImportRequest {
        ImportRequest {
            method: self.method,
            expected: ExpectedKek {
                algorithm: self.algorithm,
                usage: self.usage,
                modes: self.modes,
                exportability: self.exportability,
                optional_blocks: self.optional_blocks,
            },
            kcv: self.kcv,
            alias: self.alias,
        }
    }
}
