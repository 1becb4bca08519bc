//! Lints on extensions: which there are, and how they are marked.

use x509_parser::der_parser::asn1_rs::Oid;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_CERTIFICATE_POLICIES, OID_X509_EXT_CRL_DISTRIBUTION_POINTS,
    OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_INHIBIT_ANY_POLICY, OID_X509_EXT_KEY_USAGE,
    OID_X509_EXT_NAME_CONSTRAINTS, OID_X509_EXT_POLICY_CONSTRAINTS, OID_X509_EXT_POLICY_MAPPINGS,
    OID_X509_EXT_SUBJECT_ALT_NAME, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
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
            // Wrongly marked, which is noted. Of a root they say nothing that must be acted upon; below
            // it path validation refuses them.
            || placed.role == Role::Root && is_key_identifier(&extension.oid)
    };
    let extensions = parsed.extensions().iter();
    let unknown = extensions.filter(|it| it.critical && !is_known(it));
    let (named, others): (Vec<_>, Vec<_>) =
        unknown.partition(|it| not_processed(&it.oid).is_some());
    if let Some((name, consequence)) = named.first().and_then(|it| not_processed(&it.oid)) {
        return Err(format!("{name} is critical; {consequence}"));
    }
    fault_of(
        "are critical, and nobody here knows what they demand",
        others.into_iter(),
    )
}

const NOWHERE: &str =
    "this software does not process it, so no certificate on the path may carry it";
const NOT_CRITICAL: &str =
    "this software does not process it, so it may be on the path only if it is not critical";

/// What is known by its name but not acted upon when it is critical, and what follows.
fn not_processed(oid: &Oid<'_>) -> Option<(&'static str, &'static str)> {
    let known = [
        (
            OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER,
            "AuthorityKeyIdentifier",
            "it must not be, and path validation refuses it below the root",
        ),
        (
            OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
            "SubjectKeyIdentifier",
            "it must not be, and path validation refuses it below the root",
        ),
        (
            OID_X509_EXT_CERTIFICATE_POLICIES,
            "CertificatePolicies",
            NOT_CRITICAL,
        ),
        (OID_X509_EXT_POLICY_MAPPINGS, "PolicyMappings", NOT_CRITICAL),
        (
            OID_X509_EXT_POLICY_CONSTRAINTS,
            "PolicyConstraints",
            NOWHERE,
        ),
        (OID_X509_EXT_INHIBIT_ANY_POLICY, "InhibitAnyPolicy", NOWHERE),
    ];
    let found = known.into_iter().find(|(known, ..)| known == oid)?;
    Some((found.1, found.2))
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

/// Whoever made one of the latter two critical would be refused for that: the words say so at once.
pub(super) fn constraints_critical(
    _: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    let mut not_critical = parsed.extensions().iter().filter(|it| !it.critical);
    let fault = not_critical.find_map(|extension| {
        let oid = &extension.oid;
        if *oid == OID_X509_EXT_NAME_CONSTRAINTS {
            return Some("NameConstraints must be critical, and is not".to_owned());
        }
        match not_processed(oid) {
            Some((name, NOWHERE)) => {
                Some(format!("{name} must be critical, and is not; {NOWHERE}"))
            }
            _ => None,
        }
    });
    fault.map_or(Ok(()), Err)
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
