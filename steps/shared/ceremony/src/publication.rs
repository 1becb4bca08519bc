//! What a ceremony publishes, whichever it is: made by its packaging step, written by `publish`.

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::execution::{File, FileDigest};

/// The files for the partner, and what is kept beside the record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Publication {
    /// What the partner fetches.
    pub files: Vec<File>,
    /// Goes out last, and has the digest of every file.
    pub manifest: File,
    /// Documents for the evidence folder, beside the record and a copy of the manifest.
    pub documents: Vec<File>,
    /// Roots that were proven, kept for partners that do not send theirs again.
    pub trusted_roots: Vec<Certificate>,
}

/// What is told of a publication: the digest of everything, the contents of nothing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicationDigests {
    pub files: Vec<FileDigest>,
    pub manifest: FileDigest,
    pub documents: Vec<FileDigest>,
}

impl Publication {
    pub fn digests(&self) -> PublicationDigests {
        PublicationDigests {
            files: self.files.iter().map(File::digest).collect(),
            manifest: self.manifest.digest(),
            documents: self.documents.iter().map(File::digest).collect(),
        }
    }
}
