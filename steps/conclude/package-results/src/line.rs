//! `results.jsonl`: what became of each line of the partner's file.

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::working_key_import::run::KeyResult;
use serde::Serialize;

/// A line, with all members whatever became of it: those that do not apply are null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    /// Null where it could not be read.
    pub name: Option<&'a str>,
    /// Of the partner's file, the first being 1.
    pub line: usize,
    pub result: Became,
    /// Key check value, hex.
    pub kcv: Option<&'a str>,
    pub kcv_algorithm: Option<KcvAlgorithm>,
    pub algorithm: Option<KekAlgorithm>,
    /// What the block said of its key: `D P0 A B 00 N`.
    pub header: Option<&'a str>,
    pub key_arn: Option<&'a str>,
    /// The key of the same name that this one replaces; it stays.
    pub replaces_key_arn: Option<&'a str>,
    /// The key of the same name that stays in use in place of this one, since it was sent later.
    pub kept_key_arn: Option<&'a str>,
    pub error: Option<&'a str>,
    pub what: Option<&'a str>,
    pub remedy: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    Imported,
    Refused,
}

impl<'a> Line<'a> {
    pub(crate) fn of(result: &'a KeyResult) -> Self {
        let (key, refusal) = (result.imported.as_ref(), result.refused.as_ref());
        Self {
            name: result.name.as_ref().map(|name| name.as_str()),
            line: result.line,
            result: match key {
                Some(_) => Became::Imported,
                None => Became::Refused,
            },
            kcv: key.map(|key| key.kcv.as_str()),
            kcv_algorithm: key.map(|key| key.kcv_algorithm),
            algorithm: key.map(|key| key.algorithm),
            header: result.header.as_deref(),
            key_arn: key.map(|key| key.key_arn.as_str()),
            replaces_key_arn: key.and_then(|key| key.replaces_key_arn.as_deref()),
            kept_key_arn: key.and_then(|key| key.kept_key_arn.as_deref()),
            error: refusal.map(|refusal| refusal.error.as_str()),
            what: refusal.map(|refusal| refusal.what.as_str()),
            remedy: refusal.map(|refusal| refusal.remedy.as_str()),
        }
    }
}

pub(crate) fn written(results: &[KeyResult]) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for result in results {
        serde_json::to_writer(&mut lines, &Line::of(result))?;
        lines.push(b'\n');
    }
    Ok(lines)
}
