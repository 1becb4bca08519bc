//! What a certificate says reaches the package's documents as text and as nothing else, and what was
//! noticed about it is told there.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::exchange::Wrapped;
use ceremony::execution::Execution;
use ceremony::id::{CertificateSet, Kind};
use ceremony::identifiers::Folder;
use ceremony::keys::{KekFacts, Origin};
use ceremony::path::CertificatePath;
use ceremony::profile::Profile as Document;
use ceremony::signature::{MessageType, SignatureFacts};
use ceremony::utc::Utc;
use package_kek::{Input, handle};
use partner::{Certified, KeyKind, Pki, PkiBuilder, Profile};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:payment-cryptography:us-east-1:111122223333:key/kwapwa6qaifllw2h";
const UID: &str = "identity:idms.group.1";

fn builder() -> PkiBuilder {
    Pki::builder(UID)
        .named("notes")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[KeyKind::EccP256])
        .leaf_key(KeyKind::Rsa2048)
}

fn package(pki: &Pki) -> BTreeMap<String, Vec<u8>> {
    let publication = handle(input(pki)).unwrap().0;
    let files = publication.files.into_iter().chain([publication.manifest]);
    files.map(|file| (file.name, file.contents)).collect()
}

fn input(pki: &Pki) -> Input {
    let folder = Folder::of_inbox_key("acme/production/pin/x").unwrap();
    let read = |certified: &Certified| Certificate::from_der(certified.der()).unwrap();
    let path = CertificatePath {
        leaf: read(&pki.leaf),
        intermediates: pki.intermediates.iter().rev().map(read).collect(),
        root: read(&pki.root),
    };
    let profile = json!({
        "partner": "acme", "environment": "production", "dataType": "pin",
        "trustAnchors": [path.root.sha256()], "identity": UID,
        "kekExport": { "exchange": { "method": "rsa-oaep", "signedPrefix": "7E7E" } },
    });
    let profile = Document::parse(&profile.to_string(), &folder).unwrap();
    let set = CertificateSet::new(Kind::KekExport, &folder, path.leaf.sha256(), []);
    Input {
        ceremony: set.ceremony(1),
        execution: Execution {
            arn: "arn".to_owned(),
            started_at: Utc::now(),
        },
        path,
        policy: profile.kek_export_policy(1).unwrap(),
        issuing_ca_key_arn: ARN.to_owned(),
        kek: KekFacts {
            key_arn: ARN.to_owned(),
            algorithm: KekAlgorithm::TDES_3KEY,
            kcv: "9A1B2A".to_owned(),
            kcv_algorithm: KcvAlgorithm::ANSI_X9_24,
            origin: Origin::Created,
            replaces_key_arn: None,
        },
        wrapped: Wrapped::RsaOaep {
            cryptogram: "AB".repeat(256),
            hash: OaepHash::SHA_256,
        },
        signer: None,
        signature: Some(SignatureFacts {
            signature: "AB".repeat(256),
            algorithm: SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_256,
            message_type: MessageType::Raw,
            key_arn: ARN.to_owned(),
            public_key: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".to_owned(),
        }),
    }
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

#[test]
fn a_right_chain_has_no_notes() {
    let files = package(&builder().build());
    assert!(!text(&files, "README.md").contains("## Notes"));
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["notes"], json!([]));
}

#[test]
fn what_was_noticed_is_told_in_readme_and_manifest() {
    let pki = builder().leaf(Profile::without_authority_key_identifier);
    let files = package(&pki.build());
    let readme = text(&files, "README.md");
    let row = "| has no AuthorityKeyIdentifier with a key identifier | RFC 5280 §4.2.1.1 |";
    assert!(readme.contains("\n## Notes on your certificates\n"));
    assert!(readme.contains(row), "{readme}");
    assert!(readme.contains("| leaf `C=US, O=ACME, CN=ACME Key Exchange, "));
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["notes"][0]["check"], "AuthorityKeyIdentifier");
    assert_eq!(manifest["notes"][0]["role"], "leaf");
    assert_eq!(manifest["notes"][1], Value::Null);
}

#[test]
fn a_package_is_the_same_however_often_it_is_made() {
    let pki = builder()
        .leaf(Profile::without_authority_key_identifier)
        .build();
    let input = input(&pki);
    let (one, other) = (handle(input.clone()), handle(input));
    assert_eq!(one.unwrap(), other.unwrap());
}

/// Terminals, browsers, Markdown and readers: nothing of it is active in a document of ours.
#[test]
fn a_hostile_name_is_text_in_every_document() {
    let name =
        "x\u{1b}[2J\0\r\n\n    openssl rand 1\n\n# Title | `a` <script> [l](http://e)\u{202e}";
    let hostile = |it: Profile| it.common_name(name).organization("\u{2028}What to do: pay");
    let pki = builder()
        .root(hostile)
        .intermediate(0, hostile)
        .leaf(hostile);
    let files = package(&pki.build());
    for name in ["README.md", "manifest.json"] {
        let text = text(&files, name);
        for active in [
            "\u{1b}",
            "\0",
            "\r",
            "\u{202e}",
            "\u{2028}",
            "<script",
            "`a`",
            "[l]",
            "What to do",
            "\n    openssl rand",
            "\n# Title",
            "Title |",
        ] {
            assert!(!text.contains(active), "{name}: {active:?}");
        }
        assert!(text.contains("u{202e}"), "{name}: {text}");
    }
    let readme = text(&files, "README.md");
    assert!(
        readme.contains("holds characters that are told as escapes"),
        "{readme}"
    );
    // The table has four bars in every row.
    let rows: Vec<&str> = readme
        .lines()
        .filter(|it| it.contains("told as escapes"))
        .collect();
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter().all(|row| row.matches('|').count() == 4),
        "{rows:?}"
    );
}
