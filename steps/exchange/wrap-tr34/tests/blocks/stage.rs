//! An emulator with the chain's CAs, a KEK and, if it is to sign, a key of ours in it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::KekAlgorithm;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::exchange::{Nonce, OurCertificate, Passes, Tr34Signer, Wrapped};
use ceremony::keys::{KekFacts, Origin};
use ceremony::utc::Utc;
use emulated::aws::Aws;
use emulated::{Emulated, UID, ceremony, clearance, path, policy};
use partner::{Certified, KeyKind, Pki, PrivateKey, Profile};
use payment_keys::Pace;
use serde_json::json;
use step::Journal;
use wrap_tr34::{Context, Error, Input, Output, handle};

pub(crate) const NONCE: &str = "00112233445566778899AABB";
pub(crate) const EVIDENCE: &str = "evidence";

pub(crate) fn nonce() -> Nonce {
    NONCE.to_owned().try_into().unwrap()
}

/// What is exchanged, and how.
#[derive(Clone, Copy)]
pub(crate) struct Exchange {
    pub(crate) kek: KekAlgorithm,
    pub(crate) leaf: KeyKind,
    pub(crate) passes: Passes,
    pub(crate) signer: Tr34Signer,
    /// Of ours, where it signs.
    pub(crate) signing_key: KeyKind,
}

impl Default for Exchange {
    fn default() -> Self {
        Self {
            kek: KekAlgorithm::AES_128,
            leaf: KeyKind::Rsa3072,
            passes: Passes::One,
            signer: Tr34Signer::Service,
            signing_key: KeyKind::Rsa3072,
        }
    }
}

pub(crate) struct Stage {
    pub(crate) emulated: Emulated,
    pub(crate) aws: Aws,
    pub(crate) pki: Pki,
    pub(crate) input: Input,
}

impl Stage {
    pub(crate) async fn new(exchange: Exchange) -> Self {
        let emulated = Emulated::start().await;
        let aws = Aws::default();
        let pki = chain(exchange.leaf);
        let ca = emulated.imports_root(&pki.root).await;
        let ca = emulated.imports_under(&pki.intermediates[0], &ca).await;
        let kek = kek(&emulated, exchange.kek).await;
        let signer = match exchange.signer {
            Tr34Signer::Own => Some(enrolled(&emulated, &aws, exchange.signing_key).await),
            Tr34Signer::Service => None,
        };
        let policy = policy(&pki, |profile| {
            profile["kekExport"] = json!({
                "kek": { "algorithm": exchange.kek },
                "exchange": {
                    "method": "tr34", "signer": exchange.signer, "passes": exchange.passes,
                },
            });
        });
        let input = Input {
            ceremony: ceremony(),
            path: path(&pki),
            policy,
            revocation: clearance(&path(&pki)),
            issuing_ca_key_arn: ca,
            kek,
            nonce: (exchange.passes == Passes::Two).then(nonce),
            signer,
        };
        Self {
            emulated,
            aws,
            pki,
            input,
        }
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.emulated.calls()
    }

    pub(crate) async fn wraps(&self, journal: &Journal) -> Result<Output, Error> {
        self.wraps_by(self.emulated.client.clone(), journal).await
    }

    pub(crate) async fn wraps_by(
        &self,
        payment: Client,
        journal: &Journal,
    ) -> Result<Output, Error> {
        let context = Context {
            payment,
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            evidence_bucket: EVIDENCE.to_owned(),
        };
        handle(&context, self.input.clone(), journal).await
    }

    /// A block, and whose it is.
    pub(crate) async fn block(&self) -> (String, OurCertificate) {
        let output = self.wraps(&Journal::default()).await.unwrap();
        match output.0 {
            Wrapped::Tr34 {
                key_block, ours, ..
            } => (key_block, ours),
            other => panic!("it was wrapped by {}", other.method()),
        }
    }
}

pub(crate) fn chain(leaf: KeyKind) -> Pki {
    Pki::builder(UID)
        .named(&format!("tr34 {leaf:?}"))
        .root_key(KeyKind::Rsa4096)
        .intermediate_keys(&[KeyKind::Rsa4096])
        .leaf_key(leaf)
        .build()
}

pub(crate) async fn kek(emulated: &Emulated, algorithm: KekAlgorithm) -> KekFacts {
    let usage = KeyUsage::Tr31K0KeyEncryptionKey;
    let of_service = KeyAlgorithm::from(algorithm.as_str());
    let key_arn = emulated.operator_creates(usage, of_service, true).await;
    let facts = payment_keys::inspect(&emulated.client, &key_arn, &Pace::patient()).await;
    KekFacts {
        kcv: facts.unwrap().kcv,
        key_arn,
        algorithm,
        kcv_algorithm: algorithm.kcv_algorithm(),
        origin: Origin::Created,
        replaces_key_arn: None,
    }
}

/// A signing key of ours, whose certificate a CA has issued and a ceremony has installed.
async fn enrolled(emulated: &Emulated, aws: &Aws, kind: KeyKind) -> Installed {
    let algorithm = match kind {
        KeyKind::Rsa2048 => KeyAlgorithm::Rsa2048,
        KeyKind::Rsa3072 => KeyAlgorithm::Rsa3072,
        _ => KeyAlgorithm::Rsa4096,
    };
    let attributes = KeyAttributes::builder()
        .key_algorithm(algorithm)
        .key_class(KeyClass::AsymmetricKeyPair)
        .key_modes_of_use(KeyModesOfUse::builder().sign(true).build())
        .key_usage(KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature)
        .build()
        .unwrap();
    let request = emulated.client.create_key().key_attributes(attributes);
    let made = request.exportable(false).send().await.unwrap();
    let key_arn = made.key.unwrap().key_arn;
    let request = emulated.client.get_public_key_certificate();
    let answer = request.key_identifier(&key_arn).send().await.unwrap();
    let pem = STANDARD.decode(answer.key_certificate()).unwrap();
    let certified = Certificate::try_from(String::from_utf8(pem).unwrap()).unwrap();
    installed(aws, key_arn, certified.public_key_info())
}

/// As the ceremony certificate-enrolment leaves it, for this public key.
pub(crate) fn installed(aws: &Aws, key_arn: String, public_key: &[u8]) -> Installed {
    let ca = PrivateKey::cached(KeyKind::Rsa4096, "our ca");
    let root = Profile::root("Our Root").self_signed(&ca);
    let any = PrivateKey::cached(KeyKind::EccP256, "any");
    let leaf = Profile::leaf("Our TR-34 Key", "ours").issued_by(&root, &any);
    let leaf = leaf.remade(&ca, |parts| parts.key = public_key.to_vec());
    put(aws, key_arn, &[&leaf, &root])
}

pub(crate) fn put(aws: &Aws, key_arn: String, chain: &[&Certified]) -> Installed {
    let pem: String = chain.iter().map(|certified| certified.pem()).collect();
    let ceremony_id = "enrolment-tr34-0123456789abcdef".to_owned();
    let chain_key = format!("{ceremony_id}/certificates.pem");
    let certificate = Certificate::from_der(chain[0].der()).unwrap();
    Installed {
        version: Installed::VERSION,
        key: OwnKey::Tr34,
        key_arn,
        chain_version_id: aws.put(EVIDENCE, &chain_key, pem.clone()),
        chain_key,
        chain_sha256: Sha256::of(pem.as_bytes()),
        certificate_sha256: certificate.sha256(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        ceremony_id,
        installed_at: Utc::now(),
    }
}
