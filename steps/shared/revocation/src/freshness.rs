//! From when until when an answer holds.

use ceremony::utc::Utc;
use der::DateTime;
use x509_cert::ext::pkix::CrlReason;

use crate::FetchError;

/// How far the clock of a service may be from ours.
pub const MAX_CLOCK_SKEW_SECONDS: i64 = 5 * 60;

/// How old an OCSP response without nextUpdate may be. Such a response says that newer information
/// is available at any time (RFC 6960 §4.2.2.1), so an old one has been replayed or stored
/// somewhere. An hour is also how old a proof may be by default when the KEK is wrapped.
pub const MAX_AGE_WITHOUT_NEXT_UPDATE_SECONDS: i64 = 60 * 60;

/// Whether a revocation with this reason is never taken back: however old the answer is that says so,
/// it is still true. Only what is on hold may come back (RFC 5280 §5.3.1).
pub(crate) fn is_for_good(reason: Option<CrlReason>) -> bool {
    !matches!(
        reason,
        Some(CrlReason::CertificateHold | CrlReason::RemoveFromCRL)
    )
}

/// thisUpdate and nextUpdate of a CRL or of an OCSP response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    pub(crate) this_update: Utc,
    pub(crate) next_update: Option<Utc>,
}

impl Validity {
    /// RFC 5280 §5.1.2.4 f., RFC 6960 §4.2.2.1. What is out of date may pass: the service has to
    /// sign a new one, and does so sooner or later.
    pub(crate) fn check(&self, now: Utc) -> Result<(), FetchError> {
        let Self {
            this_update,
            next_update,
        } = *self;
        if next_update.is_some_and(|next_update| next_update < this_update) {
            return Err(FetchError::unusable(
                "its nextUpdate is before its thisUpdate",
            ));
        }
        if this_update > now.plus_seconds(MAX_CLOCK_SKEW_SECONDS) {
            return Err(FetchError::unavailable(format!(
                "its thisUpdate, {this_update}, is in the future"
            )));
        }
        match next_update {
            Some(next_update) if next_update.plus_seconds(MAX_CLOCK_SKEW_SECONDS) < now => {
                Err(FetchError::unavailable(format!(
                    "it is out of date: its nextUpdate was {next_update}"
                )))
            }
            None if this_update.plus_seconds(MAX_AGE_WITHOUT_NEXT_UPDATE_SECONDS) < now => {
                Err(FetchError::unavailable(format!(
                    "it is out of date: it has no nextUpdate, and its thisUpdate was {this_update}"
                )))
            }
            _ => Ok(()),
        }
    }
}

/// `None` for a time that no calendar of ours has.
pub(crate) fn utc(time: DateTime) -> Option<Utc> {
    let seconds = i64::try_from(time.unix_duration().as_secs()).ok()?;
    Utc::of_unix_seconds(seconds)
}
