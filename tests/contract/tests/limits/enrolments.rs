//! The same of a certificate for a key of ours.

use aws_sdk_paymentcryptography::Client;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::{
    CertificateRequest, Enrolment, EnrolmentRules, Installation, OwnKey, Policy, Replaced,
};
use ceremony::execution::{DroppedObject, Start};
use ceremony::id::{CertificateSet, Kind};
use ceremony::path::{CertificatePath, MAX_CAS};
use ceremony::utc::Utc;
use emulated::Emulated;
use emulated::aws::{Aws, Signer};
use emulated::enrolment::KEY_ARN;
use partner::{KeyKind, PrivateKey};
use prove_enrolment::{Context, Input, Output};
use serde_json::json;

use super::largest::{LETTERS, Mistakes, chain_of_ours, path};
use super::looks::Looks;
use super::{ALL_BYTES, ARN, STATE_BYTES, States, execution, fails, package_signer, recorded};

const KEY: OwnKey = OwnKey::PackageSigning;

#[tokio::test]
async fn every_document_and_variable_of_the_largest_enrolment_fits() {
    let payment = Emulated::start().await;
    for letter in LETTERS {
        let (ours, key) = chain_of_ours(letter);
        let mut states = States::default();
        let begun = Begun::of(&ours, &mut states);
        let proven = begun.proven(&payment.client, &key).await;
        assert_eq!(proven.refused, None);
        begun.succeeds(states, proven).await;

        // What is refused may be longer than any package.
        let key = PrivateKey::cached(KeyKind::Rsa4096, "limits");
        for mistakes in [Mistakes::None, Mistakes::Noted, Mistakes::All] {
            let mut states = States::default();
            let begun = Begun::of(&path(letter, mistakes), &mut states);
            let refused = begun.proven(&payment.client, &key).await;
            assert!(refused.refused.is_some());
            let refused = recorded(refused);
            states.answer("ProveEnrolment, which refuses", &refused);
            fails(&mut states, &begun.start, "ProveEnrolment", &refused);
            assert!(states.variables + STATE_BYTES <= ALL_BYTES);
        }
    }
}

/// What `FetchEnrolment` has found.
struct Begun {
    start: Start<Enrolment>,
    path: CertificatePath,
    policy: Policy,
}

impl Begun {
    fn of(path: &CertificatePath, states: &mut States) -> Self {
        let cas = path.cas().map(Certificate::sha256);
        let set = CertificateSet::new(Kind::CertificateEnrolment, &KEY, path.leaf.sha256(), cas);
        let start = Start {
            version: Start::VERSION,
            leaf: Some(path.leaf.sha256()),
            ceremony: set.ceremony(1),
            objects: (0..=MAX_CAS)
                .map(|_| DroppedObject {
                    key: format!("{}{}", KEY.inbox_prefix(), "k".repeat(990)),
                    version_id: "v".repeat(1024),
                    bytes: 65_536,
                    sha256: Sha256::of(b"object"),
                })
                .collect(),
        };
        states.variables += states.payload("the input", &start);
        let policy = policy(path);
        let fetched = fetch_enrolment::Output {
            path: path.clone(),
            policy: policy.clone(),
        };
        states.answer("FetchEnrolment", &recorded(fetched));
        Self {
            start,
            path: path.clone(),
            policy,
        }
    }

    async fn proven(&self, payment: &Client, key: &PrivateKey) -> Output {
        let aws = Aws::default();
        aws.put_signer(Signer::new(KEY_ARN, key.clone()));
        let context = Context {
            kms: aws_sdk_kms::Client::new(&aws.config()),
            payment_cryptography: payment.clone(),
        };
        let input = Input {
            ceremony: self.start.ceremony.clone(),
            path: self.path.clone(),
            policy: self.policy.clone(),
        };
        States::default().payload("the input of ProveEnrolment", &input);
        let proven = prove_enrolment::handle(&context, input, Utc::now()).await;
        proven.unwrap()
    }

    async fn succeeds(&self, mut states: States, proven: Output) {
        let Self {
            start,
            path,
            policy,
        } = self;
        let publication = proven.publication.clone().unwrap();
        states.answer("ProveEnrolment", &recorded(proven));
        let looks = Looks::at(start.ceremony.clone(), path, policy.clone()).await;
        looks.look(&mut states, None);
        looks.refuse(&states, start);

        let evidence = serde_json::from_value(json!(states.evidence)).unwrap();
        let input = publish::Input {
            ceremony: start.ceremony.clone().into(),
            execution: execution(),
            input: serde_json::to_value(start).unwrap(),
            evidence,
            publication,
        };
        states.payload("the input of Publish", &input);
        let input = install_certificate::Input {
            ceremony: start.ceremony.clone(),
            path: path.clone(),
            policy: policy.clone(),
            revocation: looks.proven.clone(),
            installed_at: Utc::now(),
        };
        states.payload("the input of InstallCertificate", &input);
        let installation = Installation {
            installed: package_signer(),
            replaces: Some(Replaced {
                key_arn: ARN.to_owned(),
                certificate_sha256: path.leaf.sha256(),
                ceremony_id: package_signer().ceremony_id,
                not_after: Utc::now(),
            }),
        };
        let installed = install_certificate::Output(installation);
        states.answer("InstallCertificate", &recorded(installed));
        assert!(states.variables + STATE_BYTES <= ALL_BYTES);
    }
}

/// As many anchors as the rules may have, and a request for exactly this certificate.
fn policy(path: &CertificatePath) -> Policy {
    let mut anchors = vec![path.root.sha256()];
    anchors.extend((0..7_u8).map(|other| Sha256::of(&[other])));
    let rules = json!({
        "key": KEY,
        "trustAnchors": anchors,
        "revocation": { "policy": "required" },
    });
    let request = CertificateRequest {
        version: CertificateRequest::VERSION,
        key: KEY,
        key_arn: KEY_ARN.to_owned(),
        alias: None,
        public_key_sha256: Sha256::of(path.leaf.public_key_info()),
        subject_der: hex::encode(path.leaf.subject_der()),
        subject: path.leaf.subject().to_owned(),
        requested_at: Utc::now(),
    };
    let rules = EnrolmentRules::parse(&rules.to_string(), KEY).unwrap();
    rules.policy(i64::MAX, request, None)
}
