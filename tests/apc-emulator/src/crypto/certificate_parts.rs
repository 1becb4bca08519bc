//! The parts that certificates and requests are put together from.

use der::asn1::{Any, GeneralizedTime, ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use der::oid::AssociatedOid;
use der::oid::db::{rfc4519, rfc5912};
use der::{Encode, Tag};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Time;

use super::issuing::IssuingError;
use super::material::random_bytes;
use super::private_keys::SigningHash;
use crate::clock::Timestamp;
use crate::model::attributes::KeyAlgorithm;
use crate::model::identifiers::AccountId;

/// A name of these attributes, in this order, each an RDN of its own.
pub fn name(attributes: &[(ObjectIdentifier, Tag, &str)]) -> Result<Name, IssuingError> {
    let mut sequence = RdnSequence::default();
    for (oid, tag, text) in attributes {
        let attribute = AttributeTypeAndValue {
            oid: *oid,
            value: Any::new(*tag, text.as_bytes())?,
        };
        let set = SetOfVec::try_from(vec![attribute])?;
        sequence.0.push(RelativeDistinguishedName(set));
    }
    Ok(sequence)
}

pub(super) fn authority_name(account: &AccountId) -> Result<Name, IssuingError> {
    name(&[
        (rfc4519::C, Tag::PrintableString, "US"),
        (rfc4519::O, Tag::Utf8String, "AWS Cryptography"),
        (
            rfc4519::OU,
            Tag::Utf8String,
            "AWS Payment Cryptography test double",
        ),
        (rfc4519::ST, Tag::Utf8String, "Virginia"),
        (rfc4519::CN, Tag::Utf8String, &account.to_string()),
        (rfc4519::L, Tag::Utf8String, "Arlington"),
    ])
}

/// The account, and ten digits that tell one certificate's subject from the next.
pub(super) fn leaf_name(account: &AccountId) -> Result<Name, IssuingError> {
    let number = u64::from_be_bytes(random_bytes()?) % 10_000_000_000;
    name(&[
        (rfc4519::CN, Tag::Utf8String, &account.to_string()),
        (
            rfc4519::SERIAL_NUMBER,
            Tag::PrintableString,
            &format!("{number:010}"),
        ),
    ])
}

/// 127 random bits: positive, and as long as those of the service.
pub(super) fn serial_number() -> Result<SerialNumber, IssuingError> {
    let mut bytes = random_bytes::<16>()?;
    bytes[0] = bytes[0] & 0x7F | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}

/// RFC 5280 section 4.2.1.2, method 1.
pub(super) fn key_identifier(key: &SubjectPublicKeyInfoOwned) -> Result<OctetString, IssuingError> {
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        key.subject_public_key.raw_bytes(),
    );
    Ok(OctetString::new(digest.as_ref())?)
}

pub(super) fn extension<E: AssociatedOid + Encode>(
    value: &E,
    critical: bool,
) -> Result<Extension, IssuingError> {
    Ok(Extension {
        extn_id: E::OID,
        critical,
        extn_value: OctetString::new(value.to_der()?)?,
    })
}

/// RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime after.
pub(super) fn time(timestamp: Timestamp) -> Result<Time, IssuingError> {
    let seconds = u64::try_from(timestamp.as_seconds()).map_err(|_| IssuingError)?;
    let duration = std::time::Duration::from_secs(seconds);
    match UtcTime::from_unix_duration(duration) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => Ok(Time::GeneralTime(GeneralizedTime::from_unix_duration(
            duration,
        )?)),
    }
}

/// RFC 4055 section 5 (RSA, parameters NULL) and RFC 5758 section 3.2 (ECDSA, no parameters).
pub(super) fn signature_algorithm(
    key: KeyAlgorithm,
    hash: SigningHash,
) -> Result<AlgorithmIdentifierOwned, IssuingError> {
    let (oid, parameters) = match (key.is_rsa(), hash) {
        (true, SigningHash::Sha224) => (rfc5912::SHA_224_WITH_RSA_ENCRYPTION, Some(Any::null())),
        (true, SigningHash::Sha256) => (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, Some(Any::null())),
        (true, SigningHash::Sha384) => (rfc5912::SHA_384_WITH_RSA_ENCRYPTION, Some(Any::null())),
        (true, SigningHash::Sha512) => (rfc5912::SHA_512_WITH_RSA_ENCRYPTION, Some(Any::null())),
        (false, SigningHash::Sha224) => (rfc5912::ECDSA_WITH_SHA_224, None),
        (false, SigningHash::Sha256) => (rfc5912::ECDSA_WITH_SHA_256, None),
        (false, SigningHash::Sha384) => (rfc5912::ECDSA_WITH_SHA_384, None),
        (false, SigningHash::Sha512) => (rfc5912::ECDSA_WITH_SHA_512, None),
    };
    Ok(AlgorithmIdentifierOwned { oid, parameters })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn times_are_written_as_their_century_demands() {
        let now = Clock::default().now();
        assert!(matches!(time(now), Ok(Time::UtcTime(_))));
        assert!(matches!(
            time(now.plus_days(100 * 365)),
            Ok(Time::GeneralTime(_))
        ));
    }
}
