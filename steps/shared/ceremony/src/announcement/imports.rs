//! What is announced of KEKs that come.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clearance::Summary;
use crate::digest::Sha256;
use crate::execution::Location;
use crate::id::{CeremonyId, Kind};
use crate::identifiers::{DataType, Environment, PartnerId};
use crate::key_import::request::ImportMethod;
use crate::key_import::run::Settled;
use crate::utc::Utc;
use crate::working_keys::place::AskedBy;

/// The partner is offered what it takes to wrap its KEK for us.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfferPublished {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// Who asked.
    pub asked_by: AskedBy,
    /// The name of the request or order.
    pub request: String,
    pub method: ImportMethod,
    /// Names the offer.
    pub offer: String,
    /// The first is 1; each that had its time is followed by the next.
    pub number: u32,
    /// Until when a block is taken.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub expires_at: Utc,
    /// The inbox key under which the block is expected.
    pub block_key: String,
    /// Where the offer lies.
    pub package: Location,
    /// Digest of the package's `manifest.json`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub manifest_sha256: Sha256,
}

/// What a ceremony waits for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AwaitedAnswer {
    /// What people say of that which is about to be done.
    Approval,
    /// The partner's key block.
    Block,
    /// The partner's word that a check value is its key's.
    Confirmation,
    /// An order that brings back the KEK which another one has replaced.
    Rollback,
}

impl AwaitedAnswer {
    pub const ALL: [Self; 4] = [
        Self::Approval,
        Self::Block,
        Self::Confirmation,
        Self::Rollback,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Block => "block",
            Self::Confirmation => "confirmation",
            Self::Rollback => "rollback",
        }
    }
}

impl fmt::Display for AwaitedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A ceremony still waits: a reminder.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnswerAwaited {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    /// Null where the ceremony is no partner's; so are the next two.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    pub awaited: AwaitedAnswer,
    /// What the answer has to be about: the offer, say.
    pub subject: String,
    /// From then on no answer is taken.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub deadline: Utc,
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// A file that answers a ceremony was looked at, and is not the one that was asked for: a block or a
/// confirmation of the partner's, or an order of ours. The ceremony goes on waiting.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnswerRejected {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// Names the offer by which the KEK comes, or came.
    pub offer: String,
    /// Its inbox key.
    pub file: String,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub sha256: Sha256,
    /// The reason's name.
    pub error: String,
    /// What was wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// A KEK of the partner's has come, and nothing uses it before the partner has confirmed its check value.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KekReceived {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    pub kek_key_arn: String,
    /// Its key check value, hex.
    pub kcv: String,
    /// The inbox key of the file by which the partner confirms it.
    pub confirmation_key: String,
    /// Until when.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub until: Utc,
    /// Where the receipt lies, which has the check value.
    pub package: Location,
}

/// A KEK of the partner's is the one that is established as received for its folder.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KekImported {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// How it came.
    pub method: ImportMethod,
    /// Names the offer that it came for.
    pub offer: String,
    pub kek_key_arn: String,
    /// Its key check value, hex.
    pub kcv: String,
    /// The KEK that was established as received before; null where there was none, or where it was this
    /// one already.
    pub replaces_kek_key_arn: Option<String>,
    /// The KEK that is still established as received, since a ceremony that began later has imported it;
    /// null where `kekKeyArn` is.
    pub kept_kek_key_arn: Option<String>,
    /// Whether all certificates of the partner's were proven not to be revoked, or which were not; null
    /// where the method needs none.
    pub revocation: Option<Summary>,
    /// Where the receipt lies.
    pub package: Location,
    /// Where the record lies.
    pub record: Location,
    /// Digest of the record's bytes.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub record_sha256: Sha256,
    /// Digest of the receipt's `manifest.json`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub manifest_sha256: Sha256,
}

/// What has become of the KEK that another one had replaced.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KekSettled {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    pub settled: Settled,
    /// The KEK that the ceremony has imported.
    pub kek_key_arn: String,
    /// The one from before.
    pub previous_kek_key_arn: String,
    /// Where the record of it lies, as a part of the ceremony's package.
    pub package: Location,
    /// Digest of its `manifest.json`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub manifest_sha256: Sha256,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of an item's id in the table of waits that a role's permissions go by.
    #[test]
    fn what_is_awaited_is_spelled_alike_in_the_table_and_in_events() {
        for awaited in AwaitedAnswer::ALL {
            let in_events = serde_json::to_value(awaited).unwrap();
            assert_eq!(in_events, awaited.as_str());
        }
    }
}
