//! One run: what it is made of, and the batches that it is split into.

use serde::{Deserialize, Serialize};

use super::Format;
use super::bdk::Bdk;
use super::inventory::{InventoryReader, MalformedInventory, Terminals};
use super::request::{AllowedBdk, KeySet};
use super::serial_number::SerialNumber;
use crate::algorithms::KekAlgorithm;
use crate::digest::Sha256;
use crate::evidence::digest_of;
use crate::exchange::Tr34Signer;
use crate::execution::Location;
use crate::id::CeremonyId;
use crate::identifiers::Folder;
use crate::utc::Utc;

/// How many terminals a batch has: what is exported again, at most, when a run is interrupted. At one
/// call a second it takes one invocation less than two minutes.
pub const BATCH: usize = 100;

/// What a run is made of. Runs of the same are one run, however often it is begun.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// Of the request's bytes.
    pub request_sha256: Sha256,
    pub derivation: Derivation,
    pub inventory: Inventory,
    /// What its serial numbers begin with, if the profile says it.
    pub key_set: Option<KeySet>,
    /// How many terminals the profile allows.
    pub max_terminals: u32,
}

/// A run as it is asked for, before its keys have been looked at.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FleetAsked {
    /// As the profile allows it.
    pub bdk: AllowedBdk,
    pub inventory: Inventory,
}

/// What every initial key of a run is derived from, and what it leaves under.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Derivation {
    pub bdk: Bdk,
    pub under: Under,
    /// Whether each block has an optional block that says whose key it is.
    pub serial_number_in_block: bool,
}

/// What initial keys leave under.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Under {
    /// In a TR-31 block each.
    Kek(Kek),
    /// In a TR-34 block each.
    Leaf(Leaf),
}

impl Derivation {
    pub fn kek(&self) -> Option<&Kek> {
        match &self.under {
            Under::Kek(kek) => Some(kek),
            Under::Leaf(_) => None,
        }
    }

    pub fn leaf(&self) -> Option<&Leaf> {
        match &self.under {
            Under::Kek(_) => None,
            Under::Leaf(leaf) => Some(leaf),
        }
    }
}

/// The partner's certificate, and who signs the blocks for it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leaf {
    pub sha256: Sha256,
    /// Of its key.
    pub key_algorithm: String,
    pub signer: Tr34Signer,
    /// Fingerprint of the certificate of our key that signs; null where the service's key does.
    pub signer_sha256: Option<Sha256>,
}

/// The KEK that was established with the folder's partner.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kek {
    pub key_arn: String,
    pub algorithm: KekAlgorithm,
    /// Key check value, hex.
    pub kcv: String,
}

/// The terminals of a run: fixed before it begins.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Inventory {
    /// In the request itself.
    Listed(Vec<SerialNumber>),
    /// An object in the inbox, whichever of its versions has this digest.
    File { key: String, sha256: Sha256 },
}

impl Run {
    /// Where its batches lie in the work bucket, with the closing slash. Another BDK, KEK or list is
    /// another run; the ceremony is not part of it, so that the next one goes on where one has stopped.
    pub fn folder(&self, folder: &Folder) -> String {
        let run = serde_json::to_value(self).unwrap_or_default();
        let digest = digest_of(&serde_json::json!([folder.prefix(), BATCH, run]));
        format!("initial-keys/{digest}/")
    }

    pub fn terminals(&self) -> Terminals {
        let algorithm = self.derivation.bdk.algorithm;
        Terminals::new(algorithm, self.key_set.clone(), self.max_terminals)
    }

    /// A reader for an inventory in a file; none if its name does not say its form.
    pub fn reader(&self, key: &str) -> Option<InventoryReader> {
        let format = Format::of_name(key)?;
        Some(InventoryReader::new(format, self.terminals()))
    }

    /// The serial numbers of a request's own list, held to the BDK and to one another.
    pub fn listed(&self, list: &[SerialNumber]) -> Result<(), MalformedInventory> {
        self.terminals().take_listed(list).map(drop)
    }
}

/// How a run is split.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// Where its batches lie in the work bucket, with the closing slash.
    pub folder: String,
    pub terminals: u32,
    pub batches: u32,
    /// How many batches earlier attempts have finished.
    pub done_before: u32,
    /// When this attempt began.
    pub begun_at: Utc,
    /// One line of JSON for each batch.
    pub list: Location,
    /// The version of the inventory that was split; null for a list in the request.
    pub inventory_version_id: Option<String>,
    /// Of the inventory's bytes; of a list in the request, of its serial numbers with a newline each.
    pub inventory_sha256: Sha256,
}

/// The terminals of one batch, in the order of the inventory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Batch {
    /// From 1.
    pub batch: u32,
    pub terminals: Vec<SerialNumber>,
}

/// One line of [`Plan::list`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listed {
    pub batch: u32,
}

impl Plan {
    /// How many batches so many terminals are.
    pub fn batches_of(terminals: u32) -> u32 {
        terminals.div_ceil(u32::try_from(BATCH).unwrap_or(1))
    }

    pub fn list_key(folder: &str) -> String {
        format!("{folder}batches.jsonl")
    }

    /// The terminals of a batch.
    pub fn batch_key(folder: &str, batch: u32) -> String {
        format!("{folder}batches/{batch:06}.json")
    }

    /// Where the results lie, one object for each batch.
    pub fn results(folder: &str) -> String {
        format!("{folder}results/")
    }

    pub fn result_key(folder: &str, batch: u32) -> String {
        format!("{}{batch:06}.json", Self::results(folder))
    }

    /// What the keys begin with under which it stands why batches of that ceremony could not be finished.
    pub fn failures(folder: &str, ceremony: &CeremonyId) -> String {
        format!("{folder}failures/{ceremony}/")
    }

    pub fn failure_key(folder: &str, ceremony: &CeremonyId, batch: u32) -> String {
        format!("{}{batch:06}.json", Self::failures(folder, ceremony))
    }

    /// Where what the partner receives is put together.
    pub fn output_key(folder: &str, name: &str) -> String {
        format!("{folder}output/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::BdkAlgorithm;

    fn run(terminals: &[&str]) -> Run {
        let numbers = terminals.iter().map(|text| SerialNumber::parse(text));
        Run {
            request_sha256: Sha256::of(b"request"),
            derivation: Derivation {
                bdk: Bdk {
                    key_arn: "arn:bdk".to_owned(),
                    algorithm: BdkAlgorithm::TDES_2KEY,
                    kcv: "AF8C07".to_owned(),
                },
                under: Under::Kek(Kek {
                    key_arn: "arn:kek".to_owned(),
                    algorithm: KekAlgorithm::AES_128,
                    kcv: "000000".to_owned(),
                }),
                serial_number_in_block: false,
            },
            inventory: Inventory::Listed(numbers.map(Result::unwrap).collect()),
            key_set: None,
            max_terminals: 10,
        }
    }

    #[test]
    fn the_same_run_has_the_same_place_and_any_other_has_another() {
        let folder = Folder::of_inbox_key("acme/production/pin/x").unwrap();
        let one = run(&["FFFF9876543210E00000"]);
        assert_eq!(one.folder(&folder), one.clone().folder(&folder));
        let other_folder = Folder::of_inbox_key("acme/production/cardholder/x").unwrap();
        assert_ne!(one.folder(&folder), one.folder(&other_folder));
        let changes: [fn(&mut Run); 4] = [
            |run| match &mut run.derivation.under {
                Under::Kek(kek) => kek.key_arn.push('x'),
                Under::Leaf(_) => unreachable!("it leaves under a KEK"),
            },
            |run| run.derivation.bdk.kcv.push('x'),
            |run| run.request_sha256 = Sha256::of(b"other"),
            |run| run.derivation.serial_number_in_block = true,
        ];
        for change in changes {
            let mut other = one.clone();
            change(&mut other);
            assert_ne!(one.folder(&folder), other.folder(&folder));
        }
        assert_ne!(
            one.folder(&folder),
            run(&["FFFF9876543210C00000"]).folder(&folder)
        );
    }

    #[test]
    fn a_list_in_a_request_is_held_to_the_same_rules_as_a_file() {
        let listed = |terminals: &[&str]| {
            let run = run(terminals);
            let Inventory::Listed(list) = &run.inventory else {
                panic!("a list");
            };
            run.listed(list).map_err(|error| error.to_string())
        };
        assert_eq!(
            listed(&["FFFF9876543210E00000", "FFFF9876543210C00000"]),
            Ok(())
        );
        let twice = listed(&["FFFF9876543210E00000", "FFFF9876543210E00000"]);
        assert_eq!(
            twice.unwrap_err(),
            "line 2: it is the terminal of line 1 again"
        );
        let aes = listed(&["123456789012345600000000"]).unwrap_err();
        assert!(
            aes.contains("does not go with a BDK for TDES_2KEY"),
            "{aes}"
        );
    }

    #[test]
    fn the_last_batch_may_be_smaller() {
        for (terminals, batches) in [(1, 1), (100, 1), (101, 2), (1_000_000, 10_000)] {
            assert_eq!(Plan::batches_of(terminals), batches);
        }
    }
}
