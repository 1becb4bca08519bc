//! `MakeKeys`: every working key of the order is there.
//!
//! Makes the keys that are new, one for each name of the folder, found again by alias; those that are
//! there it passes on. Leaves behind one key and one alias per name, however often it runs.

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::{Deed, Recordable};
use ceremony::id::Ceremony;
use ceremony::keys::Origin;
use ceremony::working_keys::plan::{
    EstablishedKekFacts, ExistingKey, KekTooWeak, PlannedKey, ReadyKey,
};
use payment_keys::{Alias, Claim, KeyFacts, Pace, Working, claim, inspect, tags, why_out_of_use};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    /// Under which the keys are to leave: no key is made that it may not protect.
    pub kek: EstablishedKekFacts,
    pub keys: Vec<PlannedKey>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// In the order in which they are asked for.
    pub keys: Vec<ReadyKey>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    for key in &input.keys {
        input.kek.is_strong_enough_for(&key.name, key.algorithm)?;
    }
    let pace = Pace::patient();
    let mut ready = Vec::with_capacity(input.keys.len());
    for key in input.keys {
        let alias = input.ceremony.folder().working_key_alias(&key.name);
        let (there, alias) = match key.existing.clone() {
            Some(there) => {
                let alias = (there.origin == Origin::Found).then_some(alias);
                (there, alias)
            }
            None => {
                let made = make(client, &input.ceremony, &key, &alias, &pace, journal).await?;
                (made, Some(alias))
            }
        };
        ready.push(ReadyKey {
            name: key.name,
            key_arn: there.key_arn,
            alias,
            usage: key.usage,
            algorithm: key.algorithm,
            modes: key.modes,
            exportability: key.exportability,
            optional_blocks: key.optional_blocks,
            kcv: there.kcv,
            kcv_algorithm: key.algorithm.kcv_algorithm(),
            origin: there.origin,
        });
    }
    Ok(Output { keys: ready })
}

async fn make(
    client: &Client,
    ceremony: &Ceremony,
    key: &PlannedKey,
    alias: &str,
    pace: &Pace,
    journal: &Journal,
) -> Result<ExistingKey, Error> {
    let working = Working {
        usage: key.usage,
        algorithm: key.algorithm,
        modes: key.modes,
    };
    let attributes = working.attributes();
    let note = |key_arn: &str, origin| {
        journal.note(Deed::HadKey {
            key_arn: key_arn.to_owned(),
            alias: Some(alias.to_owned()),
            origin,
        });
    };
    let make = async || {
        let answer = client
            .create_key()
            .key_attributes(attributes.clone())
            .exportable(true)
            .set_tags(Some(tags(ceremony, "working", alias)))
            .send()
            .await
            .map_err(|error| ServiceError::new("payment-cryptography:CreateKey", &error))?;
        let facts = KeyFacts::of_answer("payment-cryptography:CreateKey", answer.key)?;
        note(&facts.key_arn, Origin::Created);
        Ok(facts)
    };
    // `FindKek` has looked. If somebody was here since, the reservation fails, and it is looked again.
    let seen = Some(Alias::Absent);
    let claimed = claim(client, alias, &attributes, seen, pace, make).await;
    let claimed = claimed.map_err(ServiceError::from)?;
    let origin = claimed.origin();
    let facts = match claimed {
        Claim::Made(facts) => facts,
        Claim::Found(key_arn) => {
            note(&key_arn, origin);
            inspect(client, &key_arn, pace).await?
        }
    };
    let unsuitable = |reason: String| Error::KeyUnsuitable {
        name: key.name.to_string(),
        key_arn: facts.key_arn.clone(),
        reason,
    };
    let found = Working::of(&facts).map_err(unsuitable)?;
    if found != working || !facts.exportable {
        return Err(unsuitable(
            "it was made for another order, with other attributes".to_owned(),
        ));
    }
    if let Some(reason) = why_out_of_use(&facts) {
        return Err(unsuitable(reason));
    }
    Ok(ExistingKey {
        key_arn: facts.key_arn,
        kcv: facts.kcv,
        origin,
    })
}

/// Why a key is not there.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    KekTooWeak(#[from] KekTooWeak),
    #[error("the key `{name}` ({key_arn}) cannot be sent: {reason}")]
    KeyUnsuitable {
        name: String,
        key_arn: String,
        reason: String,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::KekTooWeak(_) => {
                "Correct `kekExport.kek` of the profile and drop the leaf again, so that a stronger KEK is \
                 sent first; or order a weaker key."
            }
            Self::KeyUnsuitable { .. } => {
                "Order another key; or correct the state of the key in Payment Cryptography."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
