//! Why rustls-webpki refuses a path, for people: its own words are the names of its variants.

use rustls_pki_types::UnixTime;
use webpki::Error;

use crate::utc::Utc;

pub(super) fn in_words(error: &Error) -> String {
    let words = match error {
        Error::CertExpired { time, not_after } => {
            return format!(
                "a certificate was valid until {}, checked at {}",
                date(*not_after),
                date(*time)
            );
        }
        Error::CertNotValidYet { time, not_before } => {
            return format!(
                "a certificate is valid from {}, checked at {}",
                date(*not_before),
                date(*time)
            );
        }
        Error::BadDer | Error::TrailingData(_) => "a certificate is not DER in every part",
        Error::BadDerTime => "a date is not written as DER demands",
        Error::CaUsedAsEndEntity => "the leaf says that it is a CA",
        Error::EmptyEkuExtension => "an ExtendedKeyUsage extension names no use",
        Error::EndEntityUsedAsCa => "a certificate that is no CA has issued another",
        Error::ExtensionValueInvalid | Error::MalformedExtensions => {
            "an extension cannot be read, or occurs twice"
        }
        Error::InvalidCertValidity => "a certificate ends before it begins",
        Error::InvalidNetworkMaskConstraint => "a name constraint has a wrong network mask",
        Error::InvalidSerialNumber => "a serial number is negative or too long",
        Error::InvalidSignatureForPublicKey => {
            "a signature is not by the key of the CA that it names"
        }
        Error::MalformedDnsIdentifier => "a DNS name is malformed",
        Error::MalformedNameConstraint => "a name constraint is malformed",
        Error::MaximumNameConstraintComparisonsExceeded => {
            "there are more names and name constraints than can be compared"
        }
        Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded => {
            "there are too many ways from the leaf to a root"
        }
        // Which of the two it is, the lint on what cannot be compared knows.
        Error::NameConstraintViolation => {
            "a name is not one that a CA above may certify, or of a kind that cannot be compared here"
        }
        Error::PathLenConstraintViolated => "there are more CAs below a CA than it allows",
        Error::SignatureAlgorithmMismatch => {
            "a certificate names two different algorithms for its signature"
        }
        Error::UnknownIssuer => "a certificate was not issued by the next one",
        Error::UnsupportedCertVersion => "a certificate is not of X.509 version 3",
        Error::UnsupportedCriticalExtension => "a critical extension is one that is not known here",
        Error::UnsupportedNameType => "a name is of a kind that is not known here",
        Error::UnsupportedSignatureAlgorithmContext(_) => {
            "a certificate is signed by an algorithm that is not accepted"
        }
        Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "a signature is by another algorithm than the key of the CA that it names"
        }
        // Of revocation lists and of server names, which are not asked about, and what a later
        // version may add.
        _ => "path validation refuses it for a reason that has no words here",
    };
    words.to_owned()
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok();
    seconds
        .and_then(Utc::of_unix_seconds)
        .map_or("no date".to_owned(), |time| time.to_string())
}
