//! Algorithms of KEKs, of keys in certificates, and of signatures, as AWS spells them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Algorithm of a key-encrypting key, as Payment Cryptography spells it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(non_camel_case_types)]
pub enum KekAlgorithm {
    #[default]
    AES_128,
    AES_192,
    AES_256,
    TDES_2KEY,
    TDES_3KEY,
}

impl KekAlgorithm {
    pub const ALL: [Self; 5] = [
        Self::AES_128,
        Self::AES_192,
        Self::AES_256,
        Self::TDES_2KEY,
        Self::TDES_3KEY,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AES_128 => "AES_128",
            Self::AES_192 => "AES_192",
            Self::AES_256 => "AES_256",
            Self::TDES_2KEY => "TDES_2KEY",
            Self::TDES_3KEY => "TDES_3KEY",
        }
    }

    /// Key length in bytes.
    pub fn key_bytes(self) -> usize {
        match self {
            Self::AES_128 | Self::TDES_2KEY => 16,
            Self::AES_192 | Self::TDES_3KEY => 24,
            Self::AES_256 => 32,
        }
    }

    /// How the key check value of such a key is computed.
    pub fn kcv_algorithm(self) -> KcvAlgorithm {
        match self {
            Self::AES_128 | Self::AES_192 | Self::AES_256 => KcvAlgorithm::CMAC,
            Self::TDES_2KEY | Self::TDES_3KEY => KcvAlgorithm::ANSI_X9_24,
        }
    }
}

impl fmt::Display for KekAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a key check value is computed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[allow(non_camel_case_types)]
pub enum KcvAlgorithm {
    /// ANSI X9.24-1: TDES-ECB over eight zero bytes, first three bytes.
    ANSI_X9_24,
    /// AES-CMAC over sixteen zero bytes, first three bytes.
    CMAC,
}

/// Algorithm of the public key in a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyAlgorithm {
    EccNistP256,
    EccNistP384,
    EccNistP521,
    /// Anything Payment Cryptography has no name for, described for the reader.
    Other(String),
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

impl KeyAlgorithm {
    /// Every one that Payment Cryptography has a name for.
    pub const KNOWN: [Self; 6] = [
        Self::EccNistP256,
        Self::EccNistP384,
        Self::EccNistP521,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
    ];

    /// Payment Cryptography's name for it, or `None` where it has none.
    pub fn service_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::EccNistP384 => "ECC_NIST_P384",
            Self::EccNistP521 => "ECC_NIST_P521",
            Self::Other(_) => return None,
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
        })
    }

    /// The length of an RSA block under such a key, in bytes.
    pub fn modulus_bytes(&self) -> Option<usize> {
        match self {
            Self::Rsa2048 => Some(256),
            Self::Rsa3072 => Some(384),
            Self::Rsa4096 => Some(512),
            Self::EccNistP256 | Self::EccNistP384 | Self::EccNistP521 | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.service_name()) {
            (Self::Other(description), _) => f.write_str(description),
            (_, name) => f.write_str(name.unwrap_or_default()),
        }
    }
}

impl From<String> for KeyAlgorithm {
    fn from(text: String) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|algorithm| algorithm.service_name() == Some(&text))
            .unwrap_or(Self::Other(text))
    }
}

/// The hash of RSAES-OAEP and of its MGF1 (RFC 8017 §7.1; label empty).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(non_camel_case_types)]
pub enum OaepHash {
    #[default]
    SHA_256,
    SHA_512,
}

impl OaepHash {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SHA_256 => "SHA_256",
            Self::SHA_512 => "SHA_512",
        }
    }
}

/// How the package is signed, as KMS spells it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(non_camel_case_types)]
pub enum SignatureAlgorithm {
    ECDSA_SHA_256,
    ECDSA_SHA_384,
    ECDSA_SHA_512,
    #[default]
    RSASSA_PKCS1_V1_5_SHA_256,
    RSASSA_PKCS1_V1_5_SHA_384,
    RSASSA_PKCS1_V1_5_SHA_512,
    RSASSA_PSS_SHA_256,
    RSASSA_PSS_SHA_384,
    RSASSA_PSS_SHA_512,
}

impl SignatureAlgorithm {
    pub const ALL: [Self; 9] = [
        Self::ECDSA_SHA_256,
        Self::ECDSA_SHA_384,
        Self::ECDSA_SHA_512,
        Self::RSASSA_PKCS1_V1_5_SHA_256,
        Self::RSASSA_PKCS1_V1_5_SHA_384,
        Self::RSASSA_PKCS1_V1_5_SHA_512,
        Self::RSASSA_PSS_SHA_256,
        Self::RSASSA_PSS_SHA_384,
        Self::RSASSA_PSS_SHA_512,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ECDSA_SHA_256 => "ECDSA_SHA_256",
            Self::ECDSA_SHA_384 => "ECDSA_SHA_384",
            Self::ECDSA_SHA_512 => "ECDSA_SHA_512",
            Self::RSASSA_PKCS1_V1_5_SHA_256 => "RSASSA_PKCS1_V1_5_SHA_256",
            Self::RSASSA_PKCS1_V1_5_SHA_384 => "RSASSA_PKCS1_V1_5_SHA_384",
            Self::RSASSA_PKCS1_V1_5_SHA_512 => "RSASSA_PKCS1_V1_5_SHA_512",
            Self::RSASSA_PSS_SHA_256 => "RSASSA_PSS_SHA_256",
            Self::RSASSA_PSS_SHA_384 => "RSASSA_PSS_SHA_384",
            Self::RSASSA_PSS_SHA_512 => "RSASSA_PSS_SHA_512",
        }
    }

    /// The hash that is signed.
    pub fn hash(self) -> Hash {
        match self {
            Self::ECDSA_SHA_256 | Self::RSASSA_PKCS1_V1_5_SHA_256 | Self::RSASSA_PSS_SHA_256 => {
                Hash::Sha256
            }
            Self::ECDSA_SHA_384 | Self::RSASSA_PKCS1_V1_5_SHA_384 | Self::RSASSA_PSS_SHA_384 => {
                Hash::Sha384
            }
            Self::ECDSA_SHA_512 | Self::RSASSA_PKCS1_V1_5_SHA_512 | Self::RSASSA_PSS_SHA_512 => {
                Hash::Sha512
            }
        }
    }

    /// Whether a KMS key of this spec (`RSA_2048`, `ECC_NIST_P256` …) signs so (AWS KMS: "Key spec
    /// reference"). A spec that is not known signs nothing.
    pub fn fits(self, key_spec: &str) -> bool {
        let curve = match self {
            Self::ECDSA_SHA_256 => "ECC_NIST_P256",
            Self::ECDSA_SHA_384 => "ECC_NIST_P384",
            Self::ECDSA_SHA_512 => "ECC_NIST_P521",
            Self::RSASSA_PKCS1_V1_5_SHA_256
            | Self::RSASSA_PKCS1_V1_5_SHA_384
            | Self::RSASSA_PKCS1_V1_5_SHA_512
            | Self::RSASSA_PSS_SHA_256
            | Self::RSASSA_PSS_SHA_384
            | Self::RSASSA_PSS_SHA_512 => {
                return ["RSA_2048", "RSA_3072", "RSA_4096"].contains(&key_spec);
            }
        };
        key_spec == curve
    }

    pub fn is_pss(self) -> bool {
        matches!(
            self,
            Self::RSASSA_PSS_SHA_256 | Self::RSASSA_PSS_SHA_384 | Self::RSASSA_PSS_SHA_512
        )
    }
}

/// A hash of FIPS 180-4 that a signature algorithm uses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_signs_with_the_algorithms_of_its_spec() {
        let of = |spec: &str| {
            let fitting = SignatureAlgorithm::ALL
                .into_iter()
                .filter(|it| it.fits(spec));
            fitting.map(SignatureAlgorithm::as_str).collect::<Vec<_>>()
        };
        assert_eq!(of("ECC_NIST_P256"), ["ECDSA_SHA_256"]);
        assert_eq!(of("ECC_NIST_P384"), ["ECDSA_SHA_384"]);
        assert_eq!(of("ECC_NIST_P521"), ["ECDSA_SHA_512"]);
        for spec in ["RSA_2048", "RSA_3072", "RSA_4096"] {
            assert!(of(spec).iter().all(|it| it.starts_with("RSASSA")));
            assert_eq!(of(spec).len(), 6);
        }
        assert_eq!(of("SYMMETRIC_DEFAULT"), [""; 0]);
    }

    #[test]
    fn names_are_spelled_alike_in_json_and_in_requests() {
        for kek in KekAlgorithm::ALL {
            assert_eq!(serde_json::to_value(kek).unwrap(), kek.as_str());
        }
        for signature in SignatureAlgorithm::ALL {
            assert_eq!(serde_json::to_value(signature).unwrap(), signature.as_str());
        }
    }

    #[test]
    fn a_signature_algorithm_is_called_after_its_hash_and_padding() {
        for signature in SignatureAlgorithm::ALL {
            let name = match signature.hash() {
                Hash::Sha256 => "SHA_256",
                Hash::Sha384 => "SHA_384",
                Hash::Sha512 => "SHA_512",
            };
            assert!(signature.as_str().ends_with(name), "{signature}");
            assert_eq!(signature.is_pss(), signature.as_str().contains("PSS"));
        }
    }

    #[test]
    fn a_kek_has_the_length_and_check_value_of_its_cipher() {
        for (kek, bytes, kcv) in [
            (KekAlgorithm::AES_128, 16, KcvAlgorithm::CMAC),
            (KekAlgorithm::AES_192, 24, KcvAlgorithm::CMAC),
            (KekAlgorithm::AES_256, 32, KcvAlgorithm::CMAC),
            (KekAlgorithm::TDES_2KEY, 16, KcvAlgorithm::ANSI_X9_24),
            (KekAlgorithm::TDES_3KEY, 24, KcvAlgorithm::ANSI_X9_24),
        ] {
            assert_eq!(
                (kek.key_bytes(), kek.kcv_algorithm()),
                (bytes, kcv),
                "{kek}"
            );
        }
    }

    #[test]
    fn an_rsa_block_is_as_long_as_the_modulus() {
        let lengths = KeyAlgorithm::KNOWN.map(|key| key.modulus_bytes());
        assert_eq!(lengths, [None, None, None, Some(256), Some(384), Some(512)]);
    }

    #[test]
    fn a_key_algorithm_is_read_by_the_services_name() {
        for known in KeyAlgorithm::KNOWN {
            let name = known.service_name().unwrap();
            assert_eq!(known.to_string(), name);
            assert_eq!(KeyAlgorithm::from(name.to_owned()), known);
        }
        let other = KeyAlgorithm::from("RSA of 1024 bits".to_owned());
        assert_eq!(other.service_name(), None);
        assert_eq!(other.to_string(), "RSA of 1024 bits");
    }
}
