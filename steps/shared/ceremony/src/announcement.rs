//! The events of the bus `key-ceremony` that a step puts there itself.
//!
//! The state machine announces `Ceremony Succeeded` and `Ceremony Failed` without a Lambda; their
//! details have the same first members.

use serde::Serialize;

use crate::identifiers::{CeremonyId, DataType, Environment, Folder, PartnerId};

/// Source of every event.
pub const SOURCE: &str = "key-ceremony";

/// Version of the details' form.
pub const VERSION: u32 = 1;

/// What is told of dropped files that start no ceremony.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DropDetail {
    pub version: u32,
    /// Always null: no ceremony was started.
    pub ceremony_id: Option<CeremonyId>,
    /// Null where the key does not name a drop folder; so are the next two.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    /// What is missing, or why the files cannot be used.
    pub reason: String,
    /// The inbox key the reason is about; null where it is about the folder.
    pub file: Option<String>,
    pub remedy: String,
}

impl DropDetail {
    pub fn new(
        folder: Option<&Folder>,
        reason: String,
        file: Option<String>,
        remedy: &str,
    ) -> Self {
        Self {
            version: VERSION,
            ceremony_id: None,
            partner: folder.map(|folder| folder.partner.clone()),
            environment: folder.map(|folder| folder.environment),
            data_type: folder.map(|folder| folder.data_type),
            reason,
            file,
            remedy: remedy.to_owned(),
        }
    }
}

/// Detail types that `intake` announces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DropVerdict {
    Incomplete,
    Rejected,
}

impl DropVerdict {
    pub fn detail_type(self) -> &'static str {
        match self {
            Self::Incomplete => "Certificates Incomplete",
            Self::Rejected => "Certificates Rejected",
        }
    }
}
