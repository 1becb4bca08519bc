//! A certificate path is proven, or every reason why not is named.
//!
//! Pure and cheap: it calls nothing. `rustls-webpki` verifies the path (signatures, names, name
//! constraints, dates, critical extensions); what it does not look at, or tells only by its first
//! error, is checked on the certificates one by one. All checks are made and returned, whatever
//! fails.
//!
//! `Validate` makes the proof for the record. The steps that import CAs or wrap under a leaf make
//! it once more from the same path, because a proof cannot be read from a document: [`ProvenPath`]
//! comes out of [`prove`] and from nowhere else.

mod checks;
mod webpki_path;

use serde::{Deserialize, Serialize};

use crate::algorithms::KekAlgorithm;
use crate::path::{CertificatePath, Role};
use crate::profile::Trust;
use crate::utc::Utc;

/// A path of which every check passed. Only these are imported, and only under their leaves is
/// anything wrapped: the functions that do so take no other type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvenPath(CertificatePath);

impl ProvenPath {
    pub fn path(&self) -> &CertificatePath {
        &self.0
    }
}

/// What a proof came to: every check with its result in the order made, and the verdict.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    pub checks: Vec<Check>,
    pub verdict: Result<ProvenPath, Refusal>,
}

/// Proves `path` at `now` against the trust pinned in the profile; its leaf is to carry a KEK of
/// this algorithm.
pub fn prove(path: CertificatePath, trust: &Trust, kek: KekAlgorithm, now: Utc) -> Proof {
    let mut checks = Vec::new();
    checks::root_is_pinned(&path, trust, &mut checks);
    webpki_path::path_is_valid(&path, trust, now, &mut checks);
    checks::certificates_are_valid_at(&path, now, &mut checks);
    checks::cas_may_issue(&path, &mut checks);
    checks::leaf_may_receive(&path, trust, kek, &mut checks);
    let verdict = match Refusal::of(&checks) {
        None => Ok(ProvenPath(path)),
        Some(refusal) => Err(refusal),
    };
    Proof { checks, verdict }
}

/// One check and its result.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// What was checked.
    pub check: CheckName,
    /// On which certificate; null where it is about the path.
    pub role: Option<Role>,
    /// Its subject; null where it is about the path.
    pub subject: Option<String>,
    pub passed: bool,
    /// What was found, and what was expected where that differs.
    pub detail: String,
}

/// What is checked, as it is when the check passes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum CheckName {
    /// notBefore (RFC 5280 §4.1.2.5).
    AlreadyValid,
    /// BasicConstraints says CA where it must, and only there (RFC 5280 §4.2.1.9).
    BasicConstraints,
    /// The CA's key is one that Payment Cryptography can hold, and not weaker than what it signs.
    CaKeySuitable,
    /// Signatures, names and name constraints from the leaf to a pinned root (RFC 5280 §6).
    CertificatePath,
    /// The leaf's userId or SAN URI is the one expected of this folder.
    Identity,
    /// KeyUsage: keyCertSign for CAs; keyEncipherment for the leaf where present (RFC 5280 §4.2.1.3).
    KeyUsage,
    /// The leaf's key may carry the KEK.
    LeafKeySuitable,
    /// notAfter (RFC 5280 §4.1.2.5).
    NotExpired,
    /// No more CAs below than pathLenConstraint allows (RFC 5280 §4.2.1.9).
    PathLength,
    /// The root is one of the profile's trust anchors.
    RootPinned,
}

impl CheckName {
    /// The name of the error that a ceremony ends with when this check fails.
    pub fn error(self) -> &'static str {
        match self {
            Self::AlreadyValid => "CertificateNotYetValid",
            Self::BasicConstraints => "BasicConstraintsWrong",
            Self::CaKeySuitable => "UnsuitableCaKey",
            Self::CertificatePath => "CertificatePathInvalid",
            Self::Identity => "IdentityMismatch",
            Self::KeyUsage => "KeyUsageWrong",
            Self::LeafKeySuitable => "LeafKeyTooWeak",
            Self::NotExpired => "CertificateExpired",
            Self::PathLength => "PathTooLong",
            Self::RootPinned => "RootNotPinned",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::AlreadyValid => {
                "Wait until the certificate is valid, and compare the partner's clock."
            }
            Self::Identity => {
                "Find out for whom the certificate was issued: if it is for another environment or \
                 data type, drop it there; if the profile is wrong, an operator corrects it."
            }
            Self::LeafKeySuitable => {
                "Ask the partner for a certificate with a longer RSA key, or have an operator choose \
                 a KEK algorithm that the key may carry."
            }
            Self::NotExpired => {
                "Ask the partner for a renewed certificate; it belongs into the same folder."
            }
            Self::RootPinned => {
                "Compare the fingerprint with the partner over another channel. Only if it is \
                 theirs, have an operator add it to `trustAnchors` of the profile."
            }
            Self::BasicConstraints
            | Self::CaKeySuitable
            | Self::CertificatePath
            | Self::KeyUsage
            | Self::PathLength => {
                "Tell the partner's CA: the certificates themselves are wrong and must be issued \
                 again."
            }
        }
    }
}

/// Why a path is refused.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
    /// [`CheckName::error`] of the check that failed.
    pub error: String,
    /// Every failed check.
    pub what: String,
    pub remedy: String,
}

impl Refusal {
    fn of(checks: &[Check]) -> Option<Self> {
        let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
        // The path check fails for any reason that another check names better.
        let first = failed
            .iter()
            .find(|check| check.check != CheckName::CertificatePath)
            .or(failed.first())?;
        let reasons: Vec<String> = failed.iter().map(|check| sentence(check)).collect();
        Some(Self {
            error: first.check.error().to_owned(),
            what: format!(
                "{} of {} checks failed: {}.",
                failed.len(),
                checks.len(),
                reasons.join("; ")
            ),
            remedy: first.check.remedy().to_owned(),
        })
    }
}

fn sentence(check: &Check) -> String {
    match (&check.role, &check.subject) {
        (Some(role), Some(subject)) => {
            format!("{} `{subject}`: {}", role.as_str(), check.detail)
        }
        _ => check.detail.clone(),
    }
}
