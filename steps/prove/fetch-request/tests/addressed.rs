//! Orders for initial keys by TR-34: the certificates beside them become a path, or are refused by name.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_s3::Client as S3;
use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::{DroppedObject, Start};
use ceremony::id::{InputSet, Kind};
use ceremony::identifiers::ca_alias;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{OrderPlace, OrderRole, OrderSet};
use emulated::aws::Aws;
use emulated::{UID, certificate, folder, path};
use fetch_request::{Context, Error, Output, handle};
use partner::{KeyKind, Pki};
use serde_json::{Value, json};
use step::StepError;

const INBOX: &str = "inbox";
const ORDER: &str = "acme/production/cardholder/orders/may.json";

struct Ordered {
    aws: Aws,
    pki: Pki,
    input: Start,
}

impl Ordered {
    /// With leaf and issuing CA beside the order; the root is in the profile.
    fn new() -> Self {
        let pki = Pki::builder(UID)
            .named("addressed")
            .leaf_key(KeyKind::Rsa2048)
            .build();
        let aws = Aws::default();
        let order = json!({
            "version": 1,
            "initialKeys": { "bdk": "pos", "terminals": ["FFFF9876543210E00000"] },
        });
        let order = dropped(&aws, ORDER, order.to_string());
        let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(ORDER) else {
            panic!("it is an order");
        };
        let set = OrderSet::new(Kind::WorkingKeyExport, place, order.sha256.clone());
        let input = Start::new(set.ceremony(1), vec![order], None);
        let mut ordered = Self { aws, pki, input };
        ordered.onboards(|_| {});
        let [leaf, issuing] = [&ordered.pki.leaf, &ordered.pki.intermediates[0]].map(|it| it.pem());
        ordered.adds("leaf.pem", leaf);
        ordered.adds("issuing.crt", issuing);
        ordered
    }

    fn onboards(&self, change: impl FnOnce(&mut Value)) {
        let mut profile = emulated::profile(&self.pki);
        profile["rootCertificates"] = json!([self.pki.root.pem()]);
        profile["kekExport"]["exchange"] = json!({ "method": "tr34", "signer": "service" });
        profile["workingKeyExport"] = json!({ "orders": { "bdks": { "pos": {
            "keyArn": "arn:bdk", "algorithm": "TDES_2KEY", "exchange": "tr34",
        } } } });
        change(&mut profile);
        let name = folder().profile_parameter();
        self.aws.put_parameter(&name, &profile.to_string());
    }

    fn adds(&mut self, file: &str, text: impl Into<String>) {
        let key = format!("acme/production/cardholder/orders/may/{file}");
        let object = dropped(&self.aws, &key, text.into());
        self.input.objects.push(object);
    }

    async fn fetched(&self) -> Result<Output, Error> {
        let config = self.aws.config();
        let context = Context {
            s3: S3::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            inbox_bucket: INBOX.to_owned(),
            evidence_bucket: "evidence".to_owned(),
            signing_key_spec: "RSA_2048".to_owned(),
        };
        handle(&context, self.input.clone(), Utc::now()).await
    }

    async fn fails(&self) -> (&'static str, String) {
        let error = self.fetched().await.unwrap_err();
        (error.name(), error.to_string())
    }
}

fn dropped(aws: &Aws, key: &str, text: String) -> DroppedObject {
    DroppedObject {
        key: key.to_owned(),
        bytes: text.len() as u64,
        sha256: Sha256::of(text.as_bytes()),
        version_id: aws.put(INBOX, key, text),
    }
}

#[tokio::test(start_paused = true)]
async fn what_lies_beside_the_order_is_the_path_that_is_proven_next() {
    let ordered = Ordered::new();
    let output = ordered.fetched().await.unwrap();
    let addressee = output.addressee.as_ref().unwrap();
    assert_eq!(addressee.path, path(&ordered.pki));
    assert_eq!(addressee.policy.load().kek, KekAlgorithm::TDES_2KEY);
    assert_eq!(addressee.signer, None, "the service signs");
    let aliases = [&ordered.pki.intermediates[0], &ordered.pki.root];
    let aliases = aliases.map(|ca| ca_alias(&certificate(ca).sha256()));
    assert_eq!(output.aliases, aliases, "what may be made");
    // Facts are recorded, and not the certificates.
    let recorded = serde_json::to_string(&output.recordable()).unwrap();
    assert!(!recorded.contains("BEGIN CERTIFICATE"), "{recorded}");
    assert!(recorded.contains(&ordered.pki.leaf.sha256()));
}

/// Whatever lies there by now.
#[tokio::test(start_paused = true)]
async fn exactly_the_versions_of_the_input_are_read() {
    let ordered = Ordered::new();
    let key = ordered.input.objects[1].key.clone();
    let other = Pki::builder(UID).named("other").leaf_key(KeyKind::Rsa2048);
    ordered.aws.put(INBOX, &key, other.build().leaf.pem());
    let output = ordered.fetched().await.unwrap();
    assert_eq!(output.addressee.unwrap().path, path(&ordered.pki));
    let mut ordered = Ordered::new();
    ordered.input.objects[1].sha256 = Sha256::of(b"other");
    assert_eq!(ordered.fails().await.0, "DigestMismatch");
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_path_or_belongs_elsewhere_is_refused_by_name() {
    let mut without_leaf = Ordered::new();
    without_leaf.input.objects.remove(1);
    assert_eq!(without_leaf.fails().await.0, "PathMissing");

    let mut without_any = Ordered::new();
    without_any.input.objects.truncate(1);
    assert_eq!(without_any.fails().await.0, "PathMissing");

    let mut noise = Ordered::new();
    noise.adds("noise.pem", "noise");
    let (name, words) = noise.fails().await;
    assert_eq!(name, "FileUnusable");
    assert!(words.contains("noise.pem"), "{words}");

    for key in ["orders/june/leaf.pem", "leaf.pem", "orders/may/list.csv"] {
        let mut elsewhere = Ordered::new();
        let key = format!("acme/production/cardholder/{key}");
        let object = dropped(&elsewhere.aws, &key, elsewhere.pki.leaf.pem());
        elsewhere.input.objects.push(object);
        let (name, words) = elsewhere.fails().await;
        assert_eq!(name, "InputMalformed", "{key}");
        assert!(words.contains("no certificate beside the order"), "{words}");
    }
}

/// Before a key is touched.
#[tokio::test(start_paused = true)]
async fn a_key_of_ours_that_is_to_sign_must_have_its_certificate() {
    let ordered = Ordered::new();
    ordered.onboards(|profile| profile["kekExport"]["exchange"]["signer"] = json!("own"));
    assert_eq!(ordered.fails().await.0, "SigningCertificateMissing");
}

/// The profile may have been changed since the order was taken.
#[tokio::test(start_paused = true)]
async fn an_order_without_a_kek_is_refused_once_the_profile_says_tr31() {
    let ordered = Ordered::new();
    ordered.onboards(|profile| {
        profile["workingKeyExport"]["orders"]["bdks"]["pos"]["exchange"] = json!("tr31");
    });
    let (name, words) = ordered.fails().await;
    assert_eq!(name, "OrderNotAllowed");
    assert!(words.contains("`kek` is missing"), "{words}");
}
