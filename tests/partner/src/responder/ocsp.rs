//! OCSP responses (RFC 6960 section 4.2).

use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use der::asn1::{BitString, Null, ObjectIdentifier, OctetString};
use der::{Decode, Encode};
use time::{Duration, OffsetDateTime};
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, ResponderId, ResponseData,
    RevokedInfo, SingleResponse, Version,
};

use super::authority::{Authority, SHA_256};
use super::behaviour::{Ocsp, Refusal};
use super::book::{Asked, Book, Revocation, Serial, Status};
use super::encoding::{flip_last_bit, malformed, ocsp_time, serial, unknown_critical_extension};
use super::server::Reply;

const NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.2");
const CONTENT_TYPE: &str = "application/ocsp-response";
/// How long a response is good for.
const VALIDITY: Duration = Duration::HOUR;

/// Answers a request in DER.
pub(crate) fn answer(book: &mut Book, request: &[u8]) -> Reply {
    let Ok(request) = OcspRequest::from_der(request) else {
        return refusal(Refusal::MalformedRequest);
    };
    let nonce = nonce(&request);
    // Nobody asks about more than one at a time.
    let [asked] = request.tbs_request.request_list.as_slice() else {
        return refusal(Refusal::MalformedRequest);
    };
    let id = &asked.req_cert;
    let number = Serial::new(id.serial_number.as_bytes());
    book.note(Asked::Ocsp {
        serial: hex::encode(number.bytes()),
        sha256: id.hash_algorithm.oid == SHA_256,
        nonce: nonce
            .as_ref()
            .and_then(|nonce| OctetString::from_der(nonce.extn_value.as_bytes()).ok())
            .map(|nonce| nonce.as_bytes().len()),
    });
    // RFC 5019 section 2.2.3: of somebody else's certificates there is nothing to be said.
    let Some(authority) = book.authority_named_by(id) else {
        return refusal(Refusal::Unauthorized);
    };
    let behaviour = book.next_ocsp(&number);
    match behaviour {
        Ocsp::Wire(wire) => return Reply::Wire(wire),
        Ocsp::Malformed => return reply(malformed()),
        Ocsp::Refused(refused) => return refusal(refused),
        Ocsp::RefusedForSha1(refused) if id.hash_algorithm.oid != SHA_256 => {
            return refusal(refused);
        }
        _ => {}
    }
    let status = match behaviour {
        Ocsp::Good => Status::Good,
        _ => book.status(&number),
    };
    let data = data(id, status, nonce, &behaviour);
    let mut response = signed(data, &authority, &behaviour);
    match behaviour {
        Ocsp::Truncated => response.truncate(response.len() / 2),
        Ocsp::TrailingBytes => response.extend([0; 3]),
        _ => {}
    }
    reply(response)
}

fn nonce(request: &OcspRequest) -> Option<Extension> {
    let extensions = request.tbs_request.request_extensions.as_ref()?;
    let nonce = extensions.iter().find(|known| known.extn_id == NONCE);
    nonce.cloned()
}

fn data(id: &CertId, status: Status, nonce: Option<Extension>, behaviour: &Ocsp) -> ResponseData {
    let now = OffsetDateTime::now_utc();
    let (this_update, next_update) = match behaviour {
        Ocsp::Stale => (now - Duration::DAY * 2, Some(now - Duration::DAY)),
        Ocsp::NotYetValid => (now + Duration::HOUR, Some(now + Duration::HOUR * 2)),
        Ocsp::WithoutNextUpdate => (now, None),
        Ocsp::OldWithoutNextUpdate => (now - Duration::days(30), None),
        _ => (now, Some(now + VALIDITY)),
    };
    let single = |status| SingleResponse {
        cert_id: about(id, behaviour),
        cert_status: status,
        this_update: ocsp_time(this_update),
        next_update: next_update.map(ocsp_time),
        single_extensions: None,
    };
    let responses = match behaviour {
        Ocsp::Contradictory => {
            let revocation = Revocation {
                at: now - Duration::DAY,
                reason: None,
            };
            vec![
                single(cert_status(Status::Good)),
                single(cert_status(Status::Revoked(revocation))),
            ]
        }
        _ => vec![single(cert_status(status))],
    };
    let extensions = extensions(nonce, behaviour);
    ResponseData {
        version: Version::V1,
        // Whoever signs puts its name here.
        responder_id: ResponderId::ByName(Default::default()),
        produced_at: ocsp_time(now),
        responses,
        response_extensions: (!extensions.is_empty()).then_some(extensions),
    }
}

/// Which certificate the answer is about.
fn about(asked: &CertId, behaviour: &Ocsp) -> CertId {
    let mut id = asked.clone();
    match behaviour {
        Ocsp::OtherSerial => {
            let mut number = id.serial_number.as_bytes().to_vec();
            flip_last_bit(&mut number);
            id.serial_number = serial(&number);
        }
        Ocsp::OtherIssuer => {
            let mut hash = id.issuer_key_hash.as_bytes().to_vec();
            flip_last_bit(&mut hash);
            id.issuer_key_hash = OctetString::new(hash).expect("a digest");
        }
        _ => {}
    }
    id
}

fn cert_status(status: Status) -> CertStatus {
    match status {
        Status::Good => CertStatus::Good(Null),
        Status::Unknown => CertStatus::Unknown(Null),
        Status::Revoked(Revocation { at, reason }) => CertStatus::Revoked(RevokedInfo {
            revocation_time: ocsp_time(at),
            revocation_reason: reason.map(|reason| reason.code()),
        }),
    }
}

fn extensions(nonce: Option<Extension>, behaviour: &Ocsp) -> Vec<Extension> {
    let mut extensions: Vec<Extension> = match behaviour {
        Ocsp::WithoutNonce => Vec::new(),
        Ocsp::WrongNonce => {
            let nonce = OctetString::new([0x5a; 32]).expect("a nonce");
            vec![super::encoding::extension(NONCE, false, &nonce)]
        }
        _ => nonce.into_iter().collect(),
    };
    if matches!(behaviour, Ocsp::UnknownCriticalExtension) {
        extensions.push(unknown_critical_extension());
    }
    extensions
}

/// The response, signed by whom the behaviour says.
fn signed(mut data: ResponseData, issuer: &Authority, behaviour: &Ocsp) -> Vec<u8> {
    let (signer, certificates) = match behaviour {
        Ocsp::SignedBy(signer) => {
            let signer = Authority::of(signer);
            let certificate = signer.certificate.clone();
            (signer, Some(vec![certificate]))
        }
        Ocsp::SignedByAbsent(signer) => (Authority::of(signer), None),
        Ocsp::Forged => (issuer.forged(), None),
        _ => (issuer.clone(), None),
    };
    data.responder_id = match behaviour {
        Ocsp::NamedByKey => {
            let hash = signer.key_hash(&SHA1_FOR_LEGACY_USE_ONLY);
            ResponderId::ByKey(OctetString::new(hash).expect("a digest"))
        }
        _ => ResponderId::ByName(signer.certificate.tbs_certificate.subject.clone()),
    };
    let signature = signer.sign(&data.to_der().expect("response data in DER"));
    let signature = match behaviour {
        Ocsp::BrokenSignature => broken(&signature),
        _ => signature,
    };
    basic(data, &signer, signature, certificates)
}

fn basic(
    data: ResponseData,
    signer: &Authority,
    signature: BitString,
    certs: Option<Vec<Certificate>>,
) -> Vec<u8> {
    let response = BasicOcspResponse {
        tbs_response_data: data,
        signature_algorithm: signer.signature_algorithm(),
        signature,
        certs,
    };
    OcspResponse::successful(response)
        .and_then(|response| response.to_der())
        .expect("a response in DER")
}

pub(crate) fn broken(signature: &BitString) -> BitString {
    let mut bytes = signature.raw_bytes().to_vec();
    flip_last_bit(&mut bytes);
    BitString::from_bytes(&bytes).expect("a signature as a bit string")
}

fn refusal(refusal: Refusal) -> Reply {
    let response = match refusal {
        Refusal::MalformedRequest => OcspResponse::malformed_request(),
        Refusal::InternalError => OcspResponse::internal_error(),
        Refusal::TryLater => OcspResponse::try_later(),
        Refusal::SigRequired => OcspResponse::sig_required(),
        Refusal::Unauthorized => OcspResponse::unauthorized(),
    };
    reply(response.to_der().expect("a response in DER"))
}

fn reply(body: Vec<u8>) -> Reply {
    Reply::Document {
        content_type: CONTENT_TYPE,
        body,
    }
}
