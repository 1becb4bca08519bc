//! KMS: Encrypt and Decrypt with a symmetric key of usage ENCRYPT_DECRYPT, with real encryption.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::call::{Answer, Call, Service};

/// The keys, by their ARNs.
#[derive(Debug, Default)]
pub(super) struct Ciphers(BTreeMap<String, RandomizedNonceKey>);

/// What a ciphertext begins with, so that KMS knows whose it is.
const NAME: usize = 16;

impl Ciphers {
    pub(super) fn put(&mut self, arn: &str) {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).expect("a key of 32 bytes");
        self.0.insert(arn.to_owned(), key);
    }

    pub(super) fn is_asked(call: &Call) -> bool {
        matches!(call.operation.as_str(), "Decrypt" | "Encrypt")
    }

    pub(super) fn answer(&self, call: &Call) -> Answer {
        let request = call.json();
        for member in request.as_object().expect("a request").keys() {
            let emulated = ["CiphertextBlob", "EncryptionContext", "KeyId", "Plaintext"];
            assert!(
                emulated.contains(&member.as_str()),
                "{member} is not emulated"
            );
        }
        let arn = request["KeyId"].as_str().expect("an ARN");
        let Some(key) = self.0.get(arn) else {
            return no("NotFoundException");
        };
        let bytes = |member: &str| {
            let text = request[member].as_str().expect("Base64");
            STANDARD.decode(text).expect("Base64")
        };
        // The order of its members makes no difference: `Value` sorts them.
        let context = Aad::from(request["EncryptionContext"].to_string());
        if call.operation == "Encrypt" {
            let mut sealed = bytes("Plaintext");
            if sealed.is_empty() || sealed.len() > 4096 {
                return no("ValidationException");
            }
            let nonce = key.seal_in_place_append_tag(context, &mut sealed);
            let nonce = nonce.expect("encryption");
            let blob = [name(arn).as_slice(), nonce.as_ref(), &sealed].concat();
            return Answer::json(&said(arn, "CiphertextBlob", &blob));
        }
        let blob = bytes("CiphertextBlob");
        let Some((named, sealed)) = blob.split_at_checked(NAME) else {
            return no("InvalidCiphertextException");
        };
        let others = self.0.keys().filter(|other| other.as_str() != arn);
        if others.into_iter().any(|other| name(other) == named) {
            return no("IncorrectKeyException");
        }
        let Some((nonce, sealed)) = sealed.split_first_chunk::<NONCE_LEN>() else {
            return no("InvalidCiphertextException");
        };
        let mut sealed = sealed.to_vec();
        match key.open_in_place(Nonce::from(nonce), context, &mut sealed) {
            Ok(plaintext) if name(arn) == named => Answer::json(&said(arn, "Plaintext", plaintext)),
            _ => no("InvalidCiphertextException"),
        }
    }
}

fn name(arn: &str) -> [u8; NAME] {
    let digest = digest(&SHA256, arn.as_bytes());
    *digest.as_ref().first_chunk().expect("32 bytes")
}

fn said(arn: &str, member: &str, bytes: &[u8]) -> Value {
    json!({
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "KeyId": arn,
        member: STANDARD.encode(bytes),
    })
}

fn no(code: &str) -> Answer {
    Answer::error(Service::Kms, 400, code, "KMS says no")
}
