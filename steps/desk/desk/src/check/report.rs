//! What was found, and what stands in the way.

use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::exchange::Method;
use ceremony::path::{CertificateFacts, Chosen, NoPath};
use ceremony::profile::{CeremonyNotAllowed, MalformedProfile, Profile};
use ceremony::proof::{Check, Refusal};
use ceremony::revocation::Finding;
use ceremony::text::shown;
use ceremony::utc::Utc;
use serde::Serialize;

use super::drop::Drop;
use crate::terminal::plain_json;

/// Changes whenever a member of the document changes its meaning or goes; new ones may come.
const VERSION: u32 = 1;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub version: u32,
    /// The release of this program.
    pub program: String,
    /// For when it was looked.
    pub at: Utc,
    /// Null where the profile cannot be read.
    pub folder: Option<String>,
    pub goes_on: bool,
    /// All that stands in the way; empty where the ceremony would go on.
    pub problems: Vec<Problem>,
    pub files: Vec<FileSeen>,
    /// The certificates that the ceremony would use, the leaf first; empty where there is no path.
    pub path: Vec<OnPath>,
    /// Certificates that are newer than the leaf, and why each of them does not count. `intake` tells
    /// them as rejected when their files arrive; the ceremony goes on without them.
    pub passed_over: Vec<NotCounted>,
    /// Every check, as it would be recorded.
    pub checks: Vec<Check>,
    /// How the KEK would travel; null where the profile cannot be read, or allows none.
    pub exchange: Option<Travels>,
    /// Null where nobody was to be asked, or something else stands in the way.
    pub revocation: Option<Revocation>,
}

/// What stands in the way of a ceremony, and how it would be told.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The event that would be announced.
    pub event: &'static str,
    /// The error that the ceremony would end with; null where none would be started.
    pub error: Option<String>,
    /// The file that it is about, if it is about one.
    pub file: Option<String>,
    pub what: String,
    pub to_do: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSeen {
    pub file: String,
    /// Null where it is too large to be read, as is the digest.
    pub bytes: Option<usize>,
    pub sha256: Option<Sha256>,
    /// Whether its name says that it holds a nonce, and no certificate.
    pub nonce: bool,
    /// Fingerprints, in the order in which they lie there.
    pub certificates: Vec<Sha256>,
    /// Why nothing is taken from it.
    pub unusable: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnPath {
    #[serde(flatten)]
    pub facts: CertificateFacts,
    pub key_algorithm: String,
    /// Whole days until it expires; negative where it has.
    pub remaining_days: i64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotCounted {
    pub sha256: Sha256,
    pub subject: String,
    pub why: String,
}

/// What the ceremony would send, and by which method.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Travels {
    pub kek: KekAlgorithm,
    pub method: Method,
}

/// What the services said.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revocation {
    /// Now, whatever time the rest was looked at for.
    pub asked_at: Utc,
    /// Of the leaf and every intermediate; empty where the profile wants nobody to be asked.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(at: Utc, drop: &Drop) -> Self {
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            folder: None,
            goes_on: false,
            problems: Vec::new(),
            files: drop.seen(),
            path: Vec::new(),
            passed_over: Vec::new(),
            checks: Vec::new(),
            exchange: None,
            revocation: None,
        }
    }

    pub(super) fn on_path(&mut self, chosen: &Chosen) {
        let passed_over = chosen.passed_over.iter().map(|one| NotCounted {
            sha256: one.certificate.clone(),
            subject: one.name.clone(),
            why: one.why.clone(),
        });
        self.passed_over = passed_over.collect();
        let path = &chosen.path;
        let certificates = path.certificates().zip(path.facts());
        let at = self.at.unix_seconds();
        self.path = certificates
            .map(|((_, certificate), facts)| OnPath {
                key_algorithm: certificate.key_algorithm().to_string(),
                remaining_days: (facts.not_after.unix_seconds() - at).div_euclid(DAY),
                facts,
            })
            .collect();
    }

    pub fn json(&self) -> String {
        let document = serde_json::to_string_pretty(self).expect("texts are JSON");
        plain_json(&document)
    }
}

const DAY: i64 = 24 * 60 * 60;

const CEREMONY_FAILED: &str = "Ceremony Failed";
const CERTIFICATES_INCOMPLETE: &str = "Certificates Incomplete";
const CERTIFICATES_REJECTED: &str = "Certificates Rejected";
const PRIVATE_KEY_RECEIVED: &str = "Private Key Received";

impl Problem {
    pub(super) fn rejected_drop(reason: String) -> Self {
        Self::not_taken(CERTIFICATES_REJECTED, reason, "Correct the folder.")
    }

    pub(super) fn rejected_file(file: &str, reason: String) -> Self {
        Self {
            file: Some(shown(file)),
            ..Self::not_taken(CERTIFICATES_REJECTED, reason, "Correct the file.")
        }
    }

    /// No ceremony of the folder starts as long as it lies there.
    pub(super) fn private_key(file: &str, reason: String) -> Self {
        Self {
            file: Some(shown(file)),
            ..Self::not_taken(
                PRIVATE_KEY_RECEIVED,
                reason,
                "Never send it. If it has been sent, replace that key and every certificate for it.",
            )
        }
    }

    pub(super) fn nonce_missing() -> Self {
        Self::not_taken(
            CERTIFICATES_INCOMPLETE,
            "the exchange has two passes, and there is no file `<name>.nonce` with a random nonce"
                .to_owned(),
            "Add a new random nonce of 8 to 16 bytes, as hex digits, in a file `<name>.nonce`.",
        )
    }

    /// Why the files lead from no leaf to a root.
    pub(super) fn no_path(error: NoPath, profile: &Profile) -> Self {
        match error.what_to_add() {
            Some(to_do) => Self::not_taken(
                CERTIFICATES_INCOMPLETE,
                error.to_string(),
                &format!("{to_do}{}", roots_elsewhere(profile)),
            ),
            None => Self::not_taken(
                CERTIFICATES_REJECTED,
                error.to_string(),
                "Correct the files.",
            ),
        }
    }

    pub(super) fn profile_malformed(error: &MalformedProfile) -> Self {
        Self::failed(
            "ProfileMalformed",
            error.to_string(),
            "Correct the profile; `ceremony profile check` tells more.",
        )
    }

    pub(super) fn not_allowed(error: &CeremonyNotAllowed) -> Self {
        Self::failed(
            "CeremonyNotAllowed",
            error.to_string(),
            "Have an operator add the section to the profile.",
        )
    }

    pub(super) fn refused(refusal: Refusal) -> Self {
        Self::failed(&refusal.error, refusal.what, &refusal.remedy)
    }

    pub(super) fn not_taken(event: &'static str, what: String, to_do: &str) -> Self {
        Self {
            event,
            error: None,
            file: None,
            what,
            to_do: to_do.to_owned(),
        }
    }

    pub(super) fn failed(error: &str, what: String, to_do: &str) -> Self {
        Self {
            event: CEREMONY_FAILED,
            error: Some(error.to_owned()),
            file: None,
            what,
            to_do: to_do.to_owned(),
        }
    }
}

/// A ceremony knows more roots than there are here.
fn roots_elsewhere(profile: &Profile) -> &'static str {
    let supplied = |anchor| profile.has_root(anchor);
    if profile.trust_anchors.iter().all(supplied) {
        return "";
    }
    " If it is a root: here only the files and `rootCertificates` of the profile count, while a \
     ceremony also finds the roots that earlier ones have proven; give it as one of the files."
}

#[cfg(test)]
mod tests {
    use ceremony::announcement::Announcement;

    use super::*;

    #[test]
    fn events_are_called_as_on_the_bus() {
        for event in [
            CEREMONY_FAILED,
            CERTIFICATES_INCOMPLETE,
            CERTIFICATES_REJECTED,
            PRIVATE_KEY_RECEIVED,
        ] {
            assert!(Announcement::DETAIL_TYPES.contains(&event), "{event}");
        }
    }
}
