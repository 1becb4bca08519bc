//! What a message needs of a certificate: how it is referred to, and its public key.

use der::asn1::{Any, AnyRef, BitStringRef};
use der::{Encode, Sequence, Tag, Tagged};

use super::asn1::decode;
use super::{Field, Tr34Error};

/// The issuer and serial number of a certificate, byte for byte as they stand in it.
///
/// ```text
/// IssuerAndSerialNumber ::= SEQUENCE {            -- RFC 5652 section 10.2.4
///     issuer        Name,
///     serialNumber  INTEGER }
/// ```
///
/// It says which certificate is meant, and not that it is the same: two authorities can have the
/// same name and give the same number.
#[derive(Clone, Debug, Eq, PartialEq, Sequence)]
pub struct CertificateId {
    issuer: Any,
    serial_number: Any,
}

impl CertificateId {
    /// The id of a certificate in DER.
    pub fn of_certificate(der: &[u8]) -> Result<Self, Tr34Error> {
        Ok(ParsedCertificate::new(der, Field::Certificate)?.id)
    }
}

/// A certificate, as far as this format looks into it. Nothing says that it is valid, nor by whom
/// it was issued: that is for the caller to find out first.
pub(super) struct ParsedCertificate {
    pub(super) id: CertificateId,
    /// The DER of the SubjectPublicKeyInfo.
    pub(super) public_key: Vec<u8>,
}

impl ParsedCertificate {
    pub(super) fn new(der: &[u8], field: Field) -> Result<Self, Tr34Error> {
        let Certificate { to_be_signed, .. } = decode(der, field)?;
        let (issuer, serial_number) = (to_be_signed.issuer, to_be_signed.serial_number);
        let public_key = to_be_signed.subject_public_key_info;
        if (issuer.tag(), serial_number.tag()) != (Tag::Sequence, Tag::Integer) {
            return Err(Tr34Error::Encoding(field));
        }
        Ok(Self {
            id: CertificateId {
                issuer: issuer.into(),
                serial_number: serial_number.into(),
            },
            public_key: public_key
                .to_der()
                .map_err(|_| Tr34Error::Encoding(field))?,
        })
    }
}

/// RFC 5280 section 4.1, with everything opaque that is not looked at. A general parser would sort
/// the parts of a name, and then it would no longer be that of the certificate.
#[derive(Sequence)]
struct Certificate<'a> {
    to_be_signed: ToBeSigned<'a>,
    signature_algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}

#[derive(Sequence)]
struct ToBeSigned<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    version: Option<AnyRef<'a>>,
    serial_number: AnyRef<'a>,
    signature: AnyRef<'a>,
    issuer: AnyRef<'a>,
    validity: AnyRef<'a>,
    subject: AnyRef<'a>,
    subject_public_key_info: AnyRef<'a>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    issuer_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    subject_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<AnyRef<'a>>,
}
