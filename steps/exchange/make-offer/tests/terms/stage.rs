//! A partner that asks to send a KEK, and what it is offered.

use ceremony::digest::Sha256;
use ceremony::id::{Ceremony, CeremonyId, Kind};
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rules::ImportPolicy;
use ceremony::profile::Profile;
use ceremony::working_keys::place::{AskedBy, OrderPlace, OrderRole, OrderSet};
use emulated::{Emulated, UID, clearance, folder, path, profile};
use make_offer::{Error, Input, Output, handle};
use partner::certificate::KeyUsage;
use partner::{KeyKind, Pki};
use serde_json::{Value, json};
use step::Journal;

pub(crate) const REQUEST: &str = "acme/production/cardholder/requests/zmk.json";

pub(crate) struct Stage {
    pub(crate) emulated: Emulated,
    pub(crate) input: Input,
    pub(crate) journal: Journal,
}

pub(crate) fn agrees(curve: KeyKind) -> Pki {
    chain(curve, KeyUsage::KeyAgreement)
}

pub(crate) fn signs() -> Pki {
    chain(KeyKind::Rsa2048, KeyUsage::DigitalSignature)
}

fn chain(leaf: KeyKind, usage: KeyUsage) -> Pki {
    Pki::builder(UID)
        .named("offers")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[])
        .leaf_key(leaf)
        .leaf(|leaf| leaf.key_usage(&[usage]))
        .build()
}

impl Stage {
    /// `asked` is the member `kekImport` of the request, `terms` are members of that of the profile.
    pub(crate) async fn new(asked: &Value, terms: &Value, partners: &Pki) -> Self {
        let document = json!({ "version": 1, "kekImport": asked }).to_string();
        let request = ImportRequest::parse(&document).unwrap();
        let request_sha256 = Sha256::of(document.as_bytes());
        let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(REQUEST) else {
            panic!("{REQUEST} is where a request lies");
        };
        let policy = policy(asked, terms, partners);
        let path = request.method.needs_a_certificate().then(|| path(partners));
        let set = OrderSet::new(Kind::KekImport, place.clone(), request_sha256.clone());
        let id = CeremonyId::new(&set, 1);
        Self {
            emulated: Emulated::start().await,
            input: Input {
                ceremony: Ceremony::new(Kind::KekImport, id, folder()),
                place,
                request_sha256,
                request,
                policy,
                revocation: path.as_ref().map(clearance),
                path,
                number: 1,
            },
            journal: Journal::default(),
        }
    }

    pub(crate) async fn made(&self) -> Result<Output, Error> {
        let (client, input) = (&self.emulated.client, self.input.clone());
        handle(client, input, &self.journal).await
    }
}

pub(crate) fn policy(asked: &Value, terms: &Value, partners: &Pki) -> ImportPolicy {
    let mut profile = profile(partners);
    let mut rules = terms.clone();
    rules["requests"] = json!({
        "methods": [asked["method"]],
        "algorithms": [asked["algorithm"]],
    });
    rules["kcv"] = json!("confirmed");
    profile["kekImport"] = rules;
    let profile = Profile::parse(&profile.to_string(), &folder()).unwrap();
    profile.import_policy(1, AskedBy::Partner).unwrap()
}
