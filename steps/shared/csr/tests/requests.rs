//! Requests for keys in KMS, as openssl reads them, and what is taken for no request.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Stdio};

use aws_sdk_kms::Client;
use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, OwnKey};
use ceremony::utc::Utc;
use csr::{Error, SignedRequest, Subject, signed_by_kms};
use emulated::aws::{Aws, Fault, Signer as Key, spki};
use partner::{KeyKind, PrivateKey};
use signing::Signer;

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/signing";
const NAME: &str = "CN=Payments Signing,O=Example,C=BR";

fn kms(key: &PrivateKey) -> (Aws, Client) {
    let aws = Aws::default();
    aws.put_signer(Key::new(ARN, key.clone()));
    let client = Client::new(&aws.config());
    (aws, client)
}

fn signer(kms: &Client) -> Signer<'_> {
    Signer { kms, key_arn: ARN }
}

async fn request(key: &PrivateKey, name: &str) -> SignedRequest {
    let (_, kms) = kms(key);
    let subject = Subject::named(name).unwrap();
    signed_by_kms(&signer(&kms), &subject).await.unwrap()
}

/// What openssl says of the request, whose signature it verifies.
fn openssl(pem: &str, arguments: &[&str]) -> String {
    use std::io::Write;
    let mut child = Command::new("openssl")
        .args(["req", "-verify", "-noout"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(pem.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("verify OK"), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn every_kind_of_key_signs_a_request_that_openssl_verifies() {
    for kind in [
        KeyKind::Rsa2048,
        KeyKind::EccP256,
        KeyKind::EccP384,
        KeyKind::EccP521,
    ] {
        let key = PrivateKey::generate(kind);
        let made = request(&key, NAME).await;
        let subject = openssl(&made.to_pem(), &["-subject", "-nameopt", "RFC2253"]);
        assert_eq!(subject.trim(), format!("subject={NAME}"), "{kind:?}");
        assert_eq!(made.public_key(), spki(&key));
        let read = SignedRequest::parse(made.to_pem().as_bytes()).unwrap();
        assert_eq!(read, made);
    }
}

#[tokio::test]
async fn a_record_has_the_very_name_and_key_of_the_request() {
    let key = PrivateKey::generate(KeyKind::EccP256);
    let made = request(&key, NAME).await;
    let at = Utc::now();
    let CertificateRequest {
        public_key_sha256,
        subject_der,
        subject,
        requested_at,
        ..
    } = made.record(OwnKey::PackageSigning, ARN, None, at);
    assert_eq!(public_key_sha256, Sha256::of(&spki(&key)));
    assert_eq!(subject, NAME);
    assert_eq!(requested_at, at);
    // The Name lies in the request as the record has it.
    let der = pem::parse(made.to_pem()).unwrap().into_contents();
    let subject: Vec<u8> = made.subject().der().to_vec();
    assert!(der.windows(subject.len()).any(|part| part == subject));
    let hex: String = subject.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(subject_der, hex);
}

#[tokio::test]
async fn requests_are_told_apart_by_key_and_name_and_not_by_signature() {
    let (one, other) = (
        PrivateKey::generate(KeyKind::EccP256),
        PrivateKey::generate(KeyKind::EccP256),
    );
    let made = request(&one, NAME).await;
    let again = request(&one, NAME).await;
    assert_ne!(made, again, "an ECDSA signature is another one each time");
    assert!(made.asks_the_same_as(&again));
    assert!(!made.asks_the_same_as(&request(&other, NAME).await));
    assert!(!made.asks_the_same_as(&request(&one, "CN=Other").await));
}

#[tokio::test]
async fn no_changed_byte_makes_another_request() {
    let key = PrivateKey::generate(KeyKind::EccP256);
    let made = request(&key, NAME).await;
    let der = pem::parse(made.to_pem()).unwrap().into_contents();
    for place in 0..der.len() {
        let mut changed = der.clone();
        changed[place] ^= 1;
        let pem = pem::encode(&pem::Pem::new("CERTIFICATE REQUEST", changed));
        // How the algorithm is named is not signed.
        if let Ok(read) = SignedRequest::parse(pem.as_bytes()) {
            assert!(read.asks_the_same_as(&made), "byte {place}");
        }
    }
}

#[tokio::test]
async fn what_is_no_request_is_told_without_what_it_is() {
    let key = PrivateKey::generate(KeyKind::EccP256);
    let made = request(&key, NAME).await;
    let mut der = pem::parse(made.to_pem()).unwrap().into_contents();
    der.push(0);
    for text in [
        String::new(),
        "secret".to_owned(),
        made.to_pem().replace("CERTIFICATE REQUEST", "PRIVATE KEY"),
        pem::encode(&pem::Pem::new("CERTIFICATE REQUEST", der)),
    ] {
        let error = SignedRequest::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::RequestUnreadable(_)), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_signature_that_does_not_verify_makes_no_request() {
    let (aws, kms) = kms(&PrivateKey::generate(KeyKind::Rsa2048));
    aws.fault_for_good(
        "Sign",
        Fault::Answered(|answer| answer["Signature"] = "AAAA".into()),
    );
    let subject = Subject::named(NAME).unwrap();
    let made = signed_by_kms(&signer(&kms), &subject).await;
    let error = made.unwrap_err();
    let name = step::StepError::name(&error);
    assert_eq!(name, "SignatureInvalid");
}

#[tokio::test]
async fn a_key_that_offers_nothing_a_ca_takes_is_told() {
    let (aws, kms) = kms(&PrivateKey::generate(KeyKind::Rsa2048));
    let pss_alone = |answer: &mut serde_json::Value| {
        answer["SigningAlgorithms"] = serde_json::json!(["RSASSA_PSS_SHA_256"]);
    };
    aws.fault_for_good("GetPublicKey", Fault::Answered(pss_alone));
    let subject = Subject::named(NAME).unwrap();
    let made = signed_by_kms(&signer(&kms), &subject).await;
    let key_arn = ARN.to_owned();
    assert_eq!(made, Err(Error::KeyUnsuitable { key_arn }));
}
