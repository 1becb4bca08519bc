//! Whether a CRL says anything about a certificate, and what (RFC 5280 §5.1, §5.2, §6.3.3).

use ceremony::utc::Utc;
use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier, UintRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use webpki::{BorrowedCertRevocationList, Error};
use x509_cert::ext::pkix::KeyUsage;
use x509_cert::time::Time;

use super::entries::{self, Entry};
use super::scope;
use crate::FetchError;
use crate::extensions::{self, Extension, admissible};
use crate::freshness::{Validity, is_for_good, utc};
use crate::parties::Parties;
use crate::services::Location;
use crate::signed::Signed;

const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const DELTA_CRL_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");

/// RFC 5280 §5.2.3.
const MAX_CRL_NUMBER_BYTES: usize = 20;

/// What a CRL says about one certificate.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) validity: Validity,
    /// `None`: it is not revoked.
    pub(crate) entry: Option<Entry>,
}

/// Reads a CertificateList that was fetched from `location`. Nothing of it is copied: it may have
/// megabytes.
pub(crate) fn read(
    bytes: &[u8],
    parties: &Parties,
    location: &Location,
    now: Utc,
) -> Result<Listed, FetchError> {
    let (signed, list) = List::from_der(bytes)
        .map_err(|error| FetchError::unusable(format!("not a CRL: {error}")))?;
    authentic(&signed, &list, parties)?;
    let validity = list.validity()?;
    complete(&list, parties, location)?;
    // The opinion of a second reader with a parser of its own. It wants a name in every issuing
    // distribution point, which a CRL need not have that is not one of several (§5.2.5).
    match BorrowedCertRevocationList::from_der(bytes) {
        Ok(_) | Err(Error::UnsupportedCrlIssuingDistributionPoint) => {}
        Err(error) => return Err(FetchError::unusable(format!("not a usable CRL: {error}"))),
    }
    let entry = entries::find(list.entries, parties.subject.serial())?;
    let reason = entry.map(|entry| entry.reason);
    if !reason.is_some_and(is_for_good) {
        validity.check(now)?;
    }
    Ok(Listed { validity, entry })
}

/// TBSCertList, borrowed.
#[derive(Debug)]
struct List<'a> {
    /// A Name with its tag and length.
    issuer: &'a [u8],
    this_update: Time,
    next_update: Option<Time>,
    /// Contents of revokedCertificates.
    entries: &'a [u8],
    extensions: Vec<Extension<'a>>,
}

impl<'a> List<'a> {
    fn from_der(der: &'a [u8]) -> der::Result<(Signed<'a>, Self)> {
        let mut reader = SliceReader::new(der)?;
        let signed = reader.sequence(Signed::decode)?;
        let signed = reader.finish(signed)?;
        let mut reader = SliceReader::new(signed.message)?;
        let list = reader.sequence(|fields| Self::fields(fields, &signed))?;
        Ok((signed, reader.finish(list)?))
    }

    fn fields(fields: &mut impl Reader<'a>, signed: &Signed<'a>) -> der::Result<Self> {
        // Version 2: extensions need it, and CRLNumber is one that must be there (§5.1.2.1).
        if u8::decode(fields)? != 1 {
            return Err(Tag::Integer.value_error());
        }
        // The algorithm is signed, too (§5.1.2.2).
        if AnyRef::decode(fields)? != signed.algorithm {
            return Err(Tag::Sequence.value_error());
        }
        let issuer = fields.tlv_bytes()?;
        let this_update = fields.decode()?;
        let next_update = fields.decode()?;
        let entries = if !fields.is_finished() && fields.peek_tag()? == Tag::Sequence {
            AnyRef::decode(fields)?.value()
        } else {
            &[]
        };
        let extensions: Option<ContextSpecific<AnyRef<'a>>> =
            ContextSpecific::decode_explicit(fields, TagNumber::N0)?;
        let extensions = match extensions {
            Some(field) => {
                field.value.tag().assert_eq(Tag::Sequence)?;
                extensions::read(field.value.value())?
            }
            None => Vec::new(),
        };
        Ok(Self {
            issuer,
            this_update,
            next_update,
            entries,
            extensions,
        })
    }

    fn extension(&self, id: ObjectIdentifier) -> Option<&Extension<'a>> {
        self.extensions.iter().find(|extension| extension.id == id)
    }

    /// nextUpdate is optional in the syntax only (§5.1.2.5).
    fn validity(&self) -> Result<Validity, FetchError> {
        let time = |time: Time| {
            utc(time.to_date_time())
                .ok_or_else(|| FetchError::unusable("a time in it is beyond any calendar"))
        };
        let Some(next_update) = self.next_update else {
            return Err(FetchError::unusable(
                "it has no nextUpdate (RFC 5280 §5.1.2.5)",
            ));
        };
        Ok(Validity {
            this_update: time(self.this_update)?,
            next_update: Some(time(next_update)?),
        })
    }
}

/// Signed by the certificate's own issuer, which may sign CRLs (§6.3.3 (f), (g)).
fn authentic(signed: &Signed<'_>, list: &List<'_>, parties: &Parties) -> Result<(), FetchError> {
    let issuer = &parties.issuer;
    if list.issuer != issuer.name {
        return Err(FetchError::unusable(format!(
            "it was not issued by `{}`: indirect CRLs are not used",
            issuer.subject()
        )));
    }
    if !issuer.may(KeyUsage::crl_sign)? {
        return Err(FetchError::unusable(format!(
            "`{}` may not sign CRLs: its KeyUsage lacks cRLSign (RFC 5280 §6.3.3 (f))",
            issuer.subject()
        )));
    }
    signed.verify(&issuer.key)
}

/// It lists every revoked certificate like the one that is asked about (§5.2).
fn complete(list: &List<'_>, parties: &Parties, location: &Location) -> Result<(), FetchError> {
    if list.extension(DELTA_CRL_INDICATOR).is_some() {
        return Err(FetchError::unusable(
            "it is a delta CRL, which lists only what has changed (RFC 5280 §5.2.4)",
        ));
    }
    let described = list
        .extensions
        .iter()
        .map(|extension| (extension.id, extension.critical));
    admissible(
        described,
        &[ISSUING_DISTRIBUTION_POINT, CRL_NUMBER],
        "the CRL",
    )?;
    numbered(list.extension(CRL_NUMBER))?;
    match list.extension(ISSUING_DISTRIBUTION_POINT) {
        Some(extension) => scope::includes(
            extension.value.as_bytes(),
            parties.subject.certificate.is_ca(),
            location,
        ),
        None => Ok(()),
    }
}

/// CRLNumber is there, is not critical, and is a number of at most 20 bytes (§5.2.3).
fn numbered(extension: Option<&Extension<'_>>) -> Result<(), FetchError> {
    let Some(extension) = extension else {
        return Err(FetchError::unusable(
            "it has no CRLNumber (RFC 5280 §5.2.3)",
        ));
    };
    if extension.critical {
        return Err(FetchError::unusable(
            "its CRLNumber is marked critical (RFC 5280 §5.2.3)",
        ));
    }
    match UintRef::from_der(extension.value.as_bytes()) {
        Ok(number) if number.as_bytes().len() <= MAX_CRL_NUMBER_BYTES => Ok(()),
        _ => Err(FetchError::unusable(
            "its CRLNumber is not a number of at most 20 bytes (RFC 5280 §5.2.3)",
        )),
    }
}
