//! The public key of a certificate: of which algorithm it is, and what is wrong with it.
//!
//! A parser reads an RSA key of any two numbers, and the service that would encrypt under them is
//! not asked before everything else has been done: an exponent of 1 leaves the message as it is.

mod rsa;

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, ParsedPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::algorithms::KeyAlgorithm;
use crate::text::shown;

pub(crate) use rsa::{RsaKey, is_accepted_by_library};

/// Its algorithm, where Payment Cryptography has a name for it; else in words.
pub(crate) fn algorithm(key: &SubjectPublicKeyInfo<'_>) -> KeyAlgorithm {
    let oid = key.algorithm.algorithm.to_id_string();
    match oid.as_str() {
        RSA => match RsaKey::read(key) {
            Some(rsa) => match rsa.modulus_bits() {
                2048 => KeyAlgorithm::Rsa2048,
                3072 => KeyAlgorithm::Rsa3072,
                4096 => KeyAlgorithm::Rsa4096,
                bits => KeyAlgorithm::Other(format!("RSA of {bits} bits")),
            },
            None => KeyAlgorithm::Other("RSA with a key that is not two positive numbers".into()),
        },
        EC => match named_curve(key).as_deref() {
            Some("1.2.840.10045.3.1.7") => KeyAlgorithm::EccNistP256,
            Some("1.3.132.0.34") => KeyAlgorithm::EccNistP384,
            Some("1.3.132.0.35") => KeyAlgorithm::EccNistP521,
            Some(curve) => KeyAlgorithm::Other(format!("elliptic curve {}", shown(curve))),
            None => KeyAlgorithm::Other("elliptic curve without a name".to_owned()),
        },
        "1.2.840.113549.1.1.7" => KeyAlgorithm::Other("RSA for RSAES-OAEP only".to_owned()),
        "1.2.840.113549.1.1.10" => KeyAlgorithm::Other("RSA for RSASSA-PSS only".to_owned()),
        "1.2.840.10040.4.1" => KeyAlgorithm::Other("DSA".to_owned()),
        "1.3.101.112" => KeyAlgorithm::Other("Ed25519".to_owned()),
        "1.3.101.113" => KeyAlgorithm::Other("Ed448".to_owned()),
        other => KeyAlgorithm::Other(format!("key algorithm {}", shown(other))),
    }
}

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";

pub(crate) fn is_rsa(key: &SubjectPublicKeyInfo<'_>) -> bool {
    key.algorithm.algorithm.to_id_string() == RSA
}

/// Whether a key on one of the service's curves is a point of it (NIST SP 800-56A §5.6.2.3). What is
/// not on one of them is not judged here.
pub(crate) fn is_on_its_curve(key: &SubjectPublicKeyInfo<'_>) -> bool {
    let curve = match algorithm(key) {
        KeyAlgorithm::EccNistP256 => &ECDH_P256,
        KeyAlgorithm::EccNistP384 => &ECDH_P384,
        KeyAlgorithm::EccNistP521 => &ECDH_P521,
        _ => return true,
    };
    let point = agreement::UnparsedPublicKey::new(curve, &key.subject_public_key.data);
    ParsedPublicKey::try_from(&point).is_ok()
}

fn named_curve(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    let curve = key.algorithm.parameters.as_ref()?.as_oid().ok()?;
    Some(curve.to_id_string())
}
