//! A publication, and what it left in the buckets.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_sdk_s3::Client;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::evidence::{Evidence, digest_of};
use ceremony::execution::{BINARY, Execution, File, JSON, PEM, TEXT};
use ceremony::publication::Publication;
use ceremony::utc::Utc;
use emulated::aws::{Aws, Gate};
use emulated::{ceremony, certificate, quick_chain};
use publish::{Context, Error, Input, Output, handle};
use serde_json::{Value, json};
use step::Journal;
use step::aws::SdkConfig;

pub(crate) const EVIDENCE: &str = "evidence";
pub(crate) const OUTBOX: &str = "outbox";

/// Made once: no two certificates are the same.
static ROOT: LazyLock<Certificate> = LazyLock::new(|| certificate(&quick_chain().root));

fn at(second: &str) -> Utc {
    format!("2026-11-24T12:00:{second}Z").try_into().unwrap()
}

/// A package of two files, and a proven root.
pub(crate) fn input() -> Input {
    let result = json!({ "outcome": "proven" });
    Input {
        ceremony: ceremony().into(),
        execution: Execution {
            arn: "arn:aws:states:eu-west-1:111122223333:execution:kek-export:x".to_owned(),
            started_at: at("00"),
        },
        input: json!({ "version": 1 }),
        evidence: vec![Evidence {
            step: "validate".to_owned(),
            software_version: "0.1.0".to_owned(),
            started_at: at("01"),
            finished_at: at("02"),
            result_sha256: digest_of(&result),
            result,
        }],
        publication: Publication {
            files: vec![
                File::new("kek.bin", BINARY, [0xA5; 384]),
                File::new("kcv.txt", TEXT, "9A1B2A\n"),
            ],
            manifest: File::new("manifest.json", JSON, "{\"files\":2}\n"),
            documents: vec![File::new("certificates.pem", PEM, "certificates")],
            objects: Vec::new(),
            trusted_roots: vec![ROOT.clone()],
        },
    }
}

pub(crate) struct Published {
    pub(crate) aws: Aws,
    pub(crate) input: Input,
    pub(crate) journal: Journal,
}

impl Published {
    pub(crate) fn nothing_yet() -> Self {
        Self {
            aws: Aws::default(),
            input: input(),
            journal: Journal::default(),
        }
    }

    pub(crate) async fn publish(&self) -> Result<Output, Error> {
        self.publish_with(&self.aws.config()).await
    }

    /// The same, where every request waits at a gate.
    pub(crate) async fn publish_behind(&self, gate: &Gate) -> Result<Output, Error> {
        self.publish_with(&self.aws.config_behind(gate)).await
    }

    async fn publish_with(&self, config: &SdkConfig) -> Result<Output, Error> {
        let context = Context {
            s3: Client::new(config),
            outbox_bucket: OUTBOX.to_owned(),
            evidence_bucket: EVIDENCE.to_owned(),
        };
        handle(&context, self.input.clone(), &self.journal).await
    }

    /// Every key in the order in which it is to be written, the evidence first.
    pub(crate) fn places(&self) -> Vec<(&'static str, String)> {
        let evidence = |name: &str| (EVIDENCE, self.input.ceremony.evidence_key(name));
        let prefix = self.input.ceremony.package_prefix().unwrap();
        let outbox = |name: &str| (OUTBOX, format!("{prefix}{name}"));
        let root = self.input.publication.trusted_roots[0].sha256();
        vec![
            evidence("certificates.pem"),
            evidence("manifest.json"),
            evidence("record.json"),
            (EVIDENCE, format!("trusted-roots/{root}.pem")),
            outbox("kek.bin"),
            outbox("kcv.txt"),
            outbox("manifest.json"),
            evidence("published.json"),
        ]
    }

    /// Everything that lies in both buckets, each in one version.
    pub(crate) fn everything(&self) -> BTreeMap<(&'static str, String), Vec<u8>> {
        let keys = |bucket| {
            self.aws
                .keys(bucket)
                .into_iter()
                .map(move |key| (bucket, key))
        };
        let stored = |(bucket, key): (_, String)| {
            let bytes = self.aws.only(bucket, &key).bytes;
            ((bucket, key), bytes)
        };
        keys(EVIDENCE).chain(keys(OUTBOX)).map(stored).collect()
    }

    pub(crate) fn json(&self, name: &str) -> (Value, Sha256) {
        let key = self.input.ceremony.evidence_key(name);
        let bytes = self.aws.only(EVIDENCE, &key).bytes;
        (serde_json::from_slice(&bytes).unwrap(), Sha256::of(&bytes))
    }
}
