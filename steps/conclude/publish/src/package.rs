//! The package: what the partner fetches from the outbox.

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::contract::publish::Input;
use ceremony::contract::sign::MessageType;
use ceremony::contract::validate::ValidatedPath;
use ceremony::digest::Sha256;
use ceremony::evidence::document;
use ceremony::identifiers::Ceremony;
use ceremony::path::Role;
use ceremony::profile::ExchangeMethod;
use ceremony::utc::Utc;
use serde::Serialize;

use crate::{Error, partner_readme};

/// The files of the package; the manifest has a digest of every other one.
pub struct Package {
    pub files: Vec<File>,
    pub manifest: File,
}

pub struct File {
    pub name: &'static str,
    pub content_type: &'static str,
    pub contents: Vec<u8>,
}

impl Package {
    pub(crate) fn new(input: &Input, validated: &ValidatedPath) -> Result<Self, Error> {
        let cryptogram = decode("cryptogram", &input.wrap.result.cryptogram)?;
        let signature = decode("signature", &input.sign.result.signature)?;
        let header = &input.fetch_certs.result.policy.key_block_header;
        let manifest = Manifest::new(input, validated, cryptogram.len())?;
        let mut files = vec![
            text("key-block-header.hex", format!("{}\n", header.hex())),
            binary("key-block-header.bin", header.bytes().to_vec()),
            text(
                "wrapped-kek.hex",
                format!("{}\n", hex::encode_upper(&cryptogram)),
            ),
            binary("wrapped-kek.bin", cryptogram),
            text(
                "signature.hex",
                format!("{}\n", hex::encode_upper(&signature)),
            ),
            binary("signature.bin", signature),
            text("kcv.txt", format!("{}\n", input.create_kek.result.kcv)),
            File {
                name: "signing-public-key.pem",
                content_type: "application/x-pem-file",
                contents: input.sign.result.public_key.clone().into_bytes(),
            },
        ];
        files.push(File {
            name: "README.md",
            content_type: "text/markdown",
            contents: partner_readme::write(&manifest).into_bytes(),
        });
        let manifest = Manifest {
            files: files.iter().map(FileDigest::of).collect(),
            ..manifest
        };
        let contents = document(&manifest)?;
        let manifest = File {
            name: "manifest.json",
            content_type: "application/json",
            contents,
        };
        Ok(Self { files, manifest })
    }
}

/// `manifest.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    #[serde(flatten)]
    pub ceremony: Ceremony,
    /// When the ceremony began.
    pub created_at: Utc,
    pub kek: KekFacts,
    pub wrapping: Wrapping,
    pub key_block_header: Header,
    pub signature: SignatureFacts,
    pub certificates: Vec<CertificateFacts>,
    pub ca_key_arn: String,
    pub files: Vec<FileDigest>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KekFacts {
    pub algorithm: KekAlgorithm,
    pub key_arn: String,
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrapping {
    pub method: ExchangeMethod,
    pub hash: OaepHash,
    pub leaf_sha256: Sha256,
    pub key_algorithm: String,
    pub cryptogram_bytes: usize,
}

#[derive(Debug, Serialize)]
pub struct Header {
    pub hex: String,
    pub ascii: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureFacts {
    pub algorithm: SignatureAlgorithm,
    pub message_type: MessageType,
    pub signed_bytes: &'static str,
    pub key_arn: String,
    /// Over the SubjectPublicKeyInfo in DER.
    pub public_key_sha256: Sha256,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    pub role: Role,
    pub sha256: Sha256,
    pub subject: String,
    pub issuer: String,
    pub serial: String,
    pub not_before: Utc,
    pub not_after: Utc,
}

#[derive(Debug, Serialize)]
pub struct FileDigest {
    pub name: &'static str,
    pub bytes: usize,
    pub sha256: Sha256,
}

impl FileDigest {
    fn of(file: &File) -> Self {
        let File { name, contents, .. } = file;
        Self {
            name,
            bytes: contents.len(),
            sha256: Sha256::of(contents),
        }
    }
}

impl Manifest {
    fn new(
        input: &Input,
        validated: &ValidatedPath,
        cryptogram_bytes: usize,
    ) -> Result<Self, Error> {
        let path = validated.path();
        let kek = &input.create_kek.result;
        let sign = &input.sign.result;
        let header = &input.fetch_certs.result.policy.key_block_header;
        let public_key = pem::parse(&sign.public_key).map_err(|_| Error::PublicKeyNotPem)?;
        Ok(Self {
            schema_version: 1,
            ceremony: input.input.ceremony.clone(),
            created_at: input.execution.started_at,
            kek: KekFacts {
                algorithm: kek.algorithm,
                key_arn: kek.key_arn.clone(),
                kcv: kek.kcv.clone(),
                kcv_algorithm: kek.kcv_algorithm,
            },
            wrapping: Wrapping {
                method: ExchangeMethod::RsaOaep,
                hash: input.wrap.result.hash,
                leaf_sha256: path.leaf.sha256(),
                key_algorithm: path.leaf.key_algorithm().to_string(),
                cryptogram_bytes,
            },
            key_block_header: Header {
                hex: header.hex(),
                ascii: header.ascii(),
            },
            signature: SignatureFacts {
                algorithm: sign.algorithm,
                message_type: sign.message_type,
                signed_bytes: "key-block-header.bin followed by wrapped-kek.bin",
                key_arn: sign.key_arn.clone(),
                public_key_sha256: Sha256::of(public_key.contents()),
            },
            certificates: path
                .certificates()
                .map(|(role, certificate)| CertificateFacts {
                    role,
                    sha256: certificate.sha256(),
                    subject: certificate.subject().to_owned(),
                    issuer: certificate.issuer().to_owned(),
                    serial: certificate.serial().to_owned(),
                    not_before: certificate.not_before(),
                    not_after: certificate.not_after(),
                })
                .collect(),
            ca_key_arn: input.import_ca.result.issuing_ca_key_arn.clone(),
            files: Vec::new(),
        })
    }
}

fn decode(what: &'static str, hex: &str) -> Result<Vec<u8>, Error> {
    hex::decode(hex).map_err(|_| Error::NotHex(what))
}

fn text(name: &'static str, contents: String) -> File {
    File {
        name,
        content_type: "text/plain",
        contents: contents.into_bytes(),
    }
}

fn binary(name: &'static str, contents: Vec<u8>) -> File {
    File {
        name,
        content_type: "application/octet-stream",
        contents,
    }
}
