//! What became of each terminal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::serial_number::SerialNumber;
use crate::exchange::OurCertificate;

/// One terminal: a line of `initial-keys.jsonl`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Outcome {
    /// Its initial key left.
    Exported {
        ksn: SerialNumber,
        /// TR-31, under the KEK; or TR-34 in DER, upper-case hex, under the leaf's key.
        key_block: String,
        /// Of the initial key, hex.
        kcv: String,
    },
    /// The service gave none, for a reason that is this terminal's own.
    Failed { ksn: SerialNumber, failed: String },
}

impl Outcome {
    pub fn serial_number(&self) -> &SerialNumber {
        match self {
            Self::Exported { ksn, .. } | Self::Failed { ksn, .. } => ksn,
        }
    }

    /// As a line of `initial-keys.csv`, whose header is [`CSV_HEADER`]. No field needs quotes but the
    /// reason, which has them.
    pub fn csv(&self) -> String {
        match self {
            Self::Exported {
                ksn,
                key_block,
                kcv,
            } => format!("{},{key_block},{kcv},\n", ksn.as_str()),
            Self::Failed { ksn, failed } => {
                format!("{},,,\"{}\"\n", ksn.as_str(), failed.replace('"', "\"\""))
            }
        }
    }
}

/// The first line of `initial-keys.csv`.
pub const CSV_HEADER: &str = "ksn,keyBlock,kcv,failed\n";

/// What became of one batch: written once, so that no terminal is accounted for twice.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchResult {
    pub batch: u32,
    /// In the order of the batch.
    pub terminals: Vec<Outcome>,
    /// Whose key signed the blocks, where they are TR-34.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<OurCertificate>,
}

/// Why a batch has no result (yet): what its last attempt ended with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoppedBatch {
    pub batch: u32,
    /// The error's name.
    pub error: String,
    pub what: String,
    pub remedy: String,
}

/// How many there are of what.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tally {
    pub terminals: u32,
    pub exported: u32,
    /// How many failed for which reason.
    pub failed: BTreeMap<String, u32>,
}

impl Tally {
    pub fn count(&mut self, outcome: &Outcome) {
        self.terminals += 1;
        match outcome {
            Outcome::Exported { .. } => self.exported += 1,
            Outcome::Failed { failed, .. } => {
                *self.failed.entry(failed.clone()).or_default() += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_terminal_is_one_line_and_is_counted() {
        let ksn = SerialNumber::parse("FFFF9876543210E00000").unwrap();
        let exported = Outcome::Exported {
            ksn: ksn.clone(),
            key_block: "B0096B1TX00E0000".to_owned(),
            kcv: "AF8C07".to_owned(),
        };
        let failed = Outcome::Failed {
            ksn,
            failed: "it said \"no\"".to_owned(),
        };
        assert_eq!(
            exported.csv(),
            "FFFF9876543210E00000,B0096B1TX00E0000,AF8C07,\n"
        );
        assert_eq!(
            failed.csv(),
            "FFFF9876543210E00000,,,\"it said \"\"no\"\"\"\n"
        );
        let line = serde_json::to_value(&exported).unwrap();
        assert_eq!(
            line,
            json!({ "ksn": "FFFF9876543210E00000", "keyBlock": "B0096B1TX00E0000", "kcv": "AF8C07" })
        );
        for outcome in [&exported, &failed] {
            let line = serde_json::to_string(outcome).unwrap();
            assert_eq!(serde_json::from_str::<Outcome>(&line).unwrap(), *outcome);
        }
        let mut tally = Tally::default();
        for outcome in [&exported, &failed, &failed] {
            tally.count(outcome);
        }
        let failed = [("it said \"no\"".to_owned(), 2)].into();
        let expected = Tally {
            terminals: 3,
            exported: 1,
            failed,
        };
        assert_eq!(tally, expected);
    }
}
