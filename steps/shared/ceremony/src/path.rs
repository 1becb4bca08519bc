//! The newest leaf among loose certificates, and its way to a root.

mod candidates;
mod chosen;
mod search;
mod signer;
mod unfit;

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::exchange::Method;
use crate::utc::Utc;

pub use candidates::{Candidates, Choice, PassedOver, SIGNATURE_CHECKS};
pub use chosen::{Choosing, Chosen, DroppedFile, TWO_LEAVES_IN_ONE_FILE};
pub use signer::newest_signer;
pub use unfit::Namesake;

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

/// The newest end-entity certificate of `certificates`: [`Candidates::newest_leaf`].
pub fn newest_leaf<'a>(
    certificates: &[&'a Certificate],
    method: Method,
    now: Utc,
) -> Result<Choice<'a>, NoPath> {
    Candidates::new(certificates.iter().copied()).newest_leaf(method, now)
}

/// A path from `leaf` to a root: [`Candidates::path_from`].
pub fn path_from(
    leaf: &Certificate,
    cas: &[&Certificate],
    pinned: &[Sha256],
    now: Utc,
) -> Result<CertificatePath, NoPath> {
    Candidates::new(cas.iter().copied()).path_from(leaf, pinned, now)
}

/// Why no path was found.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoPath {
    #[error("the certificate of the CA `{issuer}`, which issued {of}, is missing")]
    IssuerMissing { of: String, issuer: String },
    #[error(
        "no certificate of the CA `{issuer}`, which issued {of}, can be used{}",
        listed(namesakes)
    )]
    IssuerUnfit {
        of: String,
        issuer: String,
        namesakes: Vec<Namesake>,
    },
    #[error(
        "the end-entity certificate (the one with the partner's wrapping key) is missing{}",
        instead.as_ref().map(|one| format!("; of {}: {}", one.name, one.why)).unwrap_or_default()
    )]
    NoLeaf {
        /// What was perhaps meant to be it.
        instead: Option<PassedOver>,
    },
    #[error(
        "the end-entity certificate of the partner's signing key is missing: that of an RSA key, with \
         digitalSignature in its KeyUsage extension and without keyCertSign"
    )]
    NoSigner,
    #[error("{0} has signed itself; a certificate issued by the partner's CA is expected")]
    SelfSignedLeaf(String),
    #[error(
        "the path to a root has more than {MAX_CAS} CAs: it leads to {of}, and further; the service \
         and the size of a state allow no more"
    )]
    TooLong { of: String },
    #[error(
        "too many of the certificates have the same name and different keys: more than \
         {SIGNATURE_CHECKS} signatures, or too many paths, would have to be checked; send only the \
         leaf and the CAs on its path"
    )]
    TooManyNamesakes,
    #[error(
        "two end-entity certificates start and end at the same time, and there is no telling \
         which is meant: {one} and {other}"
    )]
    TwoLeaves { one: String, other: String },
}

/// As many as people read.
fn listed(namesakes: &[Namesake]) -> String {
    const NAMED: usize = 3;
    let mut text = String::new();
    for namesake in namesakes.iter().take(NAMED) {
        text.push_str(&format!("; of {}: {}", namesake.name, namesake.why));
    }
    if let more @ 1.. = namesakes.len().saturating_sub(NAMED) {
        text.push_str(&format!("; and {more} more"));
    }
    text
}
