//! What the steps of `working-key-export` hand on: keys that are found, made, and under their KEK.
//! Never a key in the clear.

use serde::{Deserialize, Serialize};

use super::Algorithm;
use super::attributes::{Exportability, Modes, Usage};
use super::order::{AskedBlock, EstablishedKek, KeyName};
use super::place::AskedBy;
use crate::algorithms::KcvAlgorithm;
use crate::execution::DroppedObject;
use crate::keys::Origin;
use crate::tr31::Header;

/// Which document asked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderFacts {
    pub name: String,
    pub asked_by: AskedBy,
    pub object: DroppedObject,
}

/// The KEK that was established with the partner for this folder.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EstablishedKekFacts {
    pub established: EstablishedKek,
    pub alias: String,
    pub key_arn: String,
    pub algorithm: Algorithm,
    /// Key check value, hex.
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
}

/// The KEK, as the manifest of a package tells it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldKek {
    pub established: EstablishedKek,
    pub key_arn: String,
    pub algorithm: Algorithm,
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
}

impl From<&EstablishedKekFacts> for ToldKek {
    fn from(kek: &EstablishedKekFacts) -> Self {
        Self {
            established: kek.established,
            key_arn: kek.key_arn.clone(),
            algorithm: kek.algorithm,
            kcv: kek.kcv.clone(),
            kcv_algorithm: kek.kcv_algorithm,
        }
    }
}

/// A key that the KEK must not protect.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the key `{name}` is {algorithm}, and the KEK {kek} is {kek_algorithm}, which is weaker")]
pub struct KekTooWeak {
    name: KeyName,
    algorithm: Algorithm,
    kek: String,
    kek_algorithm: Algorithm,
}

impl EstablishedKekFacts {
    /// Keys never leave under a weaker one.
    pub fn is_strong_enough_for(
        &self,
        name: &KeyName,
        algorithm: Algorithm,
    ) -> Result<(), KekTooWeak> {
        if self.algorithm.may_protect(algorithm) {
            return Ok(());
        }
        Err(KekTooWeak {
            name: name.clone(),
            algorithm,
            kek: self.key_arn.clone(),
            kek_algorithm: self.algorithm,
        })
    }
}

/// A key that may leave under the KEK: what it is, or is to be.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedKey {
    pub name: KeyName,
    pub usage: Usage,
    pub algorithm: Algorithm,
    pub modes: Modes,
    pub exportability: Exportability,
    pub optional_blocks: Vec<AskedBlock>,
    /// Null where it is to be made, or found by the alias of its name.
    pub existing: Option<ExistingKey>,
}

/// A key that is there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExistingKey {
    pub key_arn: String,
    pub kcv: String,
    pub origin: Origin,
}

/// A key that is there and may leave.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadyKey {
    pub name: KeyName,
    pub key_arn: String,
    /// Null for a key that was not made for this folder's name.
    pub alias: Option<String>,
    pub usage: Usage,
    pub algorithm: Algorithm,
    pub modes: Modes,
    pub exportability: Exportability,
    pub optional_blocks: Vec<AskedBlock>,
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
    pub origin: Origin,
}

/// A key under its KEK.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportedKey {
    pub key: ReadyKey,
    /// The TR-31 block.
    pub key_block: String,
    /// What the block says of the key in clear.
    pub header: Header,
}
