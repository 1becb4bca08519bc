//! Of every certificate that is not what was asked for it is said why, by name.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::{
    CertificateSubjectType, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
    SigningAlgorithmType,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, Enrolment, OwnKey, Policy};
use ceremony::path::CertificatePath;
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault, Signer};
use emulated::enrolment::{KEY_ARN, enrolment, own_chain, own_chain_builder, policy_of};
use emulated::{Emulated, path};
use partner::certificate::KeyUsage as Usage;
use partner::{KeyKind, Pki, PrivateKey, Profile, Request};
use prove_enrolment::{Context, Error, Input, Output, handle};
use step::StepError;

/// The certificate of a chain, for the key in KMS that its private key stands for.
struct Proving {
    aws: Aws,
    payment: Emulated,
    input: Input,
}

impl Proving {
    async fn new(pki: &Pki) -> Self {
        let aws = Aws::default();
        aws.put_signer(Signer::new(KEY_ARN, pki.leaf.key().clone()));
        Self {
            aws,
            payment: Emulated::start().await,
            input: Input {
                ceremony: enrolment(pki),
                path: path(pki),
                policy: policy_of(pki, |_| {}),
            },
        }
    }

    async fn proven(&self) -> Result<Output, Error> {
        let context = Context {
            kms: aws_sdk_kms::Client::new(&self.aws.config()),
            payment_cryptography: self.payment.client.clone(),
        };
        handle(&context, self.input.clone(), Utc::now()).await
    }

    /// The error by which it is refused.
    async fn refused(&self) -> String {
        let output = self.proven().await.unwrap();
        assert!(output.publication.is_none());
        output.refused.unwrap().error
    }
}

#[tokio::test]
async fn what_was_asked_for_is_proven_and_handed_on_for_the_record() {
    let pki = own_chain();
    let proving = Proving::new(&pki).await;
    let output = proving.proven().await.unwrap();
    assert_eq!(output.refused, None);
    assert!(output.checks.iter().all(|check| !check.refuses()));
    let publication = output.publication.unwrap();
    assert!(publication.files.is_empty());
    let chain = &publication.documents[0];
    assert_eq!(chain.name, "certificates.pem");
    let pem = pki.leaf.pem() + &pki.intermediates[0].pem() + &pki.root.pem();
    assert_eq!(chain.contents, pem.into_bytes());
    let manifest: serde_json::Value =
        serde_json::from_slice(&publication.manifest.contents).unwrap();
    assert_eq!(manifest["key"], "package-signing");
    assert_eq!(
        manifest["files"][0]["sha256"],
        Sha256::of(&chain.contents).to_string()
    );
}

#[tokio::test]
async fn a_certificate_that_is_not_what_was_asked_for_is_refused_by_name() {
    let usage = |usage: &'static [Usage]| {
        own_chain_builder()
            .leaf(move |leaf| leaf.key_usage(usage))
            .build()
    };
    for (pki, error) in [
        (usage(&[Usage::KeyEncipherment]), "KeyUsageWrong"),
        (
            usage(&[Usage::DigitalSignature, Usage::KeyCertSign]),
            "KeyCertSignWithoutCa",
        ),
        (
            own_chain_builder().leaf(Profile::an_authority).build(),
            "BasicConstraintsWrong",
        ),
        (
            own_chain_builder().leaf(Profile::expired).build(),
            "CertificateExpired",
        ),
        (
            own_chain_builder().leaf(Profile::not_yet_valid).build(),
            "CertificateNotYetValid",
        ),
        // More than a package carries: no ceremony after that could sign one.
        (
            own_chain_builder()
                .leaf(|leaf| leaf.extension(&[1, 3, 6, 1, 4, 1, 99_999, 1], false, vec![7; 5_500]))
                .build(),
            "SigningChainTooLong",
        ),
    ] {
        assert_eq!(Proving::new(&pki).await.refused().await, error);
    }
}

#[tokio::test]
async fn another_subject_or_key_than_was_requested_is_refused_by_name() {
    let pki = own_chain();
    let mut proving = Proving::new(&pki).await;
    proving.input.policy.request.subject_der = "3000".to_owned();
    assert_eq!(proving.refused().await, "SubjectMismatch");

    let mut proving = Proving::new(&pki).await;
    proving.input.policy.request.public_key_sha256 = Sha256::of(b"other");
    assert_eq!(proving.refused().await, "PublicKeyNotRequested");
}

#[tokio::test]
async fn a_root_that_is_not_pinned_and_too_little_time_are_refused_by_name() {
    let pki = own_chain();
    let mut proving = Proving::new(&pki).await;
    proving.input.policy.trust_anchors = vec![Sha256::of(b"other")];
    assert_eq!(proving.refused().await, "RootNotPinned");

    let mut proving = Proving::new(&pki).await;
    proving.input.policy.minimum_remaining_days = 366;
    assert_eq!(proving.refused().await, "CertificateExpiresTooSoon");
}

/// It still is there, and has the public key of the certificate.
#[tokio::test]
async fn a_certificate_for_a_key_that_was_replaced_is_refused_by_name() {
    let mut proving = Proving::new(&own_chain()).await;
    proving.input.policy.replaced_by = Some("arn:newer".to_owned());
    let output = proving.proven().await.unwrap();
    let failed: Vec<_> = output.checks.iter().filter(|it| it.refuses()).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].detail.contains("arn:newer"));
    let refused = output.refused.unwrap();
    assert_eq!(refused.error, "SigningKeyReplaced");
    assert!(refused.remedy.contains("newer key stays"));
    assert!(output.publication.is_none());
}

/// The key is not what the request says of it.
#[tokio::test]
async fn a_certificate_for_a_key_that_has_another_public_key_is_refused() {
    let proving = Proving::new(&own_chain()).await;
    let other = PrivateKey::cached(KeyKind::EccP256, "the next signing key");
    proving.aws.put_signer(Signer::new(KEY_ARN, other));
    assert_eq!(proving.refused().await, "SigningKeyDiffers");
}

#[tokio::test]
async fn a_key_that_cannot_be_asked_is_an_error() {
    let proving = Proving::new(&own_chain()).await;
    proving.aws.fault("GetPublicKey", 1..=9, Fault::Denied);
    assert_eq!(proving.proven().await.unwrap_err().name(), "AccessDenied");

    let mut proving = Proving::new(&own_chain()).await;
    proving.input.policy.request.key = OwnKey::Tr34;
    assert_eq!(proving.proven().await.unwrap_err().name(), "InputMalformed");
}

/// The service makes the request, a CA answers it, and the service is asked for the key.
#[tokio::test]
async fn a_key_in_payment_cryptography_is_asked_there() {
    let pki = own_chain();
    let mut proving = Proving::new(&pki).await;
    let key_arn = makes_signing_key(&proving.payment).await;
    let client = &proving.payment.client;
    let subject = CertificateSubjectType::builder()
        .common_name("KDH")
        .organization("Payments")
        .build()
        .unwrap();
    let answer = client
        .get_certificate_signing_request()
        .key_identifier(&key_arn)
        .signing_algorithm(SigningAlgorithmType::Sha256)
        .certificate_subject(subject);
    let pem = answer.send().await.unwrap().certificate_signing_request;
    let pem = String::from_utf8(STANDARD.decode(pem).unwrap()).unwrap();
    let request = Request::from_pem(&pem).unwrap();
    let issued = pki.issue(&request, Profile::signer(), None);
    let leaf = Certificate::from_der(issued.der()).unwrap();
    let input = &mut proving.input;
    *input = of_tr34(input, leaf, &key_arn);
    let before = proving.payment.calls().len();
    let output = proving.proven().await.unwrap();
    assert_eq!(output.refused, None);
    let calls = &proving.payment.calls()[before..];
    assert_eq!(calls, ["GetPublicKeyCertificate"]);

    proving.input.policy.request.key_arn = makes_signing_key(&proving.payment).await;
    assert_eq!(proving.refused().await, "SigningKeyDiffers");
}

fn of_tr34(input: &Input, leaf: Certificate, key_arn: &str) -> Input {
    let request = CertificateRequest {
        key: OwnKey::Tr34,
        key_arn: key_arn.to_owned(),
        public_key_sha256: Sha256::of(leaf.public_key_info()),
        subject_der: hex::encode(leaf.subject_der()),
        ..input.policy.request.clone()
    };
    Input {
        ceremony: Enrolment {
            key: OwnKey::Tr34,
            ..input.ceremony.clone()
        },
        path: CertificatePath {
            leaf,
            ..input.path.clone()
        },
        policy: Policy {
            request,
            ..input.policy.clone()
        },
    }
}

async fn makes_signing_key(payment: &Emulated) -> String {
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Rsa2048)
        .key_class(KeyClass::AsymmetricKeyPair)
        .key_modes_of_use(KeyModesOfUse::builder().sign(true).build())
        .key_usage(KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature)
        .build()
        .unwrap();
    let request = payment.client.create_key().key_attributes(attributes);
    let answer = request.exportable(false).send().await.unwrap();
    answer.key.unwrap().key_arn
}
