//! The product's table of strengths, held to the emulator's, which was written without it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use apc_emulator::{AccountId, Front, Region};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::{KekAlgorithm, KeyAlgorithm};
use ceremony::certificate::Certificate;
use ceremony::exchange::{Load, Method};
use partner::{Certified, KeyKind, PrivateKey, Profile};
use serde_json::{Value, json};

const KINDS: [KeyKind; 6] = [
    KeyKind::EccP256,
    KeyKind::EccP384,
    KeyKind::EccP521,
    KeyKind::Rsa2048,
    KeyKind::Rsa3072,
    KeyKind::Rsa4096,
];

/// Calls the emulator; the answer, or the name of its exception.
fn call(front: &Front, operation: &str, input: &Value) -> Result<Value, String> {
    let target = format!("PaymentCryptographyControlPlane.{operation}");
    let (status, answer) = front.answer(Some(&target), None, input.to_string().as_bytes());
    if status == 200 {
        return Ok(answer);
    }
    Err(answer["__type"].as_str().unwrap().to_owned())
}

fn algorithm(certified: &Certified) -> KeyAlgorithm {
    let certificate = Certificate::from_der(certified.der()).unwrap();
    certificate.key_algorithm().clone()
}

fn wire(certified: &Certified) -> String {
    STANDARD.encode(certified.pem())
}

/// Imports a CA certificate, under another or as a root; the key's ARN.
fn import(front: &Front, ca: &Certified, above: Option<&str>) -> Result<String, String> {
    let attributes = json!({
        "KeyAlgorithm": algorithm(ca).service_name().unwrap(),
        "KeyClass": "PUBLIC_KEY",
        "KeyModesOfUse": { "Verify": true },
        "KeyUsage": "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE",
    });
    let mut material = json!({ "KeyAttributes": attributes, "PublicKeyCertificate": wire(ca) });
    let member = match above {
        None => "RootCertificatePublicKey",
        Some(above) => {
            material["CertificateAuthorityPublicKeyIdentifier"] = json!(above);
            "TrustedCertificatePublicKey"
        }
    };
    let input = json!({ "KeyMaterial": { member: material } });
    let answer = call(front, "ImportKey", &input)?;
    Ok(answer["Key"]["KeyArn"].as_str().unwrap().to_owned())
}

fn key(kind: KeyKind, name: &str) -> PrivateKey {
    PrivateKey::cached(kind, name)
}

#[test]
fn a_ca_may_certify_what_the_emulator_takes_from_it() {
    let front = Front::new(AccountId::default(), Region::default());
    for ca_kind in KINDS {
        let ca = Profile::root("CA").self_signed(&key(ca_kind, "strength-ca"));
        let ca_arn = import(&front, &ca, None).unwrap();
        for below_kind in KINDS {
            let below = Profile::intermediate("Below");
            let below = below.issued_by(&ca, &key(below_kind, "strength-below"));
            let (ours, certified) = (algorithm(&ca), algorithm(&below));
            let taken = import(&front, &below, Some(&ca_arn));
            match &taken {
                Ok(_) => {}
                Err(exception) => assert_eq!(exception, "ValidationException"),
            }
            assert_eq!(
                ours.may_certify(&certified),
                taken.is_ok(),
                "{ours} certifies {certified}: {taken:?}"
            );
        }
    }
}

/// What the answer of CreateKey says the key's ARN is.
fn create(front: &Front, input: &Value) -> Value {
    let created = call(front, "CreateKey", input).unwrap();
    created["Key"]["KeyArn"].clone()
}

fn create_kek(front: &Front, kek: KekAlgorithm) -> Value {
    let modes = json!({ "Encrypt": true, "Decrypt": true, "Wrap": true, "Unwrap": true });
    let attributes = json!({
        "KeyAlgorithm": kek.as_str(),
        "KeyClass": "SYMMETRIC_KEY",
        "KeyModesOfUse": modes,
        "KeyUsage": "TR31_K0_KEY_ENCRYPTION_KEY",
    });
    create(
        front,
        &json!({ "KeyAttributes": attributes, "Exportable": true }),
    )
}

/// A key pair of the service on this curve; on P-256 where the leaf is on none, which does not matter.
fn create_agreement_key(front: &Front, leaf: &KeyAlgorithm) -> Value {
    let name = leaf.service_name().unwrap();
    let curve = if name.starts_with("ECC") {
        name
    } else {
        "ECC_NIST_P256"
    };
    let attributes = json!({
        "KeyAlgorithm": curve,
        "KeyClass": "ASYMMETRIC_KEY_PAIR",
        "KeyModesOfUse": { "DeriveKey": true },
        "KeyUsage": "TR31_K3_ASYMMETRIC_KEY_FOR_KEY_AGREEMENT",
    });
    let usage = "TR31_K0_KEY_ENCRYPTION_KEY";
    create(
        front,
        &json!({ "KeyAttributes": attributes, "DeriveKeyUsage": usage, "Exportable": false }),
    )
}

/// What ExportKey is asked for, by each method, for this leaf.
fn material(front: &Front, method: Method, leaf: &Certified, ca_arn: &str) -> Value {
    match method {
        Method::RsaOaep => json!({ "KeyCryptogram": {
            "CertificateAuthorityPublicKeyIdentifier": ca_arn,
            "WrappingKeyCertificate": wire(leaf),
        }}),
        Method::Tr34 => {
            let asked = json!({
                "KeyMaterialType": "TR34_KEY_BLOCK",
                "SigningKeyAlgorithm": "RSA_2048",
                "ReuseLastGeneratedToken": true,
            });
            let parameters = call(front, "GetParametersForExport", &asked).unwrap();
            json!({ "Tr34KeyBlock": {
                "CertificateAuthorityPublicKeyIdentifier": ca_arn,
                "WrappingKeyCertificate": wire(leaf),
                "ExportToken": parameters["ExportToken"],
                "KeyBlockFormat": "X9_TR34_2012",
            }})
        }
        Method::Ecdh => agreed(front, leaf, ca_arn, KekAlgorithm::AES_256),
    }
}

fn agreed(front: &Front, leaf: &Certified, ca_arn: &str, derived: KekAlgorithm) -> Value {
    json!({ "DiffieHellmanTr31KeyBlock": {
        "PrivateKeyIdentifier": create_agreement_key(front, &algorithm(leaf)),
        "CertificateAuthorityPublicKeyIdentifier": ca_arn,
        "PublicKeyCertificate": wire(leaf),
        "DeriveKeyAlgorithm": derived.as_str(),
        "KeyDerivationFunction": "NIST_SP800",
        "KeyDerivationHashAlgorithm": "SHA_512",
        "DerivationData": { "SharedInformation": "0123456789ABCDEF" },
    }})
}

fn export(front: &Front, kek: &Value, material: &Value) -> Result<(), String> {
    let input = json!({ "ExportKeyIdentifier": kek, "KeyMaterial": material });
    let exported = call(front, "ExportKey", &input).map(drop);
    if let Err(exception) = &exported {
        assert_eq!(exception, "ValidationException");
    }
    exported
}

#[test]
fn a_kek_may_travel_under_what_the_emulator_exports_it_under() {
    let front = Front::new(AccountId::default(), Region::default());
    // Strong enough for every leaf, so that only the leaf decides.
    let ca = Profile::root("CA").self_signed(&key(KeyKind::EccP521, "strength-ca"));
    let ca_arn = import(&front, &ca, None).unwrap();
    for kek in KekAlgorithm::ALL {
        let kek_arn = create_kek(&front, kek);
        for kind in KINDS {
            let leaf = Profile::leaf("Leaf", "uid").issued_by(&ca, &key(kind, "strength-below"));
            let wrapping = algorithm(&leaf);
            for method in Method::ALL {
                let exported = export(&front, &kek_arn, &material(&front, method, &leaf, &ca_arn));
                assert_eq!(
                    Load { kek, method }.may_travel_under(&wrapping),
                    exported.is_ok(),
                    "{kek} under {wrapping} by {method}: {exported:?}"
                );
            }
        }
    }
}

#[test]
fn a_derived_key_may_protect_what_the_emulator_puts_under_it() {
    let front = Front::new(AccountId::default(), Region::default());
    let ca = Profile::root("CA").self_signed(&key(KeyKind::EccP521, "strength-ca"));
    let ca_arn = import(&front, &ca, None).unwrap();
    // On the curve that may carry any KEK, so that only the derived key decides.
    let strong = key(KeyKind::EccP521, "strength-below");
    let leaf = Profile::leaf("Leaf", "uid").issued_by(&ca, &strong);
    for kek in KekAlgorithm::ALL {
        let kek_arn = create_kek(&front, kek);
        for derived in KekAlgorithm::ALL {
            let exported = export(&front, &kek_arn, &agreed(&front, &leaf, &ca_arn, derived));
            assert_eq!(
                derived.may_protect(kek),
                exported.is_ok(),
                "{kek} under {derived}: {exported:?}"
            );
        }
    }
}
