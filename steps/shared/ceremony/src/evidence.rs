//! What a step leaves behind for an auditor.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Sha256;
use crate::utc::Utc;

/// The proof of one step: when it ran, which software, and the digest of what it returned.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// Crate name.
    pub step: String,
    pub software_version: String,
    pub started_at: Utc,
    pub finished_at: Utc,
    /// [`digest_of`] the step's `result`. Recompute it from the record with
    /// `jq -cjS '.steps[N].result' record.json | openssl dgst -sha256`.
    pub result_sha256: Sha256,
}

/// What a step hands to the state machine: its result, and the proof of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proven<T> {
    pub result: T,
    pub evidence: Evidence,
}

impl<T: Serialize> Proven<T> {
    /// Closes a step that began at `started_at` and ended now.
    pub fn new(software: &Software, started_at: Utc, result: T) -> serde_json::Result<Self> {
        let evidence = Evidence {
            step: software.name.to_owned(),
            software_version: software.version.to_owned(),
            started_at,
            finished_at: Utc::now(),
            result_sha256: digest_of(&serde_json::to_value(&result)?),
        };
        Ok(Self { result, evidence })
    }
}

/// A step's own name and version: `step::software!()`.
#[derive(Clone, Copy, Debug)]
pub struct Software {
    pub name: &'static str,
    pub version: &'static str,
}

/// A JSON document as it is kept in a bucket: indented, for people, with a newline at its end.
pub fn document(document: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// SHA-256 over JSON without white space, object members sorted by name.
pub fn digest_of(value: &Value) -> Sha256 {
    // serde_json keeps objects sorted (no `preserve_order`) and writes no white space.
    Sha256::of(value.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_members() {
        let one: Value = serde_json::from_str(r#"{ "b": [1, 2], "a": "x" }"#).unwrap();
        assert_eq!(digest_of(&one), Sha256::of(br#"{"a":"x","b":[1,2]}"#));
    }

    #[test]
    fn a_closed_step_carries_the_digest_of_its_result() {
        let software = Software {
            name: "wrap",
            version: "1.0.0",
        };
        let proven = Proven::new(&software, Utc::now(), vec![1, 2]).unwrap();
        assert_eq!(proven.evidence.result_sha256, Sha256::of(b"[1,2]"));
        assert_eq!(proven.evidence.step, "wrap");
    }
}
