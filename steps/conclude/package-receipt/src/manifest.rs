//! `manifest.json`: which key came, in which file, for which offer.

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, SignatureAlgorithm};
use ceremony::digest::Sha256;
use ceremony::execution::{File, FileDigest};
use ceremony::id::Ceremony;
use ceremony::key_import::attributes::{KekModes, KekUsage};
use ceremony::key_import::offer::OfferId;
use ceremony::key_import::request::ImportMethod;
use ceremony::utc::Utc;
use ceremony::working_keys::attributes::Exportability;
use ceremony::working_keys::place::AskedBy;
use serde::Serialize;

use crate::{Confirmation, Input};

/// `manifest.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    #[serde(flatten)]
    pub ceremony: Ceremony,
    /// When the receipt was made.
    pub created_at: Utc,
    pub request: Request,
    /// Names the offer.
    pub offer: OfferId,
    pub method: ImportMethod,
    pub block: Block,
    pub kek: Kek,
    /// Null where the check value was announced.
    pub confirmation: Option<Confirmation>,
    pub signature: Signature,
    pub files: Vec<FileDigest>,
}

/// The document that asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub name: String,
    pub asked_by: AskedBy,
    pub sha256: Sha256,
}

/// The file that the KEK came in.
#[derive(Debug, Serialize)]
pub struct Block {
    /// Its inbox key.
    pub file: String,
    pub sha256: Sha256,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kek {
    pub algorithm: KekAlgorithm,
    pub usage: KekUsage,
    pub modes: KekModes,
    pub exportability: Exportability,
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
}

/// How the list of the package is signed.
#[derive(Debug, Serialize)]
pub struct Signature {
    pub algorithm: SignatureAlgorithm,
}

impl Manifest {
    pub(crate) fn new(input: &Input, confirmation: Option<&Confirmation>, now: Utc) -> Self {
        let Input {
            offer, block, kek, ..
        } = input;
        Self {
            schema_version: 1,
            ceremony: input.ceremony.clone(),
            created_at: now,
            request: Request {
                name: offer.request.name.clone(),
                asked_by: offer.request.asked_by,
                sha256: offer.request_sha256.clone(),
            },
            offer: offer.id(),
            method: offer.terms.method(),
            block: Block {
                file: block.key.clone(),
                sha256: block.sha256.clone(),
            },
            kek: Kek {
                algorithm: kek.algorithm,
                usage: offer.expected.usage,
                modes: offer.expected.modes,
                exportability: offer.expected.exportability,
                kcv: kek.kcv.clone(),
                kcv_algorithm: kek.kcv_algorithm,
            },
            confirmation: confirmation.cloned(),
            signature: Signature {
                algorithm: input.signature_algorithm,
            },
            files: Vec::new(),
        }
    }

    pub(crate) fn listing(self, files: &[File]) -> Self {
        Self {
            files: files.iter().map(File::digest).collect(),
            ..self
        }
    }
}
