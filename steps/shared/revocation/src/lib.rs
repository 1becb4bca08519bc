//! Whether a certificate has been revoked: asked of the services that it names, and proven by what
//! they have signed.

use ceremony::certificate::Certificate;
use ceremony::revocation::{Rules, Source, Status};
use ceremony::utc::Utc;

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

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FetchError {
    /// May pass: unreachable, too slow, overloaded.
    #[error("{0}")]
    Unavailable(String),
    /// Will not pass by itself: an address that must not be asked, a redirect, too large an answer.
    #[error("{0}")]
    Unusable(String),
}

/// Asks for all certificates of one path; a CRL that serves several is fetched once.
#[derive(Debug)]
pub struct Inquiry<'a, F> {
    fetch: &'a F,
    rules: Rules,
}

impl<'a, F: Fetch> Inquiry<'a, F> {
    pub fn new(fetch: &'a F, rules: Rules) -> Self {
        Self { fetch, rules }
    }

    /// Whether `subject`, which `issuer` has issued, is revoked at `now`. `Rules::policy` is not
    /// asked: what a finding means is for the caller to say.
    pub async fn ask(&mut self, subject: &Certificate, issuer: &Certificate, now: Utc) -> Found {
        let _ = (self.fetch, self.rules, subject, issuer, now);
        unimplemented!()
    }
}

/// What an inquiry came to.
#[derive(Clone, Debug)]
pub struct Found {
    pub status: Status,
    /// The response that the status rests on, to be kept: of the proof in `status`.
    pub response: Option<Response>,
}

/// An OCSPResponse or a CertificateList, DER, as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    pub source: Source,
    pub bytes: Vec<u8>,
}
