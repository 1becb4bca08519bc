//! What a responder answers, and whether it proves anything (RFC 6960 §3.2, §4.2).

use ceremony::utc::Utc;
use der::asn1::{AnyRef, ContextSpecific, ObjectIdentifier};
use der::oid::AssociatedOid;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use x509_cert::ext::pkix::CrlReason;
use x509_ocsp::ext::Nonce;
use x509_ocsp::{
    BasicOcspResponse, CertStatus, OcspResponse, OcspResponseStatus, ResponseData, SingleResponse,
};

use super::Question;
use super::responder::{self, Signer};
use crate::FetchError;
use crate::extensions::admissible;
use crate::freshness::{MAX_CLOCK_SKEW_SECONDS, Validity, is_for_good, utc};
use crate::parties::Parties;
use crate::signed::Signed;

/// What a response proves, once its signer is known to be allowed to say so.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    pub(crate) produced_at: Utc,
    pub(crate) validity: Validity,
    pub(crate) signer: Signer,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Good,
    Revoked { at: Utc, reason: Option<CrlReason> },
    Unknown,
}

/// Why a response proves nothing.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not about the CertID that was asked about, or the request was refused: a CertID with
    /// another hash may be understood.
    OtherHash(FetchError),
    Final(FetchError),
}

impl From<FetchError> for Refusal {
    fn from(error: FetchError) -> Self {
        Self::Final(error)
    }
}

/// Reads an OCSPResponse. Signature and authority come first: what nobody has signed is not worth
/// a second look.
pub(crate) fn read(
    bytes: &[u8],
    question: &Question,
    parties: &Parties,
    now: Utc,
) -> Result<Answer, Refusal> {
    let response = OcspResponse::from_der(bytes).map_err(malformed)?;
    successful(response.response_status)?;
    let Some(bytes) = response.response_bytes else {
        return Err(FetchError::unusable("a successful response without contents").into());
    };
    if bytes.response_type != BasicOcspResponse::OID {
        return Err(FetchError::unusable(format!(
            "a response of the type {}; id-pkix-ocsp-basic is expected",
            bytes.response_type
        ))
        .into());
    }
    let basic = Basic::from_der(bytes.response.as_bytes()).map_err(malformed)?;
    let data = ResponseData::from_der(basic.signed.message).map_err(malformed)?;
    let signer = responder::signer(&data.responder_id, &basic, parties, now)?;

    let produced_at = time(utc(data.produced_at.0.to_date_time()))?;
    if produced_at > now.plus_seconds(MAX_CLOCK_SKEW_SECONDS) {
        return Err(FetchError::unavailable(format!(
            "its producedAt, {produced_at}, is in the future"
        ))
        .into());
    }
    nonce_repeated(&data, question)?;
    let single = the_one(&data, question)?;
    let (verdict, validity) = stated(single)?;
    if !matches!(verdict, Verdict::Revoked { reason, .. } if is_for_good(reason)) {
        validity.check(now)?;
    }
    Ok(Answer {
        verdict,
        produced_at,
        validity,
        signer,
    })
}

/// RFC 6960 §2.3.
fn successful(status: OcspResponseStatus) -> Result<(), Refusal> {
    let status = match status {
        OcspResponseStatus::Successful => return Ok(()),
        OcspResponseStatus::TryLater => {
            return Err(FetchError::unavailable("the responder says tryLater").into());
        }
        OcspResponseStatus::InternalError => {
            return Err(FetchError::unavailable("the responder says internalError").into());
        }
        OcspResponseStatus::MalformedRequest => "malformedRequest",
        OcspResponseStatus::SigRequired => {
            return Err(FetchError::unusable(
                "the responder says sigRequired: it answers signed requests only",
            )
            .into());
        }
        OcspResponseStatus::Unauthorized => "unauthorized",
    };
    Err(Refusal::OtherHash(FetchError::unusable(format!(
        "the responder says {status}"
    ))))
}

/// BasicOCSPResponse with what is signed, and the certificates, as they came.
#[derive(Debug)]
pub(super) struct Basic<'a> {
    pub(super) signed: Signed<'a>,
    certificates: Option<AnyRef<'a>>,
}

impl<'a> Basic<'a> {
    fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let basic = reader.sequence(|fields| {
            let signed = Signed::decode(fields)?;
            let certificates = ContextSpecific::decode_explicit(fields, TagNumber::N0)?
                .map(|field: ContextSpecific<AnyRef<'a>>| field.value);
            Ok(Self {
                signed,
                certificates,
            })
        })?;
        if let Some(certificates) = basic.certificates {
            certificates.tag().assert_eq(Tag::Sequence)?;
        }
        reader.finish(basic)
    }

    /// Each in DER; what follows one that cannot be read is not looked at.
    pub(super) fn certificates(&self) -> Vec<&'a [u8]> {
        let contents = self.certificates.map_or(&[][..], |any| any.value());
        let mut certificates = Vec::new();
        if let Ok(mut reader) = SliceReader::new(contents) {
            while let Ok(certificate) = reader.tlv_bytes() {
                certificates.push(certificate);
            }
        }
        certificates
    }
}

/// RFC 9654 §2.1: a nonce that comes back is the one that was sent. None need come back: many
/// responders sign in advance, and then thisUpdate and nextUpdate say how old an answer may be.
fn nonce_repeated(data: &ResponseData, question: &Question) -> Result<(), FetchError> {
    let extensions = data.response_extensions.as_deref().unwrap_or_default();
    let described = extensions
        .iter()
        .map(|extension| (extension.extn_id, extension.critical));
    admissible(described, &[Nonce::OID], "the response")?;
    let nonce = extensions
        .iter()
        .find(|extension| extension.extn_id == Nonce::OID);
    match nonce {
        Some(nonce) if !question.has_nonce(nonce.extn_value.as_bytes()) => {
            Err(FetchError::unusable(
                "its nonce is not the one that was sent: it answers another request",
            ))
        }
        _ => Ok(()),
    }
}

/// RFC 6960 §3.2 (1): there may be answers to what was not asked, but to what was asked there is
/// exactly one.
fn the_one<'a>(data: &'a ResponseData, question: &Question) -> Result<&'a SingleResponse, Refusal> {
    let mut about_it = data
        .responses
        .iter()
        .filter(|single| question.is_about(&single.cert_id));
    let Some(single) = about_it.next() else {
        return Err(Refusal::OtherHash(FetchError::unusable(
            "it is about another certificate or another issuer",
        )));
    };
    if about_it.next().is_some() {
        return Err(FetchError::unusable("it answers for the certificate twice").into());
    }
    Ok(single)
}

fn stated(single: &SingleResponse) -> Result<(Verdict, Validity), FetchError> {
    let extensions = single.single_extensions.as_deref().unwrap_or_default();
    let described = extensions
        .iter()
        .map(|extension| (extension.extn_id, extension.critical));
    admissible(
        described,
        UNDERSTOOD_OF_ONE,
        "the answer for the certificate",
    )?;
    let verdict = match &single.cert_status {
        CertStatus::Good(_) => Verdict::Good,
        CertStatus::Revoked(info) => Verdict::Revoked {
            at: time(utc(info.revocation_time.0.to_date_time()))?,
            reason: info.revocation_reason,
        },
        CertStatus::Unknown(_) => Verdict::Unknown,
    };
    let next_update = match &single.next_update {
        Some(next_update) => Some(time(utc(next_update.0.to_date_time()))?),
        None => None,
    };
    Ok((
        verdict,
        Validity {
            this_update: time(utc(single.this_update.0.to_date_time()))?,
            next_update,
        },
    ))
}

/// None of RFC 6960 §4.4 changes what the status says, and none may be critical.
const UNDERSTOOD_OF_ONE: &[ObjectIdentifier] = &[];

fn time(time: Option<Utc>) -> Result<Utc, FetchError> {
    time.ok_or_else(|| FetchError::unusable("a time in it is beyond any calendar"))
}

fn malformed(error: der::Error) -> FetchError {
    FetchError::unusable(format!("not an OCSP response: {error}"))
}
