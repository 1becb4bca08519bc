//! A certificate of the partner's whose key signs what it sends: that of the key distribution host (KDH)
//! of its TR-34 blocks.

use super::{Check, CheckName, Pinned, Proof, Refusal, checks, webpki_path};
use crate::exchange::Method;
use crate::lints;
use crate::path::{CertificatePath, Role};
use crate::profile::Trust;
use crate::utc::Utc;

/// A path from the partner's signing certificate to a pinned root, of which no check failed that refuses.
/// A block is believed to be the partner's by it; nothing is wrapped under it, and it is no
/// [`super::ProvenPath`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvenSender(CertificatePath);

impl ProvenSender {
    pub fn path(&self) -> &CertificatePath {
        &self.0
    }
}

/// Proves `path` at `now` against the trust pinned in the profile; its leaf signs TR-34 blocks.
pub fn prove_sender(path: CertificatePath, trust: &Trust, now: Utc) -> Proof<ProvenSender> {
    let pinned = Pinned {
        trust_anchors: &trust.trust_anchors,
        minimum_remaining_days: trust.minimum_remaining_days,
        place: "profile",
    };
    let mut checks = Vec::new();
    checks::root_is_pinned(&path, pinned, &mut checks);
    webpki_path::path_is_valid(&path, pinned, now, &mut checks);
    checks::certificates_are_valid_at(&path, now, &mut checks);
    // The service imports them too, and holds them to its table.
    checks::cas_may_issue(&path, Some(Method::Tr34), &mut checks);
    leaf_may_sign_blocks(&path, trust, &mut checks);
    checks::enough_life_is_left(&path, pinned, now, &mut checks);
    checks.extend(lints::lint_path(&path, now));
    let verdict = match Refusal::of(&checks, CheckName::remedy) {
        None => Ok(ProvenSender(path)),
        Some(refusal) => Err(refusal),
    };
    Proof { checks, verdict }
}

/// It is the partner's end-entity certificate, of an RSA key that may sign: the signature of a block is
/// RSASSA-PKCS1-v1_5 and no other.
fn leaf_may_sign_blocks(path: &CertificatePath, trust: &Trust, checks: &mut Vec<Check>) {
    checks::leaf_is_no_ca(path, checks);
    let leaf = &path.leaf;
    let mut check = |name, passed, detail: String| {
        checks.push(Check::on(Role::Leaf, leaf, name, passed, detail));
    };
    let key = leaf.key_algorithm();
    let passed = Method::Tr34.works_with(key);
    let detail = if passed {
        format!("its key is {key}")
    } else {
        let kind = Method::Tr34.required_kind();
        format!("its key is {key}; {kind} is needed to sign TR-34 blocks")
    };
    check(CheckName::SigningKeySuitable, passed, detail);

    let (passed, detail) = match leaf.key_usage() {
        None => (true, "has no KeyUsage, which allows every use"),
        Some(usage) if usage.digital_signature => (true, "digitalSignature is set"),
        Some(_) => (false, "KeyUsage lacks digitalSignature"),
    };
    check(CheckName::KeyUsage, passed, detail.to_owned());

    let (passed, detail) = checks::carries(leaf, &trust.identity);
    check(CheckName::Identity, passed, detail);
}
