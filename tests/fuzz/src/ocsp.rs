//! Target `ocsp`: responses of OCSP responders.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ceremony::revocation::{Order, Status};
use der::asn1::{Null, ObjectIdentifier, OctetString};
use der::{Decode, Encode, Tag, TagNumber};
use partner::certificate::Certified;
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::{
    CertId, CertStatus, OcspGeneralizedTime, OcspResponse, OcspResponseStatus, ResponderId,
    ResponseBytes, ResponseData, RevokedInfo, SingleResponse, Version,
};

use crate::answers::{PARTIES, contains, enclosed, is_proof, signed};

/// The first byte chooses what the others are. All but a whole response are signed, as otherwise
/// nothing behind the signature would be reached.
///
/// | byte, modulo 5 | the rest |
/// | --- | --- |
/// | 0 | an OCSPResponse |
/// | 1 | the ResponseData, signed by the issuer |
/// | 2 | the certificates of a response that a delegate has signed |
/// | 3 | the delegate's TBSCertificate, signed by the issuer |
/// | 4 | the BasicOCSPResponse |
///
/// Holds if nothing is believed that nobody has signed who may: not a whole response that does not
/// have data in it that the issuer has signed, and not a delegate whom the issuer has not made one.
pub fn ocsp(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let answered = |response: &[u8]| PARTIES.answered(Order::OcspOnly, response);
    match choice % 5 {
        0 => {
            let proven = is_proof(&answered(data));
            assert!(!proven || genuine(data));
        }
        1 => {
            answered(&response(&signed(data, &PARTIES.issuer, &[])));
        }
        2 => {
            let proven = is_proof(&answered(&delegated(data)));
            let tbs = tbs(&PARTIES.delegate);
            assert!(!proven || contains(data, &tbs));
        }
        3 => {
            let certificate = signed(data, &PARTIES.issuer, &[]);
            answered(&delegated(&enclosed(Tag::Sequence, &certificate)));
        }
        _ => {
            let proven = is_proof(&answered(&response(data)));
            assert!(!proven || genuine(data));
        }
    }
}

/// Good, revoked and unknown; a delegate's; each whole and in parts.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (data, _) in GENUINE.iter() {
        let basic = signed(data, &PARTIES.issuer, &[]);
        assert!(is_proof(
            &PARTIES.answered(Order::OcspOnly, &response(&basic))
        ));
        seeds.extend([
            [&[0], &response(&basic)[..]].concat(),
            [&[1], &data[..]].concat(),
        ]);
        seeds.push([&[4], &basic[..]].concat());
    }
    let certificates = enclosed(Tag::Sequence, PARTIES.delegate.der());
    let status = PARTIES.answered(Order::OcspOnly, &delegated(&certificates));
    assert!(matches!(status, Status::NotRevoked { .. }), "{status:?}");
    seeds.push([&[2], &certificates[..]].concat());
    seeds.push([&[3], &tbs(&PARTIES.delegate)[..]].concat());
    seeds
}

/// ResponseData of the issuer, and what they say.
static GENUINE: LazyLock<Vec<(Vec<u8>, CertStatus)>> = LazyLock::new(|| {
    let revoked = RevokedInfo {
        revocation_time: OcspGeneralizedTime::from(PARTIES.date(-60)),
        revocation_reason: None,
    };
    [
        CertStatus::good(),
        CertStatus::revoked(revoked),
        CertStatus::unknown(),
    ]
    .into_iter()
    .map(|status| (response_data(status, &PARTIES.issuer), status))
    .collect()
});

fn genuine(bytes: &[u8]) -> bool {
    GENUINE.iter().any(|(data, _)| contains(bytes, data))
}

/// A delegate's response with these contents in its `certs`.
fn delegated(certificates: &[u8]) -> Vec<u8> {
    let data = response_data(CertStatus::good(), &PARTIES.delegate);
    let tag = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber::N0,
    };
    response(&signed(
        &data,
        &PARTIES.delegate,
        &enclosed(tag, certificates),
    ))
}

fn response(basic: &[u8]) -> Vec<u8> {
    let response = OcspResponse {
        response_status: OcspResponseStatus::Successful,
        response_bytes: Some(ResponseBytes {
            response_type: ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1"),
            response: OctetString::new(basic).unwrap(),
        }),
    };
    response.to_der().unwrap()
}

fn response_data(status: CertStatus, signer: &Certified) -> Vec<u8> {
    let issuer = Certificate::from_der(PARTIES.issuer.der()).unwrap();
    let leaf = Certificate::from_der(PARTIES.leaf.der()).unwrap();
    let hash =
        |bytes: &[u8]| OctetString::new(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()).unwrap();
    let issuer = issuer.tbs_certificate;
    let key = issuer.subject_public_key_info.subject_public_key;
    let data = ResponseData {
        version: Version::V1,
        responder_id: ResponderId::ByName(
            Certificate::from_der(signer.der())
                .unwrap()
                .tbs_certificate
                .subject,
        ),
        produced_at: OcspGeneralizedTime::from(PARTIES.date(0)),
        responses: vec![SingleResponse {
            cert_id: CertId {
                hash_algorithm: AlgorithmIdentifierOwned {
                    oid: ObjectIdentifier::new_unwrap("1.3.14.3.2.26"),
                    parameters: Some(Null.into()),
                },
                issuer_name_hash: hash(&issuer.subject.to_der().unwrap()),
                issuer_key_hash: hash(key.raw_bytes()),
                serial_number: leaf.tbs_certificate.serial_number,
            },
            cert_status: status,
            this_update: OcspGeneralizedTime::from(PARTIES.date(-60)),
            next_update: Some(OcspGeneralizedTime::from(PARTIES.date(60))),
            single_extensions: None,
        }],
        response_extensions: None,
    };
    data.to_der().unwrap()
}

fn tbs(certified: &Certified) -> Vec<u8> {
    let certificate = Certificate::from_der(certified.der()).unwrap();
    certificate.tbs_certificate.to_der().unwrap()
}
