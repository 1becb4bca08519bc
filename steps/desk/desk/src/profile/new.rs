//! `ceremony profile new`: a valid profile, with the fingerprints of the roots in it.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ceremony::bundle::{MAX_FILE_BYTES, UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use ceremony::profile::{MalformedProfile, Profile};
use ceremony::utc::Utc;

use super::{check, how_to_put, with_colons};
use crate::files::{Unreadable, read_at_most};
use crate::finding::{Finding, Status};

/// The profile, but for its roots.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Everything else: no root is pinned in it yet.
    pub profile: Profile,
    /// Files with one root certificate each.
    pub roots: Vec<PathBuf>,
    /// Whether the profile supplies the roots, so that the partner need not send them.
    pub with_root: bool,
}

/// A profile that is ready to be put into its parameter.
#[derive(Clone, Debug)]
pub struct Written {
    pub json: String,
    profile: Profile,
    roots: Vec<Certificate>,
    doubts: Vec<Finding>,
}

/// Pins the roots, and makes sure that the ceremonies will read what is written, and can go by it.
pub fn write(draft: Draft, now: Utc) -> Result<Written, NotWritten> {
    let Draft {
        mut profile,
        roots: files,
        with_root,
    } = draft;
    let roots = files.iter().map(|file| root(file));
    let roots = roots.collect::<Result<Vec<_>, _>>()?;
    profile.trust_anchors = roots.iter().map(Certificate::sha256).collect();
    if with_root {
        profile.root_certificates.clone_from(&roots);
    }
    let json = serde_json::to_string_pretty(&profile).map_err(NotWritten::NotJson)?;
    let json = format!("{json}\n");
    let profile = Profile::read(&json)?;
    let mut doubts = Vec::new();
    for checked in check::look(&json, Some(&roots), now).findings {
        match checked.finding.status {
            Status::Failed => return Err(NotWritten::OfNoUse(in_words(&checked.finding))),
            Status::Warning | Status::NotKnown => doubts.push(checked.finding),
            Status::Ok => {}
        }
    }
    Ok(Written {
        json,
        profile,
        roots,
        doubts,
    })
}

/// What was seen, of each thing that is not as it should be.
fn in_words(finding: &Finding) -> String {
    let details = finding.details.iter();
    let bad = details.filter(|detail| detail.status != Status::Ok);
    let bad: Vec<String> = bad
        .map(|detail| format!("{}: {}", detail.about, detail.seen))
        .collect();
    if bad.is_empty() {
        finding.seen.clone()
    } else {
        bad.join(" ")
    }
}

fn root(file: &Path) -> Result<Certificate, NotWritten> {
    let shown = file.display().to_string();
    let bytes = read_at_most(file, MAX_FILE_BYTES)
        .map_err(|error| Unreadable::new(file, error))?
        .ok_or_else(|| NotWritten::NoRoot(shown.clone(), "it is too large".to_owned()))?;
    let certificates =
        certificates_in(&bytes).map_err(|error| NotWritten::Unusable(shown.clone(), error))?;
    let no_root = |words: String| Err(NotWritten::NoRoot(shown.clone(), words));
    let [root] = &certificates[..] else {
        return no_root(format!(
            "it holds {} certificates; give a file with the root alone, so that there is no doubt \
             what is trusted",
            certificates.len()
        ));
    };
    if !root.is_self_issued() {
        return no_root(format!(
            "`{}` was issued by `{}`; the certificate of that CA, or of the one above it, is meant",
            root.subject(),
            root.issuer()
        ));
    }
    if !root.is_ca() {
        return no_root(format!(
            "`{}` is no CA by its BasicConstraints; every ceremony would refuse it",
            root.subject()
        ));
    }
    Ok(root.clone())
}

impl Written {
    /// Puts it into a file that is not there yet.
    pub fn to_file(&self, file: &Path) -> Result<(), NotWritten> {
        let written = OpenOptions::new().write(true).create_new(true).open(file);
        match written.and_then(|mut file| file.write_all(self.json.as_bytes())) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(NotWritten::Exists(file.display().to_string()))
            }
            Err(error) => Err(NotWritten::Unwritable(file.display().to_string(), error)),
        }
    }

    /// What is to be compared, what is doubtful, and what to do next.
    pub fn told(&self, file: Option<&Path>) -> String {
        let mut text =
            String::from("Compare with what the partner says over another channel, two people:\n");
        for root in &self.roots {
            let fingerprint = root.sha256();
            // Writing to a String does not fail.
            let _ = write!(
                text,
                "\n    root {}, valid until {}\n    SHA-256 {fingerprint}\n    sha256 Fingerprint={}\n",
                root.subject(),
                root.not_after(),
                with_colons(&fingerprint)
            );
        }
        for doubt in &self.doubts {
            let _ = writeln!(text, "\nWarning: {}", in_words(doubt));
            if let Some(to_do) = &doubt.to_do {
                let _ = writeln!(text, "    What to do: {to_do}");
            }
        }
        let file = file.map_or("PROFILE.json".to_owned(), |file| file.display().to_string());
        let _ = write!(
            text,
            "\nThen, as the operator role (with --overwrite if the folder has a profile already):\n\n{}\n",
            how_to_put(&self.profile.folder(), &file, self.json.len())
        );
        text
    }
}

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    #[error("{0} is there already; it is not overwritten")]
    Exists(String),
    #[error("the profile would not be accepted: {0}")]
    Malformed(#[from] MalformedProfile),
    #[error("{0} is no root: {1}")]
    NoRoot(String, String),
    #[error("the profile cannot be written as JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("every ceremony under this profile would be refused: {0}")]
    OfNoUse(String),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("{0} cannot be used: {1}")]
    Unusable(String, UnusableFile),
    #[error("{0} cannot be written: {1}")]
    Unwritable(String, io::Error),
}
