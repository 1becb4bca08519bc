//! The limits that a certificate must keep, and why bytes are no certificate that the ceremony can
//! use.

use x509_parser::der_parser::asn1_rs::{Any, FromDer};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::X509Certificate;

use super::Certificate;
use crate::text::shown;

/// Deeper than any that a certificate needs: name constraints on directory names have 14 levels.
const MAX_DEPTH: usize = 24;

const MAX_EXTENSIONS: usize = 32;

/// In the SubjectAltName.
const MAX_ALTERNATIVE_NAMES: usize = 100;

/// Why bytes are not a certificate the ceremony can use.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MalformedCertificate {
    #[error("the parts of the certificate lie within one another more than {MAX_DEPTH} deep")]
    Deep,
    #[error("extension {oid} cannot be read: {reason}")]
    ExtensionUnreadable { oid: String, reason: String },
    #[error(
        "identities (userId and URIs) of {0} bytes; at most {limit} are accepted",
        limit = Certificate::MAX_IDENTITY_BYTES
    )]
    IdentitiesTooLong(usize),
    #[error(
        "a certificate of {0} bytes; at most {limit} are accepted",
        limit = Certificate::MAX_BYTES
    )]
    Large(usize),
    #[error(
        "a {which} of {bytes} bytes; at most {limit} are accepted",
        limit = Certificate::MAX_NAME_BYTES
    )]
    NameTooLong { which: &'static str, bytes: usize },
    #[error("not an X.509 certificate: {0}")]
    NotCertificate(String),
    #[error("not PEM")]
    NotPem,
    #[error("a certificate with {0} extensions; at most {MAX_EXTENSIONS} are accepted")]
    TooManyExtensions(usize),
    #[error(
        "a certificate with {0} alternative names; at most {MAX_ALTERNATIVE_NAMES} are accepted"
    )]
    TooManyNames(usize),
    #[error("{0} bytes follow the certificate")]
    Trailing(usize),
}

/// Size and depth. Comes before any parser, so that what they are given is small.
pub(super) fn is_within_size(der: &[u8]) -> Result<(), MalformedCertificate> {
    if der.len() > Certificate::MAX_BYTES {
        return Err(MalformedCertificate::Large(der.len()));
    }
    is_within_depth(der)
}

/// Numbers and lengths of what is told and compared.
pub(super) fn is_within_counts(
    certificate: &X509Certificate<'_>,
) -> Result<(), MalformedCertificate> {
    for (which, name) in [
        ("subject", certificate.subject()),
        ("issuer", certificate.issuer()),
    ] {
        let bytes = name.as_raw().len();
        if bytes > Certificate::MAX_NAME_BYTES {
            return Err(MalformedCertificate::NameTooLong { which, bytes });
        }
    }
    let extensions = certificate.extensions();
    if extensions.len() > MAX_EXTENSIONS {
        return Err(MalformedCertificate::TooManyExtensions(extensions.len()));
    }
    for extension in extensions {
        is_within_depth(extension.value)?;
        match extension.parsed_extension() {
            ParsedExtension::ParseError { error } => {
                return Err(MalformedCertificate::ExtensionUnreadable {
                    oid: shown(&extension.oid.to_id_string()),
                    reason: shown(&error.to_string()),
                });
            }
            ParsedExtension::SubjectAlternativeName(names)
                if names.general_names.len() > MAX_ALTERNATIVE_NAMES =>
            {
                return Err(MalformedCertificate::TooManyNames(
                    names.general_names.len(),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks into what is constructed, as far as it is DER; whether all of it is, the parsers say.
fn is_within_depth(der: &[u8]) -> Result<(), MalformedCertificate> {
    let mut levels = vec![der];
    while let Some(level) = levels.last_mut() {
        match Any::from_der(level) {
            Ok((rest, element)) => {
                *level = rest;
                if element.header.is_constructed() {
                    levels.push(element.data);
                }
            }
            Err(_) => {
                levels.pop();
            }
        }
        if levels.len() > MAX_DEPTH {
            return Err(MalformedCertificate::Deep);
        }
    }
    Ok(())
}
