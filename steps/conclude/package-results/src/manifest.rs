//! `manifest.json`: which file it is about, under which KEK its keys came, and how many are there.

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, SignatureAlgorithm};
use ceremony::digest::Sha256;
use ceremony::execution::{File, FileDigest};
use ceremony::id::Ceremony;
use ceremony::utc::Utc;
use ceremony::working_keys::order::EstablishedKek;
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
    pub kek: Kek,
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

/// The KEK that protected the keys.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kek {
    pub established: EstablishedKek,
    pub key_arn: String,
    pub algorithm: KekAlgorithm,
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
}

/// How the list of the package is signed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    pub algorithm: SignatureAlgorithm,
}

impl Manifest {
    pub(crate) fn new(input: &Input) -> Self {
        let (object, kek) = (&input.file.object, &input.kek);
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
            kek: Kek {
                established: kek.established,
                key_arn: kek.key_arn.clone(),
                algorithm: kek.algorithm,
                kcv: kek.kcv.clone(),
                kcv_algorithm: kek.kcv_algorithm,
            },
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
