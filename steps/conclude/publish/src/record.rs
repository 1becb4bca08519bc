//! `record.json`: the proof of one ceremony, and `published.json`: that its package is out.
//!
//! The record is written before the package and says `prepared`; it is locked, and must be true
//! even if the package never gets out.
//!
//! Every step's evidence and result, the policy it ran under, and the digest of every file that
//! went out. Of `Wrap` there is the cryptogram's digest alone: key material, wrapped or not, is
//! not evidence.

use ceremony::contract::execution;
use ceremony::contract::publish::{Execution, Input};
use ceremony::contract::wrap;
use ceremony::digest::Sha256;
use ceremony::evidence::{Evidence, Proven, document};
use ceremony::identifiers::Ceremony;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Error;
use crate::package::Package;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    schema_version: u32,
    outcome: &'static str,
    ceremony: &'a Ceremony,
    execution: &'a Execution,
    objects: &'a [execution::DroppedObject],
    steps: Vec<StepRecord<'a>>,
    package: PackageRecord,
}

#[derive(Serialize)]
struct StepRecord<'a> {
    evidence: &'a Evidence,
    result: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PackageRecord {
    prefix: String,
    /// Digest of `manifest.json`, a copy of which lies beside this record.
    manifest_sha256: Sha256,
}

pub(crate) fn write(input: &Input, package: &Package) -> Result<Vec<u8>, Error> {
    let record = Record {
        schema_version: 1,
        outcome: "prepared",
        ceremony: &input.input.ceremony,
        execution: &input.execution,
        objects: &input.input.objects,
        steps: vec![
            step(&input.fetch_certs)?,
            step(&input.validate)?,
            step(&input.import_ca)?,
            step(&input.create_kek)?,
            StepRecord {
                evidence: &input.wrap.evidence,
                result: without_material(&input.wrap.result)?,
            },
            step(&input.sign)?,
        ],
        package: package_record(input, package),
    };
    Ok(document(&record)?)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Publication<'a> {
    schema_version: u32,
    outcome: &'static str,
    ceremony: &'a Ceremony,
    package: PackageRecord,
    record_sha256: Sha256,
}

/// Written last: every file of the package is where the record says.
pub(crate) fn write_publication(
    input: &Input,
    package: &Package,
    record: &[u8],
) -> Result<Vec<u8>, Error> {
    let publication = Publication {
        schema_version: 1,
        outcome: "published",
        ceremony: &input.input.ceremony,
        package: package_record(input, package),
        record_sha256: Sha256::of(record),
    };
    Ok(document(&publication)?)
}

fn package_record(input: &Input, package: &Package) -> PackageRecord {
    PackageRecord {
        prefix: input.input.ceremony.package_prefix(),
        manifest_sha256: Sha256::of(&package.manifest.contents),
    }
}

fn step<T: Serialize>(proven: &Proven<T>) -> Result<StepRecord<'_>, Error> {
    Ok(StepRecord {
        evidence: &proven.evidence,
        result: serde_json::to_value(&proven.result)?,
    })
}

fn without_material(wrapped: &wrap::Output) -> Result<Value, Error> {
    let bytes = hex::decode(&wrapped.cryptogram).map_err(|_| Error::NotHex("cryptogram"))?;
    Ok(json!({
        "cryptogramBytes": bytes.len(),
        "cryptogramSha256": Sha256::of(&bytes),
        "hash": wrapped.hash,
    }))
}
