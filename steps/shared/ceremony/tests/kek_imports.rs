//! A request for a KEK of the partner's, and what a profile says of it: what is accepted, what is said of what
//! is not, and that the committed schema says the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::{KekAlgorithm, KeyAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::identifiers::Folder;
use ceremony::key_import::attributes::{KekModes, KekUsage};
use ceremony::key_import::offer::OfferedKey;
use ceremony::key_import::physical::ExchangeInput;
use ceremony::key_import::request::{ImportMethod, ImportRequest};
use ceremony::key_import::rules::{ImportPolicy, KcvProof};
use ceremony::profile::Profile;
use ceremony::working_keys::attributes::Exportability;
use ceremony::working_keys::order::Order;
use ceremony::working_keys::place::AskedBy;
use partner::{KeyKind, Pki};
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../kek-import.example.json");
const PROFILE: &str = include_str!("../profile.ecdh.example.json");
const SCHEMA: &str = "kek-import.schema.json";

fn parsed(change: impl FnOnce(&mut Value)) -> Result<ImportRequest, String> {
    let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut document);
    ImportRequest::parse(&document.to_string()).map_err(|error| error.to_string())
}

fn asked(method: &str, algorithm: &str) -> Result<ImportRequest, String> {
    parsed(|document| {
        document["kekImport"] = json!({ "method": method, "algorithm": algorithm });
    })
}

#[test]
fn the_example_expects_a_kek_with_its_defaults() {
    let request = ImportRequest::parse(EXAMPLE).unwrap();
    assert_eq!(request.method, ImportMethod::Ecdh);
    assert_eq!(request.kcv.as_ref().unwrap().as_str(), "1A0B2D");
    let least = asked("ecdh", "AES_256").unwrap();
    assert_eq!(
        least.expected, request.expected,
        "the example says the defaults"
    );
    assert_eq!(least.expected.usage, KekUsage::K0);
    assert_eq!(least.expected.modes, KekModes::B);
    assert_eq!(least.expected.exportability, Exportability::N);
    assert_eq!((least.kcv, least.alias), (None, None));
    let document = serde_json::to_value(&request).unwrap();
    let again: ImportRequest = serde_json::from_value(document).unwrap();
    assert_eq!(again, request, "as it travels from step to step");
}

/// Both lie at the same place, and each is read as one of the two.
#[test]
fn a_request_for_a_kek_is_told_from_one_for_working_keys() {
    let order = include_str!("../order.example.json");
    assert!(ImportRequest::is_meant_by(EXAMPLE));
    assert!(ImportRequest::is_meant_by(r#"{ "kekImport": 1 }"#));
    for other in [order, "", "[]", r#""kekImport""#, "{"] {
        assert!(!ImportRequest::is_meant_by(other), "{other}");
    }
    assert!(Order::parse(EXAMPLE).is_err());
    assert!(ImportRequest::parse(order).is_err());
}

#[test]
fn a_refusal_names_the_field_and_never_a_value() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 15] = [
        ("`version` is 2", |document| document["version"] = json!(2)),
        ("unknown field `secretField`", |document| {
            document["secretField"] = json!(1);
        }),
        ("unknown field `secretField`", |document| {
            document["kekImport"]["secretField"] = json!(1);
        }),
        ("`kekImport.method`: another value", |document| {
            document["kekImport"]["method"] = json!("secret");
        }),
        ("`kekImport.algorithm`: another value", |document| {
            document["kekImport"]["algorithm"] = json!("secret");
        }),
        ("`kekImport.usage`: another value", |document| {
            document["kekImport"]["usage"] = json!("P0");
        }),
        ("`kekImport.modes`: another value", |document| {
            document["kekImport"]["modes"] = json!("N");
        }),
        (
            "`kekImport.kcv`: a key check value has 6 hex digits",
            |document| {
                document["kekImport"]["kcv"] = json!("secret");
            },
        ),
        (
            "`kekImport.kcv`: a key check value has 6 hex digits",
            |document| {
                document["kekImport"]["kcv"] = json!("00112233445566778899AABBCCDDEEFF");
            },
        ),
        ("`kekImport.kcv`: another type is expected", |document| {
            document["kekImport"]["kcv"] = json!(123_456);
        }),
        ("`kekImport.alias`: an alias is `alias/`", |document| {
            document["kekImport"]["alias"] = json!("secret");
        }),
        ("is nobody's to set", |document| {
            document["kekImport"]["alias"] = json!("alias/key-ceremony/ca/secret");
        }),
        ("missing field `algorithm`", |document| {
            let kek = document["kekImport"].as_object_mut().unwrap();
            kek.remove("algorithm");
        }),
        ("`optionalBlocks`: `HM` is not", |document| {
            document["kekImport"]["optionalBlocks"] = json!([{ "id": "HM", "data": "21" }]);
        }),
        ("missing field `kekImport`", |document| {
            document.as_object_mut().unwrap().remove("kekImport");
        }),
    ];
    for (part, change) in cases {
        let words = parsed(change).unwrap_err();
        assert!(words.contains(part), "{part}: {words}");
        for value in ["secret\"", "`secret`", "/secret", "0011223344"] {
            assert!(!words.contains(value), "{words}");
        }
    }
    let pem = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----";
    let words = parsed(|document| document["kekImport"]["kcv"] = json!(pem));
    assert_eq!(words.unwrap_err(), "it holds a private key");
    for text in ["", "{", "[]", &format!("{EXAMPLE} {{}}")] {
        assert!(ImportRequest::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_no_hsm_could_make_good_is_refused() {
    for (method, algorithm) in [
        ("tr34", "AES_256"),
        ("tr34", "AES_192"),
        ("rsa-oaep", "AES_256"),
    ] {
        let words = asked(method, algorithm).unwrap_err();
        let said = format!("no key is strong enough to carry {algorithm} by {method}");
        assert!(words.contains(&said), "{words}");
    }
    let words = parsed(|document| {
        document["kekImport"] = json!({
            "method": "tr34", "algorithm": "AES_128",
            "optionalBlocks": [{ "id": "LB", "data": "zmk" }],
        });
    });
    assert!(words.unwrap_err().contains("what comes by tr34 has none"));
    let words = parsed(|document| {
        document["kekImport"] = json!({
            "method": "physical", "algorithm": "AES_128", "exportability": "S",
        });
    });
    assert!(words.unwrap_err().contains("either `E` or `N`"));
}

/// By the table of the service, and by no other.
#[test]
fn the_key_that_is_offered_may_carry_what_is_expected() {
    use KeyAlgorithm::{EccNistP256, EccNistP384, EccNistP521, Rsa2048, Rsa3072};
    for (method, algorithm, partners, offered) in [
        ("ecdh", "AES_256", Some(EccNistP521), Some(EccNistP521)),
        ("ecdh", "AES_256", Some(EccNistP384), None),
        ("ecdh", "AES_192", Some(EccNistP384), Some(EccNistP384)),
        ("ecdh", "TDES_2KEY", Some(EccNistP256), Some(EccNistP256)),
        ("ecdh", "AES_128", Some(Rsa3072), None),
        ("ecdh", "AES_128", None, None),
        ("tr34", "TDES_3KEY", None, Some(Rsa2048)),
        ("tr34", "AES_128", Some(Rsa2048), Some(Rsa3072)),
        ("rsa-oaep", "AES_128", None, Some(Rsa3072)),
        ("rsa-oaep", "TDES_2KEY", None, Some(Rsa2048)),
        ("physical", "AES_256", None, Some(EccNistP521)),
    ] {
        let request = asked(method, algorithm).unwrap();
        let key = request.offered_key(partners.as_ref());
        assert_eq!(key, offered, "{algorithm} by {method}");
    }
    for method in ImportMethod::ALL {
        for algorithm in KekAlgorithm::ALL {
            let Ok(request) = asked(method.as_str(), algorithm.as_str()) else {
                continue;
            };
            for partners in &KeyAlgorithm::KNOWN {
                if let Some(key) = request.offered_key(Some(partners)) {
                    assert!(
                        request.load().may_travel_under(&key),
                        "{method} {algorithm}"
                    );
                }
            }
        }
    }
}

/// The members that AWS's sample has, and no others.
#[test]
fn the_facility_is_told_which_key_is_to_come_and_for_which_pair() {
    let request = parsed(|document| {
        document["kekImport"] = json!({
            "method": "physical", "algorithm": "AES_256", "usage": "K1", "modes": "D",
        });
    });
    let pki = Pki::builder("uid")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[])
        .leaf_key(KeyKind::EccP521)
        .build();
    let [certificate, root] =
        [&pki.leaf, &pki.root].map(|it| Certificate::from_der(it.der()).unwrap());
    let ours = OfferedKey {
        certificate,
        chain: vec![root],
    };
    let arn = "arn:aws:payment-cryptography:us-east-1:111122223333:key/kwapwa6qaifllw2h";
    let input = ExchangeInput::new("111122223333", arn, &request.unwrap().expected, &ours);
    let expected = json!({
        "AccountId": "111122223333",
        "KeyAlgorithm": "AES_256",
        "KeyUsage": "TR31_K1_KEY_BLOCK_PROTECTION_KEY",
        "KeyArn": arn,
        "KeyModesOfUse": {
            "Encrypt": false, "Decrypt": true, "Wrap": false, "Unwrap": true,
            "Generate": false, "Verify": false, "DeriveKey": false, "NoRestrictions": false,
        },
        "Exportable": false,
        "KeyCertificate": STANDARD.encode(pki.leaf.pem()),
        "KeyCertificateChain": STANDARD.encode(pki.root.pem()),
    });
    assert_eq!(serde_json::to_value(input).unwrap(), expected);
}

fn profile(change: impl FnOnce(&mut Value)) -> Result<Profile, String> {
    let mut profile: Value = serde_json::from_str(PROFILE).unwrap();
    profile["kekImport"] = json!({
        "requests": { "methods": ["ecdh", "tr34"], "algorithms": ["AES_128", "AES_256"] },
        "orders": {
            "methods": ["physical"], "algorithms": ["AES_256"], "usages": ["K0", "K1"],
            "exportabilities": ["N"], "aliases": ["alias/acme-zmk"],
        },
    });
    change(&mut profile["kekImport"]);
    let folder = Folder::of_inbox_key("acme/production/cardholder/x").unwrap();
    Profile::parse(&profile.to_string(), &folder).map_err(|error| error.to_string())
}

fn policy(asked_by: AskedBy, change: impl FnOnce(&mut Value)) -> ImportPolicy {
    profile(change).unwrap().import_policy(7, asked_by).unwrap()
}

#[test]
fn a_policy_has_the_defaults_of_its_section_and_what_holds_of_the_folder() {
    let policy = policy(AskedBy::Partner, |_| {});
    assert_eq!(policy.kcv, KcvProof::Announced);
    assert_eq!(policy.agreement.derived_key, KekAlgorithm::AES_256);
    let waits = (
        policy.deadline_hours,
        policy.fresh_offers,
        policy.keep_previous_days,
    );
    assert_eq!(waits, (168, 2, 30));
    assert_eq!(policy.profile.version, 7);
    assert_eq!(policy.trust.identity, "identity:idms.group.7814046");
    let document = serde_json::to_value(&policy).unwrap();
    let again: ImportPolicy = serde_json::from_value(document).unwrap();
    assert_eq!(again, policy);
}

#[test]
fn a_side_without_rules_may_ask_for_nothing() {
    for (section, asked_by) in [
        ("kekImport.orders", AskedBy::Requester),
        ("kekImport.requests", AskedBy::Partner),
    ] {
        let (_, member) = section.split_once('.').unwrap();
        let profile = profile(|section| section[member] = json!(null)).unwrap();
        let error = profile.import_policy(1, asked_by).unwrap_err().to_string();
        assert!(
            error.contains(&format!("`{section}`: kek-import is not")),
            "{error}"
        );
    }
    let folder = Folder::of_inbox_key("acme/production/cardholder/x").unwrap();
    let without = Profile::parse(PROFILE, &folder).unwrap();
    let error = without.import_policy(1, AskedBy::Partner).unwrap_err();
    assert!(
        error.to_string().contains("no section `kekImport`"),
        "{error}"
    );
}

#[test]
fn what_the_profile_does_not_allow_is_told_by_its_field() {
    let ours = |change: fn(&mut Value)| {
        let request = parsed(|document| {
            document["kekImport"]["method"] = json!("physical");
            change(&mut document["kekImport"]);
        });
        policy(AskedBy::Requester, |_| {}).why_not(&request.unwrap())
    };
    assert_eq!(ours(|_| {}), None);
    assert_eq!(ours(|kek| kek["alias"] = json!("alias/acme-zmk")), None);
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 6] = [
        ("(`methods`)", |kek| kek["method"] = json!("ecdh")),
        ("(`algorithms`)", |kek| kek["algorithm"] = json!("AES_128")),
        ("(`modes`)", |kek| kek["modes"] = json!("D")),
        ("(`exportabilities`)", |kek| {
            kek["exportability"] = json!("E")
        }),
        ("(`aliases`)", |kek| kek["alias"] = json!("alias/other")),
        ("`kcv` is missing", |kek| kek["kcv"] = json!(null)),
    ];
    for (part, change) in cases {
        let words = ours(change).unwrap();
        assert!(words.contains(part), "{part}: {words}");
        assert!(!words.contains("alias/other"), "{words}");
    }
    let request = parsed(|document| document["kekImport"]["usage"] = json!("K1")).unwrap();
    let words = policy(AskedBy::Partner, |_| {}).why_not(&request);
    assert!(words.unwrap().contains("(`usages`)"));
}

#[test]
fn a_check_value_that_is_confirmed_later_need_not_be_announced() {
    let request = asked("ecdh", "AES_256").unwrap();
    let announced = policy(AskedBy::Partner, |_| {});
    assert!(announced.why_not(&request).is_some());
    let confirmed = policy(AskedBy::Partner, |section| {
        section["kcv"] = json!("confirmed")
    });
    assert_eq!(confirmed.why_not(&request), None);
    let weak = policy(AskedBy::Partner, |section| {
        section["kcv"] = json!("confirmed");
        section["agreement"] = json!({ "derivedKey": "AES_128" });
    });
    let words = weak.why_not(&request).unwrap();
    assert!(words.contains("`agreement.derivedKey`"), "{words}");
}

#[test]
fn what_a_section_promises_and_cannot_keep_is_told_when_the_profile_is_read() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 9] = [
        ("`kekImport.requests`: `methods` is empty", |section| {
            section["requests"]["methods"] = json!([]);
        }),
        ("`kekImport.orders`: `modes` is empty", |section| {
            section["orders"]["modes"] = json!([]);
        }),
        ("can come by tr34", |section| {
            section["requests"]["algorithms"] = json!(["AES_256"]);
        }),
        ("can come by ecdh", |section| {
            section["requests"]["algorithms"] = json!(["AES_128"]);
            section["agreement"] = json!({ "derivedKey": "TDES_3KEY" });
        }),
        ("`kekImport.deadlineHours` is 0; 1 to 696", |section| {
            section["deadlineHours"] = json!(0);
        }),
        ("`kekImport.deadlineHours` is 697", |section| {
            section["deadlineHours"] = json!(697);
        }),
        ("`kekImport.freshOffers` is 6", |section| {
            section["freshOffers"] = json!(6);
        }),
        ("`kekImport.keepPreviousDays` is 366", |section| {
            section["keepPreviousDays"] = json!(366);
        }),
        ("unknown field `deadline`", |section| {
            section["deadline"] = json!(1)
        }),
    ];
    for (part, change) in cases {
        let words = profile(change).unwrap_err();
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn the_committed_schema_is_the_types_own() {
    let schema = serde_json::to_string_pretty(&ImportRequest::schema()).unwrap();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(file, format!("{schema}\n")).unwrap();
        return;
    }
    assert_eq!(
        std::fs::read_to_string(file).unwrap().trim_end(),
        schema,
        "run with UPDATE_SCHEMAS=1 and review the difference"
    );
}
