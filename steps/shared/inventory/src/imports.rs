//! What the evidence says of an import while its ceremony waits for a partner, and after its record.
//!
//! The record of an import is written when the KEK is in use, which takes weeks: until then only the
//! manifests of its offers and of the receipt tell that there is such a ceremony, and until when it
//! waits. What became of the KEK from before is known when the record has long been there.

use ceremony::digest::Sha256;
use ceremony::id::CeremonyId;
use ceremony::key_import::run::Settled;
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};

use crate::records::Recorded;

/// That a ceremony waits, by a part of a package that it has published.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wait {
    pub ceremony_id: CeremonyId,
    pub until: Utc,
    /// The alias of the KEK that has come: by a receipt.
    pub kek_alias: Option<String>,
}

/// Which alias that goes from key to key a record has seen name a key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Established {
    pub alias: String,
    pub key_arn: String,
}

/// A part of a ceremony's evidence that says more than its record.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Offer,
    Receipt,
    Settled,
}

impl Part {
    /// By its name below the ceremony's id.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.split_once('/')? {
            (part, "manifest.json") if part.starts_with("offer-") => Some(Self::Offer),
            ("receipt", "manifest.json") => Some(Self::Receipt),
            ("settled", "settled.json") => Some(Self::Settled),
            _ => None,
        }
    }

    pub(crate) fn read(self, bytes: &[u8]) -> serde_json::Result<Recorded> {
        let mut recorded = Recorded::default();
        match self {
            Self::Offer => recorded
                .waits
                .push(serde_json::from_slice::<Offer>(bytes)?.wait()),
            Self::Receipt => recorded
                .waits
                .push(serde_json::from_slice::<Receipt>(bytes)?.wait()),
            Self::Settled => recorded
                .retired
                .extend(serde_json::from_slice::<Settlement>(bytes)?.retired()),
        }
        Ok(recorded)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offer {
    ceremony_id: CeremonyId,
    expires_at: Utc,
}

impl Offer {
    fn wait(self) -> Wait {
        Wait {
            ceremony_id: self.ceremony_id,
            until: self.expires_at,
            kek_alias: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    ceremony_id: CeremonyId,
    created_at: Utc,
    block: Block,
    confirmation: Option<Confirmation>,
}

#[derive(Deserialize)]
struct Block {
    sha256: Sha256,
}

#[derive(Deserialize)]
struct Confirmation {
    until: Utc,
}

impl Receipt {
    fn wait(self) -> Wait {
        let folder = self.ceremony_id.folder();
        Wait {
            kek_alias: folder.map(|folder| folder.received_kek_alias(&self.block.sha256)),
            ceremony_id: self.ceremony_id,
            // Without a confirmation the ceremony ends at once.
            until: self.confirmation.map_or(self.created_at, |it| it.until),
        }
    }
}

/// What has become of the KEK from before: the document of it, and the evidence of the step.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settlement {
    /// Null where an order was refused.
    settled: Option<Settled>,
    previous_kek_key_arn: String,
}

impl Settlement {
    /// The KEK that is to be deleted, if it is.
    pub(crate) fn retired(self) -> Option<String> {
        (self.settled == Some(Settled::Retired)).then_some(self.previous_kek_key_arn)
    }
}
