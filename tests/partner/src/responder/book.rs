//! What the services know: their authorities, what is revoked, and how to answer.

use std::collections::{HashMap, VecDeque};

use time::OffsetDateTime;
use x509_ocsp::CertId;

use super::Reason;
use super::authority::Authority;
use super::behaviour::{Crl, Ocsp};

#[derive(Debug, Default)]
pub(crate) struct Book {
    authorities: Vec<Authority>,
    /// By serial number.
    statuses: HashMap<Serial, Status>,
    ocsp: HashMap<Serial, Plan<Ocsp>>,
    /// By the authority's id.
    crls: HashMap<String, Plan<Crl>>,
    asked: Vec<Asked>,
}

/// A serial number without leading zeros.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Serial(Vec<u8>);

impl Serial {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Self(bytes[zeros..].to_vec())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is said of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Good,
    Revoked(Revocation),
    Unknown,
}

/// Since when, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Revocation {
    pub at: OffsetDateTime,
    pub reason: Option<Reason>,
}

/// A request that was understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asked {
    Ocsp {
        /// The serial number in hex.
        serial: String,
        /// Whether the CertID has SHA-256 in it; else it has SHA-1.
        sha256: bool,
        /// How many bytes the nonce has; none without one.
        nonce: Option<usize>,
    },
    Crl {
        path: String,
    },
}

impl Book {
    pub(crate) fn add(&mut self, authority: Authority) {
        let same = |known: &Authority| known.certificate == authority.certificate;
        if !self.authorities.iter().any(same) {
            self.authorities.push(authority);
        }
    }

    pub(crate) fn authority_named_by(&self, id: &CertId) -> Option<Authority> {
        let mut authorities = self.authorities.iter();
        authorities.find(|known| known.is_named_by(id)).cloned()
    }

    pub(crate) fn authority(&self, id: &str) -> Option<Authority> {
        let mut authorities = self.authorities.iter();
        authorities.find(|known| known.id == id).cloned()
    }

    pub(crate) fn set_status(&mut self, serial: Serial, status: Status) {
        self.statuses.insert(serial, status);
    }

    pub(crate) fn status(&self, serial: &Serial) -> Status {
        self.statuses.get(serial).copied().unwrap_or(Status::Good)
    }

    /// Everything that is revoked. An authority's list also has what others have revoked, whose
    /// numbers, chosen at random, are of none of its certificates.
    pub(crate) fn revoked(&self) -> Vec<(Serial, Revocation)> {
        let mut revoked: Vec<_> = self
            .statuses
            .iter()
            .filter_map(|(serial, status)| match status {
                Status::Revoked(revocation) => Some((serial.clone(), *revocation)),
                Status::Good | Status::Unknown => None,
            })
            .collect();
        revoked.sort_by(|one, other| one.0.cmp(&other.0));
        revoked
    }

    pub(crate) fn plan_ocsp(&mut self, serial: Serial, behaviour: Ocsp) {
        self.ocsp.entry(serial).or_default().then = behaviour;
    }

    pub(crate) fn plan_first_ocsp(&mut self, serial: Serial, times: usize, behaviour: Ocsp) {
        let plan = self.ocsp.entry(serial).or_default();
        plan.first.extend(std::iter::repeat_n(behaviour, times));
    }

    pub(crate) fn next_ocsp(&mut self, serial: &Serial) -> Ocsp {
        self.ocsp
            .get_mut(serial)
            .map(Plan::next)
            .unwrap_or_default()
    }

    pub(crate) fn plan_crl(&mut self, id: String, behaviour: Crl) {
        self.crls.entry(id).or_default().then = behaviour;
    }

    pub(crate) fn plan_first_crl(&mut self, id: String, times: usize, behaviour: Crl) {
        let plan = self.crls.entry(id).or_default();
        plan.first.extend(std::iter::repeat_n(behaviour, times));
    }

    pub(crate) fn next_crl(&mut self, id: &str) -> Crl {
        self.crls.get_mut(id).map(Plan::next).unwrap_or_default()
    }

    pub(crate) fn note(&mut self, asked: Asked) {
        self.asked.push(asked);
    }

    pub(crate) fn asked(&self) -> &[Asked] {
        &self.asked
    }
}

/// Some answers first, and then always the same.
#[derive(Debug, Default)]
struct Plan<T> {
    first: VecDeque<T>,
    then: T,
}

impl<T: Clone> Plan<T> {
    fn next(&mut self) -> T {
        self.first.pop_front().unwrap_or_else(|| self.then.clone())
    }
}
