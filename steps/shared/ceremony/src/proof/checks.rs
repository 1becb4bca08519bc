//! The checks that are made certificate by certificate.

use super::{Check, CheckName};
use crate::algorithms::{KekAlgorithm, KeyAlgorithm};
use crate::certificate::Certificate;
use crate::path::{CertificatePath, Role};
use crate::profile::Trust;
use crate::utc::Utc;

/// The root is one of the profile's trust anchors, by its fingerprint.
pub(super) fn root_is_pinned(path: &CertificatePath, trust: &Trust, checks: &mut Vec<Check>) {
    let fingerprint = path.root.sha256();
    let passed = trust.trust_anchors.contains(&fingerprint);
    let detail = if passed {
        format!("fingerprint {fingerprint} is pinned in the profile")
    } else {
        format!("fingerprint {fingerprint} is not one of the profile's trust anchors")
    };
    checks.push(check(
        CheckName::RootPinned,
        Role::Root,
        &path.root,
        passed,
        detail,
    ));
}

/// Every certificate is valid at `now`, the root too: Payment Cryptography imports none that is
/// not.
pub(super) fn certificates_are_valid_at(path: &CertificatePath, now: Utc, checks: &mut Vec<Check>) {
    for (role, certificate) in path.certificates() {
        let (start, end) = (certificate.not_before(), certificate.not_after());
        let detail = format!("valid from {start}, checked at {now}");
        checks.push(check(
            CheckName::AlreadyValid,
            role,
            certificate,
            start <= now,
            detail,
        ));
        let detail = format!("valid until {end}, checked at {now}");
        checks.push(check(
            CheckName::NotExpired,
            role,
            certificate,
            now <= end,
            detail,
        ));
    }
}

/// Every CA may issue what stands below it on the path.
pub(super) fn cas_may_issue(path: &CertificatePath, checks: &mut Vec<Check>) {
    let mut below = &path.leaf;
    for (cas_below, ca) in path.cas().enumerate() {
        let role = if std::ptr::eq(ca, &path.root) {
            Role::Root
        } else {
            Role::Intermediate
        };
        let detail = match ca.basic_constraints() {
            Some(constraints) if constraints.ca => "CA:TRUE".to_owned(),
            Some(_) => "BasicConstraints says CA:FALSE, CA:TRUE is needed".to_owned(),
            None => "has no BasicConstraints, CA:TRUE is needed".to_owned(),
        };
        checks.push(check(
            CheckName::BasicConstraints,
            role,
            ca,
            ca.is_ca(),
            detail,
        ));

        let (passed, detail) = match ca.key_usage() {
            Some(usage) if usage.key_cert_sign => (true, "keyCertSign is set"),
            Some(_) => (false, "KeyUsage lacks keyCertSign"),
            None => (false, "has no KeyUsage, keyCertSign is needed"),
        };
        checks.push(check(
            CheckName::KeyUsage,
            role,
            ca,
            passed,
            detail.to_owned(),
        ));

        let limit = ca
            .basic_constraints()
            .and_then(|constraints| constraints.path_len);
        let (passed, detail) = match limit {
            None => (true, format!("no pathLenConstraint, {cas_below} CAs below")),
            Some(limit) => (
                cas_below as u64 <= u64::from(limit),
                format!("pathLenConstraint {limit}, {cas_below} CAs below"),
            ),
        };
        checks.push(check(CheckName::PathLength, role, ca, passed, detail));

        let (passed, detail) = ca_key_is_suitable(ca.key_algorithm(), below.key_algorithm());
        checks.push(check(CheckName::CaKeySuitable, role, ca, passed, detail));
        below = ca;
    }
}

/// Payment Cryptography takes CA keys of three RSA lengths and three curves, and no CA that is
/// weaker than what it signs (user guide, "Import public keys").
fn ca_key_is_suitable(ca: &KeyAlgorithm, below: &KeyAlgorithm) -> (bool, String) {
    if ca.service_name().is_none() {
        let known = "RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384 or ECC_NIST_P521";
        return (
            false,
            format!("its key is {ca}; Payment Cryptography takes {known}"),
        );
    }
    let passed = ca.may_certify(below);
    let detail = if passed {
        format!("its key is {ca} and signs {below}")
    } else {
        format!("its key is {ca}, which may not sign {below}: it is weaker, or of another kind")
    };
    (passed, detail)
}

/// The leaf is the right one, and its key may carry the KEK.
pub(super) fn leaf_may_receive(
    path: &CertificatePath,
    trust: &Trust,
    kek: KekAlgorithm,
    checks: &mut Vec<Check>,
) {
    let leaf = &path.leaf;
    let on_leaf = |name, passed, detail| check(name, Role::Leaf, leaf, passed, detail);

    let detail = if leaf.is_ca() {
        "BasicConstraints says CA:TRUE, an end-entity certificate is needed"
    } else {
        "is no CA"
    };
    checks.push(on_leaf(
        CheckName::BasicConstraints,
        !leaf.is_ca(),
        detail.to_owned(),
    ));

    let (passed, detail) = match leaf.key_usage() {
        None => (true, "has no KeyUsage, which allows every use"),
        Some(usage) if usage.key_encipherment => (true, "keyEncipherment is set"),
        Some(_) => (false, "KeyUsage lacks keyEncipherment"),
    };
    checks.push(on_leaf(CheckName::KeyUsage, passed, detail.to_owned()));

    // Equality, never a part: `…9091073` is not `…90910731`.
    let expected = trust.identity.as_str();
    let found: Vec<&str> = leaf.identities().collect();
    let passed = found.contains(&expected);
    let detail = match (passed, found.is_empty()) {
        (true, _) => format!("carries `{expected}`"),
        (false, true) => format!("carries no userId and no SAN URI, expected `{expected}`"),
        (false, false) => format!("carries `{}`, expected `{expected}`", found.join("`, `")),
    };
    checks.push(on_leaf(CheckName::Identity, passed, detail));

    let key = leaf.key_algorithm();
    let passed = kek.may_travel_under(key);
    let detail = if passed {
        format!("{key} may carry {kek}")
    } else {
        let needed = kek.required_wrapping_key();
        format!("{key} may not carry {kek}; it takes {needed}")
    };
    checks.push(on_leaf(CheckName::LeafKeySuitable, passed, detail));
}

pub(super) fn path_check(name: CheckName, passed: bool, detail: String) -> Check {
    Check {
        check: name,
        role: None,
        subject: None,
        passed,
        detail,
    }
}

fn check(
    name: CheckName,
    role: Role,
    certificate: &Certificate,
    passed: bool,
    detail: String,
) -> Check {
    let subject = Some(certificate.subject().to_owned());
    Check {
        check: name,
        role: Some(role),
        subject,
        passed,
        detail,
    }
}
