//! The signed attributes: what binds the envelope, the key's attributes and the moment together.

use std::time::Duration;

use der::asn1::{Any, AnyRef, ObjectIdentifier, OctetStringRef, UtcTime};
use der::{Choice, DecodeValue, Reader, SliceReader};

use super::asn1::{Attribute, DATA, ENVELOPED_DATA, RawSet, SetOfOne, check, encode};
use super::{Field, Freshness, Nonce, Tr34Error};

/// ```text
/// SignedAttributes ::= SET {                      -- types: RFC 2985 section 5.3
///     { contentType,   SET { OID envelopedData } },
///     { randomNonce,   SET { OCTET STRING } },    -- or { signingTime, SET { UTCTime } }
///     { data,          SET { OCTET STRING key block header } },
///     { messageDigest, SET { OCTET STRING SHA-256 of the envelope } } }
/// ```
///
/// They are written in this order, and read in any: the signature is over the bytes that were sent.
/// For a nonce of up to 14 bytes, and a header without optional blocks, this is also the order of
/// DER; of other messages none by the service is known.
pub(super) struct SignedAttributes<'a> {
    pub(super) freshness: Freshness,
    pub(super) key_block_header: &'a [u8],
    pub(super) message_digest: &'a [u8],
}

impl<'a> SignedAttributes<'a> {
    pub(super) fn decode(set: RawSet<'a>) -> Result<Self, Tr34Error> {
        let malformed = |_| Tr34Error::Encoding(Field::SignedAttributes);
        let mut content_type = None;
        let mut freshness = None;
        let mut key_block_header = None;
        let mut message_digest = None;
        let mut reader = SliceReader::new(set.0).map_err(malformed)?;
        while !reader.is_finished() {
            let Attribute { kind, values } = reader.decode().map_err(malformed)?;
            let value = values.0;
            match kind {
                CONTENT_TYPE => {
                    let value = read::<ObjectIdentifier>(value, Field::ContentType)?;
                    put(&mut content_type, value, Field::ContentType)?;
                }
                RANDOM_NONCE => {
                    let value = read::<OctetStringRef<'_>>(value, Field::Nonce)?;
                    let nonce = Freshness::Nonce(Nonce::new(value.as_bytes())?);
                    put(&mut freshness, nonce, Field::Nonce)?;
                }
                SIGNING_TIME => {
                    let value = read::<UtcTime>(value, Field::SigningTime)?;
                    let time = i64::try_from(value.to_unix_duration().as_secs())
                        .map_err(|_| Tr34Error::Value(Field::SigningTime))?;
                    let time = Freshness::SigningTime(time);
                    put(&mut freshness, time, Field::SigningTime)?;
                }
                DATA => {
                    let value = read::<OctetStringRef<'_>>(value, Field::KeyBlockHeader)?;
                    put(&mut key_block_header, value, Field::KeyBlockHeader)?;
                }
                MESSAGE_DIGEST => {
                    let value = read::<OctetStringRef<'_>>(value, Field::MessageDigest)?;
                    put(&mut message_digest, value, Field::MessageDigest)?;
                }
                _ => return Err(Tr34Error::Value(Field::SignedAttributes)),
            }
        }
        let missing = |field| move || Tr34Error::Missing(field);
        check(
            content_type.ok_or_else(missing(Field::ContentType))?,
            ENVELOPED_DATA,
            Field::ContentType,
        )?;
        Ok(Self {
            freshness: freshness.ok_or_else(missing(Field::Nonce))?,
            key_block_header: key_block_header
                .ok_or_else(missing(Field::KeyBlockHeader))?
                .as_bytes(),
            message_digest: message_digest
                .ok_or_else(missing(Field::MessageDigest))?
                .as_bytes(),
        })
    }

    /// The attributes one after another, without the tag and length of their set.
    pub(super) fn encode(&self) -> Result<Vec<u8>, Tr34Error> {
        let octets = |bytes, field| {
            let octets = OctetStringRef::new(bytes).map_err(|_| Tr34Error::Encoding(field))?;
            Ok(Any::from(octets))
        };
        let (freshness_kind, freshness) = match &self.freshness {
            Freshness::Nonce(nonce) => (RANDOM_NONCE, octets(nonce.as_bytes(), Field::Nonce)?),
            Freshness::SigningTime(seconds) => {
                let time = Any::encode_from(&utc_time(*seconds)?);
                let time = time.map_err(|_| Tr34Error::Encoding(Field::SigningTime))?;
                (SIGNING_TIME, time)
            }
        };
        let mut attributes = Vec::new();
        for (kind, value) in [
            (CONTENT_TYPE, Any::from(&ENVELOPED_DATA)),
            (freshness_kind, freshness),
            (DATA, octets(self.key_block_header, Field::KeyBlockHeader)?),
            (
                MESSAGE_DIGEST,
                octets(self.message_digest, Field::MessageDigest)?,
            ),
        ] {
            let values = SetOfOne(AnyRef::from(&value));
            attributes.extend(encode(
                &Attribute { kind, values },
                Field::SignedAttributes,
            )?);
        }
        Ok(attributes)
    }
}

fn read<'a, T: Choice<'a> + DecodeValue<'a>>(
    value: AnyRef<'a>,
    field: Field,
) -> Result<T, Tr34Error> {
    value.decode_as().map_err(|_| Tr34Error::Encoding(field))
}

fn put<T>(slot: &mut Option<T>, value: T, field: Field) -> Result<(), Tr34Error> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Tr34Error::Duplicate(field)),
    }
}

/// A UTCTime has years from 1950 to 2049 (RFC 5280 section 4.1.2.5.1), of which those before 1970
/// are no time of any signature.
fn utc_time(seconds: i64) -> Result<UtcTime, Tr34Error> {
    u64::try_from(seconds)
        .ok()
        .and_then(|seconds| UtcTime::from_unix_duration(Duration::from_secs(seconds)).ok())
        .ok_or(Tr34Error::Value(Field::SigningTime))
}

/// RFC 2985 sections 5.3.1 to 5.3.4.
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const RANDOM_NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.25.3");
