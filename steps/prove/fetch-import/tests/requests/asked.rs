//! A request in the inbox, with the profile of its folder and the input of the execution.

use std::sync::LazyLock;

use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::execution::{DroppedObject, Start};
use ceremony::id::{InputSet, Kind};
use ceremony::utc::Utc;
use ceremony::working_keys::place::{OrderPlace, OrderRole, OrderSet};
use emulated::aws::Aws;
use emulated::{UID, profile};
use fetch_import::{Context, Error, Output, handle};
use partner::certificate::KeyUsage;
use partner::{Certified, KeyKind, Pki};
use serde_json::{Value, json};
use step::StepError;

pub(crate) const KEY: &str = "acme/production/cardholder/requests/zmk.json";
pub(crate) const PARAMETER: &str = "/key-ceremony/partners/acme/production/cardholder";
pub(crate) const DAY: i64 = 24 * 60 * 60;

pub(crate) struct Asked {
    pub(crate) aws: Aws,
    pub(crate) input: Start,
}

/// The partner's, whose key agrees with ours. Made once: no two certificates are the same.
static AGREEMENT: LazyLock<Pki> = LazyLock::new(|| {
    Pki::builder(UID)
        .named("agreement")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[])
        .leaf_key(KeyKind::EccP256)
        .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]))
        .build()
});

pub(crate) fn agreement() -> &'static Pki {
    &AGREEMENT
}

/// Another of the partner's, to which KEKs are sent.
pub(crate) fn with_an_rsa_key() -> Pki {
    Pki::builder(UID)
        .named("other")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[])
        .leaf_key(KeyKind::Rsa2048)
        .build()
}

impl Asked {
    pub(crate) fn by_ecdh() -> Self {
        let pki = agreement();
        let asked = json!({
            "method": "ecdh", "algorithm": "AES_128", "kcv": "7ad386", "alias": "alias/acme-zmk",
        });
        Self::new(&asked, &[&pki.leaf, &pki.root])
    }

    /// With these certificates beside it.
    pub(crate) fn new(asked: &Value, beside: &[&Certified]) -> Self {
        let aws = Aws::default();
        let document = json!({ "version": 1, "kekImport": asked }).to_string();
        let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(KEY) else {
            panic!("{KEY} is where a request lies");
        };
        let mut objects = vec![dropped(&aws, KEY, document.as_bytes())];
        for (number, certified) in beside.iter().enumerate() {
            let key = place.attachment_key(&format!("{number}.pem"));
            objects.push(dropped(&aws, &key, certified.pem().as_bytes()));
        }
        let set = OrderSet::new(Kind::KekImport, place, objects[0].sha256.clone());
        let asked = Self {
            input: Start::new(set.ceremony(1), objects, None),
            aws,
        };
        asked.onboards(|_| {});
        asked
    }

    pub(crate) fn onboards(&self, change: impl FnOnce(&mut Value)) {
        let mut profile = profile(agreement());
        profile["kekImport"] = json!({ "requests": {
            "methods": ["ecdh", "rsa-oaep"], "algorithms": ["AES_128", "AES_256"],
            "aliases": ["alias/acme-zmk"],
        }});
        change(&mut profile);
        self.aws.put_parameter(PARAMETER, &profile.to_string());
    }

    /// Another file instead of the one that was dropped, by the input too.
    pub(crate) fn replace(&mut self, number: usize, bytes: &[u8]) {
        let key = self.input.objects[number].key.clone();
        self.input.objects[number] = dropped(&self.aws, &key, bytes);
    }

    /// A certificate for the key that signs packages, valid so many seconds from now.
    pub(crate) fn installs(&self, from: i64, to: i64) -> Installed {
        let (key, now) = (OwnKey::PackageSigning, Utc::now());
        let installed = Installed {
            version: Installed::VERSION,
            key,
            key_arn: "arn:signing".to_owned(),
            chain_key: "enrolment-package-signing-0123456789abcdef/certificates.pem".to_owned(),
            chain_version_id: "1".to_owned(),
            chain_sha256: Sha256::of(b"chain"),
            certificate_sha256: Sha256::of(b"certificate"),
            not_before: now.plus_seconds(from),
            not_after: now.plus_seconds(to),
            ceremony_id: "enrolment-package-signing-0123456789abcdef".to_owned(),
            installed_at: now,
        };
        let text = serde_json::to_string(&installed).unwrap();
        self.aws.put_parameter(&key.installed_parameter(), &text);
        installed
    }

    pub(crate) async fn fetched(&self) -> Result<Output, Error> {
        let context = Context {
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            ssm: aws_sdk_ssm::Client::new(&self.aws.config()),
            inbox_bucket: "inbox".to_owned(),
            evidence_bucket: "evidence".to_owned(),
            signing_key_spec: "RSA_2048".to_owned(),
        };
        let fetched = handle(&context, self.input.clone(), Utc::now()).await;
        let writes = |call: &String| !call.starts_with("Get");
        assert!(!self.aws.calls().iter().any(writes));
        fetched
    }

    pub(crate) async fn refused(&self) -> (&'static str, String) {
        let error = self.fetched().await.unwrap_err();
        assert!(error.remedy().ends_with('.'));
        (error.name(), error.to_string())
    }
}

fn dropped(aws: &Aws, key: &str, bytes: &[u8]) -> DroppedObject {
    DroppedObject {
        key: key.to_owned(),
        version_id: aws.put("inbox", key, bytes),
        bytes: bytes.len() as u64,
        sha256: Sha256::of(bytes),
    }
}
