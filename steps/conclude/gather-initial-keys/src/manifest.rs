//! `manifest.json` and `summary.json`: what is in the package, and how it came about.

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::execution::{File, FileDigest};
use ceremony::fleet::run::Kek;
use ceremony::fleet::{Bdk, Tally};
use ceremony::id::Ceremony;
use ceremony::publication::StoredFile;
use ceremony::utc::Utc;
use serde::Serialize;

use crate::Input;

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
    pub kek: Kek,
    pub initial_keys: InitialKeys,
    pub signature_algorithm: SignatureAlgorithm,
    #[serde(flatten)]
    pub summary: Summary,
    pub files: Vec<FileDigest>,
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
    pub(crate) fn new(input: &Input, tally: &Tally) -> Self {
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
            kek: derivation.kek.clone(),
            initial_keys: InitialKeys {
                format: "TR-31",
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
