//! The files, as they would lie in one drop folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ceremony::bundle::{
    MAX_CERTIFICATES_IN_FOLDER, MAX_FILE_BYTES, MAX_FILES, UnusableFile, certificates_in,
};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::exchange::{MalformedNonce, Nonce};
use ceremony::path::{Choosing, Chosen, DroppedFile, NoPath, TWO_LEAVES_IN_ONE_FILE};
use ceremony::profile::Profile;
use ceremony::utc::Utc;

use super::{FileSeen, NotRun, Problem};
use crate::files::{Unreadable, read_at_most};

/// All files, in the order of their names.
pub(super) struct Drop(Vec<File>);

struct File {
    /// Without its folders: in the inbox it lies in one of its own.
    name: String,
    contents: Contents,
}

enum Contents {
    TooLarge,
    /// The partner's, for an exchange in two passes.
    Nonce {
        bytes: usize,
        sha256: Sha256,
        nonce: Result<Nonce, MalformedNonce>,
    },
    Read {
        bytes: usize,
        sha256: Sha256,
        certificates: Result<Vec<Certificate>, UnusableFile>,
    },
}

impl Drop {
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, NotRun> {
        let mut read = BTreeMap::new();
        for file in files {
            let name = file.file_name().unwrap_or(file.as_os_str());
            let name = name.to_string_lossy().into_owned();
            let contents = contents(file).map_err(|error| Unreadable::new(file, error))?;
            if read.insert(name.clone(), contents).is_some() {
                return Err(SameName(name).into());
            }
        }
        let files = read.into_iter();
        Ok(Self(
            files
                .map(|(name, contents)| File { name, contents })
                .collect(),
        ))
    }

    pub(super) fn seen(&self) -> Vec<FileSeen> {
        self.0.iter().map(File::seen).collect()
    }

    /// What `intake` rejects of it.
    pub(super) fn rejections(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.0.len() > MAX_FILES {
            problems.push(Problem::rejected_drop(format!(
                "the folder holds more than {MAX_FILES} files: remove those of earlier years"
            )));
        }
        for file in &self.0 {
            if let Some(reason) = file.unusable() {
                problems.push(if file.is_a_private_key() {
                    Problem::private_key(&file.name, reason)
                } else {
                    Problem::rejected_file(&file.name, reason)
                });
            }
        }
        let certificates = self.certificates().len();
        if certificates > MAX_CERTIFICATES_IN_FOLDER {
            problems.push(Problem::rejected_drop(format!(
                "the folder holds {certificates} certificates; at most \
                 {MAX_CERTIFICATES_IN_FOLDER} are accepted: remove those of earlier years"
            )));
        }
        problems
    }
}

impl Drop {
    /// The path that counts; the profile supplies what roots it has.
    pub(super) fn path(&self, profile: &Profile, at: Utc) -> Result<Chosen, Problem> {
        let no_path = |error: NoPath| Problem::no_path(error.told_with(&self.files()), profile);
        let dropped = self.certificates();
        let mut choosing = Choosing::new(&dropped, &profile.trust_anchors, profile.method(), at)
            .map_err(no_path)?;
        if choosing.lacks_a_root() {
            choosing.supply(&profile.root_certificates);
        }
        choosing.chosen().map_err(no_path)
    }

    /// A file that leaves it open which leaf is meant.
    pub(super) fn ambiguity(&self, chosen: &Chosen) -> Option<Problem> {
        let files = self.files();
        let name = chosen.two_leaves_in_one_file(&files)?;
        Some(Problem::rejected_file(
            name,
            TWO_LEAVES_IN_ONE_FILE.to_owned(),
        ))
    }

    /// Whether there is a nonce where the profile takes one, and none where it takes none.
    pub(super) fn nonce(&self, profile: &Profile) -> Option<Problem> {
        let is_one = |file: &&File| matches!(file.contents, Contents::Nonce { nonce: Ok(_), .. });
        match self.0.iter().find(is_one) {
            Some(_) if profile.takes_a_nonce() => None,
            Some(file) => Some(Problem::rejected_file(
                &file.name,
                format!(
                    "the exchange by `{}` that the profile names takes no nonce",
                    profile.method()
                ),
            )),
            None => profile.takes_a_nonce().then(Problem::nonce_missing),
        }
    }

    fn files(&self) -> Vec<DroppedFile<'_>> {
        let files = self.0.iter();
        files
            .map(|file| DroppedFile {
                name: &file.name,
                certificates: file.certificates(),
            })
            .collect()
    }

    fn certificates(&self) -> Vec<&Certificate> {
        self.0.iter().flat_map(File::certificates).collect()
    }
}

impl File {
    fn certificates(&self) -> &[Certificate] {
        match &self.contents {
            Contents::Read {
                certificates: Ok(certificates),
                ..
            } => certificates,
            _ => &[],
        }
    }

    fn is_a_private_key(&self) -> bool {
        matches!(
            self.contents,
            Contents::Read {
                certificates: Err(UnusableFile::PrivateKey(_)),
                ..
            }
        )
    }

    fn unusable(&self) -> Option<String> {
        match &self.contents {
            Contents::TooLarge => Some(format!(
                "the file has more than the {MAX_FILE_BYTES} bytes that are accepted"
            )),
            Contents::Nonce { nonce, .. } => nonce.as_ref().err().map(ToString::to_string),
            Contents::Read { certificates, .. } => {
                certificates.as_ref().err().map(ToString::to_string)
            }
        }
    }

    fn seen(&self) -> FileSeen {
        let (bytes, sha256) = match &self.contents {
            Contents::TooLarge => (None, None),
            Contents::Nonce { bytes, sha256, .. } | Contents::Read { bytes, sha256, .. } => {
                (Some(*bytes), Some(sha256.clone()))
            }
        };
        FileSeen {
            file: self.name.clone(),
            bytes,
            sha256,
            nonce: matches!(self.contents, Contents::Nonce { .. }),
            certificates: self
                .certificates()
                .iter()
                .map(Certificate::sha256)
                .collect(),
            unusable: self.unusable(),
        }
    }
}

fn contents(file: &Path) -> std::io::Result<Contents> {
    let Some(bytes) = read_at_most(file, MAX_FILE_BYTES)? else {
        return Ok(Contents::TooLarge);
    };
    let sha256 = Sha256::of(&bytes);
    if Nonce::is_expected_in(&file.to_string_lossy()) {
        return Ok(Contents::Nonce {
            bytes: bytes.len(),
            sha256,
            nonce: Nonce::in_file(&bytes),
        });
    }
    Ok(Contents::Read {
        bytes: bytes.len(),
        sha256,
        certificates: certificates_in(&bytes),
    })
}

/// A folder holds one object of a name.
#[derive(Debug, thiserror::Error)]
#[error(
    "two of the files are called {0}: in the folder of the inbox the one would replace the other"
)]
pub struct SameName(String);
