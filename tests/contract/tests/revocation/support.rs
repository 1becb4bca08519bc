//! A chain with services of every kind, and what an inquiry makes of them.

use std::time::Duration;

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::revocation::{Order, Proof, Rules, Source, Status};
use ceremony::utc::Utc;
use partner::{Certified, Crl, KeyKind, Ocsp, Pki, PkiBuilder, PrivateKey, Profile, Services};
use revocation::http::Http;
use revocation::{Found, Inquiry};

/// Long enough for an answer that comes, and short for a test of one that does not.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// What must come of it; words that must be among the reasons, in any case: two readers look at a CRL,
/// and the first that refuses it has the word.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    NotRevoked(Source),
    Revoked(Source),
    Unknown,
    NoService,
    Unavailable(&'static str),
    Unusable(&'static str),
}
pub(crate) use Expected::{NoService, NotRevoked, Revoked, Unavailable, Unknown, Unusable};
pub(crate) use Source::{Crl as ByCrl, Ocsp as ByOcsp};

/// A chain with services that answer for it.
pub(crate) struct Case {
    pub(crate) services: Services,
    pub(crate) pki: Pki,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self::of(|chain, services| chain.services(services))
    }

    pub(crate) fn of(name: impl FnOnce(PkiBuilder, &Services) -> PkiBuilder) -> Self {
        let services = Services::start().unwrap();
        let pki = name(chain(), &services).build();
        Self { services, pki }
    }

    pub(crate) fn issuer(&self) -> &Certified {
        self.pki.issuer()
    }

    pub(crate) fn ocsp(&self, behaviour: Ocsp) {
        self.services.ocsp(&self.pki.leaf, behaviour);
    }

    pub(crate) fn crl(&self, behaviour: Crl) {
        self.services.crl(self.issuer(), behaviour);
    }

    /// A responder's certificate, answering for the leaf from now on.
    pub(crate) fn delegate(
        &self,
        issuer: &Certified,
        change: impl FnOnce(Profile) -> Profile,
    ) -> Certified {
        let key = PrivateKey::cached(KeyKind::EccP256, "contract/delegate");
        let delegate = change(Profile::ocsp_responder("ACME OCSP")).issued_by(issuer, &key);
        self.ocsp(Ocsp::signed_by(&delegate));
        delegate
    }

    pub(crate) async fn ask(&self, order: Order) -> Found {
        self.ask_about(&self.pki.leaf, self.issuer(), order).await
    }

    pub(crate) async fn ask_about(
        &self,
        subject: &Certified,
        issuer: &Certified,
        order: Order,
    ) -> Found {
        let http = client();
        let mut inquiry = Inquiry::new(&http, rules(order));
        let [subject, issuer] = [subject, issuer].map(parsed);
        inquiry.ask(&subject, &issuer, Utc::now()).await
    }
}

/// Elliptic curves are quick.
pub(crate) fn chain() -> PkiBuilder {
    Pki::builder("uid")
        .named("contract/revocation")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP256])
        .leaf_key(KeyKind::EccP256)
}

pub(crate) fn client() -> Http {
    Http::new(vec!["localhost".into()]).with_time_limit(PATIENCE)
}

pub(crate) fn rules(order: Order) -> Rules {
    Rules {
        order,
        ..Rules::default()
    }
}

pub(crate) fn parsed(certificate: &Certified) -> Certificate {
    Certificate::from_der(certificate.der()).unwrap()
}

pub(crate) fn check(name: &str, found: &Found, expected: Expected) {
    let Found {
        status, response, ..
    } = found;
    let said = |reasons: &[String], words: &str| {
        let words = words.to_lowercase();
        let mut reasons = reasons.iter().map(|reason| reason.to_lowercase());
        assert!(
            reasons.any(|reason| reason.contains(&words)),
            "{name}: no `{words}` in {status:?}"
        );
    };
    match (status, expected) {
        (Status::NotRevoked { proof }, NotRevoked(source))
        | (Status::Revoked { proof, .. }, Revoked(source)) => {
            assert_eq!(proof.source, source, "{name}");
        }
        (Status::Unknown { proof }, Unknown) => assert_eq!(proof.source, ByOcsp, "{name}"),
        (Status::NoService, NoService) => {}
        (Status::Unavailable { reasons }, Unavailable(words))
        | (Status::Unusable { reasons }, Unusable(words)) => said(reasons, words),
        (status, expected) => panic!("{name}: {expected:?} was expected, not {status:#?}"),
    }
    match (proof(status), response) {
        (Some(proof), Some(response)) => {
            assert_eq!(proof.source, response.source, "{name}");
            assert_eq!(proof.response_sha256, Sha256::of(&response.bytes), "{name}");
            assert_eq!(proof.response_bytes, response.bytes.len(), "{name}");
        }
        (None, None) => {}
        other => panic!("{name}: a proof without its response, or the reverse: {other:?}"),
    }
}

pub(crate) fn proof(status: &Status) -> Option<&Proof> {
    match status {
        Status::NotRevoked { proof }
        | Status::Revoked { proof, .. }
        | Status::Unknown { proof } => Some(proof),
        Status::NoService | Status::Unavailable { .. } | Status::Unusable { .. } => None,
    }
}
