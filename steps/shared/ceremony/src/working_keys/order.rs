//! The document of a request or an order: which keys are to leave, under which KEK, in what form.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::attributes::{Exportability, Modes, Usage};
use super::{Algorithm, MalformedOrder};
use crate::bundle::private_key_in_json;
use crate::fleet::InitialKeys;
use crate::text::shown;

/// Keys that one order can ask for: of the account's five calls a second they take some seconds, and
/// their blocks travel through the state machine together.
pub const MAX_KEYS: usize = 20;

/// Characters of all optional blocks of a key together (Payment Cryptography, `KeyBlockHeaders`).
const MAX_OPTIONAL_CHARACTERS: usize = 112;

/// What is asked for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// None where initial keys leave by TR-34, under no KEK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kek: Option<EstablishedKek>,
    pub asked: Asked,
}

/// Which KEK of the folder protects the keys.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum EstablishedKek {
    /// The one of the `kek-export` that began last, of those whose package is out.
    Current,
    /// The one that the partner sent.
    Received,
}

impl EstablishedKek {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Received => "received",
        }
    }
}

impl fmt::Display for EstablishedKek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The keys of an order.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Asked {
    /// Of terminals, which derive the keys of their transactions from them.
    InitialKeys(InitialKeys),
    Keys(Vec<AskedKey>),
}

/// A key that is to leave.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskedKey {
    pub name: KeyName,
    pub source: Source,
    pub exportability: Exportability,
    pub optional_blocks: Vec<AskedBlock>,
}

/// Where the key comes from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Source {
    /// A key that is there, by its ARN or an alias.
    Existing(String),
    /// One that is made for this name, unless it has been made before.
    New {
        usage: Usage,
        algorithm: Algorithm,
        modes: Modes,
    },
}

/// What a key is called in its folder: `[a-z0-9-]{1,32}`. It is part of an alias, and of a file's name.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyName(
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,31}$"))
    )]
    String,
);

impl KeyName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.0
    }
}

impl TryFrom<String> for KeyName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=32).contains(&text.len()) || text.starts_with('-') || !text.bytes().all(allowed) {
            return Err(
                "a key's name has 1 to 32 lower-case letters, digits and hyphens, and does not \
                 begin with a hyphen",
            );
        }
        Ok(Self(text))
    }
}

/// An optional block that the key's block is to have (ANSI X9.143 §6.3.6).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AskedBlock {
    /// `KS`, say. Not `HM`, `KP` or `PB`, which are the service's own.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9A-Z]{2}$")))]
    pub id: String,
    /// Letters and digits.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9a-zA-Z]{1,108}$")))]
    pub data: String,
}

/// The document as it is written. Unknown fields are errors.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Order"))]
struct Document {
    /// Version of the form: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1)))]
    version: u32,
    /// Under which the keys leave. Left out where initial keys leave by TR-34, and nowhere else.
    kek: Option<EstablishedKek>,
    /// The keys that are to leave, each under a name that no other of them has.
    /// Default: none, but `initialKeys`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 20)))]
    keys: Option<Vec<KeyEntry>>,
    /// Initial keys of terminals (DUKPT). Default: none, but `keys`.
    initial_keys: Option<InitialKeys>,
}

/// A key: one that is there (`key`), or a new one (`usage`, `algorithm` and `modes`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "AskedKey"))]
struct KeyEntry {
    /// Names the file in the package, and a new key's alias.
    name: KeyName,
    /// ARN or alias of a key in Payment Cryptography.
    #[serde(default)]
    key: Option<String>,
    /// What a new key is for, as the header of a key block says it.
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    algorithm: Option<Algorithm>,
    /// What may be done with a new key, as the header of a key block says it.
    #[serde(default)]
    modes: Option<Modes>,
    /// Whether its receiver may send the key on. Default: N, to nobody.
    #[serde(default = "to_nobody")]
    exportability: Exportability,
    /// Default: none.
    #[serde(default)]
    optional_blocks: Vec<AskedBlock>,
}

fn to_nobody() -> Exportability {
    Exportability::N
}

impl Order {
    /// Reads the document. What is wrong is told with the field that it is wrong in.
    pub fn parse(json: &str) -> Result<Self, MalformedOrder> {
        // Before anything that repeats names of what it cannot read.
        if private_key_in_json(json).is_some() {
            return Err(MalformedOrder::new("it holds a private key"));
        }
        let Document {
            version,
            kek,
            keys,
            initial_keys,
        } = MalformedOrder::read(json)?;
        MalformedOrder::of_version(version)?;
        let asked = match (keys, initial_keys) {
            (Some(_), None) if kek.is_none() => return Err(MalformedOrder::new(NO_KEK)),
            (Some(keys), None) => Asked::Keys(keys_of(keys)?),
            (None, Some(initial_keys)) => {
                let consistent = initial_keys.is_consistent();
                consistent
                    .map_err(|words| MalformedOrder::new(format!("`initialKeys`: {words}")))?;
                Asked::InitialKeys(initial_keys)
            }
            (None, None) => {
                return Err(MalformedOrder::new(
                    "it asks for nothing: `keys` or `initialKeys` is missing",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(MalformedOrder::new(
                    "`keys` and `initialKeys` exclude each other",
                ));
            }
        };
        Ok(Self { kek, asked })
    }

    /// The JSON Schema of the document.
    #[cfg(feature = "schema")]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Document)
    }

    /// The keys that are asked for one by one.
    pub fn keys(&self) -> &[AskedKey] {
        match &self.asked {
            Asked::InitialKeys(_) => &[],
            Asked::Keys(keys) => keys,
        }
    }
}

/// What an order lacks that asks for keys in TR-31 blocks.
pub(super) const NO_KEK: &str = "`kek` is missing: `current` or `received`";

fn keys_of(entries: Vec<KeyEntry>) -> Result<Vec<AskedKey>, MalformedOrder> {
    let count = entries.len();
    if !(1..=MAX_KEYS).contains(&count) {
        return Err(MalformedOrder::new(format!(
            "`keys` has {count} entries; 1 to {MAX_KEYS} are expected"
        )));
    }
    let mut names = BTreeSet::new();
    let mut keys = Vec::with_capacity(count);
    for (index, entry) in entries.into_iter().enumerate() {
        let fault = |words: String| MalformedOrder::new(format!("`keys[{index}]`: {words}"));
        if !names.insert(entry.name.clone()) {
            return Err(fault(format!("the name `{}` is there twice", entry.name)));
        }
        keys.push(entry.read().map_err(fault)?);
    }
    Ok(keys)
}

impl KeyEntry {
    fn read(self) -> Result<AskedKey, String> {
        blocks_are_usable(&self.optional_blocks)?;
        let source = match (self.key, self.usage, self.algorithm, self.modes) {
            (Some(key), None, None, None) => {
                if !is_identifier(&key) {
                    return Err(
                        "`key` is neither the ARN of a key in Payment Cryptography nor an alias, \
                         `alias/…`"
                            .to_owned(),
                    );
                }
                Source::Existing(key)
            }
            (None, Some(usage), Some(algorithm), Some(modes)) => {
                new_key_is_legal(usage, algorithm, modes)?;
                Source::New {
                    usage,
                    algorithm,
                    modes,
                }
            }
            (Some(_), ..) => {
                return Err(
                    "`key` names a key that is there, whose `usage`, `algorithm` and `modes` are \
                     its own"
                        .to_owned(),
                );
            }
            (None, ..) => {
                return Err(
                    "either `key`, or `usage`, `algorithm` and `modes` of a new key are expected"
                        .to_owned(),
                );
            }
        };
        Ok(AskedKey {
            name: self.name,
            source,
            exportability: self.exportability,
            optional_blocks: self.optional_blocks,
        })
    }
}

/// What the service would refuse is refused before there is a ceremony.
fn new_key_is_legal(usage: Usage, algorithm: Algorithm, modes: Modes) -> Result<(), String> {
    if !usage.works_with(algorithm) {
        return Err(format!("a key of usage {usage} cannot be {algorithm}"));
    }
    if !usage.modes().contains(&modes) {
        let possible: Vec<&str> = usage.modes().iter().map(|modes| modes.as_str()).collect();
        return Err(format!(
            "a key of usage {usage} cannot have the modes {modes}, only {}",
            possible.join(", ")
        ));
    }
    Ok(())
}

/// Whether it names a key as an order may: `KeyArnOrKeyAliasType` of the service, but for the ARN of an
/// alias.
pub fn is_identifier(text: &str) -> bool {
    if text.len() > 256 {
        return false;
    }
    if let Some(name) = text.strip_prefix("alias/") {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/_-".contains(&b);
        return !name.is_empty() && name.bytes().all(allowed);
    }
    let parts: Vec<&str> = text.split(':').collect();
    let [
        "arn",
        partition,
        "payment-cryptography",
        region,
        account,
        resource,
    ] = parts[..]
    else {
        return false;
    };
    let id = resource.strip_prefix("key/").unwrap_or_default();
    let word = |text: &str| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !text.is_empty() && text.bytes().all(allowed)
    };
    word(partition)
        && word(region)
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && (16..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Optional blocks that a request may name, of keys that leave and of those that come.
pub(crate) fn blocks_are_usable(blocks: &[AskedBlock]) -> Result<(), String> {
    const OF_THE_SERVICE: [&str; 3] = ["HM", "KP", "PB"];
    let mut ids = BTreeSet::new();
    let mut characters = 0;
    for AskedBlock { id, data } in blocks {
        let id_is_one = id.len() == 2
            && id
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !id_is_one || OF_THE_SERVICE.contains(&id.as_str()) {
            return Err(format!(
                "`optionalBlocks`: `{}` is not an identifier that can be asked for: two upper-case \
                 letters or digits, and none of HM, KP and PB",
                shown(id)
            ));
        }
        if !ids.insert(id) {
            return Err(format!("`optionalBlocks`: `{id}` is there twice"));
        }
        if data.is_empty() || !data.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(format!(
                "`optionalBlocks`: the data of `{id}` must be letters and digits"
            ));
        }
        characters += id.len() + 2 + data.len();
    }
    if characters > MAX_OPTIONAL_CHARACTERS {
        return Err(format!(
            "`optionalBlocks` have {characters} characters together; at most \
             {MAX_OPTIONAL_CHARACTERS} are possible"
        ));
    }
    Ok(())
}
