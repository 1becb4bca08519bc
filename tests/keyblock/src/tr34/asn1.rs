//! The shapes that several parts of a message share, and how they are read and written.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{
    Decode, DecodeValue, Encode, EncodeValue, FixedTag, Header, Length, Reader, Sequence, Tag,
    Writer,
};

use super::{Field, Tr34Error};

/// Reads the whole of the bytes.
pub(super) fn decode<'a, T: Decode<'a>>(bytes: &'a [u8], field: Field) -> Result<T, Tr34Error> {
    T::from_der(bytes).map_err(|_| Tr34Error::Encoding(field))
}

pub(super) fn encode(value: &impl Encode, field: Field) -> Result<Vec<u8>, Tr34Error> {
    value.to_der().map_err(|_| Tr34Error::Encoding(field))
}

/// A field that can have only one value.
pub(super) fn check<T: PartialEq>(actual: T, expected: T, field: Field) -> Result<(), Tr34Error> {
    if actual != expected {
        return Err(Tr34Error::Value(field));
    }
    Ok(())
}

/// ```text
/// AlgorithmIdentifier ::= SEQUENCE {              -- RFC 5280 section 4.1.1.2
///     algorithm   OBJECT IDENTIFIER,
///     parameters  ANY DEFINED BY algorithm OPTIONAL }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Sequence)]
pub(super) struct AlgorithmIdentifier<'a> {
    pub(super) algorithm: ObjectIdentifier,
    pub(super) parameters: Option<AnyRef<'a>>,
}

impl AlgorithmIdentifier<'_> {
    /// SHA-256 with absent parameters (RFC 5754 section 2).
    pub(super) const SHA_256: Self = Self {
        algorithm: SHA_256,
        parameters: None,
    };
    /// RSASSA-PKCS1-v1_5 with the hash named elsewhere (RFC 3370 section 3.2).
    pub(super) const RSA_ENCRYPTION: Self = Self {
        algorithm: RSA_ENCRYPTION,
        parameters: Some(AnyRef::NULL),
    };
}

/// ```text
/// Attribute ::= SEQUENCE {                        -- RFC 5652 section 5.3, with one value
///     attrType    OBJECT IDENTIFIER,
///     attrValues  SET { ANY DEFINED BY attrType } }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Sequence)]
pub(super) struct Attribute<'a> {
    pub(super) kind: ObjectIdentifier,
    pub(super) values: SetOfOne<AnyRef<'a>>,
}

/// A SET OF that has exactly one element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SetOfOne<T>(pub(super) T);

impl<'a, T: Decode<'a>> DecodeValue<'a> for SetOfOne<T> {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_nested(header.length, |reader| Ok(Self(reader.decode()?)))
    }
}

impl<T: Encode> EncodeValue for SetOfOne<T> {
    fn value_len(&self) -> der::Result<Length> {
        self.0.encoded_len()
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.0.encode(writer)
    }
}

impl<T> FixedTag for SetOfOne<T> {
    const TAG: Tag = Tag::Set;
}

/// A SET OF whose elements are kept as they came, in their order.
///
/// Its DER has the tag of a SET, also where the message gives it another: this is what is hashed
/// for a signature (RFC 5652 section 5.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RawSet<'a>(pub(super) &'a [u8]);

impl<'a> DecodeValue<'a> for RawSet<'a> {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_slice(header.length).map(Self)
    }
}

impl EncodeValue for RawSet<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.0.len().try_into()
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write(self.0)
    }
}

impl FixedTag for RawSet<'_> {
    const TAG: Tag = Tag::Set;
}

/// PKCS#7 content types (RFC 5652 sections 4, 5.1 and 6.1).
pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(super) const SIGNED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(super) const ENVELOPED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");

/// Algorithms.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
