//! The profile of a folder: what is accepted, and that the committed schema says the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KekAlgorithm, KeyAlgorithm};
use ceremony::exchange::Method;
use ceremony::fleet::{self, BdkAlgorithm};
use ceremony::identifiers::Folder;
use ceremony::profile::{Exchange, Policy, Profile};
use ceremony::revocation::{Requirement, Rules};
use partner::{Certified, KeyKind, PrivateKey};
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../profile.example.json");
const SCHEMA: &str = include_str!("../profile.schema.json");

fn folder() -> Folder {
    Folder::of_inbox_key("acme/production/cardholder/leaf.pem").unwrap()
}

fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut profile);
    let error = Profile::parse(&profile.to_string(), &folder()).unwrap_err();
    error.to_string()
}

fn root() -> Certified {
    partner::Profile::root("Root").self_signed(&PrivateKey::generate(KeyKind::EccP256))
}

fn policy() -> Policy {
    let profile = Profile::parse(EXAMPLE, &folder()).unwrap();
    profile.kek_export_policy(7).unwrap()
}

const TR34: &str = include_str!("../profile.tr34.example.json");

/// A profile by TR-34, in one pass, whose BDK `pos` goes the same way.
fn with_bdk(change: impl FnOnce(&mut Value)) -> Result<Profile, String> {
    let mut profile: Value = serde_json::from_str(TR34).unwrap();
    profile["kekExport"]["exchange"] = json!({ "method": "tr34", "signer": "own" });
    profile["workingKeyExport"] = json!({ "orders": { "bdks": {
        "pos": { "keyArn": "arn:bdk", "algorithm": "AES_128", "exchange": "tr34" },
    } } });
    change(&mut profile);
    Profile::parse(&profile.to_string(), &folder()).map_err(|error| error.to_string())
}

#[test]
fn initial_keys_by_tr34_take_signer_trust_and_revocation_from_the_profile() {
    let profile = with_bdk(|_| {}).unwrap();
    let policy = profile.initial_keys_policy(7, BdkAlgorithm::AES_128);
    let policy = policy.unwrap();
    assert!(policy.exchange.takes_our_signature());
    assert_eq!(policy.trust.trust_anchors, profile.trust_anchors);
    assert_eq!(policy.revocation, profile.revocation);
    assert_eq!(policy.load().kek, KekAlgorithm::AES_128);
    assert_eq!(policy.load().method, Method::Tr34);
    assert_eq!(policy.profile.version, 7);
    let policy = profile.initial_keys_policy(7, BdkAlgorithm::TDES_2KEY);
    assert_eq!(policy.unwrap().load().kek, KekAlgorithm::TDES_2KEY);
}

#[test]
fn what_no_fleet_can_be_served_with_is_told_when_the_profile_is_read() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 5] = [
        (
            "`workingKeyExport.orders.bdks.pos`: `exchange` is `tr34`, and `kekExport.exchange.passes` is `two`",
            |profile| profile["kekExport"]["exchange"]["passes"] = json!("two"),
        ),
        (
            "`kekExport.exchange.method` is `ecdh`: it must be `tr34` too",
            |profile| {
                profile["kekExport"]["exchange"] = json!({ "method": "ecdh" });
            },
        ),
        ("there is no `kekExport`", |profile| {
            profile.as_object_mut().unwrap().remove("kekExport");
        }),
        ("no RSA key is strong enough to carry AES_256", |profile| {
            profile["workingKeyExport"]["orders"]["bdks"]["pos"]["algorithm"] = json!("AES_256");
        }),
        ("`serialNumberInBlock` is true", |profile| {
            profile["workingKeyExport"]["orders"]["bdks"]["pos"]["serialNumberInBlock"] =
                json!(true);
        }),
    ];
    for (part, change) in cases {
        let words = with_bdk(change).unwrap_err();
        assert!(words.contains(part), "{part}: {words}");
    }
    // By TR-31 none of that matters, and it is the default.
    let profile = with_bdk(|profile| {
        profile["kekExport"]["exchange"]["passes"] = json!("two");
        let bdk =
            json!({ "keyArn": "arn:bdk", "algorithm": "AES_256", "serialNumberInBlock": true });
        profile["workingKeyExport"]["orders"]["bdks"]["pos"] = bdk;
    });
    let section = profile.unwrap().working_key_export.unwrap();
    assert_eq!(
        section.orders.unwrap().bdks["pos"].exchange,
        fleet::Exchange::Tr31
    );
}

#[test]
fn the_example_says_what_the_reference_partner_expects() {
    let policy = policy();
    assert_eq!(policy.trust.identity, "identity:idms.group.7814046");
    let Exchange::RsaOaep { signed_prefix, .. } = &policy.exchange else {
        panic!("{:?}", policy.exchange);
    };
    assert_eq!(signed_prefix.ascii(), "10000TPAEAY");
}

/// One for each method; that of rsa-oaep is the first.
#[test]
fn the_examples_of_the_other_methods_are_profiles() {
    for (example, method) in [
        (include_str!("../profile.tr34.example.json"), Method::Tr34),
        (include_str!("../profile.ecdh.example.json"), Method::Ecdh),
    ] {
        let profile = Profile::parse(example, &folder()).unwrap();
        let written: Value = serde_json::from_str(example).unwrap();
        let again = serde_json::to_value(&profile).unwrap();
        assert_eq!(again["kekExport"], written["kekExport"], "{method}");
        let load = profile.kek_export_policy(1).unwrap().load();
        assert_eq!(load.method, method);
        let known = KeyAlgorithm::KNOWN;
        assert!(known.iter().any(|key| load.may_travel_under(key)));
    }
}

#[test]
fn a_derived_key_weaker_than_the_kek_is_refused() {
    let kek_export = |kek: KekAlgorithm, derived: KekAlgorithm| {
        let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
        profile["kekExport"] = json!({
            "kek": { "algorithm": kek },
            "exchange": { "method": "ecdh", "derivedKey": derived },
        });
        Profile::parse(&profile.to_string(), &folder())
    };
    for kek in KekAlgorithm::ALL {
        for derived in KekAlgorithm::ALL {
            let read = kek_export(kek, derived);
            assert_eq!(read.is_ok(), derived.may_protect(kek), "{kek} {derived}");
        }
    }
    let error = kek_export(KekAlgorithm::AES_256, KekAlgorithm::AES_128).unwrap_err();
    let words = "`kekExport.exchange.derivedKey` is AES_128, which is too weak to carry AES_256";
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn a_policy_names_the_parameter_and_its_version() {
    let profile = policy().profile;
    assert_eq!(
        profile.parameter,
        "/key-ceremony/partners/acme/production/cardholder"
    );
    assert_eq!(profile.version, 7);
}

#[test]
fn revocation_is_checked_unless_an_operator_says_otherwise() {
    let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
    for field in ["revocation", "minimumRemainingDays"] {
        profile.as_object_mut().unwrap().remove(field);
    }
    let read = Profile::parse(&profile.to_string(), &folder()).unwrap();
    assert_eq!(read.revocation, policy().revocation);
    assert_eq!(read.revocation, Rules::default());
    assert_eq!(read.revocation.policy, Requirement::Required);
    assert_eq!(read.minimum_remaining_days, 7);
}

#[test]
fn revocation_cannot_be_switched_off_for_production() {
    let off = |profile: &mut Value| profile["revocation"] = json!({ "policy": "off" });
    assert!(changed(off).contains("not for production"));
    let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
    off(&mut profile);
    profile["environment"] = json!("non-production");
    let folder = Folder::of_inbox_key("acme/non-production/cardholder/leaf.pem").unwrap();
    Profile::parse(&profile.to_string(), &folder).unwrap();
}

#[test]
fn limits_of_revocation_are_told() {
    for (field, value) in [
        ("waitMinutes", 1441),
        ("maxProofAgeMinutes", 1441),
        ("maxCrlBytes", 65_535),
        ("maxCrlBytes", 20_971_521),
    ] {
        let error = changed(|profile| profile["revocation"] = json!({ field: value }));
        assert!(
            error.contains(field) && error.contains(&value.to_string()),
            "{error}"
        );
    }
    let error = changed(|profile| profile["minimumRemainingDays"] = json!(367));
    assert!(error.contains("367"), "{error}");
}

#[test]
fn the_committed_schema_is_the_types_own() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Profile)).unwrap();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/profile.schema.json");
        std::fs::write(path, format!("{schema}\n")).unwrap();
        return;
    }
    assert_eq!(
        SCHEMA.trim_end(),
        schema,
        "run with UPDATE_SCHEMAS=1 and review the difference"
    );
}

#[test]
fn a_folder_may_begin_ten_ceremonies_a_day_unless_its_profile_says_otherwise() {
    let per_day = |change: fn(&mut Value)| {
        let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
        change(&mut profile);
        let profile = Profile::parse(&profile.to_string(), &folder()).unwrap();
        profile.max_ceremonies_per_day
    };
    let absent = |profile: &mut Value| {
        profile
            .as_object_mut()
            .unwrap()
            .remove("maxCeremoniesPerDay");
    };
    assert_eq!(per_day(absent), 10);
    assert_eq!(
        per_day(|profile| profile["maxCeremoniesPerDay"] = json!(1)),
        1
    );
    assert_eq!(
        per_day(|profile| profile["maxCeremoniesPerDay"] = json!(1000)),
        1000
    );
    for wrong in [json!(0), json!(1001)] {
        let error = changed(|profile| profile["maxCeremoniesPerDay"] = wrong);
        assert!(error.contains("1 to 1000"), "{error}");
    }
    changed(|profile| profile["maxCeremoniesPerDay"] = json!(-1));
}

#[test]
fn an_unknown_field_is_an_error_that_names_it() {
    assert!(changed(|profile| profile["trustAnchor"] = json!([])).contains("trustAnchor"));
    let error = changed(|profile| profile["kekExport"]["kek"]["algoritm"] = json!("AES_128"));
    assert!(error.contains("algoritm"));
}

/// What belongs to another method cannot be written.
#[test]
fn an_exchange_has_the_fields_of_its_method_and_no_others() {
    let error = changed(|profile| profile["kekExport"]["exchange"]["keyBlock"] = json!("D0"));
    assert!(error.contains("keyBlock"), "{error}");
    let error = changed(|profile| profile["kekExport"]["exchange"]["method"] = json!("carrier"));
    assert!(error.contains("carrier"), "{error}");
    let error = changed(|profile| {
        let exchange = profile["kekExport"]["exchange"].as_object_mut().unwrap();
        exchange.remove("signedPrefix");
    });
    assert!(error.contains("signedPrefix"), "{error}");
}

#[test]
fn a_profile_of_another_folder_is_refused() {
    for (field, value) in [
        ("partner", "other"),
        ("environment", "non-production"),
        ("dataType", "pin"),
    ] {
        let error = changed(|profile| profile[field] = json!(value));
        assert!(error.contains(value), "{error}");
        assert!(error.contains("acme/production/cardholder/"), "{error}");
    }
}

#[test]
fn a_profile_has_1_to_8_trust_anchors() {
    assert!(changed(|profile| profile["trustAnchors"] = json!([])).contains("trustAnchors"));
    let anchors = |count: usize| json!(Vec::from_iter((0..count).map(|n| format!("{n:064x}"))));
    let error = changed(|profile| profile["trustAnchors"] = anchors(9));
    assert!(error.contains("9 entries"), "{error}");
    let mut most: Value = serde_json::from_str(EXAMPLE).unwrap();
    most["trustAnchors"] = anchors(8);
    assert!(Profile::parse(&most.to_string(), &folder()).is_ok());
}

/// Whoever lists a root twice has meant two.
#[test]
fn nothing_is_listed_twice() {
    let anchors = json!(["ab".repeat(32), "00".repeat(32), "AB".repeat(32)]);
    let error = changed(|profile| profile["trustAnchors"] = anchors);
    assert!(
        error.contains(&"ab".repeat(32)) && error.contains("twice"),
        "{error}"
    );

    let root = root();
    let error = changed(|profile| {
        profile["trustAnchors"] = json!([root.sha256()]);
        profile["rootCertificates"] = json!([root.pem(), root.pem()]);
    });
    assert!(
        error.contains(&root.sha256()) && error.contains("twice"),
        "{error}"
    );
}

/// In either case of its digits, and though a parser would take the last.
#[test]
fn a_ca_has_one_key() {
    let (low, high) = ("ab".repeat(32), "AB".repeat(32));
    let twice = EXAMPLE.replace(
        r#""caKeyArns": {}"#,
        &format!(r#""caKeyArns": {{ "{low}": "arn:one", "{high}": "arn:two" }}"#),
    );
    let error = Profile::parse(&twice, &folder()).unwrap_err().to_string();
    assert!(
        error.contains(&format!("`{low}` is named twice")),
        "{error}"
    );
    let once = twice.replace(&high, &"cd".repeat(32));
    assert_eq!(
        Profile::parse(&once, &folder()).unwrap().ca_key_arns.len(),
        2
    );
}

#[test]
fn an_empty_identity_is_refused() {
    assert!(changed(|profile| profile["identity"] = json!("")).contains("`identity` is empty"));
    let nameless = changed(|profile| profile["identity"] = json!("CN="));
    assert!(nameless.contains("without a name"), "{nameless}");
}

/// It would have to be equal to what is in a certificate, and nobody would see why it is not.
#[test]
fn an_identity_with_what_cannot_be_seen_is_refused() {
    for identity in [" acme", "acme ", "acme\n", "ac\u{7}me", "\u{2003}acme"] {
        let error = changed(|profile| profile["identity"] = json!(identity));
        assert!(error.contains("white space around it"), "{error}");
        assert!(!error.contains(['\n', '\u{7}']), "{error}");
    }
}

#[test]
fn a_profile_is_read_without_knowing_its_folder() {
    let profile = Profile::read(EXAMPLE).unwrap();
    assert_eq!(profile.folder(), folder());
    assert_eq!(Profile::parse(EXAMPLE, &folder()), Ok(profile));
}

/// What is said of a profile goes into events and records.
#[test]
fn a_private_key_is_refused_without_a_word_of_it() {
    let key = PrivateKey::generate(KeyKind::EccP256).pem();
    let secret = key.lines().nth(1).unwrap();
    for field in ["rootCertificates", "identity", "trustAnchors"] {
        let error = changed(|profile| profile[field] = json!(key));
        assert!(error.contains("private key"), "{error}");
        assert!(!error.contains(secret), "{error}");
    }
}

#[test]
fn a_private_key_without_a_frame_is_refused_without_a_word_of_it() {
    for kind in [KeyKind::EccP256, KeyKind::Rsa2048] {
        let key = PrivateKey::cached(kind, "profiles");
        let base64: String = key
            .pem()
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        let lines: Vec<&str> = base64
            .as_bytes()
            .chunks(64)
            .map(|line| str::from_utf8(line).unwrap())
            .collect();
        for secret in [
            base64.clone(),
            lines.join("\n"),
            lines.join("\r\n"),
            hex::encode(key.der()),
        ] {
            for change in [
                (|profile, secret| profile["trustAnchors"] = json!([secret]))
                    as fn(&mut Value, &str),
                |profile, secret| profile["rootCertificates"] = json!([secret]),
                |profile, secret| profile["partner"] = json!(secret),
                |profile, secret| profile["caKeyArns"] = json!({ secret: "arn" }),
                |profile, secret| profile[secret] = json!(1),
            ] {
                let error = changed(|profile| change(profile, &secret));
                assert!(error.contains("private key"), "{error}");
                assert!(!error.contains(&secret[..16]), "{error}");
            }
        }
        // As some programs write JSON.
        let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
        profile["identity"] = json!(base64);
        let escaped = profile.to_string().replace('/', "\\/");
        let error = Profile::read(&escaped).unwrap_err().to_string();
        assert!(error.contains("private key"), "{error}");
    }
}

#[test]
fn certificates_of_every_kind_are_no_private_keys() {
    for kind in [
        KeyKind::EccP256,
        KeyKind::EccP384,
        KeyKind::EccP521,
        KeyKind::Rsa2048,
        KeyKind::Rsa4096,
    ] {
        let root = partner::Profile::root("ACME PRIVATE KEY-ENCRYPTION CA")
            .self_signed(&PrivateKey::cached(kind, "profiles"));
        let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
        profile["trustAnchors"] = json!([root.sha256()]);
        profile["rootCertificates"] = json!([root.pem()]);
        Profile::read(&profile.to_string()).unwrap();
    }
}

#[test]
fn what_an_error_repeats_is_short_and_plain() {
    let name = format!("\u{1b}c{}\u{202e}", "x".repeat(3000));
    let error = changed(|profile| profile[name.as_str()] = json!(1));
    assert!(error.contains(r"unknown field `\u{1b}cxxx"), "{error}");
    assert!(
        error.contains("xxx…` ") || error.contains("xxx…`, expected"),
        "{error}"
    );
    assert!(error.contains(" at line 1 column "), "{error}");
    assert!(error.chars().count() < 700, "{error}");
}

#[test]
fn a_fingerprint_that_is_cut_is_refused() {
    assert!(changed(|profile| profile["trustAnchors"] = json!(["00ff"])).contains("64 hex digits"));
}

#[test]
fn a_root_certificate_that_is_not_pinned_is_refused() {
    let root = root();
    let error = changed(|profile| profile["rootCertificates"] = json!([root.pem()]));
    assert!(error.contains("not in `trustAnchors`"), "{error}");

    let mut pinned: Value = serde_json::from_str(EXAMPLE).unwrap();
    pinned["rootCertificates"] = json!([root.pem()]);
    pinned["trustAnchors"] = json!([root.sha256(), "00".repeat(32)]);
    let profile = Profile::parse(&pinned.to_string(), &folder()).unwrap();
    assert!(profile.has_root(&profile.trust_anchors[0]));
    assert!(!profile.has_root(&profile.trust_anchors[1]));
}

/// No path would ever end in it, though its fingerprint is pinned.
#[test]
fn a_root_certificate_that_another_has_issued_is_refused() {
    let key = PrivateKey::generate(KeyKind::EccP256);
    let issuing = partner::Profile::intermediate("Issuing").issued_by(&root(), &key);
    let error = changed(|profile| {
        profile["trustAnchors"] = json!([issuing.sha256()]);
        profile["rootCertificates"] = json!([issuing.pem()]);
    });
    assert!(
        error.contains("Issuing") && error.contains("is no root"),
        "{error}"
    );
}

#[test]
fn a_ceremony_without_a_section_is_not_allowed() {
    let mut profile: Value = serde_json::from_str(EXAMPLE).unwrap();
    profile.as_object_mut().unwrap().remove("kekExport");
    let profile = Profile::parse(&profile.to_string(), &folder()).unwrap();
    let error = profile.kek_export_policy(1).unwrap_err().to_string();
    assert_eq!(
        error,
        "the profile `/key-ceremony/partners/acme/production/cardholder` has no section \
         `kekExport`: kek-export is not allowed there"
    );
}
