//! Lints on the fields that every certificate has.

use x509_parser::der_parser::asn1_rs::{Any, FromDer, Tag};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_X509_EXT_SUBJECT_ALT_NAME;
use x509_parser::prelude::X509Certificate;

use super::Placed;
use crate::certificate::text_of;
use crate::path::Role;
use crate::text::needs_escaping;
use crate::utc::Utc;

const DAY: i64 = 86_400;
const MAX_SERIAL_OCTETS: usize = 20;
const MAX_LEAF_DAYS: i64 = 398;
const SOON_DAYS: i64 = 30;

/// Positive, and of at most 20 octets. These are the octets of the INTEGER as it is encoded, with the
/// zero that DER puts before a number whose first bit is set: the limit is there for those who store
/// the field, and the number's own length would leave them with 21. The other reading has no use
/// either: CAs that draw 20 random octets clear the first bit.
pub(super) fn serial_number(placed: &Placed<'_>, _: &X509Certificate<'_>) -> Result<(), String> {
    let octets = placed.certificate.raw_serial();
    match octets.first() {
        None => return Err("its serial number is empty".to_owned()),
        Some(first) if *first >= 0x80 => return Err("its serial number is negative".to_owned()),
        Some(_) => {}
    }
    if octets.iter().all(|octet| *octet == 0) {
        return Err("its serial number is zero".to_owned());
    }
    let octets = octets.len();
    if octets > MAX_SERIAL_OCTETS {
        return Err(format!(
            "its serial number has {octets} octets; at most {MAX_SERIAL_OCTETS} are allowed"
        ));
    }
    Ok(())
}

/// The signature of a root on itself proves nothing that its fingerprint does not.
pub(super) fn signature_digest(placed: &Placed<'_>, _: &X509Certificate<'_>) -> Result<(), String> {
    match placed.certificate.broken_digest() {
        Some(digest) if placed.role != Role::Root => Err(format!(
            "it is signed over {digest}, for which forgeries are known"
        )),
        _ => Ok(()),
    }
}

/// Through 2049 as UTCTime and from 2050 as GeneralizedTime, both to the second and in UTC; and no
/// date that says "always".
pub(super) fn validity_dates(placed: &Placed<'_>, _: &X509Certificate<'_>) -> Result<(), String> {
    let (start, end) = (
        placed.certificate.not_before(),
        placed.certificate.not_after(),
    );
    let written = written_dates(placed.certificate.der()).ok_or("its dates cannot be read")?;
    for (which, date, written) in [
        ("notBefore", start, &written[0]),
        ("notAfter", end, &written[1]),
    ] {
        let year = date.year();
        if year < 1950 {
            return Err(format!("its {which} {date} is before 1950"));
        }
        let (tag, name, length) = if year < 2050 {
            (Tag::UtcTime, "UTCTime", "YYMMDDhhmmssZ".len())
        } else {
            (
                Tag::GeneralizedTime,
                "GeneralizedTime",
                "YYYYMMDDhhmmssZ".len(),
            )
        };
        if written.tag() != tag {
            return Err(format!("its {which} {date} must be written as {name}"));
        }
        if written.data.len() != length || written.data.last() != Some(&b'Z') {
            return Err(format!(
                "its {which} {date} must be written to the second and in UTC"
            ));
        }
    }
    if end < start {
        return Err(format!("it ends at {end}, before it begins at {start}"));
    }
    if end.year() == 9999 {
        return Err(format!("its notAfter {end} says that it never ends"));
    }
    Ok(())
}

/// notBefore and notAfter as they stand in the certificate.
fn written_dates(der: &[u8]) -> Option<[Any<'_>; 2]> {
    let first = |der| Any::from_der(der).ok();
    let (_, certificate) = first(der)?;
    let (_, signed) = first(certificate.data)?;
    let (mut rest, version) = first(signed.data)?;
    if version.tag() == Tag::Integer {
        // The version is left out, and this is the serial number.
        rest = signed.data;
    }
    for _serial_algorithm_issuer in 0..3 {
        (rest, _) = first(rest)?;
    }
    let (_, validity) = first(rest)?;
    let (rest, not_before) = first(validity.data)?;
    let (_, not_after) = first(rest)?;
    Some([not_before, not_after])
}

/// A CA must have a name; another may have it in a critical SubjectAltName.
pub(super) fn subject_present(
    placed: &Placed<'_>,
    parsed: &X509Certificate<'_>,
) -> Result<(), String> {
    if parsed.subject().iter().next().is_some() {
        return Ok(());
    }
    if placed.certificate.is_ca() {
        return Err("is a CA without a subject".to_owned());
    }
    let mut extensions = parsed.extensions().iter();
    let named = extensions.any(|it| it.oid == OID_X509_EXT_SUBJECT_ALT_NAME && it.critical);
    if named {
        return Ok(());
    }
    Err("has no subject, and no SubjectAltName that is critical".to_owned())
}

/// From notBefore through notAfter, inclusive (RFC 5280 §4.1.2.5): what ends 398 times 86,400 seconds
/// after it began is valid for one second more than 398 days, which counts as another day.
pub(super) fn leaf_validity_period(
    placed: &Placed<'_>,
    _: &X509Certificate<'_>,
) -> Result<(), String> {
    let seconds = 1 + seconds_between(
        placed.certificate.not_before(),
        placed.certificate.not_after(),
    );
    if placed.role == Role::Leaf && seconds > MAX_LEAF_DAYS * DAY {
        let days = (seconds + DAY - 1) / DAY;
        return Err(format!(
            "it is valid for {days} days, more than {MAX_LEAF_DAYS}"
        ));
    }
    Ok(())
}

pub(super) fn not_expiring_soon(
    placed: &Placed<'_>,
    _: &X509Certificate<'_>,
) -> Result<(), String> {
    let end = placed.certificate.not_after();
    if placed.now <= end && seconds_between(placed.now, end) < SOON_DAYS * DAY {
        return Err(format!(
            "it expires at {end}, in less than {SOON_DAYS} days"
        ));
    }
    Ok(())
}

fn seconds_between(start: Utc, end: Utc) -> i64 {
    end.unix_seconds() - start.unix_seconds()
}

/// Whoever reads of the certificate reads something else than is in it.
pub(super) fn names_plain(placed: &Placed<'_>, parsed: &X509Certificate<'_>) -> Result<(), String> {
    let names = [("subject", parsed.subject()), ("issuer", parsed.issuer())];
    for (which, name) in names {
        if needs_escaping(&text_of(name)) {
            return Err(format!(
                "its {which} holds characters that are told as escapes"
            ));
        }
    }
    let mut identities = placed.certificate.identities();
    if identities.any(needs_escaping) {
        return Err("an identity holds characters that are told as escapes".to_owned());
    }
    for extension in parsed.extensions() {
        if let ParsedExtension::SubjectAlternativeName(names) = extension.parsed_extension()
            && names.general_names.iter().any(|name| match name {
                GeneralName::DNSName(text) | GeneralName::RFC822Name(text) => needs_escaping(text),
                _ => false,
            })
        {
            return Err("an alternative name holds characters that are told as escapes".to_owned());
        }
    }
    Ok(())
}
