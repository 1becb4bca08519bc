//! `manifest.json`: what is in the package, and how it came about.

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::digest::Sha256;
use ceremony::execution::{File, FileDigest};
use ceremony::id::Ceremony;
use ceremony::lints;
use ceremony::path::{CertificateFacts, Role};
use ceremony::profile::Exchange;
use ceremony::proof::{Check, CheckName};
use ceremony::signature::MessageType;
use ceremony::utc::Utc;
use serde::Serialize;

use crate::{Error, Input};

/// `manifest.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    #[serde(flatten)]
    pub ceremony: Ceremony,
    /// When the ceremony began.
    pub created_at: Utc,
    pub kek: Kek,
    pub wrapping: Wrapping,
    pub signed_prefix: Prefix,
    pub signature: Signature,
    pub certificates: Vec<CertificateFacts>,
    /// What the partner's CA should do better; nothing is refused for it.
    pub notes: Vec<Note>,
    pub ca_key_arn: String,
    pub files: Vec<FileDigest>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kek {
    pub algorithm: KekAlgorithm,
    pub key_arn: String,
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrapping {
    pub method: &'static str,
    pub hash: OaepHash,
    pub leaf_sha256: Sha256,
    pub key_algorithm: String,
    pub cryptogram_bytes: usize,
}

#[derive(Debug, Serialize)]
pub struct Prefix {
    pub hex: String,
    pub ascii: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    pub algorithm: SignatureAlgorithm,
    pub message_type: MessageType,
    pub signed_bytes: &'static str,
    pub key_arn: String,
    /// Over the SubjectPublicKeyInfo in DER.
    pub public_key_sha256: Sha256,
}

/// A check that failed and refuses nothing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    pub check: CheckName,
    /// Where it is demanded.
    pub clause: String,
    /// Null where it is about several certificates, as is the next.
    pub role: Option<Role>,
    pub subject: Option<String>,
    pub detail: String,
}

impl From<Check> for Note {
    fn from(check: Check) -> Self {
        Self {
            check: check.check,
            clause: check.clause,
            role: check.role,
            subject: check.subject,
            detail: check.detail,
        }
    }
}

impl Manifest {
    pub(crate) fn new(input: &Input, cryptogram_bytes: usize) -> Result<Self, Error> {
        let Exchange::RsaOaep {
            hash,
            signed_prefix,
        } = &input.policy.exchange
        else {
            return Err(Error::OtherMethod(input.policy.exchange.method()));
        };
        let (kek, leaf, signature) = (&input.kek, &input.path.leaf, &input.signature);
        let public_key = pem::parse(&signature.public_key).map_err(|_| Error::PublicKeyNotPem)?;
        Ok(Self {
            schema_version: 1,
            ceremony: input.ceremony.clone(),
            created_at: input.execution.started_at,
            kek: Kek {
                algorithm: kek.algorithm,
                key_arn: kek.key_arn.clone(),
                kcv: kek.kcv.clone(),
                kcv_algorithm: kek.kcv_algorithm,
            },
            wrapping: Wrapping {
                method: "rsa-oaep",
                hash: *hash,
                leaf_sha256: leaf.sha256(),
                key_algorithm: leaf.key_algorithm().to_string(),
                cryptogram_bytes,
            },
            signed_prefix: Prefix {
                hex: signed_prefix.hex(),
                ascii: signed_prefix.ascii(),
            },
            signature: Signature {
                algorithm: signature.algorithm,
                message_type: signature.message_type,
                signed_bytes: "signed-prefix.bin followed by wrapped-kek.bin",
                key_arn: signature.key_arn.clone(),
                public_key_sha256: Sha256::of(public_key.contents()),
            },
            certificates: input.path.facts(),
            notes: notes(input),
            ca_key_arn: input.issuing_ca_key_arn.clone(),
            files: Vec::new(),
        })
    }

    pub(crate) fn listing(self, files: &[File]) -> Self {
        Self {
            files: files.iter().map(File::digest).collect(),
            ..self
        }
    }
}

/// Looked at once more, as at the beginning of the ceremony: however often the package is made, it
/// is the same.
fn notes(input: &Input) -> Vec<Note> {
    let notes = lints::notes(&input.path, input.execution.started_at);
    notes.into_iter().map(Note::from).collect()
}
