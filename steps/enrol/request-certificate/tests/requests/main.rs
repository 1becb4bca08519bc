//! Requests for the keys that sign TR-34 blocks and packages: made once, renewed, rolled over; and read by
//! openssl.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod kms;
mod tr34;

use std::process::Command;

use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, Installed, OwnKey, RequestOrder, Requested};
use ceremony::utc::Utc;
use emulated::Emulated;
use emulated::aws::{Aws, Signer};
use partner::{KeyKind, PrivateKey};
use request_certificate::{Context, Error, handle};
use serde_json::Value;

const OUTBOX: &str = "outbox";
const EVIDENCE: &str = "evidence";
const KMS_KEYS: [&str; 2] = [
    "arn:aws:kms:eu-west-1:111122223333:key/first",
    "arn:aws:kms:eu-west-1:111122223333:key/second",
];
const NAME: &str = "CN=Acme TR-34,O=Acme,C=BR";

struct World {
    aws: Aws,
    keys: Emulated,
    context: Context,
}

impl World {
    async fn new() -> Self {
        let (aws, keys) = (Aws::default(), Emulated::start().await);
        for (arn, kind) in KMS_KEYS
            .into_iter()
            .zip([KeyKind::EccP384, KeyKind::Rsa2048])
        {
            aws.add_signer(Signer::new(arn, PrivateKey::generate(kind)));
        }
        let config = aws.config();
        let context = Context {
            kms: aws_sdk_kms::Client::new(&config),
            payment_cryptography: keys.client.clone(),
            s3: aws_sdk_s3::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            outbox_bucket: OUTBOX.to_owned(),
            evidence_bucket: EVIDENCE.to_owned(),
            signing_key_arns: KMS_KEYS.map(str::to_owned).to_vec(),
        };
        Self { aws, keys, context }
    }

    async fn asks(&self, order: RequestOrder) -> Requested {
        self.tries(order).await.unwrap()
    }

    async fn tries(&self, order: RequestOrder) -> Result<Requested, Error> {
        handle(&self.context, order).await
    }

    /// An enrolment has installed a certificate for that key.
    fn installs(&self, request: &CertificateRequest) {
        let now = Utc::now();
        let installed = Installed {
            version: Installed::VERSION,
            key: request.key,
            key_arn: request.key_arn.clone(),
            chain_key: "chain.pem".to_owned(),
            chain_version_id: "1".to_owned(),
            chain_sha256: Sha256::of(b"chain"),
            certificate_sha256: Sha256::of(b"certificate"),
            not_before: now,
            not_after: now,
            ceremony_id: "enrolment-tr34-0123456789abcdef".to_owned(),
            installed_at: now,
        };
        let document = serde_json::to_string(&installed).unwrap();
        let name = request.key.installed_parameter();
        self.aws.put_plain_parameter(&name, &document);
    }

    /// The keys in Payment Cryptography, without their substance.
    fn made(&self) -> Vec<Value> {
        let keys = self.keys.keys().into_iter();
        keys.map(|key| serde_json::to_value(key).unwrap()).collect()
    }

    fn recorded(&self, key: &str) -> CertificateRequest {
        serde_json::from_slice(&self.aws.only(EVIDENCE, key).bytes).unwrap()
    }
}

fn order(key: OwnKey, subject: &str) -> RequestOrder {
    RequestOrder {
        key,
        subject: Some(subject.to_owned()),
        new_key: false,
        key_algorithm: None,
    }
}

fn new_key(order: RequestOrder) -> RequestOrder {
    RequestOrder {
        new_key: true,
        ..order
    }
}

/// What openssl says of a request, whose signature it verifies: its subject, and the digest of its
/// SubjectPublicKeyInfo.
fn openssl(pem: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("csr.pem");
    std::fs::write(&file, pem).unwrap();
    let run = |script: &str| {
        let output = Command::new("sh")
            .args(["-ec", script])
            .env("CSR", &file)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{error}");
        (String::from_utf8(output.stdout).unwrap(), error)
    };
    let (subject, said) =
        run("openssl req -in \"$CSR\" -noout -verify -subject -nameopt RFC2253,utf8");
    assert!(said.contains("verify OK"), "{said}");
    let (digest, _) = run("openssl req -in \"$CSR\" -noout -pubkey \
         | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r");
    let subject = subject.trim().trim_start_matches("subject=").to_owned();
    let digest = digest.split_whitespace().next().unwrap().to_owned();
    (subject, digest)
}
