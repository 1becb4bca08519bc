//! `EstablishKek`: the KEK whose package is out is the current one of its folder.
//!
//! Points the alias `…/kek/<folder>/current` at it, by which `working-key-export` finds the KEK that
//! protects working keys. However often it runs, the alias has this KEK. Of two ceremonies of one folder
//! at once the later one counts.

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::id::Ceremony;
use ceremony::keys::KekFacts;
use ceremony::working_keys::order::EstablishedKek;
use payment_keys::{Pace, point};
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub kek: KekFacts,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub alias: String,
    pub key_arn: String,
    /// The KEK that was the current one before, if it was another: keys that are under it stay under
    /// it. Null, too, where an attempt whose answer was lost has replaced it.
    pub replaces_key_arn: Option<String>,
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
    let replaces_key_arn = point(client, &alias, &key_arn, &Pace::patient()).await?;
    Ok(Output {
        alias,
        key_arn,
        replaces_key_arn,
    })
}

/// Why the KEK is not the current one.
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
