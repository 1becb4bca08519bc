//! A drop as `intake` hands it on.

use aws_sdk_s3::Client as S3;
use ceremony::digest::Sha256;
use ceremony::execution::{DroppedObject, Start};
use emulated::aws::Aws;
use emulated::{ceremony, profile, quick_chain};
use fetch_certs::{Context, Error, Output, handle};
use partner::Pki;
use serde_json::Value;
use step::StepError;

pub(crate) const INBOX: &str = "inbox";
pub(crate) const EVIDENCE: &str = "evidence";
pub(crate) const FOLDER: &str = "acme/production/cardholder/";
pub(crate) const PARAMETER: &str = "/key-ceremony/partners/acme/production/cardholder";

/// A partner's files in the inbox, its profile, and the input of the execution.
pub(crate) struct Dropped {
    pub(crate) aws: Aws,
    pub(crate) pki: Pki,
    pub(crate) input: Start,
}

impl Dropped {
    /// The whole chain, a file each, and the reference profile.
    pub(crate) fn new() -> Self {
        let pki = quick_chain();
        let mut dropped = Self {
            aws: Aws::default(),
            input: Start {
                version: Start::VERSION,
                leaf: None,
                ceremony: ceremony(),
                objects: Vec::new(),
            },
            pki: pki.clone(),
        };
        dropped.onboards(|_| {});
        dropped.adds("root.pem", pki.root.pem());
        dropped.adds("intermediate.pem", pki.intermediates[0].pem());
        dropped.adds("leaf.pem", pki.leaf.pem());
        dropped
    }

    pub(crate) fn onboards(&self, change: impl FnOnce(&mut Value)) {
        let mut profile = profile(&self.pki);
        change(&mut profile);
        self.aws.put_parameter(PARAMETER, &profile.to_string());
    }

    pub(crate) fn adds(&mut self, name: &str, contents: impl AsRef<[u8]>) {
        let (key, contents) = (format!("{FOLDER}{name}"), contents.as_ref());
        self.input.objects.push(DroppedObject {
            version_id: self.aws.put(INBOX, &key, contents),
            key,
            bytes: u64::try_from(contents.len()).unwrap(),
            sha256: Sha256::of(contents),
        });
    }

    /// In place of the leaf.
    pub(crate) fn replaces_leaf(&mut self, contents: impl AsRef<[u8]>) {
        self.input.objects.pop();
        self.adds("leaf.pem", contents);
    }

    pub(crate) async fn fetched(&self) -> Result<Output, Error> {
        let context = Context {
            s3: S3::new(&self.aws.config()),
            ssm: aws_sdk_ssm::Client::new(&self.aws.config()),
            inbox_bucket: INBOX.to_owned(),
            evidence_bucket: EVIDENCE.to_owned(),
            signing_key_spec: "RSA_2048".to_owned(),
        };
        let fetched = handle(&context, self.input.clone()).await;
        let writes = |call: &String| !call.starts_with("Get");
        assert!(!self.aws.calls().iter().any(writes));
        fetched
    }

    pub(crate) async fn refused(&self) -> &'static str {
        self.fetched().await.unwrap_err().name()
    }
}
