//! What a request asks for, and what a profile allows.

use serde::{Deserialize, Serialize};

use super::bdk::BdkAlgorithm;
use super::serial_number::SerialNumber;
use crate::digest::Sha256;
use crate::publication::is_plain_name;
use crate::text::shown;

/// Initial keys, as the member `initialKeys` of a request or an order asks for them: with `terminals`
/// or with `inventory`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InitialKeys {
    /// The base derivation key, by the name that the profile gives it.
    pub bdk: String,
    /// The key serial numbers themselves, 20 (TDES) or 24 (AES) hex digits, counter zero. Default: those
    /// of `inventory`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", length(max = 1000), extend("uniqueItems" = true))
    )]
    pub terminals: Vec<SerialNumber>,
    /// A file with them, of any length. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<InventoryFile>,
}

/// The inventory of a fleet: CSV or JSON Lines, in the request's own folder (`…/requests/<name>/`).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InventoryFile {
    /// Ends in `.csv` or `.jsonl`.
    pub file: String,
    /// Over all of its bytes: the inventory that was agreed on, and no other.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub sha256: Sha256,
}

/// How many terminals a request may list itself: they travel through every state.
pub const MOST_LISTED: usize = 1_000;

impl InitialKeys {
    /// Holds the members to what they promise one another. The error names the member.
    pub fn is_consistent(&self) -> Result<(), String> {
        match (&self.inventory, self.terminals.len()) {
            (Some(_), 1..) => {
                return Err("`terminals` and `inventory` exclude each other".to_owned());
            }
            (None, 0) => return Err("either `terminals` or `inventory` is needed".to_owned()),
            (None, listed) if listed > MOST_LISTED => {
                return Err(format!(
                    "`terminals` has {listed} serial numbers, at most {MOST_LISTED} fit: put them \
                     into an `inventory`"
                ));
            }
            _ => {}
        }
        match &self.inventory {
            Some(InventoryFile { file, .. })
                if !is_plain_name(file) || super::Format::of_name(file).is_none() =>
            {
                Err(format!(
                    "`inventory.file` is `{}`: the name of one file is needed, ending in .csv or \
                     .jsonl",
                    shown(file)
                ))
            }
            _ => Ok(()),
        }
    }
}

/// A base derivation key whose initial keys may go to a folder's partner: in the profile, by the name
/// that requests use.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AllowedBdk {
    /// The key in Payment Cryptography: usage B0, exportable.
    pub key_arn: String,
    pub algorithm: BdkAlgorithm,
    /// How the initial keys travel. Default: tr31.
    #[serde(default)]
    pub exchange: Exchange,
    /// The first digits of every serial number of this BDK (key set identifier, BDK ID): a serial number
    /// that begins otherwise is a stranger. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub key_set: Option<KeySet>,
    /// Whether each block says whose key it is, in an optional block: KS for TDES, IK for AES.
    /// Default: false. Not with tr34, whose blocks have no optional blocks.
    #[serde(default)]
    pub serial_number_in_block: bool,
    /// How many terminals one request may have. Default: 1,000,000, the most there may be; with tr34
    /// never more than 100,000.
    #[serde(default = "most_terminals")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub max_terminals: u32,
}

fn most_terminals() -> u32 {
    super::inventory::MOST_TERMINALS
}

/// How initial keys travel.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "InitialKeyExchange")
)]
pub enum Exchange {
    /// A TR-31 block each, under the KEK that is established with the partner.
    #[default]
    Tr31,
    /// A TR-34 block each, under the key that the partner's certificate is for. Signed as `kekExport` of
    /// the profile says, which must be `tr34` of one pass.
    Tr34,
}

/// How many terminals a request may have whose initial keys travel by TR-34: a block has ten times the
/// length of a TR-31 block, and the files of a package are to stay as long as they are.
pub const MOST_BY_TR34: u32 = 100_000;

impl AllowedBdk {
    /// How many terminals one request may have.
    pub fn most_terminals(&self) -> u32 {
        match self.exchange {
            Exchange::Tr31 => self.max_terminals,
            Exchange::Tr34 => self.max_terminals.min(MOST_BY_TR34),
        }
    }
}

/// What the serial numbers of one BDK begin with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeySet(String);

impl KeySet {
    pub fn has(&self, number: &SerialNumber) -> bool {
        number.as_str().starts_with(&self.0)
    }
}

impl From<KeySet> for String {
    fn from(set: KeySet) -> Self {
        set.0
    }
}

impl TryFrom<String> for KeySet {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !hex || !(2..=14).contains(&text.len()) {
            return Err(format!(
                "`{}` is not the beginning of serial numbers: 2 to 14 hex digits are expected",
                shown(&text)
            ));
        }
        Ok(Self(text.to_ascii_uppercase()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KSN: &str = "FFFF9876543210E00000";

    fn read(value: Value) -> Result<InitialKeys, String> {
        let keys: InitialKeys = serde_json::from_value(value).map_err(|error| error.to_string())?;
        keys.is_consistent().map(|()| keys)
    }

    #[test]
    fn a_request_lists_its_terminals_or_names_a_file() {
        let sha256 = Sha256::of(b"list");
        assert!(read(json!({ "bdk": "pos", "terminals": [KSN] })).is_ok());
        let file = |name: &str| json!({ "file": name, "sha256": sha256 });
        assert!(read(json!({ "bdk": "pos", "inventory": file("fleet.csv") })).is_ok());
        for (wrong, words) in [
            (json!({ "bdk": "pos" }), "is needed"),
            (
                json!({ "bdk": "pos", "terminals": [KSN], "inventory": file("a.csv") }),
                "exclude each other",
            ),
            (
                json!({ "bdk": "pos", "inventory": file("a.xlsx") }),
                "`inventory.file`",
            ),
            (
                json!({ "bdk": "pos", "inventory": file("../a.csv") }),
                "`inventory.file`",
            ),
            (json!({ "bdk": "pos", "terminals": ["00"] }), "2 digits"),
            (
                json!({ "bdk": "pos", "terminals": vec![KSN; 1001] }),
                "1001 serial numbers",
            ),
            (
                json!({ "bdk": "pos", "terminal": [KSN] }),
                "unknown field `terminal`",
            ),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_key_set_is_the_beginning_of_its_serial_numbers() {
        let set = |text: &str| KeySet::try_from(text.to_owned());
        let number = SerialNumber::parse(KSN).unwrap();
        assert!(set("ffff98").unwrap().has(&number));
        assert!(!set("FFFF99").unwrap().has(&number));
        for wrong in ["F", "FFFF987654321FF", "FFFG"] {
            assert!(set(wrong).is_err(), "{wrong}");
        }
    }
}
