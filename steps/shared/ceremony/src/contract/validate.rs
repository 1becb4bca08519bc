//! `Validate`: a certificate path is proven, or every reason why not is named.

use serde::{Deserialize, Serialize};

use super::document;
use crate::digest::Sha256;
use crate::identifiers::Ceremony;
use crate::path::{CertificatePath, Role};
use crate::profile::Policy;

document! {
    pub struct Input {
        pub ceremony: Ceremony,
        pub path: CertificatePath,
        pub policy: Policy,
    }
}

document! {
    /// Exactly one of `validated` and `refused` is not null.
    pub struct Output {
        /// Every check with its result, in the order made.
        pub checks: Vec<Check>,
        pub validated: Option<ValidatedPath>,
        /// Fingerprint of the leaf, whatever became of it.
        pub leaf_sha256: Sha256,
        pub refused: Option<Refusal>,
    }
}

document! {
    /// One check and its result.
    #[derive(Eq, PartialEq)]
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
}

/// What is checked. The name of a check that fails is the name of the error the ceremony ends
/// with.
#[derive(
    Clone,
    Copy,
    Debug,
    Deserialize,
    Eq,
    PartialEq,
    Serialize,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
pub enum CheckName {
    /// BasicConstraints says CA where it must, and only there (RFC 5280 §4.2.1.9).
    BasicConstraintsWrong,
    /// Signatures, names and name constraints from the leaf to a pinned root (RFC 5280 §6).
    CertificatePathInvalid,
    /// notAfter (RFC 5280 §4.1.2.5).
    CertificateExpired,
    /// notBefore (RFC 5280 §4.1.2.5).
    CertificateNotYetValid,
    /// The leaf's userId or SAN URI is the one expected of this partner, environment and data type.
    IdentityMismatch,
    /// KeyUsage: keyCertSign for CAs; keyEncipherment for the leaf where present (RFC 5280 §4.2.1.3).
    KeyUsageWrong,
    /// The leaf's key may carry the KEK.
    LeafKeyTooWeak,
    /// No more CAs below than pathLenConstraint allows (RFC 5280 §4.2.1.9).
    PathTooLong,
    /// The root is one of the profile's trust anchors.
    RootNotPinned,
    /// The CA's key is one that Payment Cryptography can hold, and not weaker than what it signs.
    UnsuitableCaKey,
}

document! {
    /// Why the path is refused.
    #[derive(Eq, PartialEq)]
    pub struct Refusal {
        /// The first failed check's name.
        pub error: CheckName,
        /// Every failed check, and what to do.
        pub cause: String,
    }
}

/// A path of which every check passed. Only these are imported, and only under their leaves is
/// anything wrapped: the functions that do so take no other type.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ValidatedPath(CertificatePath);

impl ValidatedPath {
    /// `None` if there is no check at all, or one that did not pass.
    pub fn new(path: CertificatePath, checks: &[Check]) -> Option<Self> {
        let proven = !checks.is_empty() && checks.iter().all(|check| check.passed);
        proven.then_some(Self(path))
    }

    pub fn path(&self) -> &CertificatePath {
        &self.0
    }
}
