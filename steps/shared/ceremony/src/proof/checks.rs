//! The checks that are made certificate by certificate.

use super::{Check, CheckName, Pinned};
use crate::algorithms::KeyAlgorithm;
use crate::certificate::Certificate;
use crate::exchange::{Load, Method};
use crate::path::{CertificatePath, Role};
use crate::profile::{BY_COMMON_NAME, Trust};
use crate::text::shown;
use crate::utc::Utc;

/// The root is one of the trust anchors, by its fingerprint.
pub(super) fn root_is_pinned(path: &CertificatePath, pinned: Pinned<'_>, checks: &mut Vec<Check>) {
    let fingerprint = path.root.sha256();
    let passed = pinned.trust_anchors.contains(&fingerprint);
    let place = pinned.place;
    let detail = if passed {
        format!("fingerprint {fingerprint} is pinned in the {place}")
    } else {
        format!("fingerprint {fingerprint} is not one of the {place}'s trust anchors")
    };
    let (name, root) = (CheckName::RootPinned, &path.root);
    checks.push(Check::on(Role::Root, root, name, passed, detail));
}

/// Every certificate is valid at `now`, the root too: Payment Cryptography imports none that is
/// not.
pub(super) fn certificates_are_valid_at(path: &CertificatePath, now: Utc, checks: &mut Vec<Check>) {
    for (role, certificate) in path.certificates() {
        let (start, end) = (certificate.not_before(), certificate.not_after());
        let mut check = |name, passed, detail| {
            checks.push(Check::on(role, certificate, name, passed, detail));
        };
        let detail = format!("valid from {start}, checked at {now}");
        check(CheckName::AlreadyValid, start <= now, detail);
        let detail = format!("valid until {end}, checked at {now}");
        check(CheckName::NotExpired, now <= end, detail);
    }
}

/// The leaf and the CA that issued it stay valid for as long as the KEK is to be used, at least. Of
/// one that has expired already nothing more is said.
pub(super) fn enough_life_is_left(
    path: &CertificatePath,
    pinned: Pinned<'_>,
    now: Utc,
    checks: &mut Vec<Check>,
) {
    let (days, place) = (pinned.minimum_remaining_days, pinned.place);
    let needed = now.plus_seconds(i64::from(days) * 86_400);
    for (role, certificate) in path.certificates().take(2) {
        let end = certificate.not_after();
        if end < now {
            continue;
        }
        let detail = format!("valid until {end}; at {now} the {place} asks for {days} days more");
        let passed = needed <= end;
        let name = CheckName::RemainingLife;
        checks.push(Check::on(role, certificate, name, passed, detail));
    }
}

/// Every CA may issue what stands below it on the path. Which key may certify which other is the
/// service's to say, where it imports the CAs: for a method of exchange.
pub(super) fn cas_may_issue(
    path: &CertificatePath,
    method: Option<Method>,
    checks: &mut Vec<Check>,
) {
    let mut below = &path.leaf;
    for (cas_below, ca) in path.cas().enumerate() {
        let role = if std::ptr::eq(ca, &path.root) {
            Role::Root
        } else {
            Role::Intermediate
        };
        let mut check = |name, passed, detail: String| {
            checks.push(Check::on(role, ca, name, passed, detail));
        };
        let detail = match ca.basic_constraints() {
            Some(constraints) if constraints.ca => "CA:TRUE",
            Some(_) => "BasicConstraints says CA:FALSE, CA:TRUE is needed",
            None => "has no BasicConstraints, CA:TRUE is needed",
        };
        check(CheckName::BasicConstraints, ca.is_ca(), detail.to_owned());

        let (passed, detail) = match ca.key_usage() {
            Some(usage) if usage.key_cert_sign => (true, "keyCertSign is set"),
            Some(_) => (false, "KeyUsage lacks keyCertSign"),
            None => (false, "has no KeyUsage, keyCertSign is needed"),
        };
        check(CheckName::KeyUsage, passed, detail.to_owned());

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
        check(CheckName::PathLength, passed, detail);

        let certified = method
            .filter(|method| {
                !std::ptr::eq(below, &path.leaf) || method.works_with(below.key_algorithm())
            })
            .map(|_| below.key_algorithm());
        let (passed, detail) = ca_key_is_suitable(ca.key_algorithm(), certified);
        check(CheckName::CaKeySuitable, passed, detail);
        below = ca;
    }
}

/// Payment Cryptography takes CA keys of three RSA lengths and three curves, and no CA that is
/// weaker than what it signs (user guide, "Import public keys"). What it signs is left out where
/// that has a check of its own: the CA is not to blame for it.
fn ca_key_is_suitable(ca: &KeyAlgorithm, certified: Option<&KeyAlgorithm>) -> (bool, String) {
    if ca.service_name().is_none() {
        let known = "RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384 or ECC_NIST_P521";
        return (
            false,
            format!("its key is {ca}; Payment Cryptography takes {known}"),
        );
    }
    match certified {
        None => (true, format!("its key is {ca}")),
        Some(certified) if ca.may_certify(certified) => {
            (true, format!("its key is {ca} and signs {certified}"))
        }
        Some(certified) => (
            false,
            format!(
                "its key is {ca}, which may not sign {certified}: it is weaker, or of another kind"
            ),
        ),
    }
}

/// The leaf is an end-entity certificate.
pub(super) fn leaf_is_no_ca(path: &CertificatePath, checks: &mut Vec<Check>) {
    let leaf = &path.leaf;
    let detail = if leaf.is_ca() {
        "BasicConstraints says CA:TRUE, an end-entity certificate is needed"
    } else {
        "is no CA"
    };
    let (name, passed) = (CheckName::BasicConstraints, !leaf.is_ca());
    checks.push(Check::on(Role::Leaf, leaf, name, passed, detail.to_owned()));
}

/// The leaf is the right one, and its key may carry the KEK.
pub(super) fn leaf_may_receive(
    path: &CertificatePath,
    trust: &Trust,
    load: Load,
    checks: &mut Vec<Check>,
) {
    leaf_is_no_ca(path, checks);
    let leaf = &path.leaf;
    let mut check = |name, passed, detail: String| {
        checks.push(Check::on(Role::Leaf, leaf, name, passed, detail));
    };

    // Before the use: a key of another kind has, as a rule, another use too.
    let (key, method) = (leaf.key_algorithm(), load.method);
    let is_of_kind = method.works_with(key);
    let detail = if is_of_kind {
        format!("its key is {key}")
    } else {
        let kind = method.required_kind();
        format!("its key is {key}; {kind} is needed to send a key by {method}")
    };
    check(CheckName::LeafKeyKind, is_of_kind, detail);

    let use_needed = method.key_usage();
    let (passed, detail) = match leaf.key_usage() {
        None => (true, "has no KeyUsage, which allows every use".to_owned()),
        Some(usage) if method.is_allowed_by(&usage) => (true, format!("{use_needed} is set")),
        Some(_) => (false, format!("KeyUsage lacks {use_needed}")),
    };
    check(CheckName::KeyUsage, passed, detail);

    let (passed, detail) = carries(leaf, &trust.identity);
    check(CheckName::Identity, passed, detail);

    if !is_of_kind {
        return;
    }
    let (passed, kek) = (load.may_travel_under(key), load.kek);
    let detail = if passed {
        format!("{key} may carry {kek}")
    } else {
        let needed = load.required_wrapping_key();
        format!("{key} may not carry {kek}; it takes {needed}")
    };
    check(CheckName::LeafKeySuitable, passed, detail);
}

/// How many of the leaf's identities are told where none is the right one.
const IDENTITIES_TOLD: usize = 3;

/// Equality, never a part: `…9091073` is not `…90910731`. Compared is the text, told what is shown
/// of it.
///
/// What Payment Cryptography's own CA certifies for a partner carries no identity: its subject has the
/// account as common name. A profile that says `CN=` asks for that, of which there must be one alone.
pub(super) fn carries(leaf: &Certificate, expected: &str) -> (bool, String) {
    let by_name = expected.starts_with(BY_COMMON_NAME);
    let found: Vec<String> = if by_name {
        let names = leaf.common_names();
        names
            .map(|name| format!("{BY_COMMON_NAME}{name}"))
            .collect()
    } else {
        leaf.identities().map(str::to_owned).collect()
    };
    let passed = found.iter().any(|it| it == expected) && !(by_name && found.len() > 1);
    let expected = shown(expected);
    if passed {
        return (true, format!("carries `{expected}`"));
    }
    let told: Vec<String> = found
        .iter()
        .take(IDENTITIES_TOLD)
        .map(|identity| format!("`{}`", shown(identity)))
        .collect();
    let more = match found.len().saturating_sub(IDENTITIES_TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let detail = if told.is_empty() {
        let none = if by_name {
            "no common name"
        } else {
            "no userId and no SAN URI"
        };
        format!("carries {none}, expected `{expected}`")
    } else {
        format!("carries {}{more}, expected `{expected}`", told.join(", "))
    };
    (false, detail)
}
