//! What a key is made of, and how new keys come to be.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair};
use aws_lc_rs::{rand, rsa, signature};
use keyblock::{ClearKey, KeyCheckValue, SecretBytes, SymmetricAlgorithm, key_check_value};

use super::certificates::Certificate;
use crate::model::attributes::KeyAlgorithm;

/// The substance behind a key ARN. No `Debug` and no `Serialize`, so that it stays here.
#[derive(Clone)]
pub enum KeyMaterial {
    /// An imported public key, with the certificate it came in.
    Certificate(Certificate),
    /// The key was deleted for good and its substance wiped.
    Gone,
    /// An RSA or elliptic-curve pair: PKCS#8 (RFC 5208) and SubjectPublicKeyInfo (RFC 5280), DER.
    Pair {
        private_key: SecretBytes,
        public_key: Vec<u8>,
    },
    /// A symmetric key.
    Symmetric(ClearKey),
}

impl KeyMaterial {
    /// A new random key of this algorithm.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, GenerationFailed> {
        match algorithm {
            KeyAlgorithm::Rsa2048 => generate_rsa(KeySize::Rsa2048),
            KeyAlgorithm::Rsa3072 => generate_rsa(KeySize::Rsa3072),
            KeyAlgorithm::Rsa4096 => generate_rsa(KeySize::Rsa4096),
            KeyAlgorithm::EccNistP256 => generate_ecc(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyAlgorithm::EccNistP384 => generate_ecc(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyAlgorithm::EccNistP521 => generate_ecc(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
            _ => {
                let algorithm = algorithm.symmetric().ok_or(GenerationFailed)?;
                generate_symmetric(algorithm).map(Self::Symmetric)
            }
        }
    }

    /// The check value that goes with the key. A wiped key has none; its record keeps the old one.
    pub fn key_check_value(&self) -> Option<KeyCheckValue> {
        match self {
            Self::Certificate(certificate) => {
                let public_key = certificate.subject_public_key_info();
                Some(key_check_value::of_public_key(public_key))
            }
            Self::Gone => None,
            Self::Pair { public_key, .. } => Some(key_check_value::of_public_key(public_key)),
            Self::Symmetric(key) => Some(key.key_check_value()),
        }
    }
}

/// The random generator or the key generator of the cryptographic library failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the cryptographic library could not make a key")]
pub struct GenerationFailed;

/// Random bytes.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], GenerationFailed> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| GenerationFailed)?;
    Ok(bytes)
}

/// A random symmetric key.
///
/// INFERRED: TDES keys get odd parity (FIPS 46-3, bit 8 of every byte) and parts that differ from
/// their neighbours, as keys made in hardware do; nothing depends on the parity.
fn generate_symmetric(algorithm: SymmetricAlgorithm) -> Result<ClearKey, GenerationFailed> {
    loop {
        let mut bytes = vec![0; algorithm.key_length()];
        rand::fill(&mut bytes).map_err(|_| GenerationFailed)?;
        if let SymmetricAlgorithm::Tdes2Key | SymmetricAlgorithm::Tdes3Key = algorithm {
            for byte in &mut bytes {
                *byte ^= u8::from(byte.count_ones() % 2 == 0);
            }
            if bytes
                .chunks(8)
                .zip(bytes.chunks(8).skip(1))
                .any(|(one, next)| one == next)
            {
                continue;
            }
        }
        return ClearKey::new(algorithm, bytes.into()).map_err(|_| GenerationFailed);
    }
}

fn generate_rsa(size: KeySize) -> Result<KeyMaterial, GenerationFailed> {
    let pair = rsa::KeyPair::generate(size).map_err(|_| GenerationFailed)?;
    let private_key = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| GenerationFailed)?;
    let public_key =
        AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).map_err(|_| GenerationFailed)?;
    Ok(KeyMaterial::Pair {
        private_key: private_key.as_ref().to_vec().into(),
        public_key: public_key.as_ref().to_vec(),
    })
}

fn generate_ecc(
    algorithm: &'static signature::EcdsaSigningAlgorithm,
) -> Result<KeyMaterial, GenerationFailed> {
    let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| GenerationFailed)?;
    let private_key = pair.to_pkcs8v1().map_err(|_| GenerationFailed)?;
    let public_key =
        AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).map_err(|_| GenerationFailed)?;
    Ok(KeyMaterial::Pair {
        private_key: private_key.as_ref().to_vec().into(),
        public_key: public_key.as_ref().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_can_be_generated() {
        for algorithm in KeyAlgorithm::ALL {
            let material = KeyMaterial::generate(*algorithm).unwrap();
            let length = material.key_check_value().unwrap().as_bytes().len();
            assert_eq!(
                length,
                if algorithm.symmetric().is_some() {
                    3
                } else {
                    4
                },
                "{algorithm}"
            );
        }
    }

    #[test]
    fn generated_triple_des_keys_have_odd_parity() {
        for _ in 0..100 {
            let key = generate_symmetric(SymmetricAlgorithm::Tdes3Key).unwrap();
            assert!(
                key.bytes()
                    .expose()
                    .iter()
                    .all(|byte| byte.count_ones() % 2 == 1)
            );
        }
    }
}
