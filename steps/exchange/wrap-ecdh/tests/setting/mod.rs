//! An emulator, a partner on curves, and what `WrapEcdh` gets for them.

use apc_emulator::KeyView;
use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm as ServiceAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
};
use ceremony::algorithms::KekAlgorithm;
use ceremony::exchange::{OurCertificate, Wrapped};
use ceremony::keys::{KekFacts, Origin};
use ceremony::profile::Exchange;
use emulated::{Emulated, UID, ceremony, certificate, clearance, path, policy};
use partner::certificate::KeyUsage as CertificateUsage;
use partner::{KeyKind, Pki, PrivateKey, Profile};
use payment_keys::{Pace, inspect};
use serde_json::{Value, json};
use step::{Journal, StepError};
use wrap_ecdh::{Input, Output, handle};

pub(crate) struct Setting {
    pub(crate) emulated: Emulated,
    pki: Pki,
    ca_key_arn: String,
}

impl Setting {
    /// CAs on P-521, which may certify any leaf.
    pub(crate) async fn new() -> Self {
        let pki = Pki::builder(UID)
            .named("agreement")
            .root_key(KeyKind::EccP521)
            .intermediate_keys(&[KeyKind::EccP521])
            .leaf_key(KeyKind::EccP256)
            .build();
        let emulated = Emulated::start().await;
        let root = emulated.imports_root(&pki.root).await;
        let ca_key_arn = emulated.imports_under(&pki.intermediates[0], &root).await;
        Self {
            emulated,
            pki,
            ca_key_arn,
        }
    }

    /// For a new KEK of this algorithm and a leaf with a key of this kind.
    pub(crate) async fn input(&self, kek: KekAlgorithm, leaf: KeyKind) -> Input {
        let algorithm = ServiceAlgorithm::from(kek.as_str());
        let usage = KeyUsage::Tr31K0KeyEncryptionKey;
        let key_arn = self.emulated.operator_creates(usage, algorithm, true).await;
        let facts = inspect(&self.emulated.client, &key_arn, &Pace::patient()).await;
        let usage = match leaf {
            KeyKind::EccP256 | KeyKind::EccP384 | KeyKind::EccP521 => {
                CertificateUsage::KeyAgreement
            }
            _ => CertificateUsage::KeyEncipherment,
        };
        let mut path = path(&self.pki);
        let profile = Profile::leaf("Agreement", UID).key_usage(&[usage]);
        let key = PrivateKey::cached(leaf, "agreement/leaf");
        path.leaf = certificate(&profile.issued_by(self.pki.issuer(), &key));
        Input {
            ceremony: ceremony(),
            policy: policy(&self.pki, |profile| {
                profile["kekExport"] = json!({
                    "kek": { "algorithm": kek.as_str() },
                    "exchange": { "method": "ecdh" },
                });
            }),
            revocation: clearance(&path),
            path,
            issuing_ca_key_arn: self.ca_key_arn.clone(),
            kek: KekFacts {
                key_arn,
                algorithm: kek,
                kcv: facts.unwrap().kcv,
                kcv_algorithm: kek.kcv_algorithm(),
                origin: Origin::Created,
                replaces_key_arn: None,
            },
        }
    }

    /// An AES-128 KEK that encrypts and wraps only, as an operator may have made it: its ARN and KCV.
    pub(crate) async fn one_way_kek(&self) -> (String, String) {
        let modes = KeyModesOfUse::builder().encrypt(true).wrap(true).build();
        let attributes = KeyAttributes::builder()
            .key_algorithm(ServiceAlgorithm::Aes128)
            .key_class(KeyClass::SymmetricKey)
            .key_modes_of_use(modes)
            .key_usage(KeyUsage::Tr31K0KeyEncryptionKey)
            .build();
        let request = self.emulated.client.create_key().exportable(true);
        let answer = request.key_attributes(attributes.unwrap()).send().await;
        let key = answer.unwrap().key.unwrap();
        (key.key_arn, key.key_check_value)
    }

    /// Those of ours for key agreement.
    pub(crate) fn agreement_keys(&self) -> Vec<KeyView> {
        let mut keys = self.emulated.keys();
        keys.retain(|key| format!("{:?}", key.attributes).contains("K3"));
        keys
    }
}

/// Every KEK with every curve that may carry it (user guide, tables of key strengths).
pub(crate) fn all_allowed() -> Vec<(KekAlgorithm, KeyKind)> {
    use KekAlgorithm::{AES_128, AES_192, AES_256, TDES_2KEY, TDES_3KEY};
    use KeyKind::{EccP256, EccP384, EccP521};
    let mut allowed = Vec::new();
    for (kek, curves) in [
        (TDES_2KEY, &[EccP256, EccP384, EccP521][..]),
        (TDES_3KEY, &[EccP256, EccP384, EccP521]),
        (AES_128, &[EccP256, EccP384, EccP521]),
        (AES_192, &[EccP384, EccP521]),
        (AES_256, &[EccP521]),
    ] {
        allowed.extend(curves.iter().map(|curve| (kek, *curve)));
    }
    allowed
}

/// What a partner gets.
pub(crate) struct Block {
    pub(crate) key_block: String,
    pub(crate) shared_information: String,
    pub(crate) ours: OurCertificate,
}

pub(crate) fn ecdh(output: Output) -> Block {
    match output.0 {
        Wrapped::Ecdh {
            key_block,
            shared_information,
            ours,
            ..
        } => Block {
            key_block,
            shared_information,
            ours,
        },
        other => panic!("it was wrapped by {}", other.method()),
    }
}

/// With these members of the profile's exchange besides its method.
pub(crate) fn with_exchange(mut input: Input, members: &Value) -> Input {
    let mut exchange = members.clone();
    exchange["method"] = json!("ecdh");
    input.policy.exchange = serde_json::from_value(exchange).unwrap();
    input
}

/// What no profile may say, as whoever invokes the step by hand could.
pub(crate) fn derives(input: &mut Input, derived: KekAlgorithm) {
    let Exchange::Ecdh { derived_key, .. } = &mut input.policy.exchange else {
        panic!("{:?}", input.policy.exchange);
    };
    *derived_key = derived;
}

pub(crate) fn rsa_oaep() -> Exchange {
    serde_json::from_value(json!({ "method": "rsa-oaep", "signedPrefix": "3130" })).unwrap()
}

/// The words of the refusal, for which nothing was called.
pub(crate) async fn refused(setting: &Setting, input: Input, name: &str) -> String {
    let before = setting.emulated.calls().len();
    let journal = Journal::default();
    let error = handle(&setting.emulated.client, input, &journal).await;
    let error = error.unwrap_err();
    assert_eq!(error.name(), name, "{error}");
    assert_eq!(setting.emulated.calls().len(), before);
    assert_eq!(journal.deeds(), []);
    error.to_string()
}
