//! `FindEstablishedKek`: the KEK under which the partner's working keys come.
//!
//! Looks up the folder's KEK by its alias, the one that the profile says: `received` or `current`. It must
//! be one of this very folder by its tags, be in use, and be able to unwrap. Makes and changes nothing.
//! Whether it is strong enough is seen block by block, when it is known what is in them.

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::id::Ceremony;
use ceremony::working_key_import::rules::KeyImportPolicy;
use ceremony::working_keys::plan::EstablishedKekFacts;
use payment_keys::{KekFor, NoKek, Pace, established_kek};
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub policy: KeyImportPolicy,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub kek: EstablishedKekFacts,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input) -> Result<Output, Error> {
    let Input { ceremony, policy } = input;
    let pace = Pace::patient();
    let kek = established_kek(client, &ceremony, policy.kek, KekFor::Unwrapping, &pace).await?;
    Ok(Output { kek })
}

/// Why nothing may come.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("there is no KEK established with the partner for this folder: `{alias}` has no key")]
    KekNotEstablished { alias: String },
    #[error("`{alias}` has the key {key_arn}, which is not for this folder: {reason}")]
    KekOfAnotherFolder {
        alias: String,
        key_arn: String,
        reason: String,
    },
    #[error("under the KEK {key_arn} no key can come: {reason}")]
    KekUnsuitable { key_arn: String, reason: String },
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
                "The KEK that a partner sends is established by `kek-import`, the one that we send by \
                 `kek-export`: have that done first, or have an operator correct `workingKeyImport.kek` of \
                 the profile."
            }
            Self::KekOfAnotherFolder { .. } => {
                "Find out who did it and why, by the CloudTrail events of key and alias; then have the \
                 folder's KEK sent again, which points the alias at it."
            }
            Self::KekUnsuitable { .. } => {
                "Correct the state of the key in Payment Cryptography; or have a KEK sent that can unwrap \
                 keys (modes of use B or D)."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
