//! What the targets `ocsp` and `crl` have in common: an authority, a leaf, and who signs.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use ceremony::certificate::Certificate;
use ceremony::revocation::{Order, Rules, Status};
use ceremony::utc::Utc;
use der::asn1::{BitString, ObjectIdentifier};
use der::{DateTime, Encode, Header, Tag};
use partner::certificate::{Certified, KeyUsage, Profile};
use partner::{KeyKind, PrivateKey};
use revocation::{Fetch, FetchError, Inquiry, Request};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// `http://a/` as the only OCSP responder, and as the only CRL distribution point.
const RESPONDER: &[u8] =
    b"\x30\x17\x30\x15\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\x86\x09http://a/";
const DISTRIBUTION_POINT: &[u8] = b"\x30\x11\x30\x0f\xa0\x0d\xa0\x0b\x86\x09http://a/";

pub struct Parties {
    pub issuer: Certified,
    pub leaf: Certified,
    pub delegate: Certified,
    pub now: Utc,
    subject: Certificate,
    authority: Certificate,
}

pub static PARTIES: LazyLock<Parties> = LazyLock::new(|| {
    let key = |name: &str| PrivateKey::cached(KeyKind::EccP256, name);
    let issuer = Profile::root("Issuer").self_signed(&key("issuer"));
    let leaf = Profile::leaf("Leaf", "uid")
        .extension(&[1, 3, 6, 1, 5, 5, 7, 1, 1], false, RESPONDER.to_vec())
        .extension(&[2, 5, 29, 31], false, DISTRIBUTION_POINT.to_vec())
        .issued_by(&issuer, &key("leaf"));
    // ExtendedKeyUsage: OCSPSigning; id-pkix-ocsp-nocheck.
    let signing = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x09".to_vec();
    let delegate = Profile::leaf("Delegate", "delegate")
        .key_usage(&[KeyUsage::DigitalSignature])
        .extension(&[2, 5, 29, 37], false, signing)
        .extension(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], false, vec![5, 0])
        .issued_by(&issuer, &key("delegate"));
    Parties {
        subject: Certificate::from_der(leaf.der()).unwrap(),
        authority: Certificate::from_der(issuer.der()).unwrap(),
        issuer,
        leaf,
        delegate,
        now: Utc::now(),
    }
});

impl Parties {
    /// What an inquiry comes to when every service answers `bytes`. Whatever it is, its words are
    /// bounded and harmless.
    pub fn answered(&self, order: Order, bytes: &[u8]) -> Status {
        let services = Services(bytes);
        let rules = Rules {
            order,
            ..Rules::default()
        };
        let mut inquiry = Inquiry::new(&services, rules);
        let asking = pin!(inquiry.ask(&self.subject, &self.authority, self.now));
        let Poll::Ready(found) = asking.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("nothing is waited for");
        };
        if let Status::Unavailable { reasons } | Status::Unusable { reasons } = &found.status {
            assert!((1..=8).contains(&reasons.len()), "{reasons:?}");
            for reason in reasons {
                assert!(reason.chars().count() <= 401, "{reason}");
                assert!(!reason.contains(char::is_control), "{reason:?}");
            }
            assert!(found.response.is_none());
        } else {
            assert_eq!(found.response.unwrap().bytes, bytes);
        }
        found.status
    }

    /// So many seconds from now.
    pub fn date(&self, seconds: i64) -> DateTime {
        let seconds = self.now.plus_seconds(seconds).unix_seconds();
        let since = std::time::Duration::from_secs(u64::try_from(seconds).unwrap());
        DateTime::from_unix_duration(since).unwrap()
    }
}

struct Services<'a>(&'a [u8]);

impl Fetch for Services<'_> {
    async fn fetch(&self, _: Request<'_>) -> Result<Vec<u8>, FetchError> {
        Ok(self.0.to_vec())
    }
}

/// Whether an answer was believed, whatever it says.
pub fn is_proof(status: &Status) -> bool {
    matches!(
        status,
        Status::NotRevoked { .. } | Status::Revoked { .. } | Status::Unknown { .. }
    )
}

pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// `message`, whatever it is, with a right signature: a certificate, a CRL or a BasicOCSPResponse
/// but for what follows.
pub fn signed(message: &[u8], signer: &Certified, following: &[u8]) -> Vec<u8> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, signer.key().der());
    let signature = pair.unwrap().sign(&SystemRandom::new(), message).unwrap();
    let signature = BitString::from_bytes(signature.as_ref()).unwrap();
    let parts = [
        message,
        &ecdsa().to_der().unwrap(),
        &signature.to_der().unwrap(),
        following,
    ];
    enclosed(Tag::Sequence, &parts.concat())
}

pub fn enclosed(tag: Tag, contents: &[u8]) -> Vec<u8> {
    let header = Header::new(tag, contents.len()).unwrap().to_der().unwrap();
    [&header, contents].concat()
}

pub fn ecdsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
        parameters: None,
    }
}
