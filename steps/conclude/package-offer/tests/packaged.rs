//! An offer as the partner finds it: under the name that its digest gives it, with what its README promises.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::exchange::{KeyDerivationFunction, KeyDerivationHash, Nonce};
use ceremony::id::{InputSet, Kind};
use ceremony::key_import::offer::{Offer, OfferedKey, Terms};
use ceremony::key_import::request::ImportRequest;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{OrderPlace, OrderRole, OrderSet};
use package_offer::{Input, Output, handle};
use partner::{KeyKind, Pki};
use serde_json::Value;
use step::StepError;

const KEY: &str = "acme/production/cardholder/requests/zmk.json";

fn ours() -> OfferedKey {
    let pki = Pki::builder("ours")
        .named("quick")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[])
        .leaf_key(KeyKind::EccP256)
        .build();
    let read = |der: &[u8]| Certificate::from_der(der).unwrap();
    OfferedKey {
        certificate: read(pki.leaf.der()),
        chain: vec![read(pki.root.der())],
    }
}

fn ecdh() -> Terms {
    Terms::Ecdh {
        ours: ours(),
        partner_certificate_sha256: Sha256::of(b"partner"),
        shared_information: "A1B2C3D4".repeat(8),
        key_derivation_function: KeyDerivationFunction::NIST_SP800,
        key_derivation_hash: KeyDerivationHash::SHA_512,
        derived_key: KekAlgorithm::AES_256,
    }
}

fn tr34(nonce: Option<&str>) -> Terms {
    Terms::Tr34 {
        ours: ours(),
        partner_certificate_sha256: Sha256::of(b"partner"),
        nonce: nonce.map(|nonce| Nonce::try_from(nonce.to_owned()).unwrap()),
    }
}

fn input(asked: &str, terms: Terms) -> Input {
    let document = format!(r#"{{ "version": 1, "kekImport": {{ {asked} }} }}"#);
    let request = ImportRequest::parse(&document).unwrap();
    let Some(OrderRole::Order(place)) = OrderPlace::of_inbox_key(KEY) else {
        panic!("{KEY} is where a request lies");
    };
    let sha256 = Sha256::of(document.as_bytes());
    let now = Utc::try_from("2026-11-24T12:00:00Z".to_owned()).unwrap();
    Input {
        ceremony: OrderSet::new(Kind::KekImport, place.clone(), sha256.clone()).ceremony(1),
        offer: Offer {
            version: Offer::VERSION,
            request: place,
            request_sha256: sha256,
            number: 2,
            made_at: now,
            expires_at: now.plus_seconds(24 * 60 * 60),
            expected: request.expected,
            terms,
        },
        signature_algorithm: SignatureAlgorithm::ECDSA_SHA_256,
    }
}

fn by_ecdh() -> Input {
    input(r#""method": "ecdh", "algorithm": "AES_128""#, ecdh())
}

fn file(output: &Output, name: &str) -> String {
    let mut files = output.publication.files.iter();
    let file = files.find(|file| file.name == name).unwrap();
    String::from_utf8(file.contents.clone()).unwrap()
}

#[test]
fn the_document_is_named_by_the_digest_of_its_bytes() {
    let input = by_ecdh();
    let offer = input.offer.clone();
    let output = handle(input).unwrap();
    let document = file(&output, "offer.json");
    assert_eq!(Sha256::of(document.as_bytes()), offer.digest());
    assert_eq!(serde_json::from_str::<Offer>(&document).unwrap(), offer);
    let id = offer.id();
    assert_eq!(output.part, format!("offer-{id}"));
    assert_eq!(output.answers.offer, id);
    let block_key = format!("acme/production/cardholder/blocks/zmk.{id}.tr31");
    assert_eq!(output.block_key, block_key);
    // What an auditor finds beside the manifest.
    assert_eq!(
        output.publication.documents[0].contents,
        document.as_bytes()
    );
}

#[test]
fn the_manifest_says_which_offer_it_is_and_where_the_answer_belongs() {
    let input = by_ecdh();
    let offer = input.offer.clone();
    let output = handle(input).unwrap();
    let manifest = &output.publication.manifest;
    assert_eq!(manifest.name, "manifest.json");
    let manifest: Value = serde_json::from_slice(&manifest.contents).unwrap();
    assert_eq!(manifest["ceremony"], "kek-import");
    assert_eq!(manifest["offer"]["id"], offer.id().as_str());
    assert_eq!(manifest["offer"]["sha256"], offer.digest().to_string());
    assert_eq!(manifest["offer"]["number"], 2);
    assert_eq!(manifest["method"], "ecdh");
    assert_eq!(manifest["expiresAt"], "2026-11-25T12:00:00Z");
    assert_eq!(manifest["blockKey"], output.block_key);
    assert_eq!(manifest["request"]["askedBy"], "partner");
    let digests: Vec<String> = output
        .publication
        .files
        .iter()
        .map(|file| file.digest().sha256.to_string())
        .collect();
    let listed = manifest["files"].as_array().unwrap().iter();
    let listed: Vec<&str> = listed.map(|it| it["sha256"].as_str().unwrap()).collect();
    assert_eq!(listed, digests);
}

#[test]
fn the_readme_has_every_parameter_of_its_method() {
    let asked = r#""method": "ecdh", "algorithm": "AES_128", "optionalBlocks": [{ "id": "LB", "data": "ZMK" }]"#;
    let output = handle(input(asked, ecdh())).unwrap();
    let readme = file(&output, "README.md");
    let information = "A1B2C3D4".repeat(8);
    for part in [
        &output.block_key,
        "until 2026-11-25T12:00:00Z",
        "H(00000001 ∥ Z ∥ info)",
        "32 bytes",
        &information,
        &Sha256::of(b"partner").to_string(),
        "version `D`",
        "`K0AB00N`",
        "`LB` with `ZMK`",
        // Sixteen characters, LB, and padding up to whole blocks.
        "D0160K0AB00N0200LB07ZMKPB09",
    ] {
        assert!(readme.contains(part), "{part}: {readme}");
    }

    let tdes = r#""method": "tr34", "algorithm": "TDES_3KEY", "usage": "K1", "modes": "D", "exportability": "S""#;
    let readme = file(&handle(input(tdes, tr34(None))).unwrap(), "README.md");
    for part in [
        "B0080K1TD00S0000",
        "passes | one",
        "signingTime, a UTCTime",
        "AES-128 or TDES",
    ] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
    let aes = r#""method": "tr34", "algorithm": "AES_128""#;
    let terms = tr34(Some("0102030405060708"));
    let readme = file(&handle(input(aes, terms)).unwrap(), "README.md");
    for part in [
        "D0112K0AB00N0000",
        "`0102030405060708`",
        "randomNonce, an OCTET STRING",
    ] {
        assert!(readme.contains(part), "{part}: {readme}");
    }

    let oaep = r#""method": "rsa-oaep", "algorithm": "AES_128""#;
    for (hash, openssl) in [(OaepHash::SHA_256, "sha256"), (OaepHash::SHA_512, "sha512")] {
        let terms = Terms::RsaOaep { ours: ours(), hash };
        let readme = file(&handle(input(oaep, terms)).unwrap(), "README.md");
        let options = format!("-pkeyopt rsa_oaep_md:{openssl} -pkeyopt rsa_mgf1_md:{openssl}");
        assert!(readme.contains(&options), "{readme}");
    }
}

#[test]
fn whatever_the_method_the_readme_has_no_hole() {
    for input in [
        by_ecdh(),
        input(r#""method": "tr34", "algorithm": "AES_128""#, tr34(None)),
    ] {
        let readme = file(&handle(input).unwrap(), "README.md");
        assert!(!readme.contains("``") && !readme.contains("{}"), "{readme}");
        assert!(
            readme.lines().all(|line| line.trim_end() == line),
            "{readme}"
        );
    }
}

#[test]
fn what_is_no_offer_for_this_partner_is_not_packaged() {
    let physical = r#""method": "physical", "algorithm": "AES_128""#;
    let terms = Terms::Physical { ours: ours() };
    let error = handle(input(physical, terms)).unwrap_err();
    assert_eq!(error.name(), "MethodNotOffered");

    let mut other = by_ecdh();
    other.ceremony.partner = "globex".to_owned().try_into().unwrap();
    assert_eq!(handle(other).unwrap_err().name(), "OtherFolder");
}
