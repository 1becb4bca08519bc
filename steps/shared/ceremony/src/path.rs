//! The newest leaf among loose certificates, and its way to a root.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::utc::Utc;

/// CA certificates on a path, at most.
pub const MAX_CAS: usize = 6;

/// A leaf, the CAs between, and the root. Each is signed by the next; nothing else has been
/// proven, least of all that the root is anyone's trust anchor: that is what `validate` is for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificatePath {
    pub leaf: Certificate,
    /// From the leaf's issuer upwards; empty where the root issued the leaf.
    pub intermediates: Vec<Certificate>,
    pub root: Certificate,
}

impl CertificatePath {
    /// The CAs from the leaf's issuer up to the root.
    pub fn cas(&self) -> impl DoubleEndedIterator<Item = &Certificate> {
        self.intermediates.iter().chain([&self.root])
    }

    /// Every certificate with its place, the leaf first.
    pub fn certificates(&self) -> impl Iterator<Item = (Role, &Certificate)> {
        [(Role::Leaf, &self.leaf)]
            .into_iter()
            .chain(
                self.intermediates
                    .iter()
                    .map(|certificate| (Role::Intermediate, certificate)),
            )
            .chain([(Role::Root, &self.root)])
    }

    /// What is told of every certificate, the leaf first.
    pub fn facts(&self) -> Vec<CertificateFacts> {
        self.certificates()
            .map(|(role, certificate)| CertificateFacts::of(role, certificate))
            .collect()
    }
}

/// What is told of a certificate in manifests and evidence.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateFacts {
    pub role: Role,
    pub sha256: Sha256,
    pub subject: String,
    pub issuer: String,
    pub serial: String,
    pub not_before: Utc,
    pub not_after: Utc,
}

impl CertificateFacts {
    fn of(role: Role, certificate: &Certificate) -> Self {
        Self {
            role,
            sha256: certificate.sha256(),
            subject: certificate.subject().to_owned(),
            issuer: certificate.issuer().to_owned(),
            serial: certificate.serial().to_owned(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        }
    }
}

/// A certificate's place on the path.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Leaf,
    Intermediate,
    Root,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Intermediate => "intermediate",
            Self::Root => "root",
        }
    }
}

/// Whether it is an end-entity certificate of the kind that a partner drops as its leaf: one that
/// does not claim to be a CA, has issued none of the others, and is not [`neither_ca_nor_leaf`].
pub fn is_end_entity(candidate: &Certificate, among: &[&Certificate]) -> bool {
    !candidate.is_ca()
        && neither_ca_nor_leaf(candidate).is_none()
        && !among
            .iter()
            .any(|other| *other != candidate && other.is_signed_by(candidate))
}

/// Why a certificate is no CA, and no leaf either; `None` for one that may be one of the two.
///
/// Without BasicConstraints that say so, a certificate is no CA (RFC 5280 §4.2.1.9). That alone does
/// not make it a leaf: one whose KeyUsage allows it to sign certificates is a CA that was made
/// wrongly, and under one whose KeyUsage allows no way of carrying a key no KEK can travel. Taken for
/// a leaf because it happened to arrive first, it would start a ceremony that can only fail.
pub fn neither_ca_nor_leaf(certificate: &Certificate) -> Option<&'static str> {
    let usage = certificate.key_usage()?;
    match certificate.basic_constraints() {
        Some(constraints) if constraints.ca => None,
        None if usage.key_cert_sign => Some(
            "its KeyUsage has keyCertSign, so that it is no leaf, but it has no BasicConstraints \
             extension (CA:TRUE), so that it is no CA either",
        ),
        Some(_) if usage.key_cert_sign => Some(
            "its KeyUsage has keyCertSign, so that it is no leaf, but its BasicConstraints \
             extension says CA:FALSE, so that it is no CA either",
        ),
        _ if !usage.carries_keys => Some(
            "no key can be sent under it, since its KeyUsage extension has none of keyEncipherment, \
             dataEncipherment and keyAgreement, and no BasicConstraints extension says that it is \
             a CA",
        ),
        _ => None,
    }
}

/// The newest end-entity certificate of `certificates`.
///
/// The newest is the one with the latest notBefore; if two different ones share it there is no
/// telling which is meant.
pub fn newest_leaf<'a>(certificates: &[&'a Certificate]) -> Result<&'a Certificate, NoPath> {
    let mut leaves: Vec<&Certificate> = certificates
        .iter()
        .copied()
        .filter(|candidate| is_end_entity(candidate, certificates))
        .collect();
    leaves.sort_by_key(|leaf| std::cmp::Reverse((leaf.not_before(), leaf.not_after())));
    leaves.dedup();
    match leaves[..] {
        [] => Err(NoPath::NoLeaf),
        [first, second, ..]
            if first.not_before() == second.not_before()
                && first.not_after() == second.not_after() =>
        {
            Err(NoPath::TwoLeaves {
                one: first.to_string(),
                other: second.to_string(),
            })
        }
        [first, ..] => Ok(first),
    }
}

/// A path from `leaf` to a root by names and signatures.
///
/// Where several exist: one that ends in a root of `pinned` before any other, then the one whose
/// CAs are valid at `now`, then the one with the newest CAs.
pub fn path_from(
    leaf: &Certificate,
    cas: &[&Certificate],
    pinned: &[Sha256],
    now: Utc,
) -> Result<CertificatePath, NoPath> {
    if leaf.is_self_signed() {
        return Err(NoPath::SelfSignedLeaf(leaf.to_string()));
    }
    let mut seen = HashSet::new();
    let mut cas: Vec<&Certificate> = cas
        .iter()
        .copied()
        .filter(|ca| *ca != leaf && seen.insert(ca.sha256()))
        .collect();
    cas.sort_by_key(|ca| {
        let valid = ca.not_before() <= now && now <= ca.not_after();
        std::cmp::Reverse((pinned.contains(&ca.sha256()), valid, ca.not_before()))
    });
    let mut search = Search {
        cas: &cas,
        top: leaf,
        budget: SIGNATURE_CHECKS,
    };
    // The signature of a pinned root on itself proves nothing that the pin does not.
    let is_pinned = |ca: &Certificate| ca.is_self_issued() && pinned.contains(&ca.sha256());
    let found = search
        .up_from(leaf, &mut Vec::new(), &is_pinned)
        .or_else(|| search.up_from(leaf, &mut Vec::new(), &Certificate::is_self_signed));
    match found {
        Some(mut above) => {
            // A path that was found ends in its root.
            let root = above.pop().ok_or(NoPath::NoLeaf)?;
            Ok(CertificatePath {
                leaf: leaf.clone(),
                intermediates: above,
                root,
            })
        }
        None => Err(NoPath::IssuerMissing {
            of: search.top.to_string(),
            issuer: search.top.issuer().to_owned(),
        }),
    }
}

/// Certificates with one name and many keys must not make a search that never ends.
const SIGNATURE_CHECKS: usize = 2_000;

struct Search<'a> {
    cas: &'a [&'a Certificate],
    /// The highest certificate reached for which no other issuer was found.
    top: &'a Certificate,
    budget: usize,
}

impl<'a> Search<'a> {
    fn up_from(
        &mut self,
        certificate: &'a Certificate,
        above: &mut Vec<Certificate>,
        is_root: &dyn Fn(&Certificate) -> bool,
    ) -> Option<Vec<Certificate>> {
        if above.len() >= MAX_CAS {
            return None;
        }
        let mut dead_end = true;
        for &issuer in self.cas {
            self.budget = self.budget.checked_sub(1)?;
            if above.contains(issuer) || !certificate.is_signed_by(issuer) {
                continue;
            }
            dead_end = false;
            above.push(issuer.clone());
            let found = if is_root(issuer) {
                Some(above.clone())
            } else {
                self.up_from(issuer, above, is_root)
            };
            if found.is_some() {
                return found;
            }
            above.pop();
        }
        if dead_end {
            self.top = certificate;
        }
        None
    }
}

/// Why no path was found.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoPath {
    #[error("the certificate of the CA `{issuer}`, which issued {of}, is missing")]
    IssuerMissing { of: String, issuer: String },
    #[error("the end-entity certificate (the one with the partner's wrapping key) is missing")]
    NoLeaf,
    #[error("{0} has signed itself; a certificate issued by the partner's CA is expected")]
    SelfSignedLeaf(String),
    #[error(
        "two end-entity certificates start and end at the same time, and there is no telling \
         which is meant: {one} and {other}"
    )]
    TwoLeaves { one: String, other: String },
}
