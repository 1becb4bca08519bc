//! KEK and certificate key algorithms, and which key may carry which.

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

    /// Whether an RSA key may carry this KEK.
    ///
    /// Source: AWS Payment Cryptography user guide, "Import and export keys", table of key
    /// strengths: TDES under RSA-2048 and up, AES-128 under RSA-3072 and up, AES-192 and
    /// AES-256 under no RSA key.
    pub fn may_travel_under(self, wrapping_key: &KeyAlgorithm) -> bool {
        use KeyAlgorithm::{Rsa2048, Rsa3072, Rsa4096};
        match self {
            Self::TDES_2KEY | Self::TDES_3KEY => {
                matches!(wrapping_key, Rsa2048 | Rsa3072 | Rsa4096)
            }
            Self::AES_128 => matches!(wrapping_key, Rsa3072 | Rsa4096),
            Self::AES_192 | Self::AES_256 => false,
        }
    }

    /// What the leaf's key must be, in words, for [`Self::may_travel_under`] to hold.
    pub fn required_wrapping_key(self) -> &'static str {
        match self {
            Self::TDES_2KEY | Self::TDES_3KEY => "RSA-2048, RSA-3072 or RSA-4096",
            Self::AES_128 => "RSA-3072 or RSA-4096",
            Self::AES_192 | Self::AES_256 => {
                "none: no RSA key is strong enough for it, use another exchange method"
            }
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
        [
            Self::EccNistP256,
            Self::EccNistP384,
            Self::EccNistP521,
            Self::Rsa2048,
            Self::Rsa3072,
            Self::Rsa4096,
        ]
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

    /// The name `openssl` knows it by.
    pub fn openssl_name(self) -> &'static str {
        match self {
            Self::SHA_256 => "sha256",
            Self::SHA_512 => "sha512",
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

    /// The name of its hash that `openssl dgst` knows.
    pub fn openssl_hash(self) -> &'static str {
        match self.as_str().rsplit('_').next() {
            Some("256") => "sha256",
            Some("384") => "sha384",
            _ => "sha512",
        }
    }

    pub fn is_pss(self) -> bool {
        self.as_str().starts_with("RSASSA_PSS")
    }
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
    fn strength_table_is_the_user_guides() {
        let allowed = |kek: KekAlgorithm| {
            [
                KeyAlgorithm::Rsa2048,
                KeyAlgorithm::Rsa3072,
                KeyAlgorithm::Rsa4096,
            ]
            .map(|key| kek.may_travel_under(&key))
        };
        assert_eq!(allowed(KekAlgorithm::TDES_2KEY), [true, true, true]);
        assert_eq!(allowed(KekAlgorithm::TDES_3KEY), [true, true, true]);
        assert_eq!(allowed(KekAlgorithm::AES_128), [false, true, true]);
        assert_eq!(allowed(KekAlgorithm::AES_192), [false, false, false]);
        assert_eq!(allowed(KekAlgorithm::AES_256), [false, false, false]);
    }

    #[test]
    fn no_kek_travels_under_an_elliptic_curve_key_by_rsa_wrap() {
        for kek in KekAlgorithm::ALL {
            assert!(!kek.may_travel_under(&KeyAlgorithm::EccNistP521));
        }
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
}
