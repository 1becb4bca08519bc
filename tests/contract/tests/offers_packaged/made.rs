//! Offers on keys that a test has made, and their packages as the steps publish them.

use ceremony::algorithms::{KcvAlgorithm, SignatureAlgorithm as A};
use ceremony::digest::Sha256;
use ceremony::exchange::Nonce;
use ceremony::execution::DroppedObject;
use ceremony::id::{Ceremony, InputSet, Kind};
use ceremony::key_import::block::{Awaited, CheckedBlock};
use ceremony::key_import::counterpart::Counterpart;
use ceremony::key_import::offer::{Offer, OfferedKey, Terms};
use ceremony::key_import::place::BlockPlace;
use ceremony::key_import::refused::Refused;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rules::ImportPolicy;
use ceremony::key_import::run::ReceivedKek;
use ceremony::keys::Origin;
use ceremony::profile::Profile;
use ceremony::publication::Publication;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{AskedBy, OrderPlace, OrderRole, OrderSet};
use contract::signed::{signed, signer};
use emulated::{UID, certificate, path};
use partner::certificate::KeyUsage;
use partner::{KeyKind, Pki};
use serde_json::{Value, json};

use crate::signed::{bank, certified};
use crate::terminal::Files;

const KEY: &str = "acme/production/cardholder/requests/zmk.json";

pub(crate) struct Made {
    pub(crate) offer: Offer,
    /// Whose leaf is the key of the offer.
    pub(crate) ours: Pki,
    /// Whose leaf agrees or signs.
    pub(crate) partners: Pki,
    request: ImportRequest,
    profile: Value,
}

fn chain(name: &str, leaf: KeyKind, usage: KeyUsage) -> Pki {
    Pki::builder(UID)
        .named(name)
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP521])
        .leaf_key(leaf)
        .leaf(|leaf| leaf.key_usage(&[usage]))
        .build()
}

impl Made {
    pub(crate) fn rsa_oaep(kek: &str) -> Self {
        Self::rsa_oaep_with(kek, "SHA_256")
    }

    pub(crate) fn rsa_oaep_with(kek: &str, hash: &str) -> Self {
        let ours = chain("ours", KeyKind::Rsa3072, KeyUsage::KeyEncipherment);
        let partners = chain("partners", KeyKind::Rsa3072, KeyUsage::DigitalSignature);
        let terms = Terms::RsaOaep {
            ours: offered(&ours),
            hash: serde_json::from_value(json!(hash)).unwrap(),
        };
        let asked = json!({ "method": "rsa-oaep", "algorithm": kek });
        Self::new(&asked, terms, ours, partners)
    }

    pub(crate) fn tr34(kek: &str, nonce: Option<&str>) -> Self {
        let ours = chain("ours", KeyKind::Rsa3072, KeyUsage::KeyEncipherment);
        let partners = chain("partners", KeyKind::Rsa3072, KeyUsage::DigitalSignature);
        let terms = Terms::Tr34 {
            ours: offered(&ours),
            partner_certificate_sha256: certificate(&partners.leaf).sha256(),
            nonce: nonce.map(|nonce| Nonce::try_from(nonce.to_owned()).unwrap()),
        };
        let asked = json!({ "method": "tr34", "algorithm": kek });
        Self::new(&asked, terms, ours, partners)
    }

    pub(crate) fn ecdh(kek: &str, derivation: [&str; 3]) -> Self {
        Self::ecdh_with(kek, derivation, None)
    }

    pub(crate) fn ecdh_with(
        kek: &str,
        [function, hash, derived]: [&str; 3],
        block: Option<(&str, &str)>,
    ) -> Self {
        let ours = chain("ours", KeyKind::EccP521, KeyUsage::KeyAgreement);
        let partners = chain("partners", KeyKind::EccP521, KeyUsage::KeyAgreement);
        let terms = Terms::Ecdh {
            ours: offered(&ours),
            partner_certificate_sha256: certificate(&partners.leaf).sha256(),
            shared_information: "0123456789ABCDEFFEDCBA9876543210".repeat(2),
            key_derivation_function: serde_json::from_value(json!(function)).unwrap(),
            key_derivation_hash: serde_json::from_value(json!(hash)).unwrap(),
            derived_key: serde_json::from_value(json!(derived)).unwrap(),
        };
        let blocks = block
            .iter()
            .map(|(id, data)| json!({ "id": id, "data": data }));
        let blocks: Vec<Value> = blocks.collect();
        let asked = json!({ "method": "ecdh", "algorithm": kek, "optionalBlocks": blocks });
        Self::new(&asked, terms, ours, partners)
    }

    fn new(asked: &Value, terms: Terms, ours: Pki, partners: Pki) -> Self {
        let document = json!({ "version": 1, "kekImport": asked }).to_string();
        let request = ImportRequest::parse(&document).unwrap();
        let mut profile = emulated::profile(&partners);
        profile["kekImport"] = json!({
            "requests": { "methods": [asked["method"]], "algorithms": [asked["algorithm"]] },
        });
        if let Terms::Ecdh { derived_key, .. } = &terms {
            profile["kekImport"]["agreement"] = json!({ "derivedKey": derived_key });
        }
        let now = Utc::now();
        let offer = Offer {
            version: Offer::VERSION,
            request: place(),
            request_sha256: Sha256::of(document.as_bytes()),
            number: 1,
            made_at: now.plus_seconds(-60),
            expires_at: now.plus_seconds(24 * 60 * 60),
            expected: request.expected.clone(),
            terms,
        };
        let answers = offer.answers(&place(), &offer.request_sha256, &request);
        assert_eq!(answers, Ok(()));
        Self {
            offer,
            ours,
            partners,
            request,
            profile,
        }
    }

    fn policy(&self) -> ImportPolicy {
        let profile = Profile::parse(&self.profile.to_string(), &place().folder).unwrap();
        profile.import_policy(1, AskedBy::Partner).unwrap()
    }

    fn ceremony(&self) -> Ceremony {
        let sha256 = self.offer.request_sha256.clone();
        OrderSet::new(Kind::KekImport, place(), sha256).ceremony(1)
    }

    /// The last part of the inbox key under which the block is expected.
    pub(crate) fn block_name(&self) -> String {
        let key = BlockPlace::of_offer(&self.offer).key();
        key.rsplit_once('/').unwrap().1.to_owned()
    }

    /// What is said of a file that is dropped there.
    pub(crate) fn check(&self, file: &[u8]) -> Result<CheckedBlock, Refused> {
        let now = Utc::now();
        let needed = self.request.method.needs_a_certificate();
        let path = needed.then(|| path(&self.partners));
        let trust = self.policy().trust;
        let counterpart = Counterpart::prove(path, &self.request, &trust, now).unwrap();
        let awaited = Awaited {
            offer: &self.offer,
            earlier_offers: &[],
            counterpart: &counterpart,
            kcv: None,
            now,
        };
        awaited.check(&BlockPlace::of_offer(&self.offer), file)
    }

    /// The offer with the partner's certificate where ours stands: what our side computes with its own key.
    pub(crate) fn for_the_partners_key(&self) -> partner::wrap::Offer {
        let mut offer = self.offer.clone();
        if let Terms::Ecdh { ours, .. } = &mut offer.terms {
            *ours = offered(&self.partners);
        }
        partner::wrap::Offer::read(&serde_json::to_string(&offer).unwrap()).unwrap()
    }

    pub(crate) async fn package(&self, algorithm: A) -> Files {
        let (publication, aws) = (self.packaged(algorithm), signer(algorithm));
        signed(self.ceremony(), publication, &aws, algorithm, None).await
    }

    /// Of a signing key that a CA has certified, with that CA's certificate.
    pub(crate) async fn certified_package(&self) -> (Files, String) {
        let algorithm = A::ECDSA_SHA_256;
        let (aws, ca) = (signer(algorithm), bank());
        let installed = certified(&aws, &ca, algorithm);
        let publication = self.packaged(algorithm);
        let files = signed(
            self.ceremony(),
            publication,
            &aws,
            algorithm,
            Some(installed),
        )
        .await;
        (files, ca.pem())
    }

    /// Of a KEK that came for the offer.
    pub(crate) async fn receipt(&self, kcv: &str) -> Files {
        let algorithm = A::ECDSA_SHA_256;
        let mut policy = self.policy();
        policy.kcv = serde_json::from_value(json!(kcv)).unwrap();
        let input = package_receipt::Input {
            ceremony: self.ceremony(),
            policy,
            offer: self.offer.clone(),
            block: DroppedObject {
                key: BlockPlace::of_offer(&self.offer).key(),
                version_id: "1".to_owned(),
                bytes: 384,
                sha256: Sha256::of(b"block"),
            },
            kek: ReceivedKek {
                key_arn: "arn".to_owned(),
                alias: "alias".to_owned(),
                algorithm: self.offer.expected.algorithm,
                kcv: "7AD386".to_owned(),
                kcv_algorithm: KcvAlgorithm::CMAC,
                origin: Origin::Created,
            },
            signature_algorithm: algorithm,
        };
        let receipt = package_receipt::handle(input, Utc::now()).unwrap();
        let (publication, aws) = (receipt.publication, signer(algorithm));
        signed(self.ceremony(), publication, &aws, algorithm, None).await
    }

    fn packaged(&self, algorithm: A) -> Publication {
        let input = package_offer::Input {
            ceremony: self.ceremony(),
            offer: self.offer.clone(),
            signature_algorithm: algorithm,
        };
        package_offer::handle(input).unwrap().publication
    }
}

fn place() -> OrderPlace {
    match OrderPlace::of_inbox_key(KEY) {
        Some(OrderRole::Order(place)) => place,
        other => panic!("{KEY}: {other:?}"),
    }
}

fn offered(pki: &Pki) -> OfferedKey {
    let path = path(pki);
    OfferedKey {
        certificate: path.leaf,
        chain: path.intermediates.into_iter().chain([path.root]).collect(),
    }
}
