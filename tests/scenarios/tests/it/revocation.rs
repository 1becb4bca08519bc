//! Certificates that were revoked, and services that do not prove the contrary: refused in a record,
//! and nothing imported or created.

use partner::responder::address;
use partner::responder::behaviour::Refusal;
use partner::{Crl, KeyKind, Ocsp, Pki, PrivateKey, Profile, Reason, Services, Wire};
use scenarios::{Created, Failure, Story};
use serde_json::{Value, json};

/// A partner with services of its own, whose profile requires a proof at once.
struct Asked {
    story: Story,
    services: Services,
    pki: Pki,
}

impl Asked {
    async fn of(partner: &str) -> Self {
        let services = Services::start().expect("services");
        let story = Story::of(partner).await;
        let pki = story.chain().services(&services).build();
        Self {
            story,
            services,
            pki,
        }
    }

    /// The chain is dropped under these rules; what they leave out is required and not waited for.
    async fn drops_under(&self, rules: Value) {
        let mut profile = self.story.profile(&self.pki);
        profile["revocation"] = json!({ "policy": "required", "waitMinutes": 0 });
        for (name, value) in rules.as_object().expect("rules") {
            profile["revocation"][name] = value.clone();
        }
        self.story.operator_writes_profile(&profile).await;
        self.story.partner_drops_chain(&self.pki).await;
    }

    async fn succeeds(&self) {
        let execution = self.story.ceremony_succeeds().await;
        self.story
            .partner_opens(&execution.name, &self.pki.leaf)
            .await;
        assert_eq!(self.story.created().await, Created { keks: 1, cas: 2 });
        let evidence = self.story.evidence(&execution.name).await;
        let proofs = evidence
            .keys()
            .filter(|name| name.starts_with("revocation/"));
        assert_eq!(proofs.count(), 2, "{:?}", evidence.keys());
    }

    /// Refused by CheckRevocation, in this name: no key, no package, and a record.
    async fn is_refused(&self, error: &str) -> Failure {
        let failure = self.story.ceremony_fails(error).await;
        assert_eq!(failure.record["step"], "CheckRevocation");
        assert_eq!(self.story.created().await, Created::default());
        let package = self.story.partner_fetches(&failure.execution.name).await;
        assert!(package.is_empty(), "{:?}", package.keys());
        failure
    }
}

#[tokio::test]
async fn good_by_ocsp() {
    let asked = Asked::of("good-by-ocsp").await;
    asked.drops_under(json!({})).await;
    asked.succeeds().await;
}

#[tokio::test]
async fn good_by_crl_alone() {
    let services = Services::start().expect("services");
    let story = Story::of("good-by-crl").await;
    let pki = story.chain().crls_by(&services).build();
    let asked = Asked {
        story,
        services,
        pki,
    };
    asked.drops_under(json!({})).await;
    asked.succeeds().await;
}

#[tokio::test]
async fn leaf_revoked() {
    let asked = Asked::of("leaf-revoked").await;
    asked.services.revoke(&asked.pki.leaf, Reason::Superseded);
    asked.drops_under(json!({})).await;
    let failure = asked.is_refused("CertificateRevoked").await;
    assert!(failure.cause.contains("superseded"), "{}", failure.cause);
    let evidence = asked.story.evidence(&failure.execution.name).await;
    assert!(
        evidence.keys().any(|name| name.starts_with("revocation/")),
        "{:?}",
        evidence.keys()
    );
}

/// The KEK is there by then, and does not leave.
#[tokio::test]
async fn leaf_revoked_between_the_first_look_and_the_last() {
    let asked = Asked::of("revoked-later").await;
    let (story, leaf) = (&asked.story, &asked.pki.leaf);
    asked.services.revoke(leaf, Reason::KeyCompromise);
    asked.services.ocsp_first(1, leaf, Ocsp::Good);
    asked.drops_under(json!({ "maxProofAgeMinutes": 0 })).await;
    let failure = story.ceremony_fails("CertificateRevoked").await;
    assert_eq!(failure.record["step"], "CheckRevocation");
    assert_eq!(story.created().await, Created { keks: 1, cas: 2 });
    let package = story.partner_fetches(&failure.execution.name).await;
    assert!(package.is_empty(), "{:?}", package.keys());
    let keys = story.keys().await;
    let log = story.stack().management().expect("a management port");
    let log = log.requests().await.expect("a log of requests");
    let requests = log["requests"].as_array().expect("requests");
    let about_our_keys = requests.iter().filter(|request| {
        let named = request["keyArns"].as_array().expect("keys");
        keys.iter().any(|key| named.contains(&key["keyArn"]))
    });
    let operations: Vec<&str> = about_our_keys
        .map(|request| request["operation"].as_str().expect("a name"))
        .collect();
    assert!(operations.contains(&"CreateKey"), "{operations:?}");
    assert!(!operations.contains(&"ExportKey"), "{operations:?}");
}

#[tokio::test]
async fn intermediate_revoked() {
    let asked = Asked::of("intermediate-revoked").await;
    let intermediate = &asked.pki.intermediates[0];
    asked.services.revoke(intermediate, Reason::CaCompromise);
    asked.drops_under(json!({})).await;
    let failure = asked.is_refused("CertificateRevoked").await;
    assert!(
        failure.cause.contains("ACME Issuing CA"),
        "{}",
        failure.cause
    );
}

#[tokio::test]
async fn leaf_unknown_to_its_issuer() {
    let asked = Asked::of("leaf-unknown").await;
    asked.services.forget(&asked.pki.leaf);
    asked.drops_under(json!({})).await;
    asked.is_refused("CertificateUnknownToIssuer").await;
}

/// The first answers do not come, and the ceremony waits for one that does.
#[tokio::test]
async fn services_that_come_back() {
    let asked = Asked::of("services-back").await;
    let down = Wire::Status(503);
    let (leaf, issuer) = (&asked.pki.leaf, &asked.pki.intermediates[0]);
    let overloaded = Ocsp::Refused(Refusal::TryLater);
    asked.services.ocsp_first(2, leaf, overloaded);
    asked.services.crl_first(2, issuer, Crl::Wire(down));
    asked.drops_under(json!({ "waitMinutes": 60 })).await;
    asked.succeeds().await;
}

#[tokio::test]
async fn services_that_stay_away() {
    let story = Story::of("services-away").await;
    let pki = story.chain().services_at(address::UNREACHABLE).build();
    let services = Services::start().expect("services");
    let asked = Asked {
        story,
        services,
        pki,
    };
    asked.drops_under(json!({})).await;
    asked.is_refused("RevocationUnavailable").await;
}

#[tokio::test]
async fn answers_that_are_stale() {
    let asked = Asked::of("stale-answers").await;
    asked.services.ocsp(&asked.pki.leaf, Ocsp::Stale);
    asked.services.crl(&asked.pki.intermediates[0], Crl::Stale);
    asked.drops_under(json!({})).await;
    asked.is_refused("RevocationUnavailable").await;
}

#[tokio::test]
async fn answers_that_somebody_else_signed() {
    let asked = Asked::of("wrong-signer").await;
    asked.services.ocsp(&asked.pki.leaf, Ocsp::Forged);
    asked.services.crl(&asked.pki.intermediates[0], Crl::Forged);
    asked.drops_under(json!({})).await;
    asked.is_refused("RevocationProofUnusable").await;
}

#[tokio::test]
async fn a_delegate_that_was_not_authorised() {
    let asked = Asked::of("no-delegate").await;
    let key = PrivateKey::cached(KeyKind::EccP256, "scenarios/delegate");
    let delegate = Profile::ocsp_responder("ACME OCSP")
        .without_extended_key_usage()
        .issued_by(&asked.pki.intermediates[0], &key);
    asked
        .services
        .ocsp(&asked.pki.leaf, Ocsp::signed_by(&delegate));
    asked.drops_under(json!({ "order": "ocsp-only" })).await;
    asked.is_refused("RevocationProofUnusable").await;
}

#[tokio::test]
async fn certificates_that_name_no_service() {
    let services = Services::start().expect("services");
    let story = Story::of("no-services").await;
    let pki = story.chain().build();
    let asked = Asked {
        story,
        services,
        pki,
    };
    asked.drops_under(json!({})).await;
    asked.is_refused("RevocationServiceMissing").await;
}

/// The profile does not ask for more than there is, and the record says what there was.
#[tokio::test]
async fn certificates_that_name_no_service_and_need_not() {
    let story = Story::of("no-services-fine").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    let event = story.is_told("Ceremony Succeeded").await;
    let revocation = &event.detail["revocation"];
    assert_eq!(revocation["policy"], "when-available");
    let certificates = [pki.leaf.sha256(), pki.intermediates[0].sha256()];
    assert_eq!(revocation["notProven"], json!(certificates));
    let record = story.evidence_at(&event.detail["record"]).await;
    assert!(record.to_string().contains("no-service"), "{record}");
    let evidence = story.evidence(&execution.name).await;
    assert!(
        !evidence.keys().any(|name| name.starts_with("revocation/")),
        "{:?}",
        evidence.keys()
    );
}
