//! What one state of the ceremony tells another. Never a key in the clear.

use serde::{Deserialize, Serialize};

use super::file::{Line, Sent};
use super::place::Form;
use super::refused::Refused;
use super::rules::KeyImportPolicy;
use crate::algorithms::{KcvAlgorithm, KekAlgorithm};
use crate::digest::Sha256;
use crate::execution::DroppedObject;
use crate::key_import::attributes::Kcv;
use crate::keys::Origin;
use crate::proof::Refusal;
use crate::tr31::{KeyBlock, MalformedKeyBlock};
use crate::working_keys::order::KeyName;

/// Which file the keys came in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeysFile {
    pub name: String,
    pub form: Form,
    pub object: DroppedObject,
}

/// A line that was held to the profile.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeldLine {
    /// In the file, the first being 1.
    pub line: usize,
    /// Null where it cannot be read.
    pub name: Option<KeyName>,
    /// Null where the line has no block that can be read; so is the next.
    pub block_sha256: Option<Sha256>,
    /// What the block says of its key: `D P0 A B 00 N`.
    pub header: Option<String>,
    /// What may go to the service; null where the line is refused.
    pub block: Option<HeldBlock>,
    pub refused: Option<Refusal>,
}

/// A block that may go to the service.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeldBlock {
    pub key_block: String,
    /// As the file announces it.
    pub kcv: Option<Kcv>,
}

impl HeldLine {
    /// The line as the profile lets it be.
    pub fn new(line: Line, policy: &KeyImportPolicy) -> Self {
        let Line { number, name, read } = line;
        let sent = read.as_ref().ok();
        let block = sent.map(|sent| sent.block.clone());
        let held = read.and_then(|sent| match policy.hold(&sent) {
            Ok(_) => Ok(HeldBlock {
                key_block: sent.block.as_str().to_owned(),
                kcv: sent.kcv,
            }),
            Err(refused) => Err(refused),
        });
        let (held, refused) = match held {
            Ok(held) => (Some(held), None),
            Err(refused) => (None, Some(refused.into_refusal())),
        };
        Self {
            line: number,
            name,
            block_sha256: block.as_ref().map(sha256_of),
            header: block.map(|block| block.header().to_string()),
            block: held,
            refused,
        }
    }
}

impl HeldBlock {
    /// Reads it once more.
    pub fn read(&self) -> Result<Sent, MalformedKeyBlock> {
        Ok(Sent {
            block: KeyBlock::read(&self.key_block)?,
            kcv: self.kcv.clone(),
        })
    }
}

/// Of the text that it is.
pub fn sha256_of(block: &KeyBlock) -> Sha256 {
    Sha256::of(block.as_str().as_bytes())
}

/// What became of a line. Either `imported` or `refused` is null.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyResult {
    pub line: usize,
    pub name: Option<KeyName>,
    pub block_sha256: Option<Sha256>,
    pub header: Option<String>,
    /// Under which the key of the block is found again; null where the service was not asked.
    pub block_alias: Option<String>,
    pub imported: Option<ImportedKey>,
    pub refused: Option<Refusal>,
    /// The key that had been made of the block before it was known to be a wrong one: it is to be deleted.
    pub deleted_key_arn: Option<String>,
}

/// What became of a block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Became {
    Imported(ImportedKey),
    Refused {
        refused: Refused,
        /// The key that was made of it all the same, and is to be deleted.
        deleted: Option<String>,
    },
}

impl From<Refused> for Became {
    /// No key was made of it, or none that is to be deleted.
    fn from(refused: Refused) -> Self {
        let deleted = None;
        Self::Refused { refused, deleted }
    }
}

impl KeyResult {
    /// Of a line that the service was not asked about.
    pub fn of_refused(line: &HeldLine, refusal: Refusal) -> Self {
        Self {
            line: line.line,
            name: line.name.clone(),
            block_sha256: line.block_sha256.clone(),
            header: line.header.clone(),
            block_alias: None,
            imported: None,
            refused: Some(refusal),
            deleted_key_arn: None,
        }
    }

    pub fn of(line: &HeldLine, block_alias: String, became: Became) -> Self {
        let (imported, refused, deleted_key_arn) = match became {
            Became::Imported(key) => (Some(key), None, None),
            Became::Refused { refused, deleted } => (None, Some(refused.into_refusal()), deleted),
        };
        Self {
            line: line.line,
            name: line.name.clone(),
            block_sha256: line.block_sha256.clone(),
            header: line.header.clone(),
            block_alias: Some(block_alias),
            imported,
            refused,
            deleted_key_arn,
        }
    }
}

/// A key that came, and what names it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportedKey {
    pub key_arn: String,
    pub algorithm: KekAlgorithm,
    /// Key check value, hex.
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
    pub origin: Origin,
    /// The one of its name, which goes from key to key.
    pub alias: String,
    /// The key that the alias had before, if it was another: it stays. Null, too, where an attempt whose
    /// answer was lost has replaced it.
    pub replaces_key_arn: Option<String>,
    /// The key that the alias keeps in place of this one, since a ceremony that began later has imported
    /// it; null where the alias has this one.
    pub kept_key_arn: Option<String>,
}
