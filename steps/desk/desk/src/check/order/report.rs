//! What was found of an order, and what stands in the way.

use ceremony::digest::Sha256;
use ceremony::fleet::{InventoryFile, MalformedInventory};
use ceremony::id::Kind;
use ceremony::key_import::request::ImportRequest;
use ceremony::profile::MalformedProfile;
use ceremony::working_keys::order::{Asked, EstablishedKek, Order, Source};
use ceremony::working_keys::place::AskedBy;
use ceremony::working_keys::rules::MayAsk;
use serde::Serialize;

use super::Problem;
use crate::terminal::plain_json;

/// Changes whenever a member of the document changes its meaning or goes; new ones may come.
const VERSION: u32 = 1;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub version: u32,
    /// The release of this program.
    pub program: String,
    /// The one that the document is meant to start.
    pub ceremony: Kind,
    pub asked_by: AskedBy,
    /// Where the document is to be dropped; null where that cannot be told.
    pub inbox_key: Option<String>,
    pub goes_on: bool,
    /// All that stands in the way; empty where the ceremony would go on.
    pub problems: Vec<Problem>,
    pub document: DocumentSeen,
    /// Null where it is no order, or not allowed; or where it asks for a KEK of the partner's.
    pub asks: Option<Asks>,
    /// The KEK of the partner's that is asked for; null where none is, or it is not allowed.
    pub kek_import: Option<ImportRequest>,
    /// Null where no initial keys are asked for.
    pub inventory: Option<InventorySeen>,
    /// What is left to be seen in the account, and what is doubtful.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentSeen {
    pub file: String,
    /// Null where it is too large to be read, as is the digest.
    pub bytes: Option<usize>,
    pub sha256: Option<Sha256>,
}

/// What the order asks for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asks {
    /// Null where initial keys leave by TR-34, under no KEK.
    pub kek: Option<EstablishedKek>,
    pub keys: Vec<KeyAsked>,
    pub initial_keys: Option<InitialKeysAsked>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyAsked {
    pub name: String,
    /// In words: which key that is there, or what a new one is to be.
    pub what: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitialKeysAsked {
    /// By the profile's name for it.
    pub bdk: String,
    pub key_arn: String,
    pub algorithm: String,
}

/// The terminals of a fleet.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InventorySeen {
    /// Null where the document lists them itself.
    pub file: Option<String>,
    /// Where the file is to lie before the document is dropped.
    pub inbox_key: Option<String>,
    pub bytes: Option<u64>,
    /// Null where a line is wrong: it will be another.
    pub sha256: Option<Sha256>,
    /// Null where something is wrong.
    pub terminals: Option<u32>,
    /// The first lines that are wrong.
    pub faults: Vec<FaultSeen>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultSeen {
    pub line: u32,
    pub what: String,
}

impl Report {
    pub(super) fn new(ceremony: Kind, asked_by: AskedBy, document: DocumentSeen) -> Self {
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            ceremony,
            asked_by,
            inbox_key: None,
            goes_on: false,
            problems: Vec::new(),
            document,
            asks: None,
            kek_import: None,
            inventory: None,
            notes: Vec::new(),
        }
    }

    pub fn json(&self) -> String {
        let document = serde_json::to_string_pretty(self).expect("texts are JSON");
        plain_json(&document)
    }
}

/// What an order asks for that is allowed.
pub(super) fn asks(order: &Order, may_ask: &MayAsk) -> Asks {
    let keys = order.keys().iter().map(|key| KeyAsked {
        name: key.name.to_string(),
        what: match &key.source {
            Source::Existing(identifier) => format!("the key {identifier}"),
            Source::New {
                usage,
                algorithm,
                modes,
            } => format!(
                "{algorithm} of usage {usage} and modes {modes}, new unless it was made for this name"
            ),
        },
    });
    let initial_keys = match &order.asked {
        Asked::InitialKeys(asked) => may_ask.bdks.get(&asked.bdk).map(|bdk| InitialKeysAsked {
            bdk: asked.bdk.clone(),
            key_arn: bdk.key_arn.clone(),
            algorithm: bdk.algorithm.to_string(),
        }),
        Asked::Keys(_) => None,
    };
    Asks {
        kek: order.kek,
        keys: keys.collect(),
        initial_keys,
    }
}

pub(super) const REQUEST_REJECTED: &str = "Request Rejected";

impl Problem {
    pub(super) fn rejected_order(reason: String) -> Self {
        Self::not_taken(
            REQUEST_REJECTED,
            reason,
            "Correct the document; its schema is steps/shared/ceremony/order.schema.json.",
        )
    }

    pub(super) fn misplaced_order(reason: String, asked_by: AskedBy) -> Self {
        let to_do = format!(
            "Rename it: it is to lie at <partner>/<environment>/<data-type>/{}/<name>.json.",
            asked_by.section()
        );
        Self::not_taken(REQUEST_REJECTED, reason, &to_do)
    }

    pub(super) fn order_not_allowed(reason: String) -> Self {
        Self::not_taken(
            REQUEST_REJECTED,
            reason,
            "Ask for less; or have an operator correct `workingKeyExport` of the profile.",
        )
    }

    pub(super) fn profile_of_order(error: &MalformedProfile) -> Self {
        Self::not_taken(
            REQUEST_REJECTED,
            format!("the profile cannot be used: {error}"),
            "Correct the profile; `ceremony profile check` tells more.",
        )
    }

    pub(super) fn inventory_missing(named: &InventoryFile, order: &str) -> Self {
        let file = &named.file;
        Self {
            file: Some(file.clone()),
            ..Self::failed(
                "InventoryMissing",
                "the inventory is not there".to_owned(),
                &format!("Put it beside the document, or into a folder {order}/, as `{file}`."),
            )
        }
    }

    pub(super) fn inventory_changed(
        named: &InventoryFile,
        found: &Sha256,
        agreed: &Sha256,
    ) -> Self {
        Self {
            file: Some(named.file.clone()),
            ..Self::failed(
                "InventoryChanged",
                format!("its digest is {found}, the document says {agreed}"),
                "If this is the inventory that was agreed on, correct `initialKeys.inventory.sha256` \
                 (`sha256sum`); if not, find the one that was.",
            )
        }
    }

    /// `file` is none where the document lists the terminals itself.
    pub(super) fn inventory_malformed(file: Option<&str>, error: &MalformedInventory) -> Self {
        let to_do = match file {
            Some(_) => {
                "Correct the lines; then `initialKeys.inventory.sha256` of the document is another."
            }
            None => "Correct `initialKeys.terminals`, in which each is a line.",
        };
        Self {
            file: file.map(str::to_owned),
            ..Self::failed("InventoryMalformed", error.to_string(), to_do)
        }
    }
}

#[cfg(test)]
mod tests {
    use ceremony::announcement::Announcement;

    use super::*;

    #[test]
    fn the_event_is_called_as_on_the_bus() {
        assert!(Announcement::DETAIL_TYPES.contains(&REQUEST_REJECTED));
    }
}
