//! `manifest.json` and `summary.json`: what is in the package, and how it came about.

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::exchange::{OurCertificate, Tr34Signer};
use ceremony::execution::{File, FileDigest};
use ceremony::fleet::run::Kek;
use ceremony::fleet::{Bdk, Receiver, Tally, Under};
use ceremony::id::Ceremony;
use ceremony::publication::StoredFile;
use ceremony::utc::Utc;
use serde::Serialize;

use crate::Input;
use crate::hosts::Host;

/// `manifest.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    #[serde(flatten)]
    pub ceremony: Ceremony,
    /// When the ceremony began.
    pub created_at: Utc,
    pub bdk: Bdk,
    /// By TR-31; absent by TR-34.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kek: Option<Kek>,
    /// By TR-34; absent by TR-31.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<ReceivedBy>,
    pub initial_keys: InitialKeys,
    pub signature_algorithm: SignatureAlgorithm,
    #[serde(flatten)]
    pub summary: Summary,
    pub files: Vec<FileDigest>,
}

/// Whose key opens the blocks, and whose signed them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedBy {
    pub leaf_sha256: Sha256,
    pub leaf_subject: String,
    pub leaf_serial: String,
    /// Of the leaf.
    pub key_algorithm: String,
    pub signer: Tr34Signer,
    /// One, as a rule: each block names its own.
    pub hosts: Vec<Host>,
}

impl ReceivedBy {
    fn of(receiver: &Receiver, signer: Tr34Signer, hosts: &[OurCertificate]) -> Self {
        let leaf = &receiver.path.leaf;
        let hosts = (1..).zip(hosts);
        Self {
            leaf_sha256: leaf.sha256(),
            leaf_subject: leaf.subject().to_owned(),
            leaf_serial: leaf.serial().to_owned(),
            key_algorithm: leaf.key_algorithm().to_string(),
            signer,
            hosts: hosts.map(|(number, host)| Host::of(number, host)).collect(),
        }
    }
}

/// What every block is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitialKeys {
    pub format: &'static str,
    pub usage: &'static str,
    pub mode: &'static str,
    /// `KS` or `IK`, if each block says whose key it is.
    pub optional_block: Option<&'static str>,
}

/// `summary.json`: the reconciliation with the inventory.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Digest of the inventory that was agreed on.
    pub inventory_sha256: Sha256,
    #[serde(flatten)]
    pub tally: Tally,
}

impl Manifest {
    pub(crate) fn new(input: &Input, hosts: &[OurCertificate], tally: &Tally) -> Self {
        let derivation = &input.run.derivation;
        let optional_block =
            derivation
                .serial_number_in_block
                .then(|| match derivation.bdk.algorithm.letter() {
                    'T' => "KS",
                    _ => "IK",
                });
        Self {
            schema_version: 1,
            ceremony: input.ceremony.clone(),
            created_at: input.execution.started_at,
            bdk: derivation.bdk.clone(),
            kek: derivation.kek().cloned(),
            receiver: match (&derivation.under, &input.receiver) {
                (Under::Leaf(leaf), Some(receiver)) => {
                    Some(ReceivedBy::of(receiver, leaf.signer, hosts))
                }
                _ => None,
            },
            initial_keys: InitialKeys {
                format: match &derivation.under {
                    Under::Kek(_) => "TR-31",
                    Under::Leaf(_) => "X9_TR34_2012",
                },
                usage: "B1",
                mode: "X",
                optional_block,
            },
            signature_algorithm: input.signature,
            summary: Summary {
                inventory_sha256: input.plan.inventory_sha256.clone(),
                tally: tally.clone(),
            },
            files: Vec::new(),
        }
    }

    pub(crate) fn listing(self, files: &[File], objects: &[StoredFile]) -> Self {
        let files = files.iter().map(File::digest);
        let objects = objects.iter().map(StoredFile::digest);
        Self {
            files: files.chain(objects).collect(),
            ..self
        }
    }
}
