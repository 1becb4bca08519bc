//! How a KEK travels to a partner, and what comes out of it.
//!
//! | method | the leaf's key | what travels |
//! | --- | --- | --- |
//! | `rsa-oaep` | RSA | the KEK, encrypted under the leaf's key (RFC 8017, RSAES-OAEP) |
//! | `tr34` | RSA (the KRD's) | a TR-34 block, which the key of a KDH of ours has signed (ANSI X9.139) |
//! | `ecdh` | a curve | a TR-31 block under a key that both sides derive (ANSI X9.63 or NIST SP 800-56A) |

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::algorithms::{KekAlgorithm, OaepHash};
use crate::certificate::{Certificate, KeyUsage};
use crate::digest::Sha256;
use crate::text::shown;

/// A method of exchange.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    RsaOaep,
    Tr34,
    Ecdh,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RsaOaep, Self::Tr34, Self::Ecdh];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep => "rsa-oaep",
            Self::Tr34 => "tr34",
            Self::Ecdh => "ecdh",
        }
    }
}

impl Method {
    /// The use that a leaf's KeyUsage, where it has one, must allow (RFC 5280 §4.2.1.3).
    pub fn key_usage(self) -> &'static str {
        match self {
            Self::RsaOaep | Self::Tr34 => "keyEncipherment",
            Self::Ecdh => "keyAgreement",
        }
    }

    pub fn is_allowed_by(self, usage: &KeyUsage) -> bool {
        match self {
            Self::RsaOaep | Self::Tr34 => usage.key_encipherment,
            Self::Ecdh => usage.key_agreement,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is to travel, and how: what a leaf has to be good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Load {
    pub kek: KekAlgorithm,
    pub method: Method,
}

/// Whose key signs a TR-34 block: who its KDH is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Tr34Signer {
    /// A key of the service, certified by the service's own CA.
    Service,
    /// A key of ours, whose certificate a CA has issued that the partner trusts: the one enrolled as
    /// `tr34`.
    Own,
}

/// How many messages a TR-34 exchange has.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Passes {
    /// The block alone, with the time at which it was signed.
    #[default]
    One,
    /// The partner's random nonce, then the block that repeats it.
    Two,
}

/// How a key is derived from what both sides agreed on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(non_camel_case_types)]
pub enum KeyDerivationFunction {
    /// ANSI X9.63 §5.6.3.
    ANSI_X963,
    /// NIST SP 800-56A §5.8.2.1, one step, concatenation.
    #[default]
    NIST_SP800,
}

impl KeyDerivationFunction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ANSI_X963 => "ANSI_X963",
            Self::NIST_SP800 => "NIST_SP800",
        }
    }
}

/// The hash of a key derivation.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(non_camel_case_types)]
pub enum KeyDerivationHash {
    SHA_256,
    SHA_384,
    #[default]
    SHA_512,
}

impl KeyDerivationHash {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SHA_256 => "SHA_256",
            Self::SHA_384 => "SHA_384",
            Self::SHA_512 => "SHA_512",
        }
    }
}

/// The random nonce by which a partner tells an answer of today from one of yesterday: 8 to 16 bytes
/// (API reference, ExportTr34KeyBlock, `RandomNonce`). It is no secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// Whether the file of this name, or under this key, is to hold a nonce and no certificate.
    pub fn is_expected_in(name: &str) -> bool {
        name.ends_with(".nonce")
    }

    /// Reads a file that a partner has dropped: the digits, and white space at their end, which editors
    /// and `echo` leave there.
    pub fn in_file(file: &[u8]) -> Result<Self, MalformedNonce> {
        let text = std::str::from_utf8(file.trim_ascii_end()).map_err(|_| MalformedNonce)?;
        Self::try_from(text.to_owned()).map_err(|_| MalformedNonce)
    }

    /// None of another length than the service takes.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        (8..=16)
            .contains(&bytes.len())
            .then(|| Self(bytes.to_vec()))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the service takes it: upper-case hex.
    pub fn hex(&self) -> String {
        hex::encode_upper(&self.0)
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.hex()
    }
}

impl TryFrom<String> for Nonce {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = hex::decode(&text).ok();
        let nonce = bytes.and_then(|bytes| Self::of_bytes(&bytes));
        nonce.ok_or_else(|| {
            format!(
                "`{}` is no nonce: 16 to 32 hex digits are expected, two for each byte",
                shown(&text)
            )
        })
    }
}

/// A file that is to hold a nonce and does not. Nothing of it is repeated: it may be anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it holds no nonce: 16 to 32 hex digits, two for each byte, and nothing else are expected")]
pub struct MalformedNonce;

/// A key that left, as a step of `wrap-*` passes it on: with all that the partner needs to open it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(
    tag = "method",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Wrapped {
    RsaOaep {
        /// The RSA block, upper-case hex; as long as the leaf's modulus.
        cryptogram: String,
        hash: OaepHash,
    },
    Tr34 {
        /// The block in DER, upper-case hex.
        key_block: String,
        /// The TR-31 header in it, which its signature covers.
        header: String,
        /// The partner's nonce, if the exchange has two passes.
        nonce: Option<Nonce>,
        signer: Tr34Signer,
        /// The KDH's.
        ours: OurCertificate,
    },
    Ecdh {
        /// The TR-31 block.
        key_block: String,
        /// Upper-case hex; no secret.
        shared_information: String,
        key_derivation_function: KeyDerivationFunction,
        key_derivation_hash: KeyDerivationHash,
        /// Of the key that both sides derive.
        derived_key: KekAlgorithm,
        /// Of the key that agrees with the leaf's.
        ours: OurCertificate,
    },
}

/// A certificate of ours that the partner has to trust to open a package.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OurCertificate {
    /// Of the key in Payment Cryptography; null for one that is the service's own.
    pub key_arn: Option<String>,
    pub certificate: Certificate,
    /// From its issuer upwards.
    pub chain: Vec<Certificate>,
}

impl Wrapped {
    pub fn method(&self) -> Method {
        match self {
            Self::RsaOaep { .. } => Method::RsaOaep,
            Self::Tr34 { .. } => Method::Tr34,
            Self::Ecdh { .. } => Method::Ecdh,
        }
    }

    /// What travels, as bytes: a TR-31 block is the text that it is.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            // They are hex because the step that made them looked.
            Self::RsaOaep { cryptogram, .. } => hex::decode(cryptogram).unwrap_or_default(),
            Self::Tr34 { key_block, .. } => hex::decode(key_block).unwrap_or_default(),
            Self::Ecdh { key_block, .. } => key_block.as_bytes().to_vec(),
        }
    }

    pub fn ours(&self) -> Option<&OurCertificate> {
        match self {
            Self::RsaOaep { .. } => None,
            Self::Tr34 { ours, .. } | Self::Ecdh { ours, .. } => Some(ours),
        }
    }
}

/// What may be recorded of a [`Wrapped`]: key material, wrapped or not, is not evidence. Of what
/// travels there is its digest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    method: Method,
    bytes: usize,
    /// Over what travels, as the package has it in a file.
    sha256: Sha256,
    #[serde(flatten)]
    how: How<'a>,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum How<'a> {
    RsaOaep {
        hash: OaepHash,
    },
    Tr34 {
        header: &'a str,
        nonce: Option<&'a Nonce>,
        signer: Tr34Signer,
        certificate_sha256: Sha256,
    },
    Ecdh {
        shared_information: &'a str,
        key_derivation_function: KeyDerivationFunction,
        key_derivation_hash: KeyDerivationHash,
        derived_key: KekAlgorithm,
        key_arn: Option<&'a str>,
        certificate_sha256: Sha256,
    },
}

impl crate::evidence::Recordable for Wrapped {
    fn recordable(&self) -> impl Serialize {
        let bytes = self.bytes();
        View {
            method: self.method(),
            bytes: bytes.len(),
            sha256: Sha256::of(&bytes),
            how: match self {
                Self::RsaOaep { hash, .. } => How::RsaOaep { hash: *hash },
                Self::Tr34 {
                    header,
                    nonce,
                    signer,
                    ours,
                    ..
                } => How::Tr34 {
                    header,
                    nonce: nonce.as_ref(),
                    signer: *signer,
                    certificate_sha256: ours.certificate.sha256(),
                },
                Self::Ecdh {
                    shared_information,
                    key_derivation_function,
                    key_derivation_hash,
                    derived_key,
                    ours,
                    ..
                } => How::Ecdh {
                    shared_information,
                    key_derivation_function: *key_derivation_function,
                    key_derivation_hash: *key_derivation_hash,
                    derived_key: *derived_key,
                    key_arn: ours.key_arn.as_deref(),
                    certificate_sha256: ours.certificate.sha256(),
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::evidence::Recordable;

    #[test]
    fn a_nonce_has_8_to_16_bytes() {
        let parse = |digits: usize| Nonce::try_from("aB".repeat(digits / 2));
        assert_eq!(parse(16).unwrap().hex(), "ABABABABABABABAB");
        assert_eq!(parse(32).unwrap().bytes(), [0xab; 16]);
        for wrong in [14, 34, 0] {
            assert!(parse(wrong).unwrap_err().contains("no nonce"), "{wrong}");
        }
        assert!(Nonce::try_from("0123456789ABCDEG".to_owned()).is_err());
    }

    #[test]
    fn a_file_holds_a_nonce_and_nothing_else() {
        for file in [
            "0011223344556677",
            "0011223344556677\r\n",
            "0011223344556677 \t\n\n",
        ] {
            let nonce = Nonce::in_file(file.as_bytes()).unwrap();
            assert_eq!(nonce.hex(), "0011223344556677");
        }
        let wrong: [&[u8]; 6] = [
            b"",
            b" 0011223344556677",
            b"0x0011223344556677",
            b"00112233445566778",
            b"0011223344556677\n0011223344556677",
            b"\xff\xfe0\x000\x00",
        ];
        for wrong in wrong {
            assert_eq!(Nonce::in_file(wrong), Err(MalformedNonce));
        }
        assert!(Nonce::is_expected_in("acme/production/pin/2026.nonce"));
        assert!(!Nonce::is_expected_in("acme/production/pin/nonce.pem"));
    }

    #[test]
    fn of_what_travels_the_digest_is_recorded() {
        let wrapped = Wrapped::RsaOaep {
            cryptogram: "C0FFEE".to_owned(),
            hash: OaepHash::SHA_256,
        };
        let recorded = serde_json::to_value(wrapped.recordable()).unwrap();
        let expected = json!({
            "method": "rsa-oaep",
            "bytes": 3,
            "sha256": Sha256::of(&[0xc0, 0xff, 0xee]),
            "hash": "SHA_256",
        });
        assert_eq!(recorded, expected);
    }
}
