//! The certificates that a CRL lists (RFC 5280 §5.1.2.6, §5.3).

use ceremony::utc::Utc;
use der::asn1::{AnyRef, GeneralizedTime, IntRef, ObjectIdentifier};
use der::{Decode, Sequence, Tag, Tagged};
use x509_cert::ext::pkix::CrlReason;
use x509_cert::time::Time;

use crate::FetchError;
use crate::extensions::{self, Extension, admissible, elements};
use crate::freshness::utc;

const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");

/// A revocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Utc,
    pub(crate) reason: Option<CrlReason>,
}

/// The entry for a serial number. Every entry is read to the end, since one that is not understood
/// forbids to use the CRL for any certificate (§5.3).
pub(super) fn find(contents: &[u8], serial: &[u8]) -> Result<Option<Entry>, FetchError> {
    let mut found = None;
    for revoked in elements::<Revoked<'_>>(contents) {
        let revoked = revoked
            .map_err(|error| FetchError::unusable(format!("an entry cannot be read: {error}")))?;
        let reason = revoked.reason()?;
        if revoked.serial.as_bytes() != serial {
            continue;
        }
        if found.is_some() {
            return Err(FetchError::unusable("it lists the certificate twice"));
        }
        let at = utc(revoked.date.to_date_time())
            .ok_or_else(|| FetchError::unusable("a time in it is beyond any calendar"))?;
        found = Some(Entry { at, reason });
    }
    Ok(found)
}

/// An element of revokedCertificates, borrowed.
#[derive(Clone, Copy, Debug, Sequence)]
struct Revoked<'a> {
    serial: IntRef<'a>,
    date: Time,
    extensions: Option<AnyRef<'a>>,
}

impl Revoked<'_> {
    /// reasonCode. Whatever else is critical is not understood; the issuer of an entry belongs to
    /// indirect CRLs, and removeFromCRL to delta CRLs (§5.3.1, §5.3.3).
    fn reason(&self) -> Result<Option<CrlReason>, FetchError> {
        let extensions = self.extensions()?;
        if extensions
            .iter()
            .any(|extension| extension.id == CERTIFICATE_ISSUER)
        {
            return Err(FetchError::unusable(
                "an entry names an issuer of its own: indirect CRLs are not used",
            ));
        }
        let described = extensions
            .iter()
            .map(|extension| (extension.id, extension.critical));
        admissible(described, &[REASON_CODE, INVALIDITY_DATE], "an entry")?;
        let mut reason = None;
        for Extension { id, value, .. } in extensions {
            if id == REASON_CODE {
                reason = Some(CrlReason::from_der(value.as_bytes()).map_err(unreadable)?);
            } else if id == INVALIDITY_DATE {
                GeneralizedTime::from_der(value.as_bytes()).map_err(unreadable)?;
            }
        }
        if reason == Some(CrlReason::RemoveFromCRL) {
            return Err(FetchError::unusable(
                "an entry says removeFromCRL, which only a delta CRL may (RFC 5280 §5.3.1)",
            ));
        }
        Ok(reason)
    }

    fn extensions(&self) -> Result<Vec<Extension<'_>>, FetchError> {
        let Some(contents) = &self.extensions else {
            return Ok(Vec::new());
        };
        contents
            .tag()
            .assert_eq(Tag::Sequence)
            .and_then(|_| extensions::read(contents.value()))
            .map_err(unreadable)
    }
}

fn unreadable(error: der::Error) -> FetchError {
    FetchError::unusable(format!("an extension of an entry cannot be read: {error}"))
}
