//! `manifest.json`: what is in the package, and how it came about.

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, SignatureAlgorithm};
use ceremony::digest::Sha256;
use ceremony::execution::{File, FileDigest};
use ceremony::id::Ceremony;
use ceremony::lints;
use ceremony::path::{CertificateFacts, Role};
use ceremony::profile::Exchange;
use ceremony::proof::{Check, CheckName};
use ceremony::signature::{MessageType, SignatureFacts};
use ceremony::signed_prefix::SignedPrefix;
use ceremony::utc::Utc;
use serde::Serialize;

use crate::wrapping::Wrapping;
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
    pub signature: Signature,
    /// Null where the method has none.
    pub reference_signature: Option<ReferenceSignature>,
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

/// How the list of the files is signed, this manifest among them.
#[derive(Debug, Serialize)]
pub struct Signature {
    pub algorithm: SignatureAlgorithm,
}

/// The signature over prefix and cryptogram that was agreed with the partner.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceSignature {
    pub signed_prefix: Prefix,
    pub signed_bytes: &'static str,
    pub algorithm: SignatureAlgorithm,
    pub message_type: MessageType,
    pub key_arn: String,
    /// Over the SubjectPublicKeyInfo in DER.
    pub public_key_sha256: Sha256,
}

#[derive(Debug, Serialize)]
pub struct Prefix {
    pub hex: String,
    pub ascii: String,
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
    pub(crate) fn new(input: &Input) -> Result<Self, Error> {
        let kek = &input.kek;
        let reference_signature = match (&input.policy.exchange, &input.signature) {
            (Exchange::RsaOaep { signed_prefix, .. }, Some(signature)) => {
                Some(ReferenceSignature::of(signed_prefix, signature)?)
            }
            _ => None,
        };
        Ok(Self {
            schema_version: 2,
            ceremony: input.ceremony.clone(),
            created_at: input.execution.started_at,
            kek: Kek {
                algorithm: kek.algorithm,
                key_arn: kek.key_arn.clone(),
                kcv: kek.kcv.clone(),
                kcv_algorithm: kek.kcv_algorithm,
            },
            wrapping: Wrapping::of(&input.wrapped, &input.path.leaf)?,
            signature: Signature {
                algorithm: input.policy.signature.algorithm,
            },
            reference_signature,
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

impl ReferenceSignature {
    fn of(prefix: &SignedPrefix, signature: &SignatureFacts) -> Result<Self, Error> {
        let public_key = pem::parse(&signature.public_key).map_err(|_| Error::PublicKeyNotPem)?;
        Ok(Self {
            signed_prefix: Prefix {
                hex: prefix.hex(),
                ascii: prefix.ascii(),
            },
            signed_bytes: "signed-prefix.bin followed by wrapped-kek.bin",
            algorithm: signature.algorithm,
            message_type: signature.message_type,
            key_arn: signature.key_arn.clone(),
            public_key_sha256: Sha256::of(public_key.contents()),
        })
    }
}

/// Looked at once more, as at the beginning of the ceremony: however often the package is made, it
/// is the same.
fn notes(input: &Input) -> Vec<Note> {
    let notes = lints::notes(&input.path, input.execution.started_at);
    notes.into_iter().map(Note::from).collect()
}
