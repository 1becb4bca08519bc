//! A certificate for a signing key of our own is proven: the same path validation as of a partner's,
//! and that it is what was asked for.

use super::{Check, CheckName, Pinned, Proof, Refusal, checks, webpki_path};
use crate::algorithms::KeyAlgorithm;
use crate::digest::Sha256;
use crate::enrolment::{CertificateRequest, Chain, Policy, chain_pem};
use crate::lints;
use crate::path::{CertificatePath, Role};
use crate::text::shown;
use crate::utc::Utc;

/// A path from a certificate of ours to a pinned root, of which no check failed that refuses. No KEK
/// is wrapped under it: it is no [`super::ProvenPath`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvenSigner(CertificatePath);

impl ProvenSigner {
    pub fn path(&self) -> &CertificatePath {
        &self.0
    }
}

/// Proves at `now` that the path's leaf is the certificate that was asked for. That the key still is
/// what it was then, [`is_live_key`] says.
pub fn prove_signer(
    path: CertificatePath,
    policy: &Policy,
    live_key: Option<Check>,
    now: Utc,
) -> Proof<ProvenSigner> {
    let pinned = Pinned {
        trust_anchors: &policy.trust_anchors,
        minimum_remaining_days: policy.minimum_remaining_days,
        place: "enrolment policy",
    };
    let mut checks = Vec::new();
    checks::root_is_pinned(&path, pinned, &mut checks);
    webpki_path::path_is_valid(&path, pinned, now, &mut checks);
    checks::certificates_are_valid_at(&path, now, &mut checks);
    checks::cas_may_issue(&path, None, &mut checks);
    leaf_was_requested(&path, &policy.request, &mut checks);
    key_is_not_replaced(&path, policy, &mut checks);
    leaf_may_sign(&path, &mut checks);
    chain_fits_package(&path, &mut checks);
    checks.extend(live_key);
    checks::enough_life_is_left(&path, pinned, now, &mut checks);
    checks.extend(lints::lint_path(&path, now));
    for check in &mut checks {
        // What a profile says of a partner, the rules say of a key.
        check.clause = check.clause.replace("Profile, ", "Enrolment rules, ");
    }
    let verdict = match Refusal::of(&checks, remedy) {
        None => Ok(ProvenSigner(path)),
        Some(refusal) => Err(refusal),
    };
    Proof { checks, verdict }
}

/// Whether the key, whose SubjectPublicKeyInfo it is in DER, is the one in the certificate.
pub fn is_live_key(path: &CertificatePath, key_arn: &str, public_key_info: &[u8]) -> Check {
    let (live, certified) = (
        Sha256::of(public_key_info),
        Sha256::of(path.leaf.public_key_info()),
    );
    let passed = live == certified;
    let key = shown(key_arn);
    let detail = if passed {
        format!("{key} has this public key, {live}")
    } else {
        format!("{key} has the public key {live}, the certificate has {certified}")
    };
    Check::on(Role::Leaf, &path.leaf, CheckName::LiveKey, passed, detail)
}

/// Its public key and its subject are those of the request.
fn leaf_was_requested(
    path: &CertificatePath,
    request: &CertificateRequest,
    checks: &mut Vec<Check>,
) {
    let leaf = &path.leaf;
    let mut check = |name, passed, detail: String| {
        checks.push(Check::on(Role::Leaf, leaf, name, passed, detail));
    };
    let (found, asked) = (
        Sha256::of(leaf.public_key_info()),
        &request.public_key_sha256,
    );
    let passed = found == *asked;
    let detail = if passed {
        format!(
            "public key {found}, as requested at {}",
            request.requested_at
        )
    } else {
        format!("public key {found}, the request is for {asked}")
    };
    check(CheckName::PublicKeyRequested, passed, detail);

    let passed = hex::encode(leaf.subject_der()) == request.subject_der.to_ascii_lowercase();
    let detail = if passed {
        "its subject is the one that was requested".to_owned()
    } else {
        // Two that read alike may be written with other string types.
        format!(
            "`{}` was requested; the subject must be that, byte for byte",
            shown(&request.subject)
        )
    };
    check(CheckName::SubjectRequested, passed, detail);
}

/// Its key still exists and proves to be the one in the certificate, long after another took its place.
fn key_is_not_replaced(path: &CertificatePath, policy: &Policy, checks: &mut Vec<Check>) {
    let key = shown(&policy.request.key_arn);
    let detail = match &policy.replaced_by {
        None => format!("{key} is installed, or no key is that was requested later"),
        Some(newer) => format!(
            "{} is installed, and {key} was not requested later than that",
            shown(newer)
        ),
    };
    let passed = policy.replaced_by.is_none();
    let name = CheckName::KeyNotReplaced;
    checks.push(Check::on(Role::Leaf, &path.leaf, name, passed, detail));
}

/// It is an end-entity certificate that may verify signatures, of a key that is worth it.
fn leaf_may_sign(path: &CertificatePath, checks: &mut Vec<Check>) {
    checks::leaf_is_no_ca(path, checks);
    let leaf = &path.leaf;
    let mut check = |name, passed, detail: String| {
        checks.push(Check::on(Role::Leaf, leaf, name, passed, detail));
    };
    let (passed, detail) = match leaf.key_usage() {
        None => (true, "has no KeyUsage, which allows every use"),
        Some(usage) if usage.digital_signature => (true, "digitalSignature is set"),
        Some(_) => (false, "KeyUsage lacks digitalSignature"),
    };
    check(CheckName::KeyUsage, passed, detail.to_owned());

    let key = leaf.key_algorithm();
    let (passed, detail) = match key {
        KeyAlgorithm::Other(_) => (
            false,
            format!(
                "its key is {key}; RSA of 2048, 3072 or 4096 bits, P-256, P-384 or P-521 is needed"
            ),
        ),
        _ => (true, format!("its key is {key}")),
    };
    check(CheckName::SigningKeySuitable, passed, detail);
}

/// Whoever installs a longer one learns it here, and not from every ceremony after that.
fn chain_fits_package(path: &CertificatePath, checks: &mut Vec<Check>) {
    let (bytes, most) = (chain_pem(path).len(), Chain::MAX_PEM_BYTES);
    let detail = format!("the chain has {bytes} bytes in PEM, of at most {most}");
    let name = CheckName::ChainFitsPackage;
    checks.push(Check::on(
        Role::Leaf,
        &path.leaf,
        name,
        bytes <= most,
        detail,
    ));
}

/// What to do where a check of a certificate of ours fails.
pub(super) fn remedy(check: CheckName) -> &'static str {
    match check {
        CheckName::AlreadyValid => "Wait until the certificate is valid, and drop it again then.",
        CheckName::ChainFitsPackage => {
            "Have the CA issue it with fewer CAs above it, or with smaller keys (P-384 instead of RSA) and \
             fewer extensions."
        }
        CheckName::KeyNotReplaced => {
            "The newer key stays in use, and no certificate for an older one is installed; what is to be \
             installed must be requested anew, for the key that signs now or for a new one."
        }
        CheckName::LiveKey => {
            "Find out what became of the key: another public key than the requested one is another key; \
             what is to be installed must be requested anew, for the key that signs now."
        }
        CheckName::NotExpired => {
            "Have the CA issue another certificate for the same request, and drop that."
        }
        CheckName::PublicKeyRequested => {
            "Find out whose certificate it is, and why it was dropped here: nobody has requested one \
             for that public key."
        }
        CheckName::RemainingLife => {
            "Have the CA issue a certificate that is valid for longer, and drop that; or have an \
             operator lower `minimumRemainingDays` of the enrolment rules."
        }
        CheckName::RootPinned => {
            "Compare the fingerprint with the CA over another channel. Only if it is theirs, have an \
             operator add it to `trustAnchors` of the enrolment rules."
        }
        CheckName::SubjectRequested => {
            "Have the CA issue the certificate with the subject of the request, or make a request \
             with the subject that the CA writes."
        }
        _ => {
            "Tell the CA: a certificate that it issued, or one above it, is wrong and must be issued \
             again."
        }
    }
}
