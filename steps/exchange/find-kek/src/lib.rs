//! `FindKek`: the KEK that is established with the partner, and whether it may protect what is asked.
//!
//! Looks up the folder's KEK by its alias and every key of the order that is there, and makes, changes
//! and exports nothing. What it refuses is refused before there is a key too many: a KEK of another
//! folder, a key that the profile does not allow, and a KEK that is weaker than a key.

mod existing;

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::id::Ceremony;
use ceremony::working_keys::order::{AskedKey, Order, Source};
use ceremony::working_keys::plan::{EstablishedKekFacts, KekTooWeak, PlannedKey};
use ceremony::working_keys::rules::WorkingKeyPolicy;
use payment_keys::{KekFor, NoKek, Pace, Working, established_kek};
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub order: Order,
    pub policy: WorkingKeyPolicy,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub kek: EstablishedKekFacts,
    /// In the order in which they are asked for.
    pub keys: Vec<PlannedKey>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input) -> Result<Output, Error> {
    let finder = Finder {
        client,
        ceremony: &input.ceremony,
        policy: &input.policy,
        pace: Pace::patient(),
    };
    let kek = input.order.kek.ok_or(Error::KekNotNamed)?;
    let pace = &finder.pace;
    let kek = established_kek(client, &input.ceremony, kek, KekFor::Wrapping, pace).await?;
    let asked = input.order.keys();
    let mut keys = Vec::with_capacity(asked.len());
    for key in asked {
        let planned = finder.planned(key).await?;
        kek.is_strong_enough_for(&planned.name, planned.algorithm)?;
        keys.push(planned);
    }
    Ok(Output { kek, keys })
}

/// What looks, and for whom.
struct Finder<'a> {
    client: &'a Client,
    ceremony: &'a Ceremony,
    policy: &'a WorkingKeyPolicy,
    pace: Pace,
}

impl Finder<'_> {
    async fn planned(&self, key: &AskedKey) -> Result<PlannedKey, Error> {
        match &key.source {
            Source::Existing(identifier) => self.existing(key, identifier).await,
            Source::New {
                usage,
                algorithm,
                modes,
            } => {
                let asked = Working {
                    usage: *usage,
                    algorithm: *algorithm,
                    modes: *modes,
                };
                self.to_be_made(key, asked).await
            }
        }
    }
}

/// Why nothing may leave.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("there is no KEK established with the partner for this folder: `{alias}` has no key")]
    KekNotEstablished { alias: String },
    #[error("the order names no KEK, and nothing that it asks for leaves without one")]
    KekNotNamed,
    #[error("`{alias}` has the key {key_arn}, which is not for this folder: {reason}")]
    KekOfAnotherFolder {
        alias: String,
        key_arn: String,
        reason: String,
    },
    #[error(transparent)]
    KekTooWeak(#[from] KekTooWeak),
    #[error("the KEK {key_arn} cannot protect keys: {reason}")]
    KekUnsuitable { key_arn: String, reason: String },
    #[error("the key `{name}` is not there: Payment Cryptography knows no {identifier}")]
    KeyMissing { name: String, identifier: String },
    #[error("the key `{name}` ({key_arn}) may not be sent: {reason}")]
    KeyNotAllowed {
        name: String,
        key_arn: String,
        reason: String,
    },
    #[error("the key `{name}` ({key_arn}) cannot be sent: {reason}")]
    KeyUnsuitable {
        name: String,
        key_arn: String,
        reason: String,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<NoKek> for Error {
    fn from(why: NoKek) -> Self {
        match why {
            NoKek::NotEstablished { alias } => Self::KekNotEstablished { alias },
            NoKek::OfAnotherFolder {
                alias,
                key_arn,
                reason,
            } => Self::KekOfAnotherFolder {
                alias,
                key_arn,
                reason,
            },
            NoKek::Service(error) => Self::Service(error),
            NoKek::Unsuitable { key_arn, reason } => Self::KekUnsuitable { key_arn, reason },
        }
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::KekNotEstablished { .. } => {
                "The KEK of a folder is established by `kek-export`: ask the partner to drop its \
                 certificates first."
            }
            Self::KekNotNamed => "This is a defect of the software: report it with the record.",
            Self::KekOfAnotherFolder { .. } => {
                "Find out who did it and why, by the CloudTrail events of key and alias; then drop the leaf \
                 of this folder again, which points the alias at the folder's KEK."
            }
            Self::KekTooWeak(_) => {
                "Correct `kekExport.kek` of the profile and drop the leaf again, so that a stronger KEK is \
                 sent first; or order a weaker key."
            }
            Self::KekUnsuitable { .. } => {
                "Correct the state of the key in Payment Cryptography; or drop the leaf again, which sends \
                 the leaf's KEK and makes it the current one."
            }
            Self::KeyMissing { .. } => "Order a key that is there, or a new one.",
            Self::KeyNotAllowed { .. } => {
                "Have an operator correct `workingKeyExport` of the profile, which says which usages, \
                 algorithms and keys may be sent. If it is a key of this folder, have an operator tag it: \
                 `key-ceremony:purpose`, which is `working`, `key-ceremony:partner`, \
                 `key-ceremony:environment` and `key-ceremony:data-type` say what may leave and for \
                 whom."
            }
            Self::KeyUnsuitable { .. } => {
                "Order another key; or correct the state of the key in Payment Cryptography."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
