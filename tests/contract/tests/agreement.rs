//! A KEK that leaves by `ecdh`, opened by somebody else: Python's `cryptography` derives the key from the
//! partner's private key and our certificate, and psec opens the block under it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::path::Path;

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::algorithms::KekAlgorithm;
use ceremony::exchange::{KeyDerivationFunction, KeyDerivationHash, Wrapped};
use ceremony::keys::{KekFacts, Origin};
use emulated::{Emulated, UID, ceremony, certificate, clearance, path, policy};
use partner::certificate::KeyUsage as CertificateUsage;
use partner::{KeyKind, Pki};
use payment_keys::{Pace, inspect};
use serde_json::{Value, json};
use step::Journal;
use workbench::spawn_python;

/// A partner whose leaf is on this curve.
fn pki(curve: KeyKind) -> Pki {
    Pki::builder(UID)
        .named("opens-by-ecdh")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP521])
        .leaf_key(curve)
        .leaf(|leaf| leaf.key_usage(&[CertificateUsage::KeyAgreement]))
        .build()
}

/// What the partner is to open, and the key that is in it.
struct Sent {
    question: Value,
    key: String,
    kcv: String,
}

async fn send(curve: KeyKind, kek: KekAlgorithm, exchange: Value) -> Sent {
    let (emulated, pki) = (Emulated::start().await, pki(curve));
    let root = emulated.imports_root(&pki.root).await;
    let ca = emulated.imports_under(&pki.intermediates[0], &root).await;
    let (usage, algorithm) = (
        KeyUsage::Tr31K0KeyEncryptionKey,
        KeyAlgorithm::from(kek.as_str()),
    );
    let key_arn = emulated.operator_creates(usage, algorithm, true).await;
    let facts = inspect(&emulated.client, &key_arn, &Pace::patient()).await;
    let kcv = facts.unwrap().kcv;
    let path = path(&pki);
    let input = wrap_ecdh::Input {
        ceremony: ceremony(),
        revocation: clearance(&path),
        path,
        policy: policy(&pki, |profile| {
            let kek = json!({ "algorithm": kek });
            profile["kekExport"] = json!({ "kek": kek, "exchange": exchange });
        }),
        issuing_ca_key_arn: ca,
        kek: KekFacts {
            key_arn: key_arn.clone(),
            algorithm: kek,
            kcv: kcv.clone(),
            kcv_algorithm: kek.kcv_algorithm(),
            origin: Origin::Created,
            replaces_key_arn: None,
        },
    };
    let output = wrap_ecdh::handle(&emulated.client, input, &Journal::default()).await;
    let Wrapped::Ecdh {
        key_block,
        shared_information,
        key_derivation_function,
        key_derivation_hash,
        derived_key,
        ours,
    } = output.unwrap().0
    else {
        panic!("it was wrapped by another method");
    };
    // The certificate that the partner gets is the one that the service shows.
    let shown = emulated.client.get_public_key_certificate();
    let shown = shown.key_identifier(ours.key_arn.unwrap()).send().await;
    assert!(!shown.unwrap().key_certificate.is_empty());
    assert_ne!(ours.certificate, certificate(&pki.leaf));
    let controls = emulated.emulator.controls();
    Sent {
        question: json!({
            "block": key_block,
            "privateKey": pki.leaf.key().pem(),
            "certificate": ours.certificate.to_pem(),
            "issuer": ours.chain[0].to_pem(),
            "kdf": key_derivation_function.as_str(),
            "hash": key_derivation_hash.as_str(),
            "sharedInformation": shared_information,
            "derivedBytes": derived_key.key_bytes(),
        }),
        key: controls.clear_key(&key_arn.parse().unwrap()).unwrap(),
        kcv,
    }
}

/// What Python makes of it: the header's fields, the key, and its check value.
async fn open(question: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/opens_agreement.py");
    let mut process = spawn_python(&script).await.unwrap();
    let mut input = process.stdin.take().unwrap();
    write!(input, "{question}").unwrap();
    drop(input);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_stranger_derives_the_key_and_opens_the_block() {
    use KekAlgorithm::{AES_128, AES_192, AES_256, TDES_2KEY, TDES_3KEY};
    use KeyDerivationFunction::{ANSI_X963, NIST_SP800};
    use KeyDerivationHash::{SHA_256, SHA_384, SHA_512};
    for (curve, kek, kdf, hash, derived, version) in [
        (KeyKind::EccP256, AES_128, NIST_SP800, SHA_512, AES_256, "D"),
        (
            KeyKind::EccP256,
            TDES_2KEY,
            ANSI_X963,
            SHA_256,
            TDES_3KEY,
            "B",
        ),
        (KeyKind::EccP384, AES_192, ANSI_X963, SHA_384, AES_192, "D"),
        (
            KeyKind::EccP384,
            TDES_3KEY,
            NIST_SP800,
            SHA_256,
            AES_128,
            "D",
        ),
        (KeyKind::EccP521, AES_256, NIST_SP800, SHA_512, AES_256, "D"),
        (KeyKind::EccP521, AES_256, ANSI_X963, SHA_256, AES_256, "D"),
    ] {
        let exchange = json!({
            "method": "ecdh",
            "keyDerivationFunction": kdf,
            "keyDerivationHash": hash,
            "derivedKey": derived,
        });
        let sent = send(curve, kek, exchange).await;
        let opened = open(&sent.question).await;
        let letter = if kek.as_str().starts_with("AES") {
            "A"
        } else {
            "T"
        };
        let header = json!([version, "K0", letter, "B", "00", "E"]);
        assert_eq!(opened["header"], header, "{kek} on {curve:?}");
        let key = opened["key"].as_str().unwrap().to_uppercase();
        assert!(key == sent.key.to_uppercase(), "another key of {kek}");
        assert_eq!(opened["kcv"], sent.kcv, "{kek} on {curve:?}");
    }
}
