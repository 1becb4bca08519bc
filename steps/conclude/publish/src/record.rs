//! `record.json`: the proof of one ceremony, and `published.json`: that its package is out.
//!
//! The record is written before the package and says `prepared`; it is locked, and must be true
//! even if the package never gets out. It has the evidence of every step, and the digest of the
//! manifest, which has that of every file. Key material, wrapped or not, is in neither.

use ceremony::digest::Sha256;
use ceremony::evidence::{Evidence, document};
use ceremony::execution::{Execution, File};
use ceremony::id::AnyCeremony;
use serde::Serialize;
use serde_json::Value;

use crate::{Error, Input};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    schema_version: u32,
    outcome: &'static str,
    ceremony: &'a AnyCeremony,
    execution: &'a Execution,
    input: &'a Value,
    steps: &'a [Evidence],
    package: Package,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    /// Null where there is none but the manifest.
    prefix: Option<String>,
    /// Digest of `manifest.json`, a copy of which lies beside this record.
    manifest_sha256: Sha256,
}

impl Package {
    fn of(input: &Input) -> Self {
        Self {
            prefix: input.ceremony.package_prefix(),
            manifest_sha256: Sha256::of(&input.publication.manifest.contents),
        }
    }
}

pub(crate) fn prepared(input: &Input) -> Result<Vec<u8>, Error> {
    let record = Record {
        schema_version: 1,
        outcome: "prepared",
        ceremony: &input.ceremony,
        execution: &input.execution,
        input: &input.input,
        steps: &input.evidence,
        package: Package::of(input),
    };
    Ok(document(&record)?)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Published<'a> {
    schema_version: u32,
    outcome: &'static str,
    ceremony: &'a AnyCeremony,
    package: Package,
    record_sha256: Sha256,
}

/// Written last: every file of the package is where the record says.
pub(crate) fn published(input: &Input, record: &File) -> Result<Vec<u8>, Error> {
    let published = Published {
        schema_version: 1,
        outcome: "published",
        ceremony: &input.ceremony,
        package: Package::of(input),
        record_sha256: Sha256::of(&record.contents),
    };
    Ok(document(&published)?)
}
