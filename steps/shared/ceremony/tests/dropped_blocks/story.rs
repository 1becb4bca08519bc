//! A request, the offer that answers it, and the partner that wraps for it.

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::exchange::Nonce;
use ceremony::key_import::block::{Awaited, CheckedBlock};
use ceremony::key_import::counterpart::{Counterpart, Unproven};
use ceremony::key_import::offer::{Offer, OfferId, OfferedKey, Terms};
use ceremony::key_import::place::BlockPlace;
use ceremony::key_import::refused::Refused;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rules::Agreement;
use ceremony::path::CertificatePath;
use ceremony::profile::Trust;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{OrderPlace, OrderRole};
use partner::certificate::KeyUsage;
use partner::{Certified, KeyKind, Pki};
use serde_json::{Value, json};

pub(crate) const UID: &str = "identity:idms.group.7814046";
pub(crate) const KEY: &str = "acme/production/cardholder/requests/zmk-2026.json";

/// Who waits, and who sends.
pub(crate) struct Story {
    pub(crate) request: ImportRequest,
    pub(crate) offer: Offer,
    pub(crate) earlier: Vec<OfferId>,
    pub(crate) counterpart: Counterpart,
    /// The partner's, whose leaf agrees or signs.
    pub(crate) partners: Pki,
}

/// Of keys that are made once in a process.
pub(crate) fn chain(name: &str, leaf: KeyKind, usage: KeyUsage) -> Pki {
    Pki::builder(UID)
        .named(name)
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[])
        .leaf_key(leaf)
        .leaf(|leaf| leaf.key_usage(&[usage]))
        .build()
}

pub(crate) fn certificate(certified: &Certified) -> Certificate {
    Certificate::from_der(certified.der()).unwrap()
}

pub(crate) fn path(pki: &Pki) -> CertificatePath {
    CertificatePath {
        leaf: certificate(&pki.leaf),
        intermediates: Vec::new(),
        root: certificate(&pki.root),
    }
}

pub(crate) fn trust(pki: &Pki) -> Trust {
    Trust {
        trust_anchors: vec![certificate(&pki.root).sha256()],
        identity: UID.to_owned(),
        minimum_remaining_days: 7,
    }
}

pub(crate) fn place(key: &str) -> OrderPlace {
    match OrderPlace::of_inbox_key(key) {
        Some(OrderRole::Order(place)) => place,
        other => panic!("{key}: {other:?}"),
    }
}

impl Story {
    /// By ECDH on that curve, with AES-256 derived.
    pub(crate) fn ecdh(curve: KeyKind, change: impl FnOnce(&mut Value)) -> Self {
        let ours = chain("ours", curve, KeyUsage::KeyAgreement);
        let partners = chain("partners", curve, KeyUsage::KeyAgreement);
        let agreement = Agreement::default();
        let terms = Terms::Ecdh {
            ours: offered(&ours),
            partner_certificate_sha256: certificate(&partners.leaf).sha256(),
            shared_information: "0123456789ABCDEF0123456789ABCDEF".to_owned(),
            key_derivation_function: agreement.key_derivation_function,
            key_derivation_hash: agreement.key_derivation_hash,
            derived_key: agreement.derived_key,
        };
        Self::new("ecdh", terms, partners, change)
    }

    /// By TR-34, in one pass or in two.
    pub(crate) fn tr34(nonce: Option<&[u8]>, change: impl FnOnce(&mut Value)) -> Self {
        let ours = chain("ours", KeyKind::Rsa3072, KeyUsage::KeyEncipherment);
        let partners = chain("partners", KeyKind::Rsa2048, KeyUsage::DigitalSignature);
        let terms = Terms::Tr34 {
            ours: offered(&ours),
            partner_certificate_sha256: certificate(&partners.leaf).sha256(),
            nonce: nonce.map(|nonce| Nonce::of_bytes(nonce).unwrap()),
        };
        Self::new("tr34", terms, partners, change)
    }

    pub(crate) fn rsa_oaep(change: impl FnOnce(&mut Value)) -> Self {
        let ours = chain("ours", KeyKind::Rsa3072, KeyUsage::KeyEncipherment);
        let terms = Terms::RsaOaep {
            ours: offered(&ours),
            hash: Default::default(),
        };
        // Nobody proves anything of the sender.
        Self::new("rsa-oaep", terms, ours, change)
    }

    fn new(method: &str, terms: Terms, partners: Pki, change: impl FnOnce(&mut Value)) -> Self {
        let mut document = json!({ "method": method, "algorithm": "AES_128" });
        change(&mut document);
        let document = json!({ "version": 1, "kekImport": document }).to_string();
        let request = ImportRequest::parse(&document).unwrap();
        let now = Utc::now();
        let needed = request.method.needs_a_certificate();
        let path = needed.then(|| path(&partners));
        let counterpart = Counterpart::prove(path, &request, &trust(&partners), now).unwrap();
        let offer = Offer {
            version: Offer::VERSION,
            request: place(KEY),
            request_sha256: Sha256::of(document.as_bytes()),
            number: 1,
            made_at: now.plus_seconds(-60 * 60),
            expires_at: now.plus_seconds(24 * 60 * 60),
            expected: request.expected.clone(),
            terms,
        };
        let answers = offer.answers(&place(KEY), &offer.request_sha256, &request);
        assert_eq!(answers, Ok(()));
        assert_eq!(counterpart.is_of(&offer), Ok(()));
        Self {
            request,
            offer,
            earlier: Vec::new(),
            counterpart,
            partners,
        }
    }

    /// The offer as the partner finds it.
    pub(crate) fn published(&self) -> partner::wrap::Offer {
        let document = serde_json::to_string(&self.offer).unwrap();
        partner::wrap::Offer::read(&document).unwrap()
    }

    /// What is said of a file that lies where the block for this offer is expected.
    pub(crate) fn check(&self, file: &[u8]) -> Result<CheckedBlock, Refused> {
        self.check_at(&BlockPlace::of_offer(&self.offer), file, Utc::now())
    }

    pub(crate) fn check_at(
        &self,
        place: &BlockPlace,
        file: &[u8],
        now: Utc,
    ) -> Result<CheckedBlock, Refused> {
        let awaited = Awaited {
            offer: &self.offer,
            earlier_offers: &self.earlier,
            counterpart: &self.counterpart,
            kcv: self.request.kcv.as_ref(),
            now,
        };
        awaited.check(place, file)
    }

    /// The name of the refusal, whose words repeat nothing of the file.
    pub(crate) fn refused(&self, file: &[u8]) -> &'static str {
        let refused = self.check(file).unwrap_err();
        let refusal = refused.clone().into_refusal();
        let text = String::from_utf8_lossy(file);
        let text = text.trim();
        assert!(
            text.len() < 20 || !refusal.what.contains(text),
            "{refusal:?}"
        );
        assert!(refusal.what.len() < 400 && refusal.remedy.ends_with('.'));
        refused.error()
    }

    /// The same when another certificate has come to lie beside the request since.
    pub(crate) fn proven_anew(&self, pki: &Pki, now: Utc) -> Result<(), Unproven> {
        let path = Some(path(pki));
        let trust = trust(pki);
        let counterpart = Counterpart::prove(path, &self.request, &trust, now)?;
        counterpart.is_of(&self.offer)
    }
}

fn offered(pki: &Pki) -> OfferedKey {
    OfferedKey {
        certificate: certificate(&pki.leaf),
        chain: vec![certificate(&pki.root)],
    }
}
