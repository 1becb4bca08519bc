//! `manifest.json`, as the partner reads it: the fields that it needs, and no opinion on others.

use serde::Deserialize;

/// The only version that the partner knows.
pub const SCHEMA_VERSION: u32 = 2;

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    /// What was performed, such as `kek-export`.
    pub ceremony: String,
    pub ceremony_id: String,
    pub partner: String,
    pub environment: String,
    pub data_type: String,
    pub created_at: String,
    pub kek: KekEntry,
    pub wrapping: Wrapping,
    pub signature: Signature,
    /// Where the KEK was wrapped by RSA-OAEP, and nowhere else.
    pub reference_signature: Option<ReferenceSignature>,
    pub certificates: Vec<CertificateEntry>,
    pub ca_key_arn: String,
    pub files: Vec<FileEntry>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct KekEntry {
    /// Such as `AES_128`.
    pub algorithm: String,
    pub key_arn: String,
    pub kcv: String,
    /// `CMAC` or `ANSI_X9_24`.
    pub kcv_algorithm: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Wrapping {
    /// SHA-256 over the DER of the certificate that it is wrapped for.
    pub leaf_sha256: String,
    /// Such as `RSA_3072`.
    pub key_algorithm: String,
    #[serde(flatten)]
    pub how: How,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(
    tag = "method",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum How {
    RsaOaep {
        /// `SHA_256` or `SHA_512`.
        hash: String,
        cryptogram_bytes: usize,
    },
    Tr34 {
        key_block_bytes: usize,
        header: HeaderEntry,
        /// Hex; null in an exchange of one pass.
        nonce: Option<String>,
        ours: Sender,
    },
    Ecdh {
        key_block_characters: usize,
        header: HeaderEntry,
        /// Hex.
        shared_information: String,
        /// `NIST_SP800` or `ANSI_X963`.
        key_derivation_function: String,
        /// Such as `SHA_512`.
        key_derivation_hash: String,
        /// Such as `AES_256`.
        derived_key: String,
        ours: Sender,
    },
}

impl How {
    pub fn method(&self) -> &'static str {
        match self {
            Self::RsaOaep { .. } => "rsa-oaep",
            Self::Tr34 { .. } => "tr34",
            Self::Ecdh { .. } => "ecdh",
        }
    }
}

/// A TR-31 header, and what the sender takes it to mean.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct HeaderEntry {
    pub text: String,
    /// `K0`, say.
    pub usage: String,
    pub algorithm: char,
    pub mode: char,
    pub exportability: char,
}

/// A certificate of the sender's, and those of its issuers.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Sender {
    pub certificate: SenderCertificate,
    pub chain: Vec<SenderCertificate>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct SenderCertificate {
    pub sha256: String,
}

/// How the list of files is signed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Signature {
    /// Such as `RSASSA_PKCS1_V1_5_SHA_256`.
    pub algorithm: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceSignature {
    pub signed_prefix: SignedPrefix,
    pub algorithm: String,
    /// SHA-256 over the DER of the SubjectPublicKeyInfo.
    pub public_key_sha256: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct SignedPrefix {
    pub hex: String,
    pub ascii: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct CertificateEntry {
    /// `leaf`, `intermediate` or `root`.
    pub role: String,
    pub sha256: String,
    pub subject: String,
    pub issuer: String,
    pub serial: String,
    pub not_before: String,
    pub not_after: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FileEntry {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}
