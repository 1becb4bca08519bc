//! One X.509 certificate, parsed once (RFC 5280).

use std::fmt;

use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use webpki::ALL_VERIFICATION_ALGS;
use x509_parser::der_parser::asn1_rs::{Any, FromDer, ToDer};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::algorithms::KeyAlgorithm;
use crate::digest::Sha256;
use crate::utc::Utc;

/// A certificate and what the ceremony asks of it. Travels through the state machine as PEM.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Certificate {
    der: Vec<u8>,
    facts: Facts,
}

/// What was read out of the certificate. Absent extensions are `None`: whether that is allowed is
/// for the validation to say.
#[derive(Clone, Debug)]
struct Facts {
    basic_constraints: Option<BasicConstraints>,
    issuer: Name,
    key_algorithm: KeyAlgorithm,
    key_usage: Option<KeyUsage>,
    not_after: Utc,
    not_before: Utc,
    public_key_info: Vec<u8>,
    serial: String,
    subject: Name,
    uris: Vec<String>,
    user_ids: Vec<String>,
}

#[derive(Clone, Debug)]
struct Name {
    der: Vec<u8>,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BasicConstraints {
    pub ca: bool,
    pub path_len: Option<u32>,
}

/// What a ceremony asks of KeyUsage (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyUsage {
    pub key_cert_sign: bool,
    pub key_encipherment: bool,
    /// Keys may travel under it, one way or another: keyEncipherment, dataEncipherment or
    /// keyAgreement.
    pub carries_keys: bool,
}

impl Certificate {
    /// Limit for one certificate: a leaf and six CAs in PEM must fit the 256 KiB that a state's
    /// payload may have, beside all that is told of them.
    pub const MAX_BYTES: usize = 8 * 1024;

    /// Limit for a distinguished name in DER. Every check and every list of certificates repeats
    /// it, and evidence must fit a state too. (RFC 5280 appendix A gives most attributes 64
    /// characters.)
    pub const MAX_NAME_BYTES: usize = 512;

    /// Limit for all identities (userIds and URIs) together, which a check repeats as well.
    pub const MAX_IDENTITY_BYTES: usize = 4 * 1024;

    pub fn from_der(der: &[u8]) -> Result<Self, MalformedCertificate> {
        if der.len() > Self::MAX_BYTES {
            return Err(MalformedCertificate(format!(
                "a certificate of {} bytes; at most {} are accepted",
                der.len(),
                Self::MAX_BYTES
            )));
        }
        let (rest, certificate) = X509Certificate::from_der(der)
            .map_err(|error| MalformedCertificate(format!("not an X.509 certificate: {error}")))?;
        if !rest.is_empty() {
            return Err(MalformedCertificate(format!(
                "{} bytes follow the certificate",
                rest.len()
            )));
        }
        Ok(Self {
            der: der.to_vec(),
            facts: Facts::read(&certificate)?.within_limits()?,
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

    pub fn subject(&self) -> &str {
        &self.facts.subject.text
    }

    pub fn issuer(&self) -> &str {
        &self.facts.issuer.text
    }

    /// Serial number, hex.
    pub fn serial(&self) -> &str {
        &self.facts.serial
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
    /// SubjectAltName.
    pub fn identities(&self) -> impl Iterator<Item = &str> {
        self.facts
            .user_ids
            .iter()
            .chain(&self.facts.uris)
            .map(String::as_str)
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

    /// `None` where the certificate does not parse, although it did when this value was made.
    fn signature_verifies(&self, issuer: &Self) -> Option<bool> {
        let (_, certificate) = X509Certificate::from_der(&self.der).ok()?;
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
        let block = pem::parse(text).map_err(|_| MalformedCertificate("not PEM".to_owned()))?;
        Self::from_der(block.contents())
    }
}

impl Facts {
    fn read(certificate: &X509Certificate<'_>) -> Result<Self, MalformedCertificate> {
        let mut facts = Self {
            basic_constraints: None,
            issuer: Name {
                der: certificate.issuer().as_raw().to_vec(),
                text: certificate.issuer().to_string(),
            },
            key_algorithm: key_algorithm(certificate.public_key()),
            key_usage: None,
            not_after: Utc::from(certificate.validity().not_after.to_datetime()),
            not_before: Utc::from(certificate.validity().not_before.to_datetime()),
            public_key_info: certificate.public_key().raw.to_vec(),
            serial: hex::encode(certificate.raw_serial()),
            subject: Name {
                der: certificate.subject().as_raw().to_vec(),
                text: certificate.subject().to_string(),
            },
            uris: Vec::new(),
            user_ids: certificate
                .subject()
                .iter_by_oid(&x509_parser::oid_registry::OID_USERID)
                .filter_map(|attribute| attribute.as_str().ok().map(str::to_owned))
                .collect(),
        };
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => {
                    facts.basic_constraints = Some(BasicConstraints {
                        ca: constraints.ca,
                        path_len: constraints.path_len_constraint,
                    });
                }
                ParsedExtension::KeyUsage(usage) => {
                    facts.key_usage = Some(KeyUsage {
                        key_cert_sign: usage.key_cert_sign(),
                        key_encipherment: usage.key_encipherment(),
                        carries_keys: usage.key_encipherment()
                            || usage.data_encipherment()
                            || usage.key_agreement(),
                    });
                }
                ParsedExtension::SubjectAlternativeName(names) => {
                    for name in &names.general_names {
                        if let GeneralName::URI(uri) = name {
                            facts.uris.push((*uri).to_owned());
                        }
                    }
                }
                ParsedExtension::ParseError { error } => {
                    return Err(MalformedCertificate(format!(
                        "extension {} cannot be read: {error}",
                        extension.oid
                    )));
                }
                _ => {}
            }
        }
        Ok(facts)
    }
}

impl Facts {
    fn within_limits(self) -> Result<Self, MalformedCertificate> {
        for (which, name) in [("subject", &self.subject), ("issuer", &self.issuer)] {
            if name.der.len() > Certificate::MAX_NAME_BYTES {
                return Err(MalformedCertificate(format!(
                    "a {which} of {} bytes; at most {} are accepted",
                    name.der.len(),
                    Certificate::MAX_NAME_BYTES
                )));
            }
        }
        let identities = self.user_ids.iter().chain(&self.uris);
        let bytes: usize = identities.map(String::len).sum();
        if bytes > Certificate::MAX_IDENTITY_BYTES {
            return Err(MalformedCertificate(format!(
                "identities (userId and URIs) of {bytes} bytes; at most {} are accepted",
                Certificate::MAX_IDENTITY_BYTES
            )));
        }
        Ok(self)
    }
}

fn key_algorithm(key: &SubjectPublicKeyInfo<'_>) -> KeyAlgorithm {
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => match rsa.modulus.iter().position(|byte| *byte != 0) {
            // The modulus may carry a leading zero byte (DER INTEGER).
            Some(start) => {
                match (rsa.modulus.len() - start) * 8 - leading_zeros(rsa.modulus[start]) {
                    2048 => KeyAlgorithm::Rsa2048,
                    3072 => KeyAlgorithm::Rsa3072,
                    4096 => KeyAlgorithm::Rsa4096,
                    bits => KeyAlgorithm::Other(format!("RSA of {bits} bits")),
                }
            }
            None => KeyAlgorithm::Other("RSA with an empty modulus".to_owned()),
        },
        Ok(PublicKey::EC(_)) => match named_curve(key).as_deref() {
            Some("1.2.840.10045.3.1.7") => KeyAlgorithm::EccNistP256,
            Some("1.3.132.0.34") => KeyAlgorithm::EccNistP384,
            Some("1.3.132.0.35") => KeyAlgorithm::EccNistP521,
            curve => KeyAlgorithm::Other(format!(
                "elliptic curve {}",
                curve.unwrap_or("without a name")
            )),
        },
        _ => KeyAlgorithm::Other(format!("key algorithm {}", key.algorithm.algorithm)),
    }
}

fn leading_zeros(byte: u8) -> usize {
    byte.leading_zeros() as usize
}

fn named_curve(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    let curve = key.algorithm.parameters.as_ref()?.as_oid().ok()?;
    Some(curve.to_id_string())
}

/// The contents of an AlgorithmIdentifier SEQUENCE, the form in which webpki names algorithms.
fn contents(algorithm: &x509_parser::x509::AlgorithmIdentifier<'_>) -> Option<Vec<u8>> {
    let mut bytes = algorithm.algorithm.to_der_vec().ok()?;
    if let Some(parameters) = &algorithm.parameters {
        bytes.extend(Any::to_der_vec(parameters).ok()?);
    }
    Some(bytes)
}

/// Why bytes are not a certificate the ceremony can use.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedCertificate(String);
