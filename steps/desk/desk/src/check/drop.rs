//! The files, as they would lie in one drop folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ceremony::bundle::{
    MAX_CERTIFICATES_IN_FOLDER, MAX_FILE_BYTES, MAX_FILES, UnusableFile, certificates_in,
};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::identifiers::Folder;
use ceremony::path::{Candidates, CertificatePath, Choice, NoPath, PassedOver, why_ambiguous};
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
    pub(super) fn rejections(&self, folder: &Folder) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.0.len() > MAX_FILES {
            problems.push(Problem::rejected_drop(format!(
                "the folder holds more than {MAX_FILES} files: remove those of earlier years"
            )));
        }
        for file in &self.0 {
            if let Some(reason) = file.private_key() {
                problems.push(Problem::private_key(&file.name, reason));
                continue;
            }
            let key = format!("{}{}", folder.prefix(), file.name);
            let reason = match Folder::of_inbox_key(&key) {
                Err(reason) => Some(reason),
                Ok(_) => file.unusable(),
            };
            problems.extend(reason.map(|reason| Problem::rejected_file(&file.name, reason)));
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

/// The path on which a ceremony would be, and what of the drop does not count.
pub(super) struct Chosen {
    pub(super) path: CertificatePath,
    pub(super) passed_over: Vec<PassedOver>,
}

impl Drop {
    /// The path from the leaf that `intake` would start a ceremony for; the profile supplies what roots
    /// it has.
    pub(super) fn choose(&self, profile: &Profile, at: Utc) -> Result<Chosen, Problem> {
        let no_path = |error: NoPath| Problem::no_path(&error, profile);
        let pinned = profile.trust_anchors.as_slice();
        let mut candidates = Candidates::new(self.certificates());
        let Choice {
            leaf,
            passed_over,
            leaves,
        } = candidates.newest_leaf(at).map_err(no_path)?;
        let mut path = candidates.path_from(leaf, pinned, at);
        let is_pinned = |path: &CertificatePath| pinned.contains(&path.root.sha256());
        if !path.as_ref().is_ok_and(is_pinned) {
            candidates.add(&profile.root_certificates);
            path = candidates.path_from(leaf, pinned, at);
        }
        let path = path.map_err(no_path)?;
        let ambiguous = self.0.iter().find_map(|file| {
            let reason = why_ambiguous(file.certificates(), leaf, &leaves)?;
            Some(Problem::rejected_file(&file.name, reason.to_owned()))
        });
        match ambiguous {
            Some(problem) => Err(problem),
            None => Ok(Chosen { path, passed_over }),
        }
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

    /// As long as one lies there, no ceremony of the folder starts.
    fn private_key(&self) -> Option<String> {
        match &self.contents {
            Contents::Read {
                certificates: Err(error @ UnusableFile::PrivateKey(_)),
                ..
            } => Some(error.to_string()),
            _ => None,
        }
    }

    fn unusable(&self) -> Option<String> {
        match &self.contents {
            Contents::TooLarge => Some(format!(
                "the file has more than the {MAX_FILE_BYTES} bytes that are accepted"
            )),
            Contents::Read { certificates, .. } => {
                certificates.as_ref().err().map(ToString::to_string)
            }
        }
    }

    fn seen(&self) -> FileSeen {
        let (bytes, sha256) = match &self.contents {
            Contents::TooLarge => (None, None),
            Contents::Read { bytes, sha256, .. } => (Some(*bytes), Some(sha256.clone())),
        };
        FileSeen {
            file: self.name.clone(),
            bytes,
            sha256,
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
    Ok(Contents::Read {
        bytes: bytes.len(),
        sha256: Sha256::of(&bytes),
        certificates: certificates_in(&bytes),
    })
}

/// A folder holds one object of a name.
#[derive(Debug, thiserror::Error)]
#[error(
    "two of the files are called {0}: in the folder of the inbox the one would replace the other"
)]
pub struct SameName(String);
