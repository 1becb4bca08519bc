//! How the partner opens a package of working keys: check everything, open every key block under the
//! KEK, then compare the key check values.

use serde::Deserialize;

use crate::open::{check_value, sha256};
use crate::tr31::{self, Tr31Error, Tr31Key};
use crate::{OpenError, Package};

const CEREMONY: &str = "working-key-export";
const MANIFEST: &str = "manifest.json";

/// Why a package of working keys is not to be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeysError {
    #[error("the block of {name} cannot be opened: {source}")]
    Block { name: String, source: Tr31Error },
    #[error("the check value of {name} is {computed}, the package says {given}")]
    CheckValue {
        name: String,
        given: String,
        computed: String,
    },
    #[error("the {what} of {name} is {found} in its block, the manifest says {given}")]
    Header {
        name: String,
        what: &'static str,
        given: String,
        found: String,
    },
    #[error("the manifest is not one of working keys: {0}")]
    Manifest(String),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the package is under the KEK {given}, ours has the check value {ours}")]
    OtherKek { given: String, ours: String },
}

/// `manifest.json`, as far as the partner needs it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct KeysManifest {
    pub schema_version: u32,
    pub ceremony: String,
    pub ceremony_id: String,
    pub kek: KekEntry,
    pub keys: Vec<KeyEntry>,
    pub signature: SignatureEntry,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct KekEntry {
    pub key_arn: String,
    /// Such as `AES_128`.
    pub algorithm: String,
    pub kcv: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct KeyEntry {
    pub name: String,
    pub file: String,
    pub key_arn: String,
    pub algorithm: String,
    pub kcv: String,
    pub header: HeaderEntry,
}

/// The header as it was decoded for the manifest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct HeaderEntry {
    pub usage: String,
    pub mode: String,
    pub exportability: String,
    pub optional_blocks: Vec<BlockEntry>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct BlockEntry {
    pub id: String,
    pub data: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct SignatureEntry {
    pub algorithm: String,
}

/// A package of which all is true.
#[derive(Clone, Debug)]
pub struct OpenedKeys {
    pub manifest: KeysManifest,
    /// In the order of the manifest.
    pub keys: Vec<OpenedKey>,
    /// SHA-256 over the signer's public key, in hex.
    pub signer_sha256: String,
    /// How many files the signed list covers.
    pub files: usize,
}

/// A key out of its block.
#[derive(Clone, Debug)]
pub struct OpenedKey {
    pub name: String,
    pub key_arn: String,
    /// As recomputed from the key.
    pub kcv: String,
    pub key: Tr31Key,
}

impl Package {
    /// Opens a package of working keys with the KEK in the clear.
    pub fn open_keys(&self, kek: &[u8]) -> Result<OpenedKeys, KeysError> {
        let manifest: KeysManifest = serde_json::from_slice(self.file(MANIFEST)?)
            .map_err(|error| KeysError::Manifest(error.to_string()))?;
        if manifest.ceremony != CEREMONY || manifest.schema_version != 1 {
            return Err(KeysError::Manifest(format!(
                "{} in version {}",
                manifest.ceremony, manifest.schema_version
            )));
        }
        let public_key = self.public_key()?;
        let files = self.verify_sums(&manifest.signature.algorithm, &public_key)?;
        let ours = check_value(&manifest.kek.algorithm, kek)?;
        if ours != manifest.kek.kcv {
            return Err(KeysError::OtherKek {
                given: manifest.kek.kcv,
                ours,
            });
        }
        let mut keys = Vec::new();
        for entry in &manifest.keys {
            keys.push(self.open_key(entry, &manifest.kek.algorithm, kek)?);
        }
        Ok(OpenedKeys {
            files,
            keys,
            signer_sha256: sha256(&public_key),
            manifest,
        })
    }

    fn open_key(
        &self,
        entry: &KeyEntry,
        kek_algorithm: &str,
        kek: &[u8],
    ) -> Result<OpenedKey, KeysError> {
        let name = entry.name.clone();
        let text = String::from_utf8_lossy(self.file(&entry.file)?);
        let key = tr31::open(text.trim_end(), kek_algorithm, kek).map_err(|source| {
            let name = name.clone();
            KeysError::Block { name, source }
        })?;
        let header = &entry.header;
        for (what, given, found) in [
            ("usage", header.usage.as_str(), key.usage()),
            (
                "algorithm",
                &entry.algorithm,
                key.algorithm().unwrap_or_default(),
            ),
            ("mode of use", &header.mode, key.mode()),
            ("exportability", &header.exportability, key.exportability()),
        ] {
            if given != found {
                return Err(KeysError::Header {
                    name,
                    what,
                    given: given.to_owned(),
                    found: found.to_owned(),
                });
            }
        }
        let told = header.optional_blocks.iter();
        let told = told.map(|block| (block.id.clone(), block.data.clone()));
        if told.collect::<Vec<_>>() != key.optional_blocks {
            return Err(KeysError::Header {
                name,
                what: "list of optional blocks",
                given: header.optional_blocks.len().to_string(),
                found: key.optional_blocks.len().to_string(),
            });
        }
        let computed = check_value(&entry.algorithm, key.expose())?;
        if computed != entry.kcv {
            return Err(KeysError::CheckValue {
                name,
                given: entry.kcv.clone(),
                computed,
            });
        }
        Ok(OpenedKey {
            name,
            key_arn: entry.key_arn.clone(),
            kcv: computed,
            key,
        })
    }
}
