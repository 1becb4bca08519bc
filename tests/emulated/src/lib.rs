//! For the tests of steps: the AWS services that a step calls, in the test's process, clients of
//! them as the steps make theirs, and what a ceremony hands to a step.

pub mod aws;
mod between;
pub mod enrolment;
pub mod fleet;
pub mod front;

pub use between::between;

use apc_emulator::{
    Approval, ApprovalView, Config, Decision, Emulator, EmulatorHandle, Fault, FaultKind, KeyView,
};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::config::Credentials;
use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
    MpaOperation, RootCertificatePublicKey, Tag, TrustedCertificatePublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::certificate::Certificate;
use ceremony::clearance::{Clearance, revocable};
use ceremony::digest::Sha256;
use ceremony::execution::Execution;
use ceremony::id::{Ceremony, CertificateSet, Kind};
use ceremony::identifiers::Folder;
use ceremony::path::CertificatePath;
use ceremony::profile::{Policy, Profile};
use ceremony::revocation::{Finding, Requirement, Rules, Status};
use ceremony::utc::Utc;
use partner::{Certified, KeyKind, Pki};
use payment_keys::Pace;
use serde_json::{Value, json};

/// An emulator with nothing in it, and a client with the steps' own settings.
pub struct Emulated {
    pub emulator: EmulatorHandle,
    pub client: Client,
}

impl Emulated {
    pub async fn start() -> Self {
        let emulator = Emulator::start(Config::default())
            .await
            .expect("a free port on loopback");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(emulator.url())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .load()
            .await;
        let client = payment_keys::client(&config);
        Self { emulator, client }
    }

    pub fn keys(&self) -> Vec<KeyView> {
        self.emulator.controls().inventory(None).keys
    }

    /// The operations that were called, in their order.
    pub fn calls(&self) -> Vec<String> {
        let requests = self.emulator.controls().requests();
        requests
            .into_iter()
            .map(|request| request.operation)
            .collect()
    }

    /// The next call of that operation is throttled, and nothing has happened.
    pub fn throttle(&self, operation: &str) {
        self.inject(operation, FaultKind::Throttle, 1);
    }

    /// The next calls of that operation fail at the service, and nothing has happened.
    pub fn fails(&self, operation: &str, times: u32) {
        self.inject(operation, FaultKind::Internal, times);
    }

    /// The next call of that operation meets this fault.
    pub fn strikes(&self, operation: &str, kind: FaultKind) {
        self.inject(operation, kind, 1);
    }

    fn inject(&self, operation: &str, kind: FaultKind, times: u32) {
        let fault = Fault {
            times,
            ..Fault::once(operation, kind)
        };
        self.emulator
            .controls()
            .inject(fault)
            .expect("an operation that exists");
    }

    /// A symmetric key that an operator has made.
    pub async fn operator_creates(
        &self,
        usage: KeyUsage,
        algorithm: KeyAlgorithm,
        exportable: bool,
    ) -> String {
        let modes = KeyModesOfUse::builder()
            .encrypt(true)
            .decrypt(true)
            .wrap(true)
            .unwrap(true);
        let attributes = KeyAttributes::builder()
            .key_algorithm(algorithm)
            .key_class(KeyClass::SymmetricKey)
            .key_modes_of_use(modes.build())
            .key_usage(usage)
            .build()
            .expect("attributes");
        let answer = self
            .client
            .create_key()
            .key_attributes(attributes)
            .exportable(exportable)
            .send()
            .await;
        answer.expect("a key").key.expect("a key").key_arn
    }
}

impl Emulated {
    /// From now on an approval team guards the import of roots.
    pub async fn associates_a_team(&self) {
        let associate = self
            .client
            .associate_mpa_team()
            .action(MpaOperation::ImportRootPublicKeyCertificate)
            .mpa_team_arn("arn:aws:mpa:us-east-1:111122223333:approval-team/custodians");
        associate.send().await.expect("no team so far");
    }

    /// Everything that the team was asked, oldest first.
    pub fn approvals(&self) -> Vec<ApprovalView> {
        self.emulator.controls().approvals()
    }

    /// What the team says of a key, or who takes the request back.
    pub fn decides(&self, key_arn: &str, decision: Decision) {
        let key = key_arn.parse().expect("a key's ARN");
        let decided = self
            .emulator
            .controls()
            .decide(&Approval::Key(key), decision);
        decided.expect("a key that waits");
    }

    /// What an operator does to a key that a profile is to name.
    pub async fn operator_tags(&self, key_arn: &str, tags: &[(&str, &str)]) {
        let tags = tags.iter().map(|(key, value)| {
            let tag = Tag::builder().key(*key).value(*value).build();
            tag.expect("both members")
        });
        let request = self.client.tag_resource().resource_arn(key_arn);
        let answer = request.set_tags(Some(tags.collect())).send().await;
        answer.expect("a key that is there");
    }

    /// A KEK as the ceremony makes it: its ARN and KCV.
    pub async fn creates_kek(&self) -> (String, String) {
        let usage = KeyUsage::Tr31K0KeyEncryptionKey;
        let arn = self
            .operator_creates(usage, KeyAlgorithm::Aes128, true)
            .await;
        let facts = payment_keys::inspect(&self.client, &arn, &Pace::patient()).await;
        (arn, facts.expect("the key").kcv)
    }

    pub async fn imports_root(&self, root: &Certified) -> String {
        let material = RootCertificatePublicKey::builder()
            .key_attributes(verifies(root))
            .public_key_certificate(STANDARD.encode(root.pem()))
            .build();
        let material = material.expect("every member");
        self.imports(ImportKeyMaterial::RootCertificatePublicKey(material))
            .await
    }

    pub async fn imports_under(&self, ca: &Certified, above: &str) -> String {
        let material = TrustedCertificatePublicKey::builder()
            .key_attributes(verifies(ca))
            .public_key_certificate(STANDARD.encode(ca.pem()))
            .certificate_authority_public_key_identifier(above)
            .build();
        let material = material.expect("every member");
        self.imports(ImportKeyMaterial::TrustedCertificatePublicKey(material))
            .await
    }

    async fn imports(&self, material: ImportKeyMaterial) -> String {
        let answer = self.client.import_key().key_material(material).send().await;
        answer.expect("a CA").key.expect("a key").key_arn
    }
}

fn verifies(ca: &Certified) -> KeyAttributes {
    let algorithm = certificate(ca).key_algorithm().to_string();
    KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::from(algorithm.as_str()))
        .key_class(KeyClass::PublicKey)
        .key_modes_of_use(KeyModesOfUse::builder().verify(true).build())
        .key_usage(KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature)
        .build()
        .expect("attributes")
}

pub const UID: &str = "identity:idms.group.7814046";

/// A partner's chain: a root, an issuing CA and a leaf that may carry AES-128.
pub fn chain() -> Pki {
    Pki::builder(UID)
        .named("emulated")
        .root_key(KeyKind::Rsa4096)
        .intermediate_keys(&[KeyKind::Rsa4096])
        .leaf_key(KeyKind::Rsa3072)
        .build()
}

/// The same with keys that are made in no time, where nobody looks at what they can carry.
pub fn quick_chain() -> Pki {
    Pki::builder(UID)
        .named("quick")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[KeyKind::EccP256])
        .leaf_key(KeyKind::EccP256)
        .build()
}

pub fn path(pki: &Pki) -> CertificatePath {
    CertificatePath {
        leaf: certificate(&pki.leaf),
        intermediates: pki.intermediates.iter().rev().map(certificate).collect(),
        root: certificate(&pki.root),
    }
}

/// As `check-revocation` clears this path just now, whose certificates name no service.
pub fn clearance(path: &CertificatePath) -> Clearance {
    let rules = Rules {
        policy: Requirement::WhenAvailable,
        ..Rules::default()
    };
    let findings = revocable(path).map(|(role, certificate)| Finding {
        role,
        certificate_sha256: certificate.sha256(),
        subject: certificate.subject().to_owned(),
        status: Status::NoService,
    });
    Clearance::new(path, &rules, Utc::now(), findings.collect())
}

pub fn certificate(certified: &Certified) -> Certificate {
    Certificate::from_der(certified.der()).expect("a certificate")
}

pub fn folder() -> Folder {
    folder_of("acme")
}

pub fn folder_of(partner: &str) -> Folder {
    Folder::of_inbox_key(&format!("{partner}/production/cardholder/leaf.pem"))
        .expect("an inbox key")
}

pub fn ceremony() -> Ceremony {
    ceremony_of("acme")
}

pub fn ceremony_of(partner: &str) -> Ceremony {
    let folder = folder_of(partner);
    CertificateSet::new(Kind::KekExport, &folder, Sha256::of(b"leaf"), []).ceremony(1)
}

/// An execution that began after all that a test has made before it, though it were in the same second.
pub fn execution() -> Execution {
    let started_at = "2126-11-24T12:00:00Z".to_owned();
    Execution {
        arn: "arn:aws:states:eu-west-1:111122223333:execution:kek-export:x".to_owned(),
        started_at: started_at.try_into().expect("a time"),
    }
}

/// The policy of the reference profile with this chain's root pinned; `change` changes the profile.
pub fn policy(pki: &Pki, change: impl FnOnce(&mut Value)) -> Policy {
    let mut profile = profile(pki);
    change(&mut profile);
    let profile = Profile::parse(&profile.to_string(), &folder()).expect("a profile");
    profile.kek_export_policy(1).expect("a policy")
}

/// The reference profile with this chain's root pinned.
pub fn profile(pki: &Pki) -> Value {
    json!({
        "partner": "acme", "environment": "production", "dataType": "cardholder",
        "trustAnchors": [pki.root.sha256()],
        "identity": UID,
        // None of its certificates names a service.
        "revocation": { "policy": "when-available" },
        "kekExport": { "exchange": { "method": "rsa-oaep", "signedPrefix": "3130" } },
    })
}
