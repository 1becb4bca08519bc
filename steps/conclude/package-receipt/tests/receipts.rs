//! A receipt says what came, and how the partner says that it is its own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, SignatureAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::id::{InputSet, Kind};
use ceremony::key_import::offer::{Offer, OfferedKey, Terms};
use ceremony::key_import::place::BlockPlace;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::run::ReceivedKek;
use ceremony::keys::Origin;
use ceremony::profile::Profile;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{OrderPlace, OrderRole, OrderSet};
use package_receipt::{Confirmation, Input, Output, handle};
use partner::{KeyKind, Pki};
use serde_json::{Value, json};
use step::StepError;

const KEY: &str = "acme/production/cardholder/orders/zmk.json";
const ARN: &str = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/kek";

fn at(text: &str) -> Utc {
    text.to_owned().try_into().unwrap()
}

fn input(kcv: &str) -> Input {
    let pki = Pki::builder("ours")
        .named("quick")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[])
        .leaf_key(KeyKind::EccP256)
        .build();
    let document =
        r#"{ "version": 1, "kekImport": { "method": "rsa-oaep", "algorithm": "TDES_3KEY" } }"#;
    let request = ImportRequest::parse(document).unwrap();
    let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(KEY) else {
        panic!("{KEY} is where an order lies");
    };
    let profile = json!({
        "partner": "acme", "environment": "production", "dataType": "cardholder",
        "trustAnchors": [pki.root.sha256()], "identity": "uid",
        "kekImport": {
            "orders": { "methods": ["rsa-oaep"], "algorithms": ["TDES_3KEY"] },
            "kcv": kcv, "deadlineHours": 72,
        },
    });
    let profile = Profile::parse(&profile.to_string(), &place.folder).unwrap();
    let sha256 = Sha256::of(document.as_bytes());
    let offer = Offer {
        version: Offer::VERSION,
        request: place.clone(),
        request_sha256: sha256.clone(),
        number: 1,
        made_at: at("2026-11-24T12:00:00Z"),
        expires_at: at("2026-11-27T12:00:00Z"),
        expected: request.expected,
        terms: Terms::RsaOaep {
            ours: OfferedKey {
                certificate: Certificate::from_der(pki.leaf.der()).unwrap(),
                chain: Vec::new(),
            },
            hash: Default::default(),
        },
    };
    Input {
        ceremony: OrderSet::new(Kind::KekImport, place.clone(), sha256).ceremony(1),
        policy: profile.import_policy(1, place.asked_by).unwrap(),
        block: DroppedObject {
            key: BlockPlace::of_offer(&offer).key(),
            version_id: "1".to_owned(),
            bytes: 256,
            sha256: Sha256::of(b"block"),
        },
        offer,
        kek: ReceivedKek {
            key_arn: ARN.to_owned(),
            alias: "alias/key-ceremony/kek/acme/production/cardholder/received/1".to_owned(),
            algorithm: KekAlgorithm::TDES_3KEY,
            kcv: "9A1B2A".to_owned(),
            kcv_algorithm: KcvAlgorithm::ANSI_X9_24,
            origin: Origin::Created,
        },
        signature_algorithm: SignatureAlgorithm::RSASSA_PSS_SHA_256,
    }
}

fn made(input: Input) -> Output {
    handle(input, at("2026-11-25T08:00:00Z")).unwrap()
}

fn file(output: &Output, name: &str) -> String {
    let mut files = output.publication.files.iter();
    let file = files.find(|file| file.name == name).unwrap();
    String::from_utf8(file.contents.clone()).unwrap()
}

#[test]
fn it_says_what_came_in_which_file() {
    let input = input("announced");
    let (offer, block) = (input.offer.id(), input.block.clone());
    let output = made(input);
    assert_eq!(
        (output.part.as_str(), &output.confirmation),
        ("receipt", &None)
    );
    assert_eq!(file(&output, "kcv.txt"), "9A1B2A\n");
    let manifest = &output.publication.manifest.contents;
    let manifest: Value = serde_json::from_slice(manifest).unwrap();
    assert_eq!(manifest["offer"], offer.as_str());
    assert_eq!(manifest["request"]["name"], "zmk");
    assert_eq!(
        manifest["block"],
        json!({ "file": block.key, "sha256": block.sha256.to_string() })
    );
    let kek = json!({
        "algorithm": "TDES_3KEY", "usage": "K0", "modes": "B", "exportability": "N",
        "kcv": "9A1B2A", "kcvAlgorithm": "ANSI_X9_24",
    });
    assert_eq!(manifest["kek"], kek);
    assert_eq!(manifest["confirmation"], Value::Null);
    assert_eq!(manifest["files"].as_array().unwrap().len(), 2);
    let readme = file(&output, "README.md");
    for part in [
        &block.key,
        &block.sha256.to_string(),
        "9A1B2A",
        "Nothing more to do",
    ] {
        assert!(readme.contains(part), "{readme}");
    }
    assert!(!readme.contains("Confirm the check value"), "{readme}");
}

#[test]
fn where_the_partner_confirms_it_says_how_and_until_when() {
    let input = input("confirmed");
    let key = format!(
        "acme/production/cardholder/blocks/zmk.{}.kcv",
        input.offer.id()
    );
    let output = made(input);
    let expected = Confirmation {
        key: key.clone(),
        until: at("2026-11-28T08:00:00Z"),
    };
    assert_eq!(output.confirmation, Some(expected));
    let readme = file(&output, "README.md");
    for part in [
        &format!("\n    {key}\n"),
        "until 2026-11-28T08:00:00Z",
        "do not copy `kcv.txt`",
    ] {
        assert!(readme.contains(part), "{readme}");
    }
    let manifest = &output.publication.manifest.contents;
    let manifest: Value = serde_json::from_slice(manifest).unwrap();
    assert_eq!(manifest["confirmation"]["key"], key);
}

/// The ARN of a key of ours tells the partner nothing.
#[test]
fn what_is_ours_alone_is_in_no_file() {
    let output = made(input("confirmed"));
    let publication = serde_json::to_string(&output.publication).unwrap();
    assert!(!publication.contains("arn:aws"), "{publication}");
    for file in output.publication.files {
        assert!(!String::from_utf8_lossy(&file.contents).contains("arn:aws"));
    }
}

#[test]
fn an_offer_of_another_folder_is_refused() {
    let mut other = input("announced");
    other.ceremony.partner = "globex".to_owned().try_into().unwrap();
    let error = handle(other, Utc::now()).unwrap_err();
    assert_eq!(error.name(), "OtherFolder");
}
