//! A partner with a key, an offer that was made to it, and the block that it drops.

use aws_sdk_paymentcryptography::types::Key;
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::id::{Ceremony, CeremonyId, Kind};
use ceremony::key_import::block::Awaited;
use ceremony::key_import::counterpart::Counterpart;
use ceremony::key_import::place::BlockPlace;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rules::ImportPolicy;
use ceremony::key_import::run::{MadeOffer, ReceivedKek};
use ceremony::profile::Profile;
use ceremony::proof::Refusal;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{AskedBy, OrderPlace, OrderRole, OrderSet};
use emulated::{Emulated, UID, clearance, folder, path, profile};
use import_kek::{Error, Input, Output, handle};
use partner::certificate::KeyUsage;
use partner::tr31::Draft;
use partner::{KeyKind, Pki};
use serde_json::{Value, json};
use step::Journal;

const REQUEST: &str = "acme/production/cardholder/requests/zmk.json";

/// Algorithm, key and check value, which anybody can recompute (OpenSSL: CMAC, des-ede3).
pub(crate) type Known = (&'static str, &'static str, &'static str);

pub(crate) const AES_128: Known = ("AES_128", "2B7E151628AED2A6ABF7158809CF4F3C", "7AD386");
pub(crate) const AES_192: Known = (
    "AES_192",
    "8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B",
    "3A072A",
);
pub(crate) const AES_256: Known = (
    "AES_256",
    "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
    "1A0B2D",
);
pub(crate) const TDES_2KEY: Known = ("TDES_2KEY", "0123456789ABCDEFFEDCBA9876543210", "08D7B4");
pub(crate) const TDES_3KEY: Known = (
    "TDES_3KEY",
    "0123456789ABCDEFFEDCBA98765432101122334455667788",
    "8BB7CF",
);

/// `K0AB00N`, or the same for TDES.
pub(crate) fn says(kek: Known) -> &'static str {
    if kek.0.starts_with("AES") {
        "K0AB00N"
    } else {
        "K0TB00N"
    }
}

pub(crate) struct Stage {
    pub(crate) emulated: Emulated,
    pub(crate) input: Input,
    pub(crate) journal: Journal,
    pub(crate) partners: Pki,
}

pub(crate) fn asked(method: &str, kek: Known) -> Value {
    json!({ "method": method, "algorithm": kek.0, "kcv": kek.2 })
}

impl Stage {
    /// With a right block for what is asked, which was checked.
    pub(crate) async fn new(asked: &Value, terms: &Value, kek: Known) -> Self {
        let curve = KeyKind::EccP521;
        Self::on(curve, asked, terms, says(kek), kek).await
    }

    /// `asked` is the member `kekImport` of the request, `terms` are members of that of the profile;
    /// `curve` is that of the partner's certificate, where the method needs one.
    pub(crate) async fn on(
        curve: KeyKind,
        asked: &Value,
        terms: &Value,
        says: &str,
        kek: Known,
    ) -> Self {
        let emulated = Emulated::start().await;
        let (leaf, usage) = match asked["method"].as_str() {
            Some("ecdh") => (curve, KeyUsage::KeyAgreement),
            _ => (KeyKind::Rsa2048, KeyUsage::DigitalSignature),
        };
        let partners = chain(leaf, usage);
        let ca = emulated.imports_root(&partners.root).await;
        let document = json!({ "version": 1, "kekImport": asked }).to_string();
        let request = ImportRequest::parse(&document).unwrap();
        let policy = policy(asked, terms, &partners);
        let needed = request.method.needs_a_certificate();
        let path = needed.then(|| path(&partners));
        let offering = offering(&document, &request, &policy, path.as_ref());
        let journal = Journal::default();
        let made = make_offer::handle(&emulated.client, offering.clone(), &journal).await;
        let make_offer::Output(made) = made.unwrap();
        let file = wrapped(&made, &partners, says, kek);
        let (block, checked) = checked(&made, &request, &policy, path.as_ref(), &file);
        Self {
            emulated,
            input: Input {
                ceremony: offering.ceremony,
                request,
                policy,
                revocation: offering.revocation,
                path,
                issuing_ca_key_arn: needed.then_some(ca),
                made,
                block,
                checked,
            },
            journal: Journal::default(),
            partners,
        }
    }

    /// One more offer of the same ceremony, for which there is no block yet.
    pub(crate) async fn offers_anew(&mut self) {
        let Input {
            request,
            policy,
            path,
            made,
            ..
        } = &self.input;
        let mut offering = offering("", request, policy, path.as_ref());
        offering.ceremony = self.input.ceremony.clone();
        offering.request_sha256 = made.offer.request_sha256.clone();
        offering.number = made.offer.number + 1;
        let journal = Journal::default();
        let made = make_offer::handle(&self.emulated.client, offering, &journal).await;
        self.input.made = made.unwrap().0;
    }

    /// Another block for the offer that stands.
    pub(crate) fn drops(&mut self, says: &str, kek: Known) {
        let file = wrapped(&self.input.made, &self.partners, says, kek);
        self.drops_file(&file);
    }

    pub(crate) fn drops_file(&mut self, file: &[u8]) {
        let Input {
            request,
            policy,
            path,
            made,
            ..
        } = &self.input;
        let (block, checked) = checked(made, request, policy, path.as_ref(), file);
        (self.input.block, self.input.checked) = (block, checked);
    }

    pub(crate) async fn handled(&self) -> Result<Output, Error> {
        let (client, input) = (&self.emulated.client, self.input.clone());
        handle(client, input, &self.journal).await
    }

    pub(crate) async fn imported(&self) -> ReceivedKek {
        let output = self.handled().await.unwrap();
        assert_eq!(output.refused, None);
        assert_eq!(output.offer, self.input.made.id);
        output.imported.unwrap()
    }

    pub(crate) async fn refused(&self) -> Refusal {
        let output = self.handled().await.unwrap();
        assert_eq!(output.imported, None);
        let refusal = output.refused.unwrap();
        assert!(refusal.what.ends_with('.') && refusal.remedy.ends_with('.'));
        refusal
    }

    pub(crate) async fn key(&self, key_arn: &str) -> Key {
        let request = self.emulated.client.get_key().key_identifier(key_arn);
        request.send().await.unwrap().key.unwrap()
    }

    /// The symmetric keys that are there, in whatever state: the ARN of each.
    pub(crate) fn keks(&self) -> Vec<String> {
        let keys = self.emulated.keys().into_iter();
        let symmetric = keys.filter(|key| format!("{:?}", key.attributes).contains("Symmetric"));
        symmetric.map(|key| key.key_arn.to_string()).collect()
    }

    pub(crate) fn calls_of(&self, operation: &str) -> usize {
        let calls = self.emulated.calls();
        calls.iter().filter(|call| *call == operation).count()
    }
}

fn chain(leaf: KeyKind, usage: KeyUsage) -> Pki {
    Pki::builder(UID)
        .named("sends")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[])
        .leaf_key(leaf)
        .leaf(|leaf| leaf.key_usage(&[usage]))
        .build()
}

fn policy(asked: &Value, terms: &Value, partners: &Pki) -> ImportPolicy {
    let mut profile = profile(partners);
    let mut rules = terms.clone();
    rules["requests"] = json!({
        "methods": [asked["method"]],
        "algorithms": [asked["algorithm"]],
        "usages": ["K0", "K1"],
        "modes": ["B", "D", "E"],
        "exportabilities": ["N", "E", "S"],
    });
    profile["kekImport"] = rules;
    let profile = Profile::parse(&profile.to_string(), &folder()).unwrap();
    profile.import_policy(1, AskedBy::Partner).unwrap()
}

fn offering(
    document: &str,
    request: &ImportRequest,
    policy: &ImportPolicy,
    path: Option<&ceremony::path::CertificatePath>,
) -> make_offer::Input {
    let request_sha256 = Sha256::of(document.as_bytes());
    let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(REQUEST) else {
        panic!("{REQUEST} is where a request lies");
    };
    let set = OrderSet::new(Kind::KekImport, place.clone(), request_sha256.clone());
    let id = CeremonyId::new(&set, 1);
    make_offer::Input {
        ceremony: Ceremony::new(Kind::KekImport, id, folder()),
        place,
        request_sha256,
        request: request.clone(),
        policy: policy.clone(),
        revocation: path.map(clearance),
        path: path.cloned(),
        number: 1,
    }
}

/// As the partner's HSM makes it for this offer, and as it is dropped.
pub(crate) fn wrapped(made: &MadeOffer, partners: &Pki, says: &str, kek: Known) -> Vec<u8> {
    let offer = serde_json::to_string(&made.offer).unwrap();
    let offer = partner::wrap::Offer::read(&offer).unwrap();
    let key = hex::decode(kek.1).unwrap();
    match offer.method() {
        "ecdh" => {
            let draft = Draft::new(says);
            let block = offer.by_ecdh(partners.leaf.key(), &draft, &key);
            block.unwrap().into_bytes()
        }
        "tr34" => {
            let mut draft = offer.tr34(&partners.leaf).unwrap();
            draft.by_tdes = kek.0.starts_with("TDES");
            draft.wrap(&format!("D0112{says}0000"), &key).unwrap()
        }
        _ => hex::encode(offer.by_rsa_oaep(&key).unwrap()).into_bytes(),
    }
}

/// As `check-block` passes it on.
pub(crate) fn checked(
    made: &MadeOffer,
    request: &ImportRequest,
    policy: &ImportPolicy,
    path: Option<&ceremony::path::CertificatePath>,
    file: &[u8],
) -> (DroppedObject, ceremony::key_import::block::CheckedBlock) {
    let now = Utc::now();
    let counterpart = Counterpart::prove(path.cloned(), request, &policy.trust, now);
    let awaited = Awaited {
        offer: &made.offer,
        earlier_offers: &[],
        counterpart: &counterpart.unwrap(),
        kcv: None,
        now,
    };
    let place = BlockPlace::of_offer(&made.offer);
    let checked = awaited.check(&place, file).unwrap();
    let block = DroppedObject {
        key: place.key(),
        version_id: "1".to_owned(),
        bytes: file.len() as u64,
        sha256: Sha256::of(file),
    };
    (block, checked)
}
