//! What a ceremony publishes, whichever it is: made by its packaging step, signed by `sign-package`,
//! written by `publish`.

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::execution::{File, FileDigest, Location};

/// The files for the partner, and what is kept beside the record.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Publication {
    /// What the partner fetches.
    pub files: Vec<File>,
    /// What the partner fetches too, and is too large for a state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<StoredFile>,
    /// Goes out last, and has the digest of every file that the packaging step made.
    pub manifest: File,
    /// Documents for the evidence folder, beside the record and a copy of the manifest.
    pub documents: Vec<File>,
    /// Roots that were proven, kept for partners that do not send theirs again.
    pub trusted_roots: Vec<Certificate>,
}

/// A file that lies in a bucket of ours until it is published.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredFile {
    pub name: String,
    pub content_type: String,
    pub location: Location,
    pub bytes: u64,
    pub sha256: Sha256,
}

impl StoredFile {
    pub fn digest(&self) -> FileDigest {
        FileDigest {
            name: self.name.clone(),
            bytes: usize::try_from(self.bytes).unwrap_or(usize::MAX),
            sha256: self.sha256.clone(),
        }
    }
}

/// The record of a ceremony, in its folder of the evidence bucket. It is written before the first file
/// of the package: where it is not, nothing is in the outbox.
pub const RECORD: &str = "record.json";

/// PEM of the key by which a package is signed.
pub const SIGNING_KEY: &str = "signing-public-key.pem";

/// PEM of that key's certificate, where one has been enrolled, and of its issuers up to the root.
pub const SIGNING_CERTIFICATES: &str = "signing-certificates.pem";

/// The list of a package's files with their digests, as `sha256sum` writes it.
pub const SUMS: &str = "SHA256SUMS";

/// The signature over the bytes of [`SUMS`].
pub const SUMS_SIGNATURE: &str = "SHA256SUMS.sig";

/// Whether a name is that of one file in one folder, for S3, for every shell and for `sha256sum`: no
/// path, no white space, nothing to be escaped, not hidden, no option.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && !name.starts_with(['.', '-']) && name.chars().all(plain)
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
        let files = self.files.iter().map(File::digest);
        let objects = self.objects.iter().map(StoredFile::digest);
        PublicationDigests {
            files: files.chain(objects).collect(),
            manifest: self.manifest.digest(),
            documents: self.documents.iter().map(File::digest).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_one_file_in_one_folder() {
        for name in ["kek.bin", "README.md", "a-b_c.1", SUMS, SUMS_SIGNATURE] {
            assert!(is_plain_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "-",
            "-c",
            "a/b",
            "../a",
            "a\\b",
            "a b",
            "a\nb",
            "a\r",
            "a\0",
            "*",
            "$(id)",
            "\u{202e}a",
            "\u{e9}",
        ] {
            assert!(!is_plain_name(name), "{name:?}");
        }
    }
}
