//! A request with its offer, for which a block is waited.

use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::identifiers::Folder;
use ceremony::key_import::offer::{Offer, OfferedKey, Terms};
use ceremony::key_import::place::BlockPlace;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rules::ImportPolicy;
use ceremony::path::CertificatePath;
use ceremony::profile::Profile;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{AskedBy, OrderPlace, OrderRole};
use check_block::{Context, Error, Input, Output, handle};
use emulated::aws::Aws;
use emulated::{UID, certificate, profile};
use partner::certificate::KeyUsage;
use partner::tr31::Draft;
use partner::{KeyKind, Pki};
use serde_json::{Value, json};
use step::StepError;

pub(crate) const REQUEST: &str = "acme/production/cardholder/requests/zmk.json";
pub(crate) const DAY: i64 = 24 * 60 * 60;
pub(crate) const KEK: [u8; 16] = [0x5a; 16];

pub(crate) struct Waiting {
    pub(crate) aws: Aws,
    pub(crate) input: Input,
    pub(crate) partners: Pki,
}

/// On P-256, quickly.
pub(crate) fn chain(name: &str) -> Pki {
    chain_of(name, KeyKind::EccP256, KeyUsage::KeyAgreement)
}

pub(crate) fn chain_of(name: &str, leaf: KeyKind, usage: KeyUsage) -> Pki {
    Pki::builder(UID)
        .named(name)
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[])
        .leaf_key(leaf)
        .leaf(|leaf| leaf.key_usage(&[usage]))
        .build()
}

pub(crate) fn path(pki: &Pki) -> CertificatePath {
    CertificatePath {
        leaf: certificate(&pki.leaf),
        intermediates: Vec::new(),
        root: certificate(&pki.root),
    }
}

/// Of `ours`, by the policy's derivation.
pub(crate) fn agreement(policy: &ImportPolicy, ours: OfferedKey, partners: &Pki) -> Terms {
    Terms::Ecdh {
        ours,
        partner_certificate_sha256: certificate(&partners.leaf).sha256(),
        shared_information: "A1B2C3D4".repeat(8),
        key_derivation_function: policy.agreement.key_derivation_function,
        key_derivation_hash: policy.agreement.key_derivation_hash,
        derived_key: policy.agreement.derived_key,
    }
}

impl Waiting {
    /// For an AES-128 KEK, by ECDH with a key of ours that a test has made.
    pub(crate) fn by_ecdh() -> Self {
        let (ours, partners) = (chain("ours"), chain("partners"));
        let asked = json!({ "method": "ecdh", "algorithm": "AES_128", "kcv": "7AD386" });
        Self::new(&asked, partners, |policy, partners| {
            let ours = OfferedKey {
                certificate: certificate(&ours.leaf),
                chain: vec![certificate(&ours.root)],
            };
            agreement(policy, ours, partners)
        })
    }

    /// For what is asked, on these terms.
    pub(crate) fn new(
        asked: &Value,
        partners: Pki,
        terms: impl FnOnce(&ImportPolicy, &Pki) -> Terms,
    ) -> Self {
        let document = json!({ "version": 1, "kekImport": asked }).to_string();
        let request = ImportRequest::parse(&document).unwrap();
        let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(REQUEST) else {
            panic!("{REQUEST} is where a request lies");
        };
        let mut profile = profile(&partners);
        profile["kekImport"] = json!({
            "requests": { "methods": [asked["method"]], "algorithms": [asked["algorithm"]] },
        });
        let folder = Folder::of_inbox_key("acme/production/cardholder/x").unwrap();
        let profile = Profile::parse(&profile.to_string(), &folder).unwrap();
        let policy = profile.import_policy(1, AskedBy::Partner).unwrap();
        assert_eq!(policy.why_not(&request), None);
        let now = Utc::now();
        let request_sha256 = Sha256::of(document.as_bytes());
        let offer = Offer {
            version: Offer::VERSION,
            request: place.clone(),
            request_sha256: request_sha256.clone(),
            number: 2,
            made_at: now,
            expires_at: now.plus_seconds(DAY),
            expected: request.expected.clone(),
            terms: terms(&policy, &partners),
        };
        let needed = request.method.needs_a_certificate();
        Self {
            aws: Aws::default(),
            input: Input {
                place,
                request_sha256,
                path: needed.then(|| path(&partners)),
                request,
                policy,
                block: DroppedObject {
                    key: BlockPlace::of_offer(&offer).key(),
                    version_id: String::new(),
                    bytes: 0,
                    sha256: Sha256::of(b""),
                },
                offer,
                earlier_offers: Vec::new(),
            },
            partners,
        }
    }

    /// The offer as the partner finds it.
    pub(crate) fn published(&self) -> partner::wrap::Offer {
        let offer = serde_json::to_string(&self.input.offer).unwrap();
        partner::wrap::Offer::read(&offer).unwrap()
    }

    /// As the partner's HSM makes it.
    pub(crate) fn block(&self, says: &str) -> String {
        let (offer, own) = (self.published(), self.partners.leaf.key());
        offer.by_ecdh(own, &Draft::new(says), &KEK).unwrap()
    }

    /// Drops a file where the input says, and names its version there.
    pub(crate) fn drops(&mut self, file: &[u8]) {
        let block = &mut self.input.block;
        block.version_id = self.aws.put("inbox", &block.key, file);
        block.bytes = file.len() as u64;
        block.sha256 = Sha256::of(file);
    }

    pub(crate) async fn checked(&self) -> Result<Output, Error> {
        self.checked_at(Utc::now()).await
    }

    pub(crate) async fn checked_at(&self, now: Utc) -> Result<Output, Error> {
        let context = Context {
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            inbox_bucket: "inbox".to_owned(),
        };
        let checked = handle(&context, self.input.clone(), now).await;
        let writes = |call: &String| !call.starts_with("Get");
        assert!(!self.aws.calls().iter().any(writes));
        checked
    }

    pub(crate) async fn refused(&self) -> String {
        let output = self.checked().await.unwrap();
        assert_eq!(output.checked, None);
        let refusal = output.refused.unwrap();
        assert!(refusal.remedy.ends_with('.') && refusal.what.ends_with('.'));
        refusal.error
    }

    pub(crate) async fn fails(&self) -> (&'static str, String) {
        let error = self.checked().await.unwrap_err();
        (error.name(), error.to_string())
    }
}
