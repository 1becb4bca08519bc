//! `manifest.json`: which keys are in the package, under which KEK, and who asked for them.

use std::fmt::Write;

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, SignatureAlgorithm};
use ceremony::digest::Sha256;
use ceremony::execution::{File, FileDigest};
use ceremony::id::Ceremony;
use ceremony::tr31::Header;
use ceremony::utc::Utc;
use ceremony::working_keys::place::AskedBy;
use ceremony::working_keys::plan::{ExportedKey, ToldKek};
use serde::Serialize;

use crate::{Input, file_of};

/// `manifest.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    #[serde(flatten)]
    pub ceremony: Ceremony,
    /// When the ceremony began.
    pub created_at: Utc,
    pub request: Request,
    /// The KEK that protects the keys.
    pub kek: ToldKek,
    /// In the order in which they were asked for.
    pub keys: Vec<Key>,
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

/// A key, and what its block says of it in clear.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    pub name: String,
    pub file: String,
    pub key_arn: String,
    pub algorithm: KekAlgorithm,
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
    pub header: Header,
}

/// How the list of the package is signed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    pub algorithm: SignatureAlgorithm,
}

impl Manifest {
    pub(crate) fn new(input: &Input) -> Self {
        let request = &input.request;
        Self {
            schema_version: 1,
            ceremony: input.ceremony.clone(),
            created_at: input.execution.started_at,
            request: Request {
                name: request.name.clone(),
                asked_by: request.asked_by,
                sha256: request.object.sha256.clone(),
            },
            kek: ToldKek::from(&input.kek),
            keys: input.keys.iter().map(Key::of).collect(),
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

    /// One line for each key: name and check value.
    pub(crate) fn check_values(&self) -> String {
        let mut lines = String::new();
        for key in &self.keys {
            let _ = writeln!(lines, "{}  {}", key.kcv, key.name);
        }
        lines
    }
}

impl Key {
    fn of(exported: &ExportedKey) -> Self {
        let key = &exported.key;
        Self {
            name: key.name.to_string(),
            file: file_of(&key.name),
            key_arn: key.key_arn.clone(),
            algorithm: key.algorithm,
            kcv: key.kcv.clone(),
            kcv_algorithm: key.kcv_algorithm,
            header: exported.header.clone(),
        }
    }
}
