//! `manifest.json`, as the partner reads it: the fields that it needs, and no opinion on others.

use serde::Deserialize;

/// The only version that the partner knows.
pub const SCHEMA_VERSION: u32 = 1;

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
    pub signed_prefix: SignedPrefix,
    pub signature: Signature,
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
    /// `rsa-oaep`.
    pub method: String,
    /// `SHA_256` or `SHA_512`.
    pub hash: String,
    /// SHA-256 over the DER of the certificate that it is wrapped for.
    pub leaf_sha256: String,
    /// Such as `RSA_3072`.
    pub key_algorithm: String,
    pub cryptogram_bytes: usize,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct SignedPrefix {
    pub hex: String,
    pub ascii: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// Such as `RSASSA_PKCS1_V1_5_SHA_256`.
    pub algorithm: String,
    /// `RAW` or `DIGEST`: how the signer gave the message to its HSM. The signature is the same.
    pub message_type: String,
    pub signed_bytes: String,
    pub key_arn: String,
    /// SHA-256 over the DER of the SubjectPublicKeyInfo.
    pub public_key_sha256: String,
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
