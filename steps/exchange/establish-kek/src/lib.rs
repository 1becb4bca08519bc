//! `EstablishKek`: the KEK whose package is out is the current one of its folder.
//!
//! Points the alias `…/kek/<folder>/current` at it, by which `working-key-export` finds the KEK that
//! protects working keys. However often it runs, the alias has this KEK.
//!
//! Ceremonies of one folder do not exclude each other, and one of them may wait for a day. One that
//! began earlier than the one whose KEK is the current one ends all the same, and its package is good;
//! but the alias stays as it is, and the output names the KEK that was kept ([`make_current`] says why,
//! and what remains possible).

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::execution::Execution;
use ceremony::id::Ceremony;
use ceremony::keys::KekFacts;
use ceremony::working_keys::order::EstablishedKek;
use payment_keys::{Current, Pace, make_current};
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    pub kek: KekFacts,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub alias: String,
    /// The KEK of this ceremony.
    pub key_arn: String,
    /// The KEK that was the current one before, if it was another: keys that are under it stay under
    /// it. Null, too, where an attempt whose answer was lost has replaced it.
    pub replaces_key_arn: Option<String>,
    /// The KEK that stays the current one in place of this ceremony's, since a ceremony that began
    /// later has sent it; null where this ceremony's is the current one.
    pub kept_key_arn: Option<String>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input) -> Result<Output, Error> {
    let current = EstablishedKek::Current;
    let alias = input.ceremony.folder().established_kek_alias(current);
    let key_arn = input.kek.key_arn;
    let (began, pace) = (input.execution.started_at, Pace::patient());
    let outcome = make_current(client, &alias, &key_arn, began, None, &pace).await?;
    let (replaces_key_arn, kept_key_arn) = match outcome {
        Current::Established { replaced } => (replaced, None),
        Current::Kept(kept) => (None, Some(kept)),
    };
    Ok(Output {
        alias,
        key_arn,
        replaces_key_arn,
        kept_key_arn,
    })
}

/// Why it is not known which KEK is the current one.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::Service(error) => error.remedy(),
        }
    }
}
