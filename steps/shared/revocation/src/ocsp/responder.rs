//! Who may answer for an issuer (RFC 6960 §4.2.2.2): the issuer itself, or who has a certificate
//! for it that was issued directly by that issuer. Nobody is trusted by configuration.

use std::time::Duration;

use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use ceremony::certificate::Certificate;
use ceremony::utc::Utc;
use der::Encode;
use der::asn1::ObjectIdentifier;
use rustls_pki_types::UnixTime;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_ocsp::ResponderId;

use super::response::Basic;
use crate::FetchError;
use crate::parties::{Parties, Party};

/// Certificates in a response that are looked at. One is enough, and a chain has a few.
const MAX_CERTIFICATES: usize = 8;

/// id-kp-OCSPSigning, 1.3.6.1.5.5.7.3.9, as webpki takes it: without tag and length.
const OCSP_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];

const ID_PKIX_OCSP_NOCHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");

/// Whose key has signed a response.
#[derive(Debug)]
pub(crate) struct Signer {
    /// Subject of its certificate.
    pub(crate) subject: String,
    /// The delegate and the issuer, where the issuer asks to have the delegate's certificate
    /// checked like any other: it carries no id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
    pub(crate) to_be_checked: Option<Parties>,
}

/// The one that `id` names, if it may answer and has signed.
pub(super) fn signer(
    id: &ResponderId,
    basic: &Basic<'_>,
    parties: &Parties,
    now: Utc,
) -> Result<Signer, FetchError> {
    let issuer = &parties.issuer;
    // The issuer comes first: it needs no certificate in the response, and it may name itself by a
    // name that a delegate has as well.
    let by_issuer = is_named(id, issuer)?.then(|| basic.signed.verify(&issuer.key));
    if let Some(Ok(())) = by_issuer {
        return Ok(Signer {
            subject: issuer.subject(),
            to_be_checked: None,
        });
    }
    let mut refused = None;
    for der in basic.certificates().into_iter().take(MAX_CERTIFICATES) {
        // What cannot be read cannot be the signer's.
        let Ok(delegate) = Certificate::from_der(der) else {
            continue;
        };
        let Ok(delegate) = Party::of(&delegate) else {
            continue;
        };
        // The issuer's own certificate may come along; its key was tried.
        if delegate.key == issuer.key || !is_named(id, &delegate)? {
            continue;
        }
        match authorised(delegate, basic, parties, now) {
            Ok(signer) => return Ok(signer),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    // What was nearest to an authorised signer tells most.
    Err(match (refused, by_issuer) {
        (Some(error), _) | (None, Some(Err(error))) => error,
        _ => FetchError::unusable(
            "it is signed neither by the certificate's issuer nor with a certificate that comes \
             with the response",
        ),
    })
}

/// RFC 6960 §4.2.1: by name, or by the SHA-1 of the public key.
fn is_named(id: &ResponderId, party: &Party) -> Result<bool, FetchError> {
    match id {
        ResponderId::ByName(name) => {
            let name = name.to_der().map_err(|error| {
                FetchError::unusable(format!("the responder's name cannot be read: {error}"))
            })?;
            Ok(name == party.name)
        }
        ResponderId::ByKey(hash) => {
            Ok(hash.as_bytes() == party.key_hash(&SHA1_FOR_LEGACY_USE_ONLY))
        }
    }
}

fn authorised(
    delegate: Party,
    basic: &Basic<'_>,
    Parties {
        subject: asked_about,
        issuer,
    }: &Parties,
    now: Utc,
) -> Result<Signer, FetchError> {
    let subject = delegate.subject();
    let refuse = |why: String| {
        FetchError::unusable(format!("the responder `{subject}` may not answer: {why}"))
    };
    if delegate.key == asked_about.key {
        return Err(refuse("no certificate answers for itself".to_owned()));
    }
    if !delegate.certificate.is_signed_by(&issuer.certificate) {
        return Err(refuse(format!(
            "its certificate was not issued by `{}`",
            issuer.subject()
        )));
    }
    let anchor = issuer.certificate.to_pki_type();
    let anchors = [anchor_from_trusted_cert(&anchor).map_err(|error| refuse(error.to_string()))?];
    let der = delegate.certificate.to_pki_type();
    let certificate = EndEntityCert::try_from(&der).map_err(|error| refuse(error.to_string()))?;
    let seconds = u64::try_from(now.unix_seconds()).unwrap_or_default();
    certificate
        .verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &anchors,
            &[],
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            KeyUsage::required(OCSP_SIGNING),
            None,
            None,
        )
        .map_err(|error| refuse(format!("its certificate does not verify: {error}")))?;
    // Either says that the key signs what is not a certificate (RFC 5280 §4.2.1.12).
    if !delegate.may(|usage| usage.digital_signature() || usage.non_repudiation())? {
        return Err(refuse(
            "its KeyUsage has neither digitalSignature nor nonRepudiation".to_owned(),
        ));
    }
    basic.signed.verify(&delegate.key)?;
    let to_be_checked = if delegate.has_extension(ID_PKIX_OCSP_NOCHECK) {
        None
    } else {
        Some(Parties::of(&delegate.certificate, &issuer.certificate)?)
    };
    Ok(Signer {
        subject,
        to_be_checked,
    })
}
