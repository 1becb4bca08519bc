//! A certificate authority that signs whatever a test wants to have said.

use std::cell::RefCell;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use ceremony::certificate::Certificate;
use ceremony::revocation::{Order, Rules, Status};
use ceremony::utc::Utc;
use der::asn1::{BitString, GeneralizedTime, Ia5String, ObjectIdentifier, OctetString};
use der::{DateTime, Decode, Encode};
use partner::certificate::{Certified, KeyUsage, Profile};
use partner::{KeyKind, PrivateKey};
use revocation::{Fetch, FetchError, Found, Inquiry, Request};
use x509_cert::crl::{CertificateList, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, CrlDistributionPoints, ExtendedKeyUsage,
};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;
use x509_ocsp::{
    AsResponseBytes, BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse,
    ResponderId, ResponseData, SingleResponse, Version,
};

pub(crate) const OCSP: &str = "http://ocsp.example/";
pub(crate) const CRL: &str = "http://crl.example/ca.crl";

pub(crate) const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");

const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

pub(crate) fn key(name: &str) -> PrivateKey {
    PrivateKey::cached(KeyKind::EccP256, name)
}

pub(crate) fn ca() -> Certified {
    Profile::root("ACME CA").self_signed(&key("ca"))
}

/// A leaf that names both services.
pub(crate) fn leaf(ca: &Certified) -> Certified {
    with_services(leaf_profile(), &[OCSP], &[CRL]).issued_by(ca, &key("leaf"))
}

pub(crate) fn leaf_profile() -> Profile {
    Profile::leaf("ACME Key Exchange", "uid")
}

/// A responder's certificate: OCSPSigning, and nothing else unless a test adds it.
pub(crate) fn delegate_profile() -> Profile {
    let usage = ExtendedKeyUsage(vec![OCSP_SIGNING]).to_der().unwrap();
    Profile::leaf("ACME Responder", "responder")
        .key_usage(&[KeyUsage::DigitalSignature])
        .extension(&[2, 5, 29, 37], false, usage)
}

/// id-pkix-ocsp-nocheck
pub(crate) fn no_check(profile: Profile) -> Profile {
    profile.extension(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], false, vec![5, 0])
}

pub(crate) fn with_services(profile: Profile, responders: &[&str], lists: &[&str]) -> Profile {
    let descriptions = responders
        .iter()
        .map(|url| AccessDescription {
            access_method: ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1"),
            access_location: uri(url),
        })
        .collect();
    let points = lists.iter().map(|url| point(&[url])).collect();
    let mut profile = profile;
    if !responders.is_empty() {
        let value = AuthorityInfoAccessSyntax(descriptions).to_der().unwrap();
        profile = profile.extension(&[1, 3, 6, 1, 5, 5, 7, 1, 1], false, value);
    }
    if !lists.is_empty() {
        profile = with_points(profile, points);
    }
    profile
}

pub(crate) fn with_points(profile: Profile, points: Vec<DistributionPoint>) -> Profile {
    let value = CrlDistributionPoints(points).to_der().unwrap();
    profile.extension(&[2, 5, 29, 31], false, value)
}

pub(crate) fn point(urls: &[&str]) -> DistributionPoint {
    DistributionPoint {
        distribution_point: Some(full_name(urls)),
        reasons: None,
        crl_issuer: None,
    }
}

pub(crate) fn full_name(urls: &[&str]) -> DistributionPointName {
    DistributionPointName::FullName(urls.iter().map(|url| uri(url)).collect())
}

pub(crate) fn uri(url: &str) -> GeneralName {
    GeneralName::UniformResourceIdentifier(Ia5String::new(url).unwrap())
}

pub(crate) fn extension(oid: &str, critical: bool, value: &[u8]) -> Extension {
    Extension {
        extn_id: ObjectIdentifier::new_unwrap(oid),
        critical,
        extn_value: OctetString::new(value).unwrap(),
    }
}

pub(crate) fn certificate(certified: &Certified) -> Certificate {
    Certificate::from_der(certified.der()).unwrap()
}

pub(crate) fn decoded(certified: &Certified) -> x509_cert::Certificate {
    x509_cert::Certificate::from_der(certified.der()).unwrap()
}

/// So many seconds from now, whole ones.
pub(crate) fn date(seconds: i64) -> DateTime {
    let seconds = Utc::now().plus_seconds(seconds).unix_seconds();
    let since = std::time::Duration::from_secs(u64::try_from(seconds).unwrap());
    DateTime::from_unix_duration(since).unwrap()
}

pub(crate) fn ocsp_time(seconds: i64) -> OcspGeneralizedTime {
    OcspGeneralizedTime::from(date(seconds))
}

pub(crate) fn crl_time(seconds: i64) -> Time {
    Time::GeneralTime(GeneralizedTime::from_date_time(date(seconds)))
}

/// Good for whatever the request asks about, with its nonce; `change` says what is wrong with it.
pub(crate) fn response(
    request: &[u8],
    signer: &Certified,
    enclosed: &[&Certified],
    change: impl FnOnce(&mut ResponseData),
) -> Vec<u8> {
    let request = OcspRequest::from_der(request).unwrap().tbs_request;
    let mut data = ResponseData {
        version: Version::V1,
        responder_id: ResponderId::ByName(decoded(signer).tbs_certificate.subject),
        produced_at: ocsp_time(0),
        responses: vec![SingleResponse {
            cert_id: request.request_list[0].req_cert.clone(),
            cert_status: CertStatus::good(),
            this_update: ocsp_time(-60),
            next_update: Some(ocsp_time(3600)),
            single_extensions: None,
        }],
        response_extensions: request.request_extensions,
    };
    change(&mut data);
    signed_response(data, signer, enclosed)
}

pub(crate) fn signed_response(
    data: ResponseData,
    signer: &Certified,
    enclosed: &[&Certified],
) -> Vec<u8> {
    let basic = BasicOcspResponse {
        signature: sign(signer, &data.to_der().unwrap()),
        signature_algorithm: ecdsa(),
        tbs_response_data: data,
        certs: (!enclosed.is_empty()).then(|| {
            enclosed
                .iter()
                .map(|certified| decoded(certified))
                .collect()
        }),
    };
    let bytes = basic.to_response_bytes().unwrap();
    let response = OcspResponse {
        response_status: x509_ocsp::OcspResponseStatus::Successful,
        response_bytes: Some(bytes),
    };
    response.to_der().unwrap()
}

pub(crate) fn by_key(certified: &Certified) -> ResponderId {
    let key = decoded(certified).tbs_certificate.subject_public_key_info;
    let hash = digest(
        &SHA1_FOR_LEGACY_USE_ONLY,
        key.subject_public_key.raw_bytes(),
    );
    ResponderId::ByKey(OctetString::new(hash.as_ref()).unwrap())
}

/// A CRL that lists nothing; `change` says what else it is.
pub(crate) fn crl(signer: &Certified, change: impl FnOnce(&mut TbsCertList)) -> Vec<u8> {
    let mut list = TbsCertList {
        version: x509_cert::Version::V2,
        signature: ecdsa(),
        issuer: decoded(signer).tbs_certificate.subject,
        this_update: crl_time(-60),
        next_update: Some(crl_time(3600)),
        revoked_certificates: None,
        crl_extensions: Some(vec![crl_number()]),
    };
    change(&mut list);
    let list = CertificateList {
        signature: sign(signer, &list.to_der().unwrap()),
        signature_algorithm: list.signature.clone(),
        tbs_cert_list: list,
    };
    list.to_der().unwrap()
}

pub(crate) fn crl_number() -> Extension {
    extension("2.5.29.20", false, &[2, 1, 7])
}

fn ecdsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA256,
        parameters: None,
    }
}

fn sign(signer: &Certified, message: &[u8]) -> BitString {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, signer.key().der());
    let signature = pair.unwrap().sign(&SystemRandom::new(), message).unwrap();
    BitString::from_bytes(signature.as_ref()).unwrap()
}

/// Services of a test's own, and what was asked of them.
pub(crate) struct Services<A> {
    answer: A,
    pub(crate) asked: RefCell<Vec<String>>,
}

impl<A: Fn(Request<'_>) -> Result<Vec<u8>, FetchError>> Services<A> {
    pub(crate) fn new(answer: A) -> Self {
        Self {
            answer,
            asked: RefCell::default(),
        }
    }
}

impl<A: Fn(Request<'_>) -> Result<Vec<u8>, FetchError>> Fetch for Services<A> {
    async fn fetch(&self, request: Request<'_>) -> Result<Vec<u8>, FetchError> {
        self.asked.borrow_mut().push(request.url.to_owned());
        (self.answer)(request)
    }
}

pub(crate) fn rules(order: Order) -> Rules {
    Rules {
        order,
        ..Rules::default()
    }
}

/// What one inquiry about `subject` comes to.
pub(crate) async fn ask(
    order: Order,
    subject: &Certified,
    issuer: &Certified,
    answer: impl Fn(Request<'_>) -> Result<Vec<u8>, FetchError>,
) -> Found {
    let services = Services::new(answer);
    Inquiry::new(&services, rules(order))
        .ask(&certificate(subject), &certificate(issuer), Utc::now())
        .await
}

#[track_caller]
pub(crate) fn assert_unusable(found: &Found, words: &str) {
    match &found.status {
        Status::Unusable { reasons } if reasons.iter().any(|reason| reason.contains(words)) => {}
        other => panic!("unusable for {words:?} is expected: {other:?}"),
    }
    assert!(found.response.is_none());
}

#[track_caller]
pub(crate) fn assert_unavailable(found: &Found, words: &str) {
    match &found.status {
        Status::Unavailable { reasons } if reasons.iter().any(|reason| reason.contains(words)) => {}
        other => panic!("unavailable for {words:?} is expected: {other:?}"),
    }
    assert!(found.response.is_none());
}

#[track_caller]
pub(crate) fn assert_not_revoked(found: &Found) {
    assert!(
        matches!(found.status, Status::NotRevoked { .. }),
        "{:?}",
        found.status
    );
}
