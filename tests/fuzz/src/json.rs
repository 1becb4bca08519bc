//! Target `json`: requests to the emulator of Payment Cryptography.

use std::sync::{LazyLock, Mutex, PoisonError};

use apc_emulator::{AccountId, Front, Region};
use serde_json::{Value, json};

/// The first byte chooses the operation, modulo their number; the others are the body. In it, the
/// words `KEY-ARN`, `KEY-BLOCK` and `CERTIFICATE` stand for what differs from one run to the next.
///
/// Holds if the answer is an object, with a status that does not blame the service, and names an
/// exception and a reason if it is not the output.
pub fn json(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    let (operation, _) = REQUESTS[usize::from(*choice) % REQUESTS.len()];
    let mut service = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
    let body = match std::str::from_utf8(body) {
        Ok(text) => service.fill_in(text).into_bytes(),
        Err(_) => body.to_vec(),
    };
    let (status, answer) = service.answer(operation, &body);
    let object = answer.as_object().unwrap();
    match status {
        200 => assert!(!object.contains_key("__type"), "{operation}"),
        400 => {
            for member in ["__type", "Message"] {
                let text = object[member].as_str().unwrap();
                assert!(!text.is_empty(), "{operation}: no {member}");
            }
        }
        other => panic!("{operation}: status {other}: {answer}"),
    }
}

/// One request of every operation.
pub fn seeds() -> Vec<Vec<u8>> {
    (0..)
        .zip(REQUESTS)
        .map(|(number, (_, body))| [&[number], body.as_bytes()].concat())
        .collect()
}

static SERVICE: LazyLock<Mutex<Service>> = LazyLock::new(|| Mutex::new(Service::start()));

/// A service with some keys in it. It is replaced after a while, so that what earlier inputs left
/// behind does not grow without end.
struct Service {
    front: Front,
    requests_left: usize,
    key_arn: String,
    key_block: String,
    certificate: String,
}

impl Service {
    fn start() -> Self {
        let mut service = Self {
            front: Front::new(AccountId::default(), Region::default()),
            requests_left: 1000,
            key_arn: String::new(),
            key_block: String::new(),
            certificate: String::new(),
        };
        service.key_arn = service.create_key("K0", "AES_128", ALL_MODES, "alias/kek");
        service.create_key("B0", "AES_128", r#"{"DeriveKey":true}"#, "alias/bdk");
        service.create_key("K0", "TDES_2KEY", ALL_MODES, "alias/tdes");
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
        service.make("CreateKey", &pair, "alias/pair");
        let certificates = service.succeed(
            "GetPublicKeyCertificate",
            &json!({ "KeyIdentifier": "alias/pair" }),
        );
        service.certificate = text(&certificates["KeyCertificate"]);
        let root = json!({ "KeyMaterial": { "RootCertificatePublicKey": {
            "KeyAttributes": {
                "KeyUsage": "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE",
                "KeyClass": "PUBLIC_KEY",
                "KeyAlgorithm": "ECC_NIST_P521",
                "KeyModesOfUse": { "Verify": true },
            },
            "PublicKeyCertificate": certificates["KeyCertificateChain"],
        } } });
        service.make("ImportKey", &root, "alias/ca");
        let export = json!({
            "ExportKeyIdentifier": "alias/tdes",
            "KeyMaterial": { "Tr31KeyBlock": { "WrappingKeyIdentifier": "alias/kek" } },
        });
        let wrapped = service.succeed("ExportKey", &export);
        service.key_block = text(&wrapped["WrappedKey"]["KeyMaterial"]);
        service
    }

    fn fill_in(&self, body: &str) -> String {
        body.replace("KEY-ARN", &self.key_arn)
            .replace("KEY-BLOCK", &self.key_block)
            .replace("CERTIFICATE", &self.certificate)
    }

    fn answer(&mut self, operation: &str, body: &[u8]) -> (u16, Value) {
        if self.requests_left == 0 {
            *self = Self::start();
        }
        self.requests_left -= 1;
        let target = format!("PaymentCryptographyControlPlane.{operation}");
        self.front.answer(Some(&target), None, body)
    }

    fn succeed(&mut self, operation: &str, body: &Value) -> Value {
        let (status, answer) = self.answer(operation, body.to_string().as_bytes());
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    fn create_key(&mut self, usage: &str, algorithm: &str, modes: &str, alias: &str) -> String {
        let usage = match usage {
            "B0" => "TR31_B0_BASE_DERIVATION_KEY",
            _ => "TR31_K0_KEY_ENCRYPTION_KEY",
        };
        let modes: Value = serde_json::from_str(modes).unwrap();
        let key = json!({
            "KeyAttributes": {
                "KeyUsage": usage,
                "KeyClass": "SYMMETRIC_KEY",
                "KeyAlgorithm": algorithm,
                "KeyModesOfUse": modes,
            },
            "Exportable": true,
        });
        self.make("CreateKey", &key, alias)
    }

    /// Makes a key and an alias for it.
    fn make(&mut self, operation: &str, body: &Value, alias: &str) -> String {
        let arn = text(&self.succeed(operation, body)["Key"]["KeyArn"]);
        let alias = json!({ "AliasName": alias, "KeyArn": arn });
        self.succeed("CreateAlias", &alias);
        arn
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

const ALL_MODES: &str = r#"{"Encrypt":true,"Decrypt":true,"Wrap":true,"Unwrap":true}"#;

/// Every operation, with a request that reaches deep into it. No RSA keys: making one takes longer
/// than ten thousand other requests.
const REQUESTS: &[(&str, &str)] = &[
    (
        "AddKeyReplicationRegions",
        r#"{"KeyIdentifier":"alias/kek","ReplicationRegions":["us-west-2"]}"#,
    ),
    (
        "AssociateMpaTeam",
        r#"{"Action":"IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE","MpaTeamArn":"arn:aws:mpa:us-east-1:000000000000:approval-team/team","RequesterComment":"x"}"#,
    ),
    (
        "CreateAlias",
        r#"{"AliasName":"alias/new","KeyArn":"KEY-ARN"}"#,
    ),
    (
        "CreateKey",
        r#"{"KeyAttributes":{"KeyUsage":"TR31_P0_PIN_ENCRYPTION_KEY","KeyClass":"SYMMETRIC_KEY","KeyAlgorithm":"TDES_3KEY","KeyModesOfUse":{"NoRestrictions":true}},"Exportable":true,"Enabled":false,"KeyCheckValueAlgorithm":"CMAC","Tags":[{"Key":"a","Value":"b"}],"ReplicationRegions":[]}"#,
    ),
    ("DeleteAlias", r#"{"AliasName":"alias/new"}"#),
    (
        "DeleteKey",
        r#"{"KeyIdentifier":"alias/tdes","DeleteKeyInDays":3}"#,
    ),
    ("DeleteResourcePolicy", r#"{"ResourceArn":"KEY-ARN"}"#),
    (
        "DisableDefaultKeyReplicationRegions",
        r#"{"ReplicationRegions":["us-west-2"]}"#,
    ),
    (
        "DisassociateMpaTeam",
        r#"{"Action":"IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE"}"#,
    ),
    (
        "EnableDefaultKeyReplicationRegions",
        r#"{"ReplicationRegions":["us-west-2"]}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"alias/bdk","KeyMaterial":{"Tr31KeyBlock":{"WrappingKeyIdentifier":"alias/kek","KeyBlockHeaders":{"KeyModesOfUse":{"DeriveKey":true},"KeyExportability":"SENSITIVE","KeyVersion":"01","OptionalBlocks":{"KS":"0123"}}}},"ExportAttributes":{"ExportDukptInitialKey":{"KeySerialNumber":"123456789012345600000001"}}}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"KEY-ARN","KeyMaterial":{"DiffieHellmanTr31KeyBlock":{"PrivateKeyIdentifier":"alias/pair","CertificateAuthorityPublicKeyIdentifier":"alias/ca","PublicKeyCertificate":"CERTIFICATE","DeriveKeyAlgorithm":"AES_256","KeyDerivationFunction":"NIST_SP800","KeyDerivationHashAlgorithm":"SHA_512","DerivationData":{"SharedInformation":"0123"}}}}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"KEY-ARN","KeyMaterial":{"KeyCryptogram":{"CertificateAuthorityPublicKeyIdentifier":"alias/ca","WrappingKeyCertificate":"CERTIFICATE","WrappingSpec":"RSA_OAEP_SHA_512"}}}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"KEY-ARN","KeyMaterial":{"Tr34KeyBlock":{"CertificateAuthorityPublicKeyIdentifier":"alias/ca","WrappingKeyCertificate":"CERTIFICATE","ExportToken":"export-token-0123456789abcdef","KeyBlockFormat":"X9_TR34_2012","RandomNonce":"0123456789abcdef"}}}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"alias/tdes","KeyMaterial":{"As2805KeyCryptogram":{"WrappingKeyIdentifier":"alias/tdes","As2805KeyVariant":"TERMINAL_MAJOR_KEY_VARIANT_00"}}}"#,
    ),
    ("GetAlias", r#"{"AliasName":"alias/kek"}"#),
    (
        "GetCertificateSigningRequest",
        r#"{"KeyIdentifier":"alias/pair","SigningAlgorithm":"SHA384","CertificateSubject":{"CommonName":"a","Country":"BR","EmailAddress":"a@example.com"}}"#,
    ),
    ("GetDefaultKeyReplicationRegions", "{}"),
    ("GetKey", r#"{"KeyIdentifier":"alias/kek"}"#),
    (
        "GetMpaTeamAssociation",
        r#"{"Action":"IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE"}"#,
    ),
    (
        "GetParametersForExport",
        r#"{"KeyMaterialType":"TR34_KEY_BLOCK","SigningKeyAlgorithm":"ECC_NIST_P256","ReuseLastGeneratedToken":true}"#,
    ),
    (
        "GetParametersForImport",
        r#"{"KeyMaterialType":"TR31_KEY_BLOCK","WrappingKeyAlgorithm":"AES_128","ReuseLastGeneratedToken":true}"#,
    ),
    (
        "GetPublicKeyCertificate",
        r#"{"KeyIdentifier":"alias/pair"}"#,
    ),
    ("GetResourcePolicy", r#"{"ResourceArn":"KEY-ARN"}"#),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"Tr31KeyBlock":{"WrappingKeyIdentifier":"alias/kek","WrappedKeyBlock":"KEY-BLOCK"}},"Enabled":true,"Tags":[],"RequesterComment":"x"}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"TrustedCertificatePublicKey":{"KeyAttributes":{"KeyUsage":"TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE","KeyClass":"PUBLIC_KEY","KeyAlgorithm":"ECC_NIST_P256","KeyModesOfUse":{"Verify":true}},"PublicKeyCertificate":"CERTIFICATE","CertificateAuthorityPublicKeyIdentifier":"alias/ca"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"As2805KeyCryptogram":{"As2805KeyVariant":"PIN_ENCRYPTION_KEY_VARIANT_28","KeyModesOfUse":{"NoRestrictions":true},"KeyAlgorithm":"TDES_2KEY","Exportable":false,"WrappingKeyIdentifier":"alias/tdes","WrappedKeyCryptogram":"00112233445566778899AABBCCDDEEFF"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"DiffieHellmanTr31KeyBlock":{"PrivateKeyIdentifier":"alias/pair","CertificateAuthorityPublicKeyIdentifier":"alias/ca","PublicKeyCertificate":"CERTIFICATE","DeriveKeyAlgorithm":"AES_128","KeyDerivationFunction":"ANSI_X963","KeyDerivationHashAlgorithm":"SHA_256","DerivationData":{"SharedInformation":"0123"},"WrappedKeyBlock":"KEY-BLOCK"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"KeyCryptogram":{"KeyAttributes":{"KeyUsage":"TR31_K0_KEY_ENCRYPTION_KEY","KeyClass":"SYMMETRIC_KEY","KeyAlgorithm":"AES_128","KeyModesOfUse":{"Encrypt":true,"Decrypt":true,"Wrap":true,"Unwrap":true}},"Exportable":true,"WrappedKeyCryptogram":"00112233445566778899AABBCCDDEEFF","ImportToken":"import-token-0123456789abcdef"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"Tr34KeyBlock":{"CertificateAuthorityPublicKeyIdentifier":"alias/ca","SigningKeyCertificate":"CERTIFICATE","WrappedKeyBlock":"3000","KeyBlockFormat":"X9_TR34_2012","ImportToken":"import-token-0123456789abcdef"}}}"#,
    ),
    ("ListAliases", r#"{"KeyArn":"KEY-ARN","MaxResults":1}"#),
    (
        "ListKeys",
        r#"{"KeyState":"CREATE_COMPLETE","MaxResults":100,"NextToken":"x"}"#,
    ),
    (
        "ListTagsForResource",
        r#"{"ResourceArn":"KEY-ARN","MaxResults":1}"#,
    ),
    (
        "PutResourcePolicy",
        r#"{"ResourceArn":"KEY-ARN","Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"payment-cryptography:ExportKey\",\"Resource\":\"*\"}]}"}"#,
    ),
    (
        "RemoveKeyReplicationRegions",
        r#"{"KeyIdentifier":"alias/kek","ReplicationRegions":["us-west-2"]}"#,
    ),
    ("RestoreKey", r#"{"KeyIdentifier":"KEY-ARN"}"#),
    ("StartKeyUsage", r#"{"KeyIdentifier":"alias/kek"}"#),
    ("StopKeyUsage", r#"{"KeyIdentifier":"alias/tdes"}"#),
    (
        "TagResource",
        r#"{"ResourceArn":"KEY-ARN","Tags":[{"Key":"a","Value":"b"}]}"#,
    ),
    (
        "UntagResource",
        r#"{"ResourceArn":"KEY-ARN","TagKeys":["a"]}"#,
    ),
    ("UpdateAlias", r#"{"AliasName":"alias/new"}"#),
];
