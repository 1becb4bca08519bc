//! Loose certificates, and which of them have signed which others: each pair is looked at once, and
//! only so many.

use std::collections::HashMap;

use crate::algorithms::KeyAlgorithm;
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::exchange::Method;
use crate::utc::Utc;

use super::search::search;
use super::{CertificatePath, NoPath, neither_ca_nor_leaf};

/// Signatures that are checked for one folder. A partner's certificates take as many as the path is
/// long, and one more for each renewal of a CA's key; a check takes up to a millisecond.
pub const SIGNATURE_CHECKS: usize = 256;

/// Certificates from which a leaf and its path are chosen.
pub struct Candidates<'a> {
    /// Each once.
    pub(super) certificates: Vec<&'a Certificate>,
    numbers: HashMap<Sha256, usize>,
    verified: HashMap<(usize, usize), bool>,
    checks_left: usize,
}

/// More signatures would have to be checked than [`SIGNATURE_CHECKS`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Exhausted;

impl From<Exhausted> for NoPath {
    fn from(_: Exhausted) -> Self {
        Self::TooManyNamesakes
    }
}

/// The leaf that counts, and what else there is.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    pub leaf: &'a Certificate,
    /// Newer than the leaf, and why each of them does not count.
    pub passed_over: Vec<PassedOver>,
    /// Fingerprints of all end-entity certificates.
    pub leaves: Vec<Sha256>,
}

/// A certificate that was dropped to be a leaf and does not count.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PassedOver {
    pub certificate: Sha256,
    /// Its subject.
    pub name: String,
    pub why: String,
}

impl<'a> Candidates<'a> {
    pub fn new(certificates: impl IntoIterator<Item = &'a Certificate>) -> Self {
        let mut candidates = Self {
            certificates: Vec::new(),
            numbers: HashMap::new(),
            verified: HashMap::new(),
            checks_left: SIGNATURE_CHECKS,
        };
        candidates.add(certificates);
        candidates
    }

    /// More of them, for a path. What has been checked is not checked again.
    pub fn add(&mut self, certificates: impl IntoIterator<Item = &'a Certificate>) {
        for certificate in certificates {
            let next = self.certificates.len();
            self.numbers.entry(certificate.sha256()).or_insert_with(|| {
                self.certificates.push(certificate);
                next
            });
        }
    }

    /// The newest end-entity certificate that can be used now; if none can, the newest.
    ///
    /// The newest is the one with the latest notBefore; if two different ones share it there is no
    /// telling which is meant. One that cannot be used makes no difference to one that can: it may
    /// have been sent too early, or for something else, as one has been with whose key the method does
    /// not work where there is one with whose key it does.
    pub fn newest_leaf(&mut self, method: Method, now: Utc) -> Result<Choice<'a>, NoPath> {
        let mut leaves = Vec::new();
        for number in 0..self.certificates.len() {
            if self.is_end_entity(number)? {
                leaves.extend(self.certificates.get(number).copied());
            }
        }
        let usable = |leaf: &&Certificate| not_usable(leaf, method, now).is_none();
        let mut eligible: Vec<&Certificate> = leaves.iter().copied().filter(usable).collect();
        if eligible.is_empty() {
            eligible.clone_from(&leaves);
        } else if eligible.iter().any(|leaf| is_of_kind(method, leaf)) {
            eligible.retain(|leaf| is_of_kind(method, leaf));
        }
        eligible.sort_by_key(|leaf| std::cmp::Reverse(age(leaf)));
        let leaf = match eligible[..] {
            [] => return Err(self.no_leaf()),
            [first, second, ..] if age(first) == age(second) => {
                return Err(NoPath::TwoLeaves {
                    one: first.to_string(),
                    other: second.to_string(),
                });
            }
            [first, ..] => first,
        };
        Ok(Choice {
            leaf,
            passed_over: self.passed_over(leaf, method, now),
            leaves: leaves.iter().map(|leaf| leaf.sha256()).collect(),
        })
    }

    /// A path from `leaf` to a root by names and signatures.
    ///
    /// Where several exist: one that ends in a root of `pinned` before any other, then the one whose
    /// CAs are valid at `now`, then the one with the newest CAs.
    pub fn path_from(
        &mut self,
        leaf: &'a Certificate,
        pinned: &[Sha256],
        now: Utc,
    ) -> Result<CertificatePath, NoPath> {
        self.add([leaf]);
        let Some(&leaf) = self.numbers.get(&leaf.sha256()) else {
            return Err(NoPath::NoLeaf { instead: None });
        };
        search(self, leaf, pinned, now)
    }

    /// Whether `issuer` has signed `certificate`, as [`Certificate::is_signed_by`] says; none has whose
    /// key the service could not take.
    pub(super) fn is_signed_by(
        &mut self,
        certificate: usize,
        issuer: usize,
    ) -> Result<bool, Exhausted> {
        let (Some(signed), Some(by)) = (
            self.certificates.get(certificate),
            self.certificates.get(issuer),
        ) else {
            return Ok(false);
        };
        if signed.issuer() != by.subject() || by.key_algorithm().service_name().is_none() {
            return Ok(false);
        }
        if let Some(known) = self.verified.get(&(certificate, issuer)) {
            return Ok(*known);
        }
        self.checks_left = self.checks_left.checked_sub(1).ok_or(Exhausted)?;
        let verifies = signed.is_signed_by(by);
        self.verified.insert((certificate, issuer), verifies);
        Ok(verifies)
    }

    /// Whether it is an end-entity certificate of the kind that a partner drops as its leaf: one that
    /// does not claim to be a CA, has issued none of the others, and is not [`neither_ca_nor_leaf`].
    fn is_end_entity(&mut self, number: usize) -> Result<bool, Exhausted> {
        let Some(candidate) = self.certificates.get(number) else {
            return Ok(false);
        };
        if candidate.is_ca() || neither_ca_nor_leaf(candidate).is_some() {
            return Ok(false);
        }
        for other in 0..self.certificates.len() {
            if other != number && self.is_signed_by(other, number)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Certificates newer than the leaf that were meant to be one: any but CAs.
    fn passed_over(&self, leaf: &Certificate, method: Method, now: Utc) -> Vec<PassedOver> {
        let of_another_kind = |certificate: &Certificate| {
            (is_of_kind(method, leaf) && !is_of_kind(method, certificate))
                .then(|| of_another_kind(method))
        };
        let newer = self.certificates.iter().filter(|certificate| {
            !certificate.is_ca() && ***certificate != *leaf && age(certificate) > age(leaf)
        });
        newer
            .filter_map(|certificate| {
                let why = neither_ca_nor_leaf(certificate)
                    .map(str::to_owned)
                    .or_else(|| not_usable(certificate, method, now))
                    .or_else(|| of_another_kind(certificate));
                Some(PassedOver {
                    certificate: certificate.sha256(),
                    name: certificate.to_string(),
                    why: why?,
                })
            })
            .collect()
    }

    /// Perhaps one was meant to be the leaf, and says something else.
    fn no_leaf(&self) -> NoPath {
        let mut meant = self.certificates.iter().filter_map(|certificate| {
            let carries_keys = certificate.key_usage().is_some_and(|usage| usage.carries_keys);
            let why = if !certificate.is_ca() {
                neither_ca_nor_leaf(certificate)?
            } else if carries_keys || certificate.identities().next().is_some() {
                "its BasicConstraints extension says CA:TRUE, so that it is no leaf; if it is meant to \
                 be the leaf, the partner's CA must issue it again as an end-entity certificate"
            } else {
                return None;
            };
            Some(PassedOver {
                certificate: certificate.sha256(),
                name: certificate.to_string(),
                why: why.to_owned(),
            })
        });
        NoPath::NoLeaf {
            instead: meant.next(),
        }
    }
}

/// Of a leaf beside one with whose key the method works.
fn of_another_kind(method: Method) -> String {
    let kind = method.required_kind();
    format!("no key can be sent under it by {method}, since its key is not {kind}")
}

fn is_of_kind(method: Method, certificate: &Certificate) -> bool {
    method.works_with(certificate.key_algorithm())
}

fn age(certificate: &Certificate) -> (Utc, Utc) {
    (certificate.not_before(), certificate.not_after())
}

/// Why no key can be sent under a leaf now, as far as it says so itself.
fn not_usable(leaf: &Certificate, method: Method, now: Utc) -> Option<String> {
    let usage = leaf.key_usage();
    let is_allowed = usage.is_none_or(|usage| method.is_allowed_by(&usage));
    if now < leaf.not_before() {
        let from = leaf.not_before();
        Some(format!("it is not valid before {from}: drop it again then"))
    } else if leaf.not_after() < now {
        Some(format!("it has expired, on {}", leaf.not_after()))
    } else if let KeyAlgorithm::Other(key) = leaf.key_algorithm() {
        Some(format!(
            "its key is one that Payment Cryptography does not take: {key}"
        ))
    } else if is_of_kind(method, leaf) && !is_allowed {
        let needed = method.key_usage();
        Some(format!(
            "no key can be sent under it by {method}, since its KeyUsage extension has no {needed}"
        ))
    } else {
        None
    }
}
