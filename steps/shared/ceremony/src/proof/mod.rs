//! A certificate path is proven, or every reason why not is named.
//!
//! Pure and cheap: it calls nothing. `rustls-webpki` verifies the path (signatures, names, name
//! constraints, dates, critical extensions); what it does not look at, or tells only by its first
//! error, is checked on the certificates one by one, and so is what RFC 5280 demands beyond
//! ([`crate::lints`]). All checks are made and returned, whatever fails; those that only note
//! something never refuse.
//!
//! `Validate` makes the proof for the record. The steps that import CAs or wrap under a leaf make
//! it once more from the same path, because a proof cannot be read from a document: [`ProvenPath`]
//! comes out of [`prove`] and from nowhere else.

mod check;
mod checks;
mod partner;
mod refusal;
mod sender;
mod signer;
mod webpki_path;
mod words;

use crate::digest::Sha256;
use crate::exchange::Load;
use crate::lints;
use crate::path::CertificatePath;
use crate::profile::Trust;
use crate::utc::Utc;

pub use check::{Check, CheckName, Severity};
pub use partner::{PartnerPolicy, ProvenPartner};
pub use refusal::Refusal;
pub use sender::{ProvenSender, prove_sender};
pub use signer::{ProvenSigner, is_live_key, prove_signer};

/// A path of which no check failed that refuses. Only these are imported, and only under their
/// leaves is anything wrapped: the functions that do so take no other type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvenPath(CertificatePath);

impl ProvenPath {
    pub fn path(&self) -> &CertificatePath {
        &self.0
    }
}

/// What a proof came to: every check with its result in the order made, and the verdict.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof<P = ProvenPath> {
    pub checks: Vec<Check>,
    pub verdict: Result<P, Refusal>,
}

impl<P> Proof<P> {
    fn map<Q>(self, proven: impl FnOnce(P) -> Q) -> Proof<Q> {
        Proof {
            checks: self.checks,
            verdict: self.verdict.map(proven),
        }
    }

    /// What is to be told of the certificates although nothing is refused for it.
    pub fn notes(&self) -> Vec<&Check> {
        self.checks.iter().filter(|check| check.is_note()).collect()
    }
}

/// Whom to believe, and where that is written.
#[derive(Clone, Copy)]
struct Pinned<'a> {
    trust_anchors: &'a [Sha256],
    minimum_remaining_days: u32,
    /// `profile`, say.
    place: &'static str,
}

/// Proves `path` at `now` against the trust pinned in the profile; its leaf is to carry that load.
pub fn prove(path: CertificatePath, trust: &Trust, load: Load, now: Utc) -> Proof {
    let pinned = Pinned {
        trust_anchors: &trust.trust_anchors,
        minimum_remaining_days: trust.minimum_remaining_days,
        place: "profile",
    };
    let mut checks = Vec::new();
    checks::root_is_pinned(&path, pinned, &mut checks);
    webpki_path::path_is_valid(&path, pinned, now, &mut checks);
    checks::certificates_are_valid_at(&path, now, &mut checks);
    checks::cas_may_issue(&path, Some(load.method), &mut checks);
    checks::leaf_may_receive(&path, trust, load, &mut checks);
    checks::enough_life_is_left(&path, pinned, now, &mut checks);
    checks.extend(lints::lint_path(&path, now));
    let verdict = match Refusal::of(&checks, CheckName::remedy) {
        None => Ok(ProvenPath(path)),
        Some(refusal) => Err(refusal),
    };
    Proof { checks, verdict }
}
