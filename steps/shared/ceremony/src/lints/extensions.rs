//! Lints on extensions: which there are, and how they are marked.

use x509_parser::der_parser::asn1_rs::Oid;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_CRL_DISTRIBUTION_POINTS, OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_INHIBIT_ANY_POLICY, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_POLICY_CONSTRAINTS, OID_X509_EXT_SUBJECT_ALT_NAME,
    OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};
use x509_parser::prelude::X509Certificate;

use super::Placed;
use crate::path::Role;
use crate::text::shown;

/// Extensions that are named in a detail, at most.
const TOLD: usize = 4;

pub(super) fn once(_: &Placed<'_>, parsed: &X509Certificate<'_>) -> Result<(), String> {
    let extensions = parsed.extensions();
    let again = extensions.iter().enumerate().filter(|(index, extension)| {
        extensions[..*index]
            .iter()
            .any(|earlier| earlier.oid == extension.oid)
    });
    fault_of("occur more than once", again.map(|(_, it)| it))
}

/// Path validation takes account of these. Every other that is critical asks for something that
/// nobody here would do.
pub(super) fn critical_known(
    placed: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    let processed = [
        OID_X509_EXT_BASIC_CONSTRAINTS,
        OID_X509_EXT_CRL_DISTRIBUTION_POINTS,
        OID_X509_EXT_EXTENDED_KEY_USAGE,
        OID_X509_EXT_KEY_USAGE,
        OID_X509_EXT_NAME_CONSTRAINTS,
        OID_X509_EXT_SUBJECT_ALT_NAME,
    ];
    let is_known = |extension: &X509Extension<'_>| {
        processed.contains(&extension.oid)
            // Wrongly marked, which is noted. Of a root they say nothing that must be acted upon.
            || placed.role == Role::Root && is_key_identifier(&extension.oid)
    };
    let unknown = parsed.extensions().iter();
    fault_of(
        "are critical, and nobody here knows what they demand",
        unknown.filter(|it| it.critical && !is_known(it)),
    )
}

pub(super) fn key_cert_sign_in_ca_only(
    placed: &Placed<'_>,
    _: &X509Certificate<'_>,
) -> Result<(), String> {
    let usage = placed.certificate.key_usage();
    if usage.is_some_and(|usage| usage.key_cert_sign) && !placed.certificate.is_ca() {
        return Err("KeyUsage has keyCertSign, but no BasicConstraints says CA:TRUE".to_owned());
    }
    Ok(())
}

pub(super) fn name_constraints_in_ca_only(
    placed: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    if !placed.certificate.is_ca() && has(parsed, &OID_X509_EXT_NAME_CONSTRAINTS) {
        return Err("has NameConstraints, which only a CA may have".to_owned());
    }
    Ok(())
}

pub(super) fn constraints_critical(
    _: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    let constraints = [
        (OID_X509_EXT_NAME_CONSTRAINTS, "NameConstraints"),
        (OID_X509_EXT_POLICY_CONSTRAINTS, "PolicyConstraints"),
        (OID_X509_EXT_INHIBIT_ANY_POLICY, "InhibitAnyPolicy"),
    ];
    for extension in parsed.extensions() {
        for (oid, name) in &constraints {
            if extension.oid == *oid && !extension.critical {
                return Err(format!("{name} must be critical, and is not"));
            }
        }
    }
    Ok(())
}

/// Only what signed itself may leave it out: there is no other key to tell from.
pub(super) fn authority_key_identifier(
    placed: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    let name = "AuthorityKeyIdentifier";
    let mut found = false;
    for extension in parsed.extensions() {
        if let ParsedExtension::AuthorityKeyIdentifier(identifier) = extension.parsed_extension() {
            found |= identifier.key_identifier.is_some();
            not_critical(extension, name)?;
        }
    }
    if found || placed.certificate.is_self_issued() {
        return Ok(());
    }
    Err(format!("has no {name} with a key identifier"))
}

pub(super) fn subject_key_identifier(
    placed: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    let name = "SubjectKeyIdentifier";
    for extension in parsed.extensions() {
        if extension.oid == OID_X509_EXT_SUBJECT_KEY_IDENTIFIER {
            return not_critical(extension, name);
        }
    }
    if placed.certificate.is_ca() {
        return Err(format!("is a CA and has no {name}"));
    }
    Ok(())
}

pub(super) fn basic_constraints_critical(
    placed: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    let mut constraints = parsed.extensions().iter();
    let not_critical =
        constraints.any(|it| it.oid == OID_X509_EXT_BASIC_CONSTRAINTS && !it.critical);
    if placed.certificate.is_ca() && not_critical {
        return Err("is a CA, and its BasicConstraints is not critical".to_owned());
    }
    Ok(())
}

/// It has no purpose for the transport of keys, so whatever it says is another.
pub(super) fn no_extended_key_usage(
    _: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    if has(parsed, &OID_X509_EXT_EXTENDED_KEY_USAGE) {
        return Err("has ExtendedKeyUsage, which names no purpose of a key exchange".to_owned());
    }
    Ok(())
}

fn has(parsed: &X509Certificate<'_>, oid: &Oid<'_>) -> bool {
    parsed.extensions().iter().any(|it| it.oid == *oid)
}

fn is_key_identifier(oid: &Oid<'_>) -> bool {
    *oid == OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER || *oid == OID_X509_EXT_SUBJECT_KEY_IDENTIFIER
}

fn not_critical(extension: &X509Extension<'_>, name: &str) -> Result<(), String> {
    if extension.critical {
        return Err(format!("{name} is critical, and must not be"));
    }
    Ok(())
}

/// The first of the extensions by their OIDs, if there are any.
fn fault_of<'a>(
    fault: &str,
    extensions: impl Iterator<Item = &'a X509Extension<'a>>,
) -> Result<(), String> {
    let oids: Vec<String> = extensions.map(|it| it.oid.to_id_string()).collect();
    let told: Vec<&str> = oids.iter().take(TOLD).map(String::as_str).collect();
    match oids.len() {
        0 => Ok(()),
        count if count > TOLD => Err(format!(
            "{count} extensions {fault}: {} and others",
            shown(&told.join(", "))
        )),
        _ => Err(format!("extensions {fault}: {}", shown(&told.join(", ")))),
    }
}
