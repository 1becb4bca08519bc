//! `manifest.json`: which file it is about, under which KEK its keys came, and how many are there.

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::digest::Sha256;
use ceremony::execution::{File, FileDigest};
use ceremony::id::Ceremony;
use ceremony::utc::Utc;
use ceremony::working_keys::plan::ToldKek;
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
    pub file: DroppedFile,
    /// The KEK that protected the keys.
    pub kek: ToldKek,
    pub imported: usize,
    pub refused: usize,
    pub signature: Signature,
    pub files: Vec<FileDigest>,
}

/// The partner's file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DroppedFile {
    /// In the inbox.
    pub key: String,
    pub sha256: Sha256,
}

/// How the list of the package is signed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    pub algorithm: SignatureAlgorithm,
}

impl Manifest {
    pub(crate) fn new(input: &Input) -> Self {
        let object = &input.file.object;
        let imported = input.results.iter().filter(|it| it.imported.is_some());
        let imported = imported.count();
        Self {
            schema_version: 1,
            ceremony: input.ceremony.clone(),
            created_at: input.execution.started_at,
            file: DroppedFile {
                key: object.key.clone(),
                sha256: object.sha256.clone(),
            },
            kek: ToldKek::from(&input.kek),
            imported,
            refused: input.results.len() - imported,
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
