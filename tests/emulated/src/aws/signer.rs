//! KMS: GetPublicKey and Sign with an asymmetric key of usage SIGN_VERIFY.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partner::{KeyKind, PrivateKey};
use serde_json::{Value, json};

use super::call::{Answer, Call, Service};

/// A key in KMS.
#[derive(Clone, Debug)]
pub struct Signer {
    arn: String,
    key: PrivateKey,
}

impl Signer {
    pub fn new(arn: &str, key: PrivateKey) -> Self {
        Self {
            arn: arn.to_owned(),
            key,
        }
    }
}

/// The DER SubjectPublicKeyInfo of a key.
pub fn spki(key: &PrivateKey) -> Vec<u8> {
    let der: PublicKeyX509Der<'_> = match pair(key) {
        Pair::Ecdsa(pair) => pair.public_key().as_der(),
        Pair::Rsa(pair) => pair.public_key().as_der(),
    }
    .expect("a public key");
    der.as_ref().to_vec()
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

fn pair(key: &PrivateKey) -> Pair {
    let ecdsa = |algorithm: &'static EcdsaSigningAlgorithm| {
        Pair::Ecdsa(EcdsaKeyPair::from_pkcs8(algorithm, key.der()).expect("an EC key"))
    };
    match key.kind() {
        KeyKind::EccP256 => ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        KeyKind::EccP384 => ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        KeyKind::EccP521 => ecdsa(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
            Pair::Rsa(rsa::KeyPair::from_pkcs8(key.der()).expect("an RSA key"))
        }
    }
}

/// The key spec and the algorithms that it offers.
fn offers(kind: KeyKind) -> (&'static str, &'static [&'static str]) {
    const RSA: &[&str] = &[
        "RSASSA_PKCS1_V1_5_SHA_256",
        "RSASSA_PKCS1_V1_5_SHA_384",
        "RSASSA_PKCS1_V1_5_SHA_512",
        "RSASSA_PSS_SHA_256",
        "RSASSA_PSS_SHA_384",
        "RSASSA_PSS_SHA_512",
    ];
    match kind {
        KeyKind::EccP256 => ("ECC_NIST_P256", &["ECDSA_SHA_256"]),
        KeyKind::EccP384 => ("ECC_NIST_P384", &["ECDSA_SHA_384"]),
        KeyKind::EccP521 => ("ECC_NIST_P521", &["ECDSA_SHA_512"]),
        KeyKind::Rsa2048 => ("RSA_2048", RSA),
        KeyKind::Rsa3072 => ("RSA_3072", RSA),
        KeyKind::Rsa4096 => ("RSA_4096", RSA),
    }
}

pub(super) fn answer(signers: &[Signer], call: &Call) -> Answer {
    let request = call.json();
    let Some(signer) = signers.iter().find(|it| request["KeyId"] == it.arn) else {
        return no("NotFoundException");
    };
    let (spec, algorithms) = offers(signer.key.kind());
    match call.operation.as_str() {
        "GetPublicKey" => Answer::json(&json!({
            "CustomerMasterKeySpec": spec,
            "KeyId": signer.arn,
            "KeySpec": spec,
            "KeyUsage": "SIGN_VERIFY",
            "PublicKey": STANDARD.encode(spki(&signer.key)),
            "SigningAlgorithms": algorithms,
        })),
        "Sign" => sign(signer, algorithms, &request),
        other => panic!("{other} is not emulated"),
    }
}

fn sign(signer: &Signer, offered: &[&str], request: &Value) -> Answer {
    let text = |member: &str| request[member].as_str().unwrap_or_default();
    let algorithm = text("SigningAlgorithm");
    let message = STANDARD.decode(text("Message")).expect("Base64");
    if !offered.contains(&algorithm) {
        return no("InvalidKeyUsageException");
    }
    if message.is_empty() || message.len() > 4096 {
        return no("ValidationException");
    }
    let hash = match algorithm {
        _ if algorithm.ends_with("256") => &digest::SHA256,
        _ if algorithm.ends_with("384") => &digest::SHA384,
        _ => &digest::SHA512,
    };
    let digest = match text("MessageType") {
        "" | "RAW" => digest::digest(hash, &message),
        "DIGEST" => match Digest::import_less_safe(&message, hash) {
            Ok(digest) => digest,
            Err(_) => return no("ValidationException"),
        },
        other => panic!("{other} is not emulated"),
    };
    Answer::json(&json!({
        "KeyId": signer.arn,
        "Signature": STANDARD.encode(signature(&signer.key, algorithm, &digest)),
        "SigningAlgorithm": algorithm,
    }))
}

fn signature(key: &PrivateKey, algorithm: &str, digest: &Digest) -> Vec<u8> {
    let encoding: &'static dyn RsaEncoding = match algorithm {
        "RSASSA_PKCS1_V1_5_SHA_256" => &signature::RSA_PKCS1_SHA256,
        "RSASSA_PKCS1_V1_5_SHA_384" => &signature::RSA_PKCS1_SHA384,
        "RSASSA_PKCS1_V1_5_SHA_512" => &signature::RSA_PKCS1_SHA512,
        "RSASSA_PSS_SHA_256" => &signature::RSA_PSS_SHA256,
        "RSASSA_PSS_SHA_384" => &signature::RSA_PSS_SHA384,
        _ => &signature::RSA_PSS_SHA512,
    };
    match pair(key) {
        Pair::Ecdsa(pair) => pair
            .sign_digest(digest)
            .expect("a signature")
            .as_ref()
            .to_vec(),
        Pair::Rsa(pair) => {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign_digest(encoding, digest, &mut signature)
                .expect("a signature");
            signature
        }
    }
}

fn no(code: &str) -> Answer {
    Answer::error(Service::Kms, 400, code, "KMS says no")
}
