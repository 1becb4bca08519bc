//! The order that brings back the KEK which another one has replaced.
//!
//! It lies where other orders of ours lie, and no partner can write it. It names the ceremony whose switch
//! is to be undone: of two that followed each other, the later one.

use serde::Deserialize;

use crate::id::CeremonyId;
use crate::identifiers::Folder;
use crate::working_keys::MalformedOrder;

/// The document as it is written. Unknown fields are errors.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "KekRollback"))]
struct Document {
    /// Version of the form: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1)))]
    version: u32,
    kek_rollback: Rollback,
}

/// The switch that is to be undone.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "UndoneSwitch"))]
pub struct Rollback {
    /// The `kek-import` that has set the aliases.
    pub ceremony_id: CeremonyId,
}

/// The member by which the document is told from others that lie at the same place.
const MEMBER: &str = "kekRollback";

impl Rollback {
    /// Whether a document is meant as such an order, be it right or wrong.
    pub fn is_meant_by(json: &str) -> bool {
        let document: Result<serde_json::Map<String, serde_json::Value>, _> =
            serde_json::from_str(json);
        document.is_ok_and(|document| document.contains_key(MEMBER))
    }

    /// Reads the document, which lies in this folder.
    pub fn parse(json: &str, folder: &Folder) -> Result<Self, MalformedOrder> {
        let Document {
            version,
            kek_rollback,
        } = MalformedOrder::read(json)?;
        MalformedOrder::of_version(version)?;
        if !kek_rollback.ceremony_id.is_for(folder) {
            return Err(MalformedOrder::new(format!(
                "`{MEMBER}.ceremonyId` names no ceremony of this folder"
            )));
        }
        Ok(kek_rollback)
    }

    /// The JSON Schema of the document.
    #[cfg(feature = "schema")]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "acme-production-pin-0123456789abcdef";

    fn parsed(json: &str) -> Result<Rollback, MalformedOrder> {
        let folder = Folder::of_inbox_key("acme/production/pin/x").unwrap();
        Rollback::parse(json, &folder)
    }

    #[test]
    fn an_order_names_a_ceremony_of_its_folder() {
        let json = format!(r#"{{ "version": 1, "kekRollback": {{ "ceremonyId": "{OURS}" }} }}"#);
        assert!(Rollback::is_meant_by(&json));
        assert_eq!(parsed(&json).unwrap().ceremony_id.as_str(), OURS);
        for (from, to, part) in [
            ("\"version\": 1", "\"version\": 2", "`version` is 2"),
            ("acme-", "other-", "no ceremony of this folder"),
            ("abcdef\"", "abcdef\", \"x\": 1", "x"),
            ("} }", "} } {}", "something follows"),
        ] {
            let words = parsed(&json.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(words.contains(part), "{words}");
        }
    }
}
