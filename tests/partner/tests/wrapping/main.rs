//! The program `wrap-for-offer`: what it wraps is opened with the `openssl` program, or by the code that
//! opens packages.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use partner::certificate::KeyUsage;
use partner::tr31;
use partner::wrap::Offer;
use partner::{KeyKind, Pki};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The check values are those of NIST SP 800-38B and a by-hand computation: `7AD386` and `1A0B2D`.
const AES_128: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const AES_256: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
const INFORMATION: &str = "A1B2C3D4A1B2C3D4";

/// The partner and what it was offered.
struct Desk {
    folder: TempDir,
    ours: Pki,
    partners: Pki,
}

impl Desk {
    fn new(method: &str, keys: KeyKind, algorithm: &str) -> Self {
        let chain = |name: &str| {
            Pki::builder("uid")
                .named(name)
                .root_key(KeyKind::EccP256)
                .intermediate_keys(&[])
                .leaf_key(keys)
                .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]))
                .build()
        };
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            ours: chain("ours"),
            partners: chain("partners"),
        };
        desk.write("offer.json", &desk.offer(method, algorithm).to_string());
        desk.write("leaf.pem", &desk.partners.leaf.pem());
        desk.write("leaf.key", &desk.partners.leaf.key().pem());
        desk.write("ours.key", &desk.ours.leaf.key().pem());
        desk.write("key.hex", &format!("{AES_128}\n"));
        desk
    }

    fn offer(&self, method: &str, algorithm: &str) -> Value {
        let mut terms = json!({
            "method": method,
            "ours": { "certificate": self.ours.leaf.pem(), "chain": [self.ours.root.pem()] },
            "partnerCertificateSha256": self.partners.leaf.sha256(),
        });
        let own = match method {
            "ecdh" => json!({
                "sharedInformation": INFORMATION,
                "keyDerivationFunction": "NIST_SP800",
                "keyDerivationHash": "SHA_512",
                "derivedKey": "AES_256",
            }),
            "tr34" => json!({ "nonce": null }),
            _ => json!({ "hash": "SHA_256" }),
        };
        let own = own.as_object().unwrap().clone();
        terms.as_object_mut().unwrap().extend(own);
        json!({
            "version": 1,
            "request": {
                "folder": {
                    "partner": "acme", "environment": "production", "dataType": "cardholder",
                },
                "askedBy": "partner",
                "name": "zmk",
            },
            "number": 1,
            "expected": {
                "algorithm": algorithm,
                "usage": "K0",
                "modes": "B",
                "exportability": "N",
                "optionalBlocks": [{ "id": "LB", "data": "zmk" }],
            },
            "terms": terms,
        })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    /// Runs the program in the folder, with this at its standard input.
    fn wraps(&self, arguments: &[&str], given: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wrap-for-offer"))
            .args(["--offer", "offer.json"])
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It may have ended without reading.
        let _ = stdin.write_all(given.as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    fn by_its_certificate(&self, given: &str) -> Output {
        let own = ["--certificate", "leaf.pem", "--private-key", "leaf.key"];
        let arguments = [&["--key-file", "-"][..], &own].concat();
        self.wraps(&arguments, given)
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What it has wrapped, after what it said besides.
fn block(output: &Output, kcv: &str, desk: &Desk) -> String {
    let said = said(output);
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with("warning: "), "{said}");
    let offer = std::fs::read_to_string(desk.path("offer.json")).unwrap();
    let name = Offer::read(&offer).unwrap().block_key().unwrap();
    for told in [
        format!("key check value: {kcv}"),
        format!("drop the block as: {name}"),
    ] {
        assert!(said.contains(&told), "{told}: {said}");
    }
    for key in [AES_128, AES_256] {
        assert!(!said.to_lowercase().contains(key), "the key is repeated");
    }
    let block = String::from_utf8(output.stdout.clone()).unwrap();
    block.trim_end().to_owned()
}

fn openssl(folder: &Path, arguments: &[&str], given: &[u8]) -> Vec<u8> {
    let input = folder.join("given");
    std::fs::write(&input, given).unwrap();
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .stdin(std::fs::File::open(&input).unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    output.stdout
}

#[test]
fn the_name_of_an_offer_is_the_one_that_its_readme_has_computed() {
    let desk = Desk::new("rsa-oaep", KeyKind::Rsa2048, "AES_128");
    let sorted = Command::new("python3")
        .args([
            "-c",
            "import json; print(json.dumps(json.load(open('offer.json')), sort_keys=True, \
             separators=(',', ':'), ensure_ascii=False), end='')",
        ])
        .current_dir(desk.folder.path())
        .output()
        .unwrap();
    assert!(sorted.status.success());
    let digest = openssl(desk.folder.path(), &["dgst", "-sha256"], &sorted.stdout);
    let digest = String::from_utf8(digest).unwrap();
    let offer = std::fs::read_to_string(desk.path("offer.json")).unwrap();
    let id = Offer::read(&offer).unwrap().id();
    assert_eq!(id.len(), 16);
    assert!(
        digest
            .trim_end()
            .rsplit_once(' ')
            .unwrap()
            .1
            .starts_with(&id)
    );
}

#[test]
fn by_rsa_oaep_from_a_file() {
    let desk = Desk::new("rsa-oaep", KeyKind::Rsa2048, "AES_128");
    let output = desk.wraps(&["--key-file", "key.hex"], "");
    let cryptogram = hex::decode(block(&output, "7AD386", &desk)).unwrap();
    let decrypt = [
        "pkeyutl",
        "-decrypt",
        "-inkey",
        "ours.key",
        "-pkeyopt",
        "rsa_padding_mode:oaep",
        "-pkeyopt",
        "rsa_oaep_md:sha256",
        "-pkeyopt",
        "rsa_mgf1_md:sha256",
    ];
    let key = openssl(desk.folder.path(), &decrypt, &cryptogram);
    assert_eq!(hex::encode(key), AES_128);
}

#[test]
fn by_ecdh_from_standard_input() {
    let desk = Desk::new("ecdh", KeyKind::EccP521, "AES_256");
    let output = desk.by_its_certificate(&format!("{}\n{}\n", &AES_256[..32], &AES_256[32..]));
    let text = block(&output, "1A0B2D", &desk);
    let folder = desk.folder.path();
    let public_key = openssl(
        folder,
        &["x509", "-noout", "-pubkey"],
        desk.partners.leaf.pem().as_bytes(),
    );
    std::fs::write(desk.path("partner.pem"), public_key).unwrap();
    let derive = [
        "pkeyutl",
        "-derive",
        "-inkey",
        "ours.key",
        "-peerkey",
        "partner.pem",
    ];
    let secret = openssl(folder, &derive, b"");
    let information = hex::decode(INFORMATION).unwrap();
    let round_one = [&[0, 0, 0, 1], &secret[..], &information].concat();
    let derived = openssl(folder, &["dgst", "-sha512", "-binary"], &round_one);
    let opened = tr31::open(&text, "AES_256", &derived[..32]).unwrap();
    assert_eq!(hex::encode(opened.expose()), AES_256);
    assert_eq!(&opened.header[5..12], "K0AB00N");
    let label = ("LB".to_owned(), "zmk".to_owned());
    assert!(opened.optional_blocks.contains(&label));
}

#[test]
fn by_tr34_into_a_file() {
    let desk = Desk::new("tr34", KeyKind::Rsa2048, "AES_128");
    let own = [
        "--certificate",
        "leaf.pem",
        "--private-key",
        "leaf.key",
        "--key-file",
        "key.hex",
        "--out",
        "block",
    ];
    let output = desk.wraps(&own, "");
    assert_eq!(block(&output, "7AD386", &desk), "");
    let digits = std::fs::read_to_string(desk.path("block")).unwrap();
    let der = hex::decode(digits.trim_end()).unwrap();
    std::fs::write(desk.path("block.der"), der).unwrap();
    let parse = ["asn1parse", "-inform", "DER", "-in", "block.der"];
    let parsed = openssl(desk.folder.path(), &parse, b"");
    let parsed = String::from_utf8(parsed).unwrap();
    for part in [":pkcs7-signedData", ":pkcs7-envelopedData", ":signingTime"] {
        assert!(parsed.contains(part), "{part}: {parsed}");
    }
}

#[test]
fn what_cannot_be_wrapped_is_told_without_the_key() {
    let by_ecdh = Desk::new("ecdh", KeyKind::EccP256, "AES_256");
    let stranger = Desk::new("ecdh", KeyKind::EccP256, "AES_256");
    by_ecdh.write("stranger.pem", &stranger.partners.leaf.pem());
    let by_rsa = Desk::new("rsa-oaep", KeyKind::Rsa2048, "AES_128");
    let by_stranger = [
        "--key-file",
        "-",
        "--certificate",
        "stranger.pem",
        "--private-key",
        "leaf.key",
    ];
    let of_another_key = [
        "--key-file",
        "-",
        "--certificate",
        "leaf.pem",
        "--private-key",
        "ours.key",
    ];
    for (output, told) in [
        (
            by_ecdh.by_its_certificate(AES_128),
            "has 16 bytes, and AES_256 has 32",
        ),
        (
            by_ecdh.wraps(&["--key-file", "-"], AES_256),
            "takes a certificate",
        ),
        (by_ecdh.wraps(&by_stranger, AES_256), "another certificate"),
        (
            by_ecdh.wraps(&of_another_key, AES_256),
            "no certificate of the key",
        ),
        (
            by_rsa.wraps(&["--key-file", "-"], "2b7x"),
            "hex digits are expected",
        ),
        (
            by_rsa.wraps(&["--key-file", "nothing"], ""),
            "nothing: No such file",
        ),
        (by_rsa.wraps(&[AES_128], ""), "unexpected argument"),
    ] {
        let said = said(&output);
        assert!(!output.status.success(), "{told}");
        assert!(said.contains(told), "{told}: {said}");
        assert!(output.stdout.is_empty(), "{told}");
    }
}
