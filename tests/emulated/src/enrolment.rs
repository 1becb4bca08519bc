//! A signing key of ours, the request for it, and the chain that a CA issued.

use ceremony::digest::Sha256;
use ceremony::enrolment::{CertificateRequest, Enrolment, EnrolmentRules, OwnKey, Policy};
use ceremony::id::{CertificateSet, Kind};
use ceremony::path::CertificatePath;
use ceremony::utc::Utc;
use partner::certificate::KeyUsage;
use partner::{KeyKind, Pki, PkiBuilder};
use serde_json::{Value, json};

use crate::{certificate, path};

/// The ARN of the package-signing key.
pub const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd";

/// A chain whose leaf is a certificate of ours: its private key stands for the one in KMS.
pub fn own_chain() -> Pki {
    own_chain_builder().build()
}

/// The same, for a test to change something.
pub fn own_chain_builder() -> PkiBuilder {
    Pki::builder("unused")
        .named("own")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP384])
        .leaf_key(KeyKind::EccP256)
        .leaf(|leaf| {
            let leaf = leaf.without_uid().common_name("Key Ceremony");
            leaf.key_usage(&[KeyUsage::DigitalSignature])
        })
}

/// What was asked for, as the chain answers it.
pub fn request(key: OwnKey, pki: &Pki) -> CertificateRequest {
    let leaf = certificate(&pki.leaf);
    CertificateRequest {
        version: CertificateRequest::VERSION,
        key,
        key_arn: KEY_ARN.to_owned(),
        alias: None,
        public_key_sha256: Sha256::of(leaf.public_key_info()),
        subject_der: hex::encode(leaf.subject_der()),
        subject: leaf.subject().to_owned(),
        requested_at: Utc::of_unix_seconds(1_794_900_000).expect("a time"),
    }
}

/// Rules with the chain's root pinned, none of whose certificates names a service.
pub fn rules(key: OwnKey, pki: &Pki) -> Value {
    json!({
        "key": key,
        "trustAnchors": [pki.root.sha256()],
        "revocation": { "policy": "when-available" },
    })
}

/// What `fetch-enrolment` makes of rules and request.
pub fn policy_of(pki: &Pki, change: impl FnOnce(&mut Value)) -> Policy {
    let key = OwnKey::PackageSigning;
    let mut rules = rules(key, pki);
    change(&mut rules);
    let rules = EnrolmentRules::parse(&rules.to_string(), key).expect("rules");
    rules.policy(1, request(key, pki), None)
}

/// The ceremony of the chain's first run.
pub fn enrolment(pki: &Pki) -> Enrolment {
    let CertificatePath { leaf, .. } = path(pki);
    let cas = [&pki.intermediates[0], &pki.root].map(|ca| certificate(ca).sha256());
    let (kind, key) = (Kind::CertificateEnrolment, OwnKey::PackageSigning);
    CertificateSet::new(kind, &key, leaf.sha256(), cas).ceremony(1)
}
