//! What a step leaves behind for an auditor.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Sha256;
use crate::keys::Origin;
use crate::utc::Utc;

/// What may be recorded of a step's result: all of it, or as much as holds no key material, wrapped
/// or not.
pub trait Recordable {
    fn recordable(&self) -> impl Serialize;
}

/// The evidence of one step: when it ran, which software, and what it came to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// Crate name.
    pub step: String,
    pub software_version: String,
    pub started_at: Utc,
    pub finished_at: Utc,
    /// What may be recorded of the result.
    pub result: Value,
    /// [`digest_of`] `result`. Recompute it from a record with
    /// `jq -cjS '.steps[N].result' record.json | openssl dgst -sha256`.
    pub result_sha256: Sha256,
}

/// What a step hands to the state machine: its result for later steps, and the evidence of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recorded<T> {
    pub result: T,
    pub evidence: Evidence,
}

impl<T: Recordable> Recorded<T> {
    /// Closes a step that began at `started_at` and ended now.
    pub fn new(software: &Software, started_at: Utc, result: T) -> serde_json::Result<Self> {
        let recordable = serde_json::to_value(result.recordable())?;
        let evidence = Evidence {
            step: software.name.to_owned(),
            software_version: software.version.to_owned(),
            started_at,
            finished_at: Utc::now(),
            result_sha256: digest_of(&recordable),
            result: recordable,
        };
        Ok(Self { result, evidence })
    }
}

/// Which software a step is: `step::software!()`.
#[derive(Clone, Copy, Debug)]
pub struct Software {
    pub name: &'static str,
    pub version: &'static str,
}

/// Something that cannot be undone, noted when it has happened, so that a step that fails
/// afterwards does not forget it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "did")]
pub enum Deed {
    /// A key is in Payment Cryptography: made just now, or there before.
    #[serde(rename = "had-key")]
    HadKey {
        key_arn: String,
        alias: Option<String>,
        origin: Origin,
    },
    /// A key left Payment Cryptography, wrapped for this certificate.
    #[serde(rename = "exported-key")]
    ExportedKey {
        key_arn: String,
        certificate_sha256: Sha256,
    },
    /// A key left Payment Cryptography in a key block, under this KEK.
    #[serde(rename = "exported-under-kek")]
    ExportedUnderKek {
        key_arn: String,
        kek_key_arn: String,
    },
    /// A key is to be deleted, so many days from then on.
    #[serde(rename = "scheduled-deletion")]
    ScheduledDeletion { key_arn: String, days: u32 },
    /// A certificate is used from now on, as this parameter says.
    #[serde(rename = "installed")]
    Installed {
        parameter: String,
        certificate_sha256: Sha256,
    },
    /// KMS signed.
    #[serde(rename = "signed")]
    Signed { key_arn: String },
    /// An object lies in S3, with this digest.
    #[serde(rename = "wrote")]
    Wrote {
        bucket: String,
        key: String,
        sha256: Sha256,
    },
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
    use serde_json::json;

    use super::*;

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_members() {
        let one: Value = serde_json::from_str(r#"{ "b": [1, 2], "a": "x" }"#).unwrap();
        assert_eq!(digest_of(&one), Sha256::of(br#"{"a":"x","b":[1,2]}"#));
    }

    #[derive(Serialize)]
    struct Cryptogram(&'static str);

    impl Recordable for Cryptogram {
        fn recordable(&self) -> impl Serialize {
            self.0.len()
        }
    }

    #[test]
    fn evidence_is_over_what_may_be_recorded_and_nothing_else() {
        let software = Software {
            name: "wrap",
            version: "1.0.0",
        };
        let started_at = Utc::now();
        let recorded = Recorded::new(&software, started_at, Cryptogram("C0FFEE")).unwrap();
        let evidence = &recorded.evidence;
        assert_eq!(evidence.result, json!(6));
        assert_eq!(evidence.result_sha256, Sha256::of(b"6"));
        assert_eq!(evidence.step, "wrap");
        assert_eq!(evidence.software_version, "1.0.0");
        assert!(evidence.started_at == started_at && evidence.finished_at >= started_at);
    }

    #[test]
    fn a_document_ends_in_a_newline() {
        assert_eq!(document(&json!({})).unwrap(), b"{}\n");
    }

    #[test]
    fn a_deed_says_what_was_done() {
        let deed = Deed::ExportedKey {
            key_arn: "arn".to_owned(),
            certificate_sha256: Sha256::of(b"leaf"),
        };
        let document = serde_json::to_value(deed).unwrap();
        assert_eq!(document["did"], "exported-key");
        assert_eq!(document["keyArn"], "arn");
        assert_eq!(
            document["certificateSha256"],
            Sha256::of(b"leaf").to_string()
        );
    }
}
