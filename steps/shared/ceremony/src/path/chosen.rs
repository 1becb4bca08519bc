//! What a drop comes to: the path that counts, or why there is none.
//!
//! `intake`, `fetch-certs` and the program for people choose by these functions. Roots that the
//! partner need not send lie elsewhere; whoever chooses fetches them only if they make a difference.

use super::{Candidates, CertificatePath, Choice, NoPath, PassedOver};
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::exchange::Method;
use crate::text::shown;
use crate::utc::Utc;

/// The path that counts, and what of the drop does not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chosen {
    pub path: CertificatePath,
    /// Certificates newer than the leaf, and why each of them does not count.
    pub passed_over: Vec<PassedOver>,
    /// Fingerprints of all end-entity certificates of the drop.
    pub leaves: Vec<Sha256>,
}

/// A choice in the making.
pub struct Choosing<'a> {
    candidates: Candidates<'a>,
    choice: Choice<'a>,
    pinned: &'a [Sha256],
    now: Utc,
    path: Result<CertificatePath, NoPath>,
}

impl<'a> Choosing<'a> {
    /// The newest leaf for this method among `dropped`, and where the drop by itself leads from there.
    pub fn new(
        dropped: &[&'a Certificate],
        pinned: &'a [Sha256],
        method: Method,
        now: Utc,
    ) -> Result<Self, NoPath> {
        let mut candidates = Candidates::new(dropped.iter().copied());
        let choice = candidates.newest_leaf(method, now)?;
        Ok(Self::with(candidates, choice, pinned, now))
    }

    /// The same from the leaf of that fingerprint, which has been chosen before.
    pub fn from_leaf(
        leaf: &Sha256,
        dropped: &[&'a Certificate],
        pinned: &'a [Sha256],
        now: Utc,
    ) -> Result<Self, NoPath> {
        let mut known = dropped.iter().copied();
        let leaf = known
            .find(|one| one.sha256() == *leaf)
            .ok_or(NoPath::NoLeaf { instead: None })?;
        let choice = Choice {
            leaf,
            passed_over: Vec::new(),
            leaves: Vec::new(),
        };
        let candidates = Candidates::new(dropped.iter().copied());
        Ok(Self::with(candidates, choice, pinned, now))
    }

    fn with(
        mut candidates: Candidates<'a>,
        choice: Choice<'a>,
        pinned: &'a [Sha256],
        now: Utc,
    ) -> Self {
        let path = candidates.path_from(choice.leaf, pinned, now);
        Self {
            candidates,
            choice,
            pinned,
            now,
            path,
        }
    }

    /// Whether roots from elsewhere could make a difference: the drop leads to none that is pinned.
    pub fn lacks_a_root(&self) -> bool {
        let is_pinned = |path: &CertificatePath| self.pinned.contains(&path.root.sha256());
        !self.path.as_ref().is_ok_and(is_pinned)
    }

    /// Looks once more, with these roots beside the drop.
    pub fn supply(&mut self, roots: &'a [Certificate]) {
        self.candidates.add(roots);
        self.path = self
            .candidates
            .path_from(self.choice.leaf, self.pinned, self.now);
    }

    pub fn chosen(self) -> Result<Chosen, NoPath> {
        Ok(Chosen {
            path: self.path?,
            passed_over: self.choice.passed_over,
            leaves: self.choice.leaves,
        })
    }
}

/// A file of the drop: its name, and the certificates in it.
#[derive(Clone, Copy, Debug)]
pub struct DroppedFile<'a> {
    pub name: &'a str,
    pub certificates: &'a [Certificate],
}

impl DroppedFile<'_> {
    fn holds(&self, fingerprint: &Sha256) -> bool {
        let mut held = self.certificates.iter();
        held.any(|certificate| certificate.sha256() == *fingerprint)
    }
}

/// Why a file is refused that holds the leaf and another one.
pub const TWO_LEAVES_IN_ONE_FILE: &str = "the file holds more than one end-entity certificate, and \
    there is no telling which is meant: send one leaf per file";

impl Chosen {
    /// The file that holds the leaf and another one. Years may lie side by side, but in a file of
    /// its own each: otherwise it is open which of them the partner means.
    pub fn two_leaves_in_one_file<'a>(&self, files: &[DroppedFile<'a>]) -> Option<&'a str> {
        let leaf = self.path.leaf.sha256();
        let others = || self.leaves.iter().filter(|other| **other != leaf);
        let ambiguous =
            |file: &&DroppedFile<'_>| file.holds(&leaf) && others().any(|other| file.holds(other));
        files.iter().find(ambiguous).map(|file| file.name)
    }

    /// That a file holds a newer certificate, and why that does not count.
    pub fn passed_over_in(&self, file: DroppedFile<'_>) -> Option<String> {
        let mut passed_over = self.passed_over.iter();
        let PassedOver { name, why, .. } = passed_over.find(|one| file.holds(&one.certificate))?;
        let leaf = &self.path.leaf;
        Some(format!(
            "{name} is newer than {leaf}, which counts all the same: of the newer one, {why}"
        ))
    }
}

impl NoPath {
    /// The same, with the files in which the certificates lie that it speaks of.
    pub fn told_with(mut self, files: &[DroppedFile<'_>]) -> Self {
        let named = |name: &mut String, fingerprint: &Sha256| {
            *name = match files.iter().find(|file| file.holds(fingerprint)) {
                Some(file) => format!("{name} in `{}`", shown(file.name)),
                None => format!("{name} of the profile"),
            };
        };
        match &mut self {
            Self::IssuerUnfit { namesakes, .. } => {
                for namesake in namesakes {
                    named(&mut namesake.name, &namesake.certificate);
                }
            }
            Self::NoLeaf {
                instead: Some(instead),
            } => named(&mut instead.name, &instead.certificate),
            _ => {}
        }
        self
    }

    /// What to do, if that is to send more; `None` where what is there is wrong.
    pub fn what_to_add(&self) -> Option<&'static str> {
        match self {
            Self::IssuerMissing { .. } | Self::NoLeaf { .. } | Self::NoSigner => {
                Some("Drop the missing certificate into the same folder.")
            }
            Self::IssuerUnfit { .. } => Some(
                "Drop a certificate of that CA that can be used, or certificates that do not need \
                 it, into the same folder.",
            ),
            Self::SelfSignedLeaf(_)
            | Self::TooLong { .. }
            | Self::TooManyNamesakes
            | Self::TwoLeaves { .. } => None,
        }
    }
}
