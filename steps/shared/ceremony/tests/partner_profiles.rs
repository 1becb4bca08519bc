//! The partner profile: what is accepted, and that the committed schema says the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::identifiers::{Folder, PartnerId};
use ceremony::profile::PartnerProfile;
use partner::{KeyKind, PrivateKey, Profile};
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../partner-profile.example.json");
const SCHEMA: &str = include_str!("../partner-profile.schema.json");

fn acme() -> PartnerId {
    PartnerId::try_from("acme".to_owned()).unwrap()
}

fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut profile);
    let error = PartnerProfile::parse(&profile.to_string(), &acme()).unwrap_err();
    error.to_string()
}

#[test]
fn the_example_says_what_the_reference_partner_expects() {
    let profile = PartnerProfile::parse(EXAMPLE, &acme()).unwrap();
    for (folder, uid, header) in [
        (
            "production/cardholder",
            "identity:idms.group.7814046",
            "10000TPAEAY",
        ),
        (
            "production/pin",
            "identity:idms.group.6509948",
            "10000TPAEIY",
        ),
        (
            "non-production/cardholder",
            "identity:idms.group.9091073",
            "10000TPAEAY",
        ),
        (
            "non-production/pin",
            "identity:idms.group.9091071",
            "10000TPAEIY",
        ),
    ] {
        let folder = Folder::of_inbox_key(&format!("acme/{folder}/leaf.pem")).unwrap();
        let policy = profile.policy_for(&folder).unwrap();
        assert_eq!(policy.expected_uid, uid);
        assert_eq!(policy.key_block_header.ascii(), header);
    }
}

#[test]
fn the_committed_schema_is_the_types_own() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(PartnerProfile)).unwrap();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/partner-profile.schema.json");
        std::fs::write(path, format!("{schema}\n")).unwrap();
        return;
    }
    assert_eq!(
        SCHEMA.trim_end(),
        schema,
        "run with UPDATE_SCHEMA=1 and review the difference"
    );
}

#[test]
fn an_unknown_field_is_an_error_that_names_it() {
    assert!(changed(|profile| profile["trustAnchor"] = json!([])).contains("trustAnchor"));
    assert!(changed(|profile| profile["kek"]["algoritm"] = json!("AES_128")).contains("algoritm"));
}

#[test]
fn a_profile_of_another_partner_is_refused() {
    assert!(
        changed(|profile| profile["partner"] = json!("other")).contains("`partner` is `other`")
    );
}

#[test]
fn a_profile_without_a_trust_anchor_is_refused() {
    assert!(changed(|profile| profile["trustAnchors"] = json!([])).contains("trustAnchors"));
}

#[test]
fn a_fingerprint_that_is_cut_is_refused() {
    assert!(changed(|profile| profile["trustAnchors"] = json!(["00ff"])).contains("64 hex digits"));
}

#[test]
fn a_root_certificate_that_is_not_pinned_is_refused() {
    let root = Profile::root("Not pinned").self_signed(&PrivateKey::generate(KeyKind::EccP256));
    let error = changed(|profile| profile["rootCertificates"] = json!([root.pem()]));
    assert!(error.contains("not in `trustAnchors`"), "{error}");
}

#[test]
fn a_header_that_spells_no_ascii_is_refused() {
    let error = changed(|profile| {
        profile["exchange"]["keyBlockHeader"]["pin"] = json!("a9b1ae653975f1f44f");
    });
    assert!(error.contains("printable ASCII"), "{error}");
}

#[test]
fn what_the_profile_does_not_list_is_not_guessed() {
    let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
    profile["identity"]["production"]
        .as_object_mut()
        .unwrap()
        .remove("pin");
    let profile = PartnerProfile::parse(&profile.to_string(), &acme()).unwrap();
    let folder = Folder::of_inbox_key("acme/production/pin/leaf.pem").unwrap();
    let error = profile.policy_for(&folder).unwrap_err().to_string();
    assert_eq!(
        error,
        "the profile of `acme` has no `identity.production.pin`"
    );
}
