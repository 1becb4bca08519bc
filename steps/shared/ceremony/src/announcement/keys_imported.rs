//! What is announced of working keys that come.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::execution::Location;
use crate::id::{CeremonyId, Kind};
use crate::identifiers::{DataType, Environment, PartnerId};

/// The partner's working keys of one file were imported, or refused, each by itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeysImported {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// The inbox key of the file.
    pub file: String,
    /// The KEK that protected them.
    pub kek_key_arn: String,
    /// How many keys are there now.
    pub imported: usize,
    /// How many lines were refused; the package says why.
    pub refused: usize,
    /// Where the results lie, a line for each key.
    pub package: Location,
    /// Where the record lies.
    pub record: Location,
    /// Digest of the record's bytes.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub record_sha256: Sha256,
    /// Digest of the package's `manifest.json`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub manifest_sha256: Sha256,
}
