//! What OCSP responses and CRLs have in common in DER.

use der::Encode;
use der::asn1::{GeneralizedTime, ObjectIdentifier, OctetString, UtcTime};
use der::{DateTime, Decode};
use time::OffsetDateTime;
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;
use x509_ocsp::OcspGeneralizedTime;

/// An extension that nobody knows, in the arc for examples (RFC 5612).
const UNKNOWN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");

pub(crate) fn extension(oid: ObjectIdentifier, critical: bool, value: &impl Encode) -> Extension {
    let value = value.to_der().expect("an extension in DER");
    Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value).expect("an extension in DER"),
    }
}

pub(crate) fn unknown_critical_extension() -> Extension {
    extension(UNKNOWN, true, &der::asn1::Null)
}

pub(crate) fn serial(bytes: &[u8]) -> SerialNumber {
    SerialNumber::new(bytes).expect("a serial number of at most 20 bytes")
}

/// RFC 6960 knows only GeneralizedTime.
pub(crate) fn ocsp_time(time: OffsetDateTime) -> OcspGeneralizedTime {
    OcspGeneralizedTime(GeneralizedTime::from_date_time(date_time(time)))
}

/// RFC 5280 section 5.1.2.4: UTCTime until 2049.
pub(crate) fn crl_time(time: OffsetDateTime) -> Time {
    let time = date_time(time);
    UtcTime::from_date_time(time)
        .map(Time::UtcTime)
        .unwrap_or_else(|_| Time::GeneralTime(GeneralizedTime::from_date_time(time)))
}

/// Bytes that are no DER, which begin as if they were.
pub(crate) fn malformed() -> Vec<u8> {
    let bytes = b"\x30\x82\x01\x00 this is not DER".to_vec();
    debug_assert!(der::Any::from_der(&bytes).is_err());
    bytes
}

pub(crate) fn flip_last_bit(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}

fn date_time(time: OffsetDateTime) -> DateTime {
    let seconds = u64::try_from(time.unix_timestamp()).expect("a time after 1970");
    DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))
        .expect("a time before the year 10000")
}
