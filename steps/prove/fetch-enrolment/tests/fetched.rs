//! A drop becomes a path, what was requested and what it is held to; and nothing is ever written.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::digest::Sha256;
use ceremony::enrolment::{Enrolment, Installed, OwnKey};
use ceremony::execution::{DroppedObject, Start};
use ceremony::utc::Utc;
use emulated::aws::Aws;
use emulated::enrolment::{enrolment, own_chain, policy_of, request, rules};
use emulated::path;
use fetch_enrolment::{Context, Error, Output, handle};
use partner::Pki;
use serde_json::json;
use step::StepError;

const KEY: OwnKey = OwnKey::PackageSigning;

struct Dropped {
    aws: Aws,
    pki: Pki,
    input: Start<Enrolment>,
}

impl Dropped {
    fn new() -> Self {
        let (aws, pki) = (Aws::default(), own_chain());
        let mut objects = Vec::new();
        for (file, pem) in [
            ("root.pem", pki.root.pem()),
            ("ca.pem", pki.intermediates[0].pem()),
            ("certificate.pem", pki.leaf.pem()),
        ] {
            let key = format!("{}{file}", KEY.inbox_prefix());
            objects.push(DroppedObject {
                version_id: aws.put("inbox", &key, pem.as_bytes()),
                key,
                bytes: pem.len() as u64,
                sha256: Sha256::of(pem.as_bytes()),
            });
        }
        let leaf = Some(path(&pki).leaf.sha256());
        let dropped = Self {
            input: Start::new(enrolment(&pki), objects, leaf),
            aws,
            pki,
        };
        dropped.rules(&rules(KEY, &dropped.pki).to_string());
        let request = request(KEY, &dropped.pki);
        let document = serde_json::to_vec(&request).unwrap();
        let place = KEY.request_key(&request.public_key_sha256);
        dropped.aws.put("evidence", &place, document);
        dropped
    }

    fn rules(&self, text: &str) {
        self.aws.put_parameter(&KEY.rules_parameter(), text);
    }

    async fn fetched(&self) -> Result<Output, Error> {
        let config = self.aws.config();
        let context = Context {
            s3: aws_sdk_s3::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            inbox_bucket: "inbox".to_owned(),
            evidence_bucket: "evidence".to_owned(),
        };
        let fetched = handle(&context, self.input.clone()).await;
        let writes = |call: &String| call.starts_with("Put");
        assert!(!self.aws.calls().iter().any(writes));
        fetched
    }

    async fn refused(&self) -> &'static str {
        self.fetched().await.unwrap_err().name()
    }
}

#[tokio::test(start_paused = true)]
async fn a_drop_becomes_a_path_and_a_policy_with_its_request() {
    let dropped = Dropped::new();
    let Output {
        path: found,
        policy,
    } = dropped.fetched().await.unwrap();
    assert_eq!(found, path(&dropped.pki));
    assert_eq!(policy, policy_of(&dropped.pki, |_| {}));
}

/// One key, asked for under two names: the certificate says which is meant.
#[tokio::test(start_paused = true)]
async fn the_request_under_the_certificates_subject_is_meant() {
    let dropped = Dropped::new();
    let mut renamed = request(KEY, &dropped.pki);
    renamed.subject_der = "3000".to_owned();
    renamed.requested_at = renamed.requested_at.plus_seconds(60);
    let place = KEY.renamed_request_key(&renamed.public_key_sha256, b"0\0");
    let document = serde_json::to_vec(&renamed).unwrap();
    dropped.aws.put("evidence", &place, document);
    let policy = dropped.fetched().await.unwrap().policy;
    assert_eq!(policy.request, request(KEY, &dropped.pki));
}

/// The key in the rules' name was changed for another one, whose certificate is installed.
#[tokio::test(start_paused = true)]
async fn a_key_that_was_replaced_is_told_with_the_one_that_is_installed() {
    let dropped = Dropped::new();
    let of_ours = request(KEY, &dropped.pki);
    let installs = |key_arn: &str, requested_at: Utc| {
        let mut other = of_ours.clone();
        other.key_arn = key_arn.to_owned();
        other.public_key_sha256 = Sha256::of(key_arn.as_bytes());
        other.requested_at = requested_at;
        let document = serde_json::to_vec(&other).unwrap();
        let place = KEY.request_key(&other.public_key_sha256);
        dropped.aws.put("evidence", &place, document);
        let installed = Installed {
            version: Installed::VERSION,
            key: KEY,
            key_arn: key_arn.to_owned(),
            chain_key: "x/certificates.pem".to_owned(),
            chain_version_id: "1".to_owned(),
            chain_sha256: Sha256::of(b"chain"),
            certificate_sha256: Sha256::of(b"certificate"),
            not_before: requested_at,
            not_after: requested_at,
            ceremony_id: "x".to_owned(),
            installed_at: requested_at,
        };
        let value = serde_json::to_string(&installed).unwrap();
        let parameter = KEY.installed_parameter();
        dropped.aws.put_plain_parameter(&parameter, &value);
    };
    installs("arn:older", of_ours.requested_at.plus_seconds(-60));
    let policy = dropped.fetched().await.unwrap().policy;
    assert_eq!(policy.replaced_by, None, "it is the older one's successor");

    installs("arn:newer", of_ours.requested_at.plus_seconds(60));
    let policy = dropped.fetched().await.unwrap().policy;
    assert_eq!(policy.replaced_by.as_deref(), Some("arn:newer"));
    assert_eq!(policy.request, of_ours);

    let parameter = KEY.installed_parameter();
    dropped.aws.put_plain_parameter(&parameter, "{}");
    assert_eq!(dropped.refused().await, "InstalledUnreadable");
}

#[tokio::test(start_paused = true)]
async fn what_was_never_requested_is_refused() {
    let dropped = Dropped::new();
    for key in dropped.aws.keys("evidence") {
        dropped.aws.delete("evidence", &key);
    }
    assert_eq!(dropped.refused().await, "NotRequested");
}

#[tokio::test(start_paused = true)]
async fn rules_that_are_not_there_or_not_to_be_read_are_refused() {
    let mut dropped = Dropped::new();
    dropped.rules("{}");
    assert_eq!(dropped.refused().await, "RulesMalformed");
    let rules = json!({ "key": "tr34", "trustAnchors": [dropped.pki.root.sha256()] });
    dropped.rules(&rules.to_string());
    assert_eq!(dropped.refused().await, "RulesMalformed");
    dropped.aws = Aws::default();
    assert_eq!(dropped.refused().await, "RulesMissing");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_intake_did_not_write_is_refused() {
    let mut dropped = Dropped::new();
    dropped.input.objects[0].key = "acme/production/cardholder/root.pem".to_owned();
    assert_eq!(dropped.refused().await, "InputMalformed");

    let mut dropped = Dropped::new();
    dropped.input.ceremony.key = OwnKey::Tr34;
    assert_eq!(dropped.refused().await, "InputMalformed");

    let mut dropped = Dropped::new();
    dropped.input.leaf = None;
    assert_eq!(dropped.refused().await, "InputMalformed");

    let mut dropped = Dropped::new();
    dropped.input.objects[2].sha256 = Sha256::of(b"other");
    assert_eq!(dropped.refused().await, "DigestMismatch");
}
