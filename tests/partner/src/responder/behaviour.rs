//! How a service answers: rightly, or wrong in one way each.

use std::time::Duration;

use crate::Certified;

/// How an OCSP request about one certificate is answered.
///
/// What the response says of the certificate is another matter: see
/// [`Services::revoke`](super::Services::revoke).
#[derive(Clone, Debug, Default)]
pub enum Ocsp {
    /// Signed by the issuer, good for an hour, with the nonce of the request.
    #[default]
    Right,
    /// Right, but that it says good, whatever is true by now.
    Good,
    /// The responder is named by the digest of its key, and not by its subject.
    NamedByKey,
    /// Signed by this key, in this certificate's name; the certificate comes with the response. A
    /// delegate, whether the issuer has authorised it or not.
    SignedBy(Box<Certified>),
    /// The same, but the certificate does not come with the response.
    SignedByAbsent(Box<Certified>),
    /// In the issuer's name, signed by a key that is not the issuer's.
    Forged,
    /// Right, but for one bit of the signature.
    BrokenSignature,
    /// nextUpdate was yesterday.
    Stale,
    /// thisUpdate is in an hour.
    NotYetValid,
    /// No nextUpdate: newer information is available all the time.
    WithoutNextUpdate,
    /// No nextUpdate, and thisUpdate was a month ago.
    OldWithoutNextUpdate,
    /// About another certificate of the same issuer.
    OtherSerial,
    /// About a certificate with this number of another issuer.
    OtherIssuer,
    /// Says good, and in a second answer about the same certificate that it is revoked.
    Contradictory,
    /// With a nonce that nobody sent.
    WrongNonce,
    /// Without the nonce, as responders do that sign in advance.
    WithoutNonce,
    /// With an extension of the response that nobody knows, critical.
    UnknownCriticalExtension,
    /// Not DER at all.
    Malformed,
    /// The first half.
    Truncated,
    /// Right, with bytes behind it.
    TrailingBytes,
    /// An unsigned refusal.
    Refused(Refusal),
    /// An unsigned refusal, unless the request names the issuer by SHA-256.
    RefusedForSha1(Refusal),
    /// No answer in the sense of OCSP.
    Wire(Wire),
}

impl Ocsp {
    pub fn signed_by(signer: &Certified) -> Self {
        Self::SignedBy(Box::new(signer.clone()))
    }
}

/// An OCSP response without an answer in it (RFC 6960 section 4.2.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    MalformedRequest,
    InternalError,
    TryLater,
    SigRequired,
    Unauthorized,
}

/// What the CRL of one authority is.
#[derive(Clone, Debug, Default)]
pub enum Crl {
    /// Signed by the authority, with everything that it has revoked, good for a day.
    #[default]
    Right,
    /// With an issuing distribution point: the URL that it was fetched from.
    ItsDistributionPoint,
    /// With an issuing distribution point that is somewhere else.
    OtherDistributionPoint,
    /// For end-entity certificates.
    OnlyUserCerts,
    /// For certificates of authorities.
    OnlyCaCerts,
    /// For attribute certificates.
    OnlyAttributeCerts,
    /// For compromised keys.
    OnlySomeReasons,
    /// May have entries of other issuers.
    Indirect,
    /// nextUpdate was yesterday.
    Stale,
    /// thisUpdate is in an hour.
    NotYetValid,
    WithoutNextUpdate,
    /// In the authority's name, signed by a key that is not the authority's.
    Forged,
    /// Signed by this key, in this certificate's name.
    SignedBy(Box<Certified>),
    /// Right, but for one bit of the signature.
    BrokenSignature,
    /// With an extension that nobody knows, critical.
    UnknownCriticalExtension,
    /// With an entry, of some other certificate, with an extension that nobody knows, critical.
    UnknownCriticalEntryExtension,
    WithoutNumber,
    /// Its number is marked critical.
    CriticalNumber,
    /// Only what has changed since the list before.
    Delta,
    /// With so many other certificates before its own.
    Long(usize),
    /// Not DER at all.
    Malformed,
    /// The first half.
    Truncated,
    /// Right, with bytes behind it.
    TrailingBytes,
    /// Right, in PEM.
    Pem,
    /// No answer in the sense of a CRL.
    Wire(Wire),
}

/// How a server fails to answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wire {
    /// Closes the connection.
    Closes,
    /// Says nothing for so long, and then closes the connection.
    Silent(Duration),
    /// Sends one byte in each of these intervals, for a quarter of an hour.
    Drips(Duration),
    /// Sends zeros without end.
    Endless,
    /// So many zeros, with their length told beforehand.
    Huge(u64),
    /// 302, to there.
    Redirects(String),
    /// This HTTP status and a page for people.
    Status(u16),
}
