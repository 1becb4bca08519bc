//! One X.509 certificate, parsed once (RFC 5280).

mod facts;
mod shape;
mod signature;

use std::fmt;

use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use webpki::ALL_VERIFICATION_ALGS;
use x509_parser::der_parser::asn1_rs::{Any, FromDer, ToDer};
use x509_parser::error::X509Error;
use x509_parser::nom;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::algorithms::KeyAlgorithm;
use crate::digest::Sha256;
use crate::text::shown;
use crate::utc::Utc;

use facts::Facts;

pub(crate) use facts::text_of;
pub use shape::MalformedCertificate;

/// A certificate and what the ceremony asks of it. Travels through the state machine as PEM.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Certificate {
    der: Vec<u8>,
    facts: Facts,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BasicConstraints {
    pub ca: bool,
    pub path_len: Option<u32>,
}

/// What a ceremony asks of KeyUsage (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyUsage {
    pub digital_signature: bool,
    pub key_cert_sign: bool,
    pub key_encipherment: bool,
    pub key_agreement: bool,
    /// Keys may travel under it, one way or another: keyEncipherment, dataEncipherment or
    /// keyAgreement.
    pub carries_keys: bool,
}

impl Certificate {
    /// Limit for one certificate: a leaf and six CAs in PEM must fit the 256 KiB that a state's
    /// payload may have, beside all that is told of them.
    pub const MAX_BYTES: usize = 6 * 1024;

    /// Limit for a distinguished name in DER. Every check and every list of certificates repeats
    /// it, and evidence must fit a state too. (RFC 5280 appendix A gives most attributes 64
    /// characters.)
    pub const MAX_NAME_BYTES: usize = 512;

    /// Limit for all identities (userIds and URIs) together, which a check repeats as well.
    pub const MAX_IDENTITY_BYTES: usize = 4 * 1024;

    pub fn from_der(der: &[u8]) -> Result<Self, MalformedCertificate> {
        shape::is_within_size(der)?;
        let (rest, certificate) = X509Certificate::from_der(der)
            .map_err(|error| MalformedCertificate::NotCertificate(in_words(&error)))?;
        if !rest.is_empty() {
            return Err(MalformedCertificate::Trailing(rest.len()));
        }
        shape::is_within_counts(&certificate)?;
        Ok(Self {
            der: der.to_vec(),
            facts: Facts::read(&certificate)?,
        })
    }

    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub fn to_pki_type(&self) -> CertificateDer<'_> {
        CertificateDer::from(self.der.as_slice())
    }

    pub fn to_pem(&self) -> String {
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("CERTIFICATE", self.der.as_slice()), config)
    }

    /// The fingerprint that a profile pins: SHA-256 over the DER.
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(&self.der)
    }

    /// The subject as it may be told to anybody ([`shown`]): in an event, a README, a log. Two that
    /// read alike may differ; [`Self::subject_der`] does not.
    pub fn subject(&self) -> &str {
        &self.facts.subject.shown
    }

    /// The issuer's name, told as [`Self::subject`] is.
    pub fn issuer(&self) -> &str {
        &self.facts.issuer.shown
    }

    /// The subject's Name in DER.
    pub fn subject_der(&self) -> &[u8] {
        &self.facts.subject.der
    }

    /// The issuer's Name in DER.
    pub fn issuer_der(&self) -> &[u8] {
        &self.facts.issuer.der
    }

    /// Serial number, hex; the beginning of one that is longer than any may be.
    pub fn serial(&self) -> &str {
        &self.facts.serial
    }

    /// The contents of the serial number's INTEGER.
    pub fn raw_serial(&self) -> &[u8] {
        &self.facts.raw_serial
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn public_key_info(&self) -> &[u8] {
        &self.facts.public_key_info
    }

    pub fn not_before(&self) -> Utc {
        self.facts.not_before
    }

    pub fn not_after(&self) -> Utc {
        self.facts.not_after
    }

    pub fn key_algorithm(&self) -> &KeyAlgorithm {
        &self.facts.key_algorithm
    }

    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.facts.basic_constraints
    }

    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.facts.key_usage
    }

    /// Every userId (OID 0.9.2342.19200300.100.1.1) of the subject, then every URI of the
    /// SubjectAltName: as they are, to be compared. Whoever tells them escapes them ([`shown`]).
    pub fn identities(&self) -> impl Iterator<Item = &str> {
        self.facts
            .user_ids
            .iter()
            .chain(&self.facts.uris)
            .map(String::as_str)
    }

    /// Every common name of the subject, as it is, to be compared.
    pub fn common_names(&self) -> impl Iterator<Item = &str> {
        self.facts.common_names.iter().map(String::as_str)
    }

    /// The digest under its signature, if that is one whose collisions are known: `SHA-1`, say.
    pub fn broken_digest(&self) -> Option<&'static str> {
        self.facts.broken_digest
    }

    pub fn is_ca(&self) -> bool {
        self.facts
            .basic_constraints
            .is_some_and(|constraints| constraints.ca)
    }

    /// Names itself as its issuer.
    pub fn is_self_issued(&self) -> bool {
        self.facts.issuer.der == self.facts.subject.der
    }

    /// Issued by itself: the same name on both sides, and its own key verifies its signature.
    pub fn is_self_signed(&self) -> bool {
        self.is_signed_by(self)
    }

    /// Whether `issuer` carries the name this certificate names as its issuer, and the key that
    /// verifies its signature. Says nothing of dates or of the right to issue.
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        self.facts.issuer.der == issuer.facts.subject.der
            && self.signature_verifies(issuer).unwrap_or(false)
    }

    /// For checks of what is not told in general. `None` where the certificate does not parse,
    /// although it did when this value was made.
    pub(crate) fn parsed(&self) -> Option<X509Certificate<'_>> {
        let (_, certificate) = X509Certificate::from_der(&self.der).ok()?;
        Some(certificate)
    }

    /// `None` where one of them does not parse.
    fn signature_verifies(&self, issuer: &Self) -> Option<bool> {
        let certificate = self.parsed()?;
        let (_, key) = SubjectPublicKeyInfo::from_der(&issuer.facts.public_key_info).ok()?;
        let signature_algorithm = contents(&certificate.signature_algorithm)?;
        let key_algorithm = contents(&key.algorithm)?;
        // An RSA key and signature algorithm name one verification algorithm; an elliptic curve
        // pair does too, as the curve is a parameter of the key.
        Some(
            ALL_VERIFICATION_ALGS
                .iter()
                .filter(|algorithm| {
                    algorithm.signature_alg_id().as_ref() == signature_algorithm
                        && algorithm.public_key_alg_id().as_ref() == key_algorithm
                })
                .any(|algorithm| {
                    algorithm
                        .verify_signature(
                            &key.subject_public_key.data,
                            certificate.tbs_certificate.as_ref(),
                            &certificate.signature_value.data,
                        )
                        .is_ok()
                }),
        )
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({}, {})",
            self.subject(),
            self.sha256().short()
        )
    }
}

/// A subject for messages: the name, and the fingerprint's beginning to tell namesakes apart.
impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` (sha256 {}…)",
            self.subject(),
            self.sha256().short()
        )
    }
}

impl Eq for Certificate {}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl From<Certificate> for String {
    fn from(certificate: Certificate) -> Self {
        certificate.to_pem()
    }
}

impl TryFrom<String> for Certificate {
    type Error = MalformedCertificate;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // The parser's own words repeat what it could not read, which may be a private key.
        let block = pem::parse(text).map_err(|_| MalformedCertificate::NotPem)?;
        Self::from_der(block.contents())
    }
}

fn in_words(error: &nom::Err<X509Error>) -> String {
    match error {
        nom::Err::Error(error) | nom::Err::Failure(error) => shown(&error.to_string()),
        nom::Err::Incomplete(_) => "it is cut off".to_owned(),
    }
}

/// The contents of an AlgorithmIdentifier SEQUENCE, the form in which webpki names algorithms.
fn contents(algorithm: &x509_parser::x509::AlgorithmIdentifier<'_>) -> Option<Vec<u8>> {
    let mut bytes = algorithm.algorithm.to_der_vec().ok()?;
    if let Some(parameters) = &algorithm.parameters {
        bytes.extend(Any::to_der_vec(parameters).ok()?);
    }
    Some(bytes)
}
