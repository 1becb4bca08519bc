use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA512, RsaKeyPair,
};
use der::{Decode, Encode};
use serde_json::{Value, json};

use super::*;
use crate::{KeyKind, Pki, PrivateKey};

const PREFIX: &[u8] = b"10000TPAEAY";
/// From the table of check values that everybody can recompute.
const AES: (&str, &str) = ("2B7E151628AED2A6ABF7158809CF4F3C", "7AD386");
const TDES: (&str, &str) = ("0123456789ABCDEFFEDCBA987654321089ABCDEF01234567", "3FD539");

static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let kinds = [KeyKind::EccP256];
    Pki::builder("uid")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&kinds)
        .build()
});

/// A package as the product makes it, with what differs between tests.
struct Recipe {
    algorithm: &'static str,
    key: (&'static str, &'static str),
    hash: &'static str,
    signature: &'static str,
}

impl Default for Recipe {
    fn default() -> Self {
        let signature = "RSASSA_PKCS1_V1_5_SHA_256";
        Self {
            algorithm: "AES_128",
            key: AES,
            hash: "SHA_256",
            signature,
        }
    }
}

impl Recipe {
    fn package(&self) -> Package {
        let leaf = x509_cert::Certificate::from_der(PKI.leaf.der()).unwrap();
        let public = leaf
            .tbs_certificate
            .subject_public_key_info
            .to_der()
            .unwrap();
        let cryptogram = wrap(&public, self.hash, &hex::decode(self.key.0).unwrap());
        let message = [PREFIX, &cryptogram].concat();
        let signer = signer(self.signature);
        let signature = sign(self.signature, &signer, &message);
        let pem = signer.pair().public_key_pem();
        let spki = der::pem::decode_vec(pem.as_bytes()).unwrap().1;
        let mut package = Package::from_files([
            ("README.md".to_owned(), b"read me".to_vec()),
            (
                "kcv.txt".to_owned(),
                format!("{}\n", self.key.1).into_bytes(),
            ),
            ("signing-public-key.pem".to_owned(), pem.into_bytes()),
        ]);
        for (stem, bytes) in [
            ("signed-prefix", PREFIX),
            ("signature", &signature),
            ("wrapped-kek", &cryptogram),
        ] {
            let text = format!("{}\n", hex::encode_upper(bytes));
            package
                .files_mut()
                .insert(format!("{stem}.hex"), text.into_bytes());
            package
                .files_mut()
                .insert(format!("{stem}.bin"), bytes.to_vec());
        }
        let manifest = json!({
            "schemaVersion": 2, "ceremony": "kek-export",
            "ceremonyId": "acme-production-cardholder-0123456789abcdef",
            "partner": "acme", "environment": "production", "dataType": "cardholder",
            "createdAt": "2026-11-22T00:00:00Z",
            "kek": { "algorithm": self.algorithm, "keyArn": "arn", "kcv": self.key.1,
                     "kcvAlgorithm": "CMAC" },
            "wrapping": { "method": "rsa-oaep", "hash": self.hash,
                          "leafSha256": PKI.leaf.sha256(), "keyAlgorithm": "RSA_3072",
                          "cryptogramBytes": 384 },
            "signature": { "algorithm": self.signature },
            "referenceSignature": {
                "signedPrefix": { "hex": hex::encode_upper(PREFIX), "ascii": "10000TPAEAY" },
                "algorithm": self.signature, "messageType": "RAW",
                "signedBytes": "signed-prefix.bin followed by wrapped-kek.bin",
                "keyArn": "arn", "publicKeySha256": sha256(&spki),
            },
            "certificates": [], "caKeyArn": "arn",
        });
        seal(&mut package, manifest);
        sign_list(&mut package, self.signature);
        package
    }
}

fn signer(algorithm: &str) -> PrivateKey {
    let kind = if algorithm.starts_with("EC") {
        KeyKind::EccP256
    } else {
        KeyKind::Rsa2048
    };
    PrivateKey::cached(kind, "signer")
}

/// Writes the manifest with the digests that the files have now.
fn seal(package: &mut Package, mut manifest: Value) {
    for name in [MANIFEST, SUMS, SUMS_SIGNATURE] {
        package.files_mut().remove(name);
    }
    manifest["files"] = package
        .files_mut()
        .iter()
        .map(|(name, bytes)| json!({ "name": name, "bytes": bytes.len(), "sha256": sha256(bytes) }))
        .collect();
    package
        .files_mut()
        .insert(MANIFEST.into(), manifest.to_string().into_bytes());
}

/// Signs the list of the files as they are now.
fn sign_list(package: &mut Package, algorithm: &str) {
    let files = package.files_mut();
    files.remove(SUMS);
    files.remove(SUMS_SIGNATURE);
    let lines = files.iter();
    let list: String = lines
        .map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes)))
        .collect();
    let signature = sign(algorithm, &signer(algorithm), list.as_bytes());
    files.insert(SUMS.into(), list.into_bytes());
    files.insert(SUMS_SIGNATURE.into(), signature);
}

/// The package after `change`, with a manifest and a signed list that agree with it.
fn resealed(change: impl FnOnce(&mut Package, &mut Value)) -> Package {
    let mut package = Recipe::default().package();
    let mut manifest = serde_json::from_slice(package.file(MANIFEST).unwrap()).unwrap();
    change(&mut package, &mut manifest);
    seal(&mut package, manifest);
    sign_list(&mut package, Recipe::default().signature);
    package
}

/// The package after `change`, with a signed list that agrees with it and a manifest that need not.
fn relisted(change: impl FnOnce(&mut Package)) -> Package {
    let mut package = Recipe::default().package();
    change(&mut package);
    sign_list(&mut package, Recipe::default().signature);
    package
}

fn wrap(public: &[u8], hash: &str, key: &[u8]) -> Vec<u8> {
    let algorithm = if hash == "SHA_512" {
        &OAEP_SHA512_MGF1SHA512
    } else {
        &OAEP_SHA256_MGF1SHA256
    };
    let public =
        OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(public).unwrap()).unwrap();
    let mut space = vec![0; public.ciphertext_size()];
    public
        .encrypt(algorithm, key, &mut space, None)
        .unwrap()
        .to_vec()
}

fn sign(algorithm: &str, key: &PrivateKey, message: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    if algorithm == "ECDSA_SHA_256" {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.der()).unwrap();
        return pair.sign(&random, message).unwrap().as_ref().to_vec();
    }
    let pair = RsaKeyPair::from_pkcs8(key.der()).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    let encoding = if algorithm.contains("PSS") {
        &RSA_PSS_SHA512
    } else {
        &RSA_PKCS1_SHA256
    };
    pair.sign(encoding, &random, message, &mut signature)
        .unwrap();
    signature
}

fn error(package: &Package) -> OpenError {
    package.open(&PKI.leaf).unwrap_err()
}

#[test]
fn a_good_package_opens() {
    let opened = Recipe::default().package().open(&PKI.leaf).unwrap();
    assert_eq!(opened.kcv, "7AD386");
    assert_eq!(hex::encode_upper(opened.kek.expose()), AES.0);
    assert_eq!(opened.files, 10);
}

#[test]
fn other_algorithms_open_too() {
    for recipe in [
        Recipe {
            hash: "SHA_512",
            signature: "RSASSA_PSS_SHA_512",
            ..Recipe::default()
        },
        Recipe {
            signature: "ECDSA_SHA_256",
            ..Recipe::default()
        },
        Recipe {
            algorithm: "TDES_3KEY",
            key: TDES,
            ..Recipe::default()
        },
    ] {
        let opened = recipe.package().open(&PKI.leaf).unwrap();
        assert_eq!(opened.kcv, recipe.key.1);
    }
}

#[test]
fn no_debug_output_shows_the_kek() {
    let opened = Recipe::default().package().open(&PKI.leaf).unwrap();
    assert_eq!(format!("{:?}", opened.kek), "Kek(16 bytes)");
}

fn changes_the_readme(package: &mut Package) {
    let files = package.files_mut();
    files.insert("README.md".into(), b"rEad me".to_vec());
}

#[test]
fn whichever_byte_of_whichever_file_is_changed_is_noticed() {
    let package = Recipe::default().package();
    for (file, bytes) in package.clone().files_mut() {
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = package.clone();
            let contents = changed.files_mut().get_mut(file).unwrap();
            contents[place] ^= 1;
            let refused = changed.open(&PKI.leaf);
            assert!(refused.is_err(), "{file} at {place}");
        }
    }
}

#[test]
fn a_changed_file_does_not_have_the_digest_of_the_signed_list() {
    let mut package = Recipe::default().package();
    changes_the_readme(&mut package);
    let file = "README.md".into();
    assert_eq!(error(&package), OpenError::SumMismatch { file });
}

#[test]
fn a_missing_and_an_added_file_are_found_by_the_signed_list() {
    let mut package = Recipe::default().package();
    package.files_mut().insert("more.txt".into(), Vec::new());
    let file = "more.txt".into();
    assert_eq!(error(&package), OpenError::FileUnsigned { file });
    package.files_mut().remove("more.txt");
    for name in ["README.md", SUMS, SUMS_SIGNATURE] {
        let mut package = package.clone();
        package.files_mut().remove(name);
        let file = name.into();
        assert_eq!(error(&package), OpenError::FileMissing { file });
    }
}

#[test]
fn a_list_that_was_changed_with_the_file_is_found_by_its_signature() {
    let mut package = Recipe::default().package();
    let signature = package.file(SUMS_SIGNATURE).unwrap().to_vec();
    changes_the_readme(&mut package);
    sign_list(&mut package, Recipe::default().signature);
    let files = package.files_mut();
    files.insert(SUMS_SIGNATURE.into(), signature);
    assert_eq!(error(&package), OpenError::SumsSignatureInvalid);
}

#[test]
fn a_file_that_is_not_as_the_manifest_says_is_found_by_its_digest() {
    let file = "README.md".into();
    assert_eq!(
        error(&relisted(changes_the_readme)),
        OpenError::DigestMismatch { file }
    );
}

#[test]
fn a_file_more_or_less_than_the_manifest_says_is_found() {
    let package = relisted(|package| {
        package.files_mut().insert("more.txt".into(), Vec::new());
    });
    let file = "more.txt".into();
    assert_eq!(error(&package), OpenError::FileUnlisted { file });
    let package = relisted(|package| {
        package.files_mut().remove("README.md");
    });
    let file = "README.md".into();
    assert_eq!(error(&package), OpenError::FileMissing { file });
}

#[test]
fn a_signature_over_something_else_is_refused() {
    let package = resealed(|package, manifest| {
        let other = b"10000TPAEIY";
        package
            .files_mut()
            .insert("signed-prefix.bin".into(), other.to_vec());
        let text = format!("{}\n", hex::encode_upper(other));
        package
            .files_mut()
            .insert("signed-prefix.hex".into(), text.into_bytes());
        let told = json!({ "hex": hex::encode(other), "ascii": "10000TPAEIY" });
        manifest["referenceSignature"]["signedPrefix"] = told;
    });
    assert_eq!(error(&package), OpenError::SignatureInvalid);
}

#[test]
fn the_two_forms_of_a_file_must_agree() {
    let package = resealed(|package, _| {
        package
            .files_mut()
            .insert("wrapped-kek.hex".into(), b"00\n".to_vec());
    });
    let (text, binary) = ("wrapped-kek.hex".into(), "wrapped-kek.bin".into());
    assert_eq!(error(&package), OpenError::HexMismatch { text, binary });
}

#[test]
fn a_wrong_check_value_is_refused() {
    let package = resealed(|_, manifest| manifest["kek"]["kcv"] = "7DF76B".into());
    let (given, computed) = ("7DF76B".into(), "7AD386".into());
    assert_eq!(error(&package), OpenError::KcvMismatch { given, computed });
}

#[test]
fn a_package_for_somebody_else_is_refused() {
    let package = Recipe::default().package();
    let refused = package.open(&PKI.root).unwrap_err();
    let (ours, found) = (PKI.root.sha256(), PKI.leaf.sha256());
    assert_eq!(refused, OpenError::WrongLeaf { ours, found });
}

#[test]
fn a_key_of_the_wrong_length_is_refused() {
    let package = Recipe {
        algorithm: "AES_256",
        ..Recipe::default()
    }
    .package();
    let expected = OpenError::KekLength {
        algorithm: "AES_256".into(),
        found: 16,
    };
    assert_eq!(error(&package), expected);
}

#[test]
fn the_signer_is_the_one_in_the_manifest() {
    let package = resealed(|_, manifest| {
        manifest["referenceSignature"]["publicKeySha256"] = "00".into();
    });
    assert_eq!(error(&package), OpenError::SignerMismatch);
}

#[test]
fn a_package_of_another_ceremony_is_refused() {
    let package = resealed(|_, manifest| manifest["ceremony"] = "working-key-export".into());
    let (what, name) = ("ceremony", "working-key-export".into());
    assert_eq!(error(&package), OpenError::Unknown { what, name });
}

#[test]
fn a_nonce_that_a_method_cannot_answer_is_missed() {
    let package = Recipe::default().package();
    let receiver = Receiver {
        nonce: Some(&[7; 8]),
        ..Receiver::new(&PKI.leaf)
    };
    let refused = package.open_as(&receiver).unwrap_err();
    assert_eq!(refused, OpenError::NonceMismatch);
}
