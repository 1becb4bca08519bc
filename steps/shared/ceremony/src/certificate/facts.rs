//! What is read out of a certificate, once.

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::objects::oid_registry;
use x509_parser::oid_registry::OID_USERID;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::X509Name;

use super::{BasicConstraints, Certificate, KeyUsage, MalformedCertificate, signature};
use crate::algorithms::KeyAlgorithm;
use crate::public_key;
use crate::text::shown;
use crate::utc::Utc;

/// Absent extensions are `None`: whether that is allowed is for the validation to say.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) broken_digest: Option<&'static str>,
    pub(super) common_names: Vec<String>,
    pub(super) issuer: Name,
    pub(super) key_algorithm: KeyAlgorithm,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) not_after: Utc,
    pub(super) not_before: Utc,
    pub(super) public_key_info: Vec<u8>,
    pub(super) raw_serial: Vec<u8>,
    pub(super) serial: String,
    pub(super) subject: Name,
    pub(super) uris: Vec<String>,
    pub(super) user_ids: Vec<String>,
}

/// A distinguished name: as it is compared, and as it is told.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) der: Vec<u8>,
    pub(super) shown: String,
}

impl Name {
    fn read(name: &X509Name<'_>) -> Self {
        Self {
            der: name.as_raw().to_vec(),
            shown: shown(&text_of(name)),
        }
    }
}

/// The whole name, nothing escaped or cut.
pub(crate) fn text_of(name: &X509Name<'_>) -> String {
    name.to_string_with_registry(oid_registry())
        .unwrap_or_else(|_| format!("not readable, DER {}", hex::encode(name.as_raw())))
}

impl Facts {
    pub(super) fn read(certificate: &X509Certificate<'_>) -> Result<Self, MalformedCertificate> {
        let validity = certificate.validity();
        let mut facts = Self {
            basic_constraints: None,
            broken_digest: signature::broken_digest(certificate),
            common_names: certificate
                .subject()
                .iter_common_name()
                .filter_map(|attribute| attribute.as_str().ok().map(str::to_owned))
                .collect(),
            issuer: Name::read(certificate.issuer()),
            key_algorithm: public_key::algorithm(certificate.public_key()),
            key_usage: None,
            not_after: Utc::from(validity.not_after.to_datetime()),
            not_before: Utc::from(validity.not_before.to_datetime()),
            public_key_info: certificate.public_key().raw.to_vec(),
            raw_serial: certificate.raw_serial().to_vec(),
            serial: shown_serial(certificate.raw_serial()),
            subject: Name::read(certificate.subject()),
            uris: Vec::new(),
            user_ids: certificate
                .subject()
                .iter_by_oid(&OID_USERID)
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
                        digital_signature: usage.digital_signature(),
                        key_cert_sign: usage.key_cert_sign(),
                        key_encipherment: usage.key_encipherment(),
                        key_agreement: usage.key_agreement(),
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
                _ => {}
            }
        }
        facts.with_short_identities()
    }

    fn with_short_identities(self) -> Result<Self, MalformedCertificate> {
        let identities = self.user_ids.iter().chain(&self.uris);
        let bytes: usize = identities.map(String::len).sum();
        if bytes > Certificate::MAX_IDENTITY_BYTES {
            return Err(MalformedCertificate::IdentitiesTooLong(bytes));
        }
        Ok(self)
    }
}

/// A serial number has at most 20 octets (RFC 5280 §4.1.2.2), of which DER makes 21 where the first
/// bit is set; what is longer is refused in the end, and told in part.
fn shown_serial(serial: &[u8]) -> String {
    match serial.get(..21) {
        Some(start) if serial.len() > 21 => format!("{}…", hex::encode(start)),
        _ => hex::encode(serial),
    }
}
