//! A service with some keys in it, cheap enough to be made anew for every input.

use apc_emulator::{AccountId, Front, Region};
use serde_json::{Value, json};

use super::root::P256_ROOT;

/// The emulator, and what the words in a body stand for, which is another in every service.
pub(super) struct Service {
    front: Front,
    words: Vec<(&'static str, String)>,
}

impl Service {
    pub(super) fn empty() -> Self {
        Self {
            front: Front::new(AccountId::default(), Region::default()),
            words: Vec::new(),
        }
    }

    /// A service with what a body is about.
    ///
    /// | alias | key |
    /// | --- | --- |
    /// | `kek`, `tdes` | key-encrypting keys, of AES-128 and TDES |
    /// | `deleted` | one that waits for its deletion |
    /// | `bdk` | a base derivation key |
    /// | `pair` | for key agreement, if the body names it |
    /// | `ca` | the authority of the partner, if the body names it |
    /// | `bare` | none |
    pub(super) fn about(body: &[u8]) -> Self {
        let mut service = Self::empty();
        let kek = service.create_kek("AES_128", "alias/kek");
        service.create_kek("TDES_2KEY", "alias/tdes");
        let modes = json!({ "DeriveKey": true });
        let attributes = symmetric("TR31_B0_BASE_DERIVATION_KEY", "AES_128", &modes);
        service.create(&attributes, "alias/bdk");
        service.succeed("CreateAlias", &json!({ "AliasName": "alias/bare" }));
        let deleted = service.create_kek("AES_128", "alias/deleted");
        service.succeed("DeleteKey", &json!({ "KeyIdentifier": deleted }));

        let material = json!({ "Tr31KeyBlock": { "WrappingKeyIdentifier": "alias/kek" } });
        let key_block = service.export("alias/tdes", &material);
        let first_key = service.succeed("ListKeys", &json!({ "MaxResults": 1 }));
        service.word("$KEY-ARN", kek);
        service.word("$DELETED-ARN", deleted);
        service.word("$KEY-BLOCK", key_block);
        service.word("$NEXT-TOKEN", text(&first_key["NextToken"]));

        // All of the above takes less time than one operation on an elliptic curve.
        let names = |name: &str| {
            body.windows(name.len())
                .any(|window| window == name.as_bytes())
        };
        if names("alias/pair") {
            service.create_pair();
        }
        if names("alias/ca") {
            service.import_authority();
        }
        if names("$AGREED-BLOCK") && names("alias/pair") && names("alias/ca") {
            service.agree();
        }
        service
    }

    /// On P-256; the service takes many times as long for a pair on P-521.
    fn create_pair(&self) {
        let pair = json!({
            "KeyAttributes": {
                "KeyUsage": "TR31_K3_ASYMMETRIC_KEY_FOR_KEY_AGREEMENT",
                "KeyClass": "ASYMMETRIC_KEY_PAIR",
                "KeyAlgorithm": "ECC_NIST_P256",
                "KeyModesOfUse": { "DeriveKey": true },
            },
            "DeriveKeyUsage": "TR31_K1_KEY_BLOCK_PROTECTION_KEY",
            "Exportable": true,
        });
        self.make("CreateKey", &pair, "alias/pair");
    }

    fn import_authority(&mut self) {
        let certificate = P256_ROOT.certificate();
        let root = json!({ "KeyMaterial": P256_ROOT.as_root(&certificate) });
        self.make("ImportKey", &root, "alias/ca");
        self.word("$CERTIFICATE", certificate);
    }

    fn agree(&mut self) {
        let agreement = json!({ "DiffieHellmanTr31KeyBlock": {
            "PrivateKeyIdentifier": "alias/pair",
            "CertificateAuthorityPublicKeyIdentifier": "alias/ca",
            "PublicKeyCertificate": P256_ROOT.certificate(),
            "DeriveKeyAlgorithm": "AES_128",
            "KeyDerivationFunction": "ANSI_X963",
            "KeyDerivationHashAlgorithm": "SHA_256",
            "DerivationData": { "SharedInformation": "0123" },
        } });
        let block = self.export("alias/tdes", &agreement);
        self.word("$AGREED-BLOCK", block);
    }

    /// From now on the word stands for the text.
    pub(super) fn word(&mut self, word: &'static str, text: String) {
        self.words.push((word, text));
    }

    /// The body with the texts that the words stand for.
    pub(super) fn fill_in(&self, body: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(body) {
            Ok(body) => {
                let fill_in = |body: String, (word, text): &(_, String)| body.replace(*word, text);
                let words = self.words.iter();
                words.fold(body.to_owned(), fill_in).into_bytes()
            }
            Err(_) => body.to_vec(),
        }
    }

    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> (u16, Value) {
        let target = format!("PaymentCryptographyControlPlane.{operation}");
        self.front.answer(Some(&target), None, body)
    }

    pub(super) fn succeed(&self, operation: &str, body: &Value) -> Value {
        let (status, answer) = self.answer(operation, body.to_string().as_bytes());
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Makes a key and an alias for it.
    pub(super) fn make(&self, operation: &str, body: &Value, alias: &str) -> String {
        let arn = text(&self.succeed(operation, body)["Key"]["KeyArn"]);
        let alias = json!({ "AliasName": alias, "KeyArn": arn });
        self.succeed("CreateAlias", &alias);
        arn
    }

    pub(super) fn create(&self, attributes: &Value, alias: &str) -> String {
        let key = json!({ "KeyAttributes": attributes, "Exportable": true });
        self.make("CreateKey", &key, alias)
    }

    pub(super) fn create_kek(&self, algorithm: &str, alias: &str) -> String {
        let modes = json!({ "Encrypt": true, "Decrypt": true, "Wrap": true, "Unwrap": true });
        let attributes = symmetric("TR31_K0_KEY_ENCRYPTION_KEY", algorithm, &modes);
        self.create(&attributes, alias)
    }

    /// The key on its way.
    pub(super) fn export(&self, key: &str, material: &Value) -> String {
        let export = json!({ "ExportKeyIdentifier": key, "KeyMaterial": material });
        text(&self.succeed("ExportKey", &export)["WrappedKey"]["KeyMaterial"])
    }
}

fn symmetric(usage: &str, algorithm: &str, modes: &Value) -> Value {
    json!({
        "KeyUsage": usage,
        "KeyClass": "SYMMETRIC_KEY",
        "KeyAlgorithm": algorithm,
        "KeyModesOfUse": modes,
    })
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
