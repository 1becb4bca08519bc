//! Whether a certificate has been revoked: asked of the services that it names, and proven by what
//! they have signed.
//!
//! | module | holds |
//! | --- | --- |
//! | `inquiry` | which service is asked, in which order, and what all answers come to |
//! | `services` | the addresses in a certificate (RFC 5280 §4.2.2.1, §4.2.1.13) |
//! | `ocsp` | requests, and whether a response proves anything (RFC 6960, RFC 9654) |
//! | `crl` | whether a CRL proves anything (RFC 5280 §5, §6.3) |
//! | `signed`, `extensions`, `freshness`, `parties` | what both kinds of answer have in common |
//! | `http` | the client that asks addresses which somebody else wrote (feature `http`) |
//!
//! Everything but `http` is pure: bytes and a time in, a finding out. An answer that is late, cut,
//! forged or about something else is never a "not revoked".

mod crl;
mod extensions;
mod freshness;
#[cfg(feature = "http")]
pub mod http;
mod inquiry;
mod ocsp;
mod parties;
mod services;
mod signed;
mod tried;

use ceremony::revocation::{Source, Status};

pub use freshness::{MAX_AGE_WITHOUT_NEXT_UPDATE_SECONDS, MAX_CLOCK_SKEW_SECONDS};
pub use inquiry::{Inquiry, MAX_OCSP_BYTES, MAX_URLS};

/// How answers are fetched. The product has one way, `http`; tests have others.
pub trait Fetch {
    /// One request, one answer: no redirect is followed, and no more than `limit` bytes are read.
    fn fetch(&self, request: Request<'_>) -> impl Future<Output = Result<Vec<u8>, FetchError>>;
}

/// What is asked of one address.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub url: &'a str,
    /// An OCSPRequest in DER, which is posted; `None` for a CRL.
    pub body: Option<&'a [u8]>,
    /// The most that is read of the answer, in bytes.
    pub limit: usize,
}

/// Why there is no answer, or none that proves anything.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FetchError {
    /// May pass: unreachable, too slow, overloaded, out of date.
    #[error("{0}")]
    Unavailable(String),
    /// Will not pass by itself: an address that must not be asked, a redirect, too large an answer,
    /// a signature that does not verify.
    #[error("{0}")]
    Unusable(String),
}

impl FetchError {
    fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(reason.into())
    }

    fn unusable(reason: impl Into<String>) -> Self {
        Self::Unusable(reason.into())
    }
}

/// What an inquiry came to.
#[derive(Clone, Debug)]
pub struct Found {
    pub status: Status,
    /// The response that the status rests on, to be kept: of the proof in `status`.
    pub response: Option<Response>,
    /// The CRL by which the certificate of the responder was checked, to be kept as well.
    pub responder_crl: Option<Response>,
}

/// An OCSPResponse or a CertificateList, DER, as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    pub source: Source,
    pub bytes: Vec<u8>,
}
