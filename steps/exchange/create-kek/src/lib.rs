//! `CreateKek`: there is exactly one KEK for a leaf.
//!
//! Finds the KEK by the leaf's alias or creates it; or checks the one that the profile names, and
//! uses that. Leaves behind one key and one alias per leaf, however often it runs.
//!
//! A leaf whose KEK was deleted gets a new one, and the output names both: a partner that holds the
//! old one has to be told.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyAttributes, KeyClass, KeyState, KeyUsage};
use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable};
use ceremony::execution::Execution;
use ceremony::id::Ceremony;
use ceremony::key_import::attributes::KekModes;
use ceremony::keys::{KekFacts, Origin};
use payment_keys::{
    Alias, Claim, KeyFacts, Pace, claim, deleted_key_of, inspect, look_up, symmetric, tags, tags_of,
};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    /// Fingerprint of the validated leaf, after which the KEK's alias is named.
    pub leaf_sha256: Sha256,
    pub algorithm: KekAlgorithm,
    /// The profile's KEK, or null.
    pub key_arn: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub KekFacts);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let pace = Pace::patient();
    let (facts, origin, replaces_key_arn) = match &input.key_arn {
        Some(key_arn) => {
            let facts = inspect(client, key_arn, &pace).await?;
            (facts, Origin::Profile, None)
        }
        None => find_or_create(client, &input, &pace, journal).await?,
    };
    let key_arn = facts.key_arn.clone();
    if facts.state == KeyState::CreateInProgress {
        return Err(ServiceError::ServiceUnavailable {
            operation: "payment-cryptography:GetKey",
            detail: format!("{key_arn} is still being created"),
        }
        .into());
    }
    if let Some(reason) = why_unsuitable(&facts, input.algorithm) {
        return Err(Error::KekUnsuitable { key_arn, reason });
    }
    if origin == Origin::Profile {
        is_tagged_for(client, &key_arn, &input.ceremony, &pace).await?;
    }
    Ok(Output(KekFacts {
        key_arn,
        algorithm: input.algorithm,
        kcv: facts.kcv,
        kcv_algorithm: input.algorithm.kcv_algorithm(),
        origin,
        replaces_key_arn,
    }))
}

async fn find_or_create(
    client: &Client,
    input: &Input,
    pace: &Pace,
    journal: &Journal,
) -> Result<(KeyFacts, Origin, Option<String>), Error> {
    let alias = input.ceremony.folder().kek_alias(&input.leaf_sha256);
    let before = look_up(client, &alias, pace).await?;
    let note = |key_arn: &str, origin| {
        journal.note(Deed::HadKey {
            key_arn: key_arn.to_owned(),
            alias: Some(alias.clone()),
            origin,
        });
    };
    let attributes = attributes(input.algorithm);
    let make = async || {
        let answer = client
            .create_key()
            .key_attributes(attributes.clone())
            .exportable(true)
            .set_tags(Some(tags(&input.ceremony, "kek", &alias)))
            .send()
            .await
            .map_err(|error| ServiceError::new("payment-cryptography:CreateKey", &error))?;
        let facts = KeyFacts::of_answer("payment-cryptography:CreateKey", answer.key)?;
        note(&facts.key_arn, Origin::Created);
        Ok(facts)
    };
    let seen = Some(before.clone());
    let claim = claim(client, &alias, &attributes, seen, pace, make);
    let claim = claim.await.map_err(ServiceError::from)?;
    let origin = claim.origin();
    let facts = match claim {
        Claim::Made(facts) => facts,
        Claim::Found(key_arn) => {
            note(&key_arn, origin);
            inspect(client, &key_arn, pace).await?
        }
    };
    let replaced = replaced(client, input, &alias, &before, &facts, pace).await?;
    Ok((facts, origin, replaced))
}

/// The KEK in whose place this one is, if it was deleted; asked only where that may be.
///
/// A deleted KEK leaves its alias there without a key, which is how an alias looks that somebody is
/// at work on, too. If the alias has a KEK by now that is younger than this execution, an earlier
/// attempt of this step, whose answer was lost, may have made it in the place of another.
async fn replaced(
    client: &Client,
    input: &Input,
    alias: &str,
    before: &Alias,
    now: &KeyFacts,
    pace: &Pace,
) -> Result<Option<String>, ServiceError> {
    let began = input.execution.started_at.unix_seconds();
    let may_be = match before {
        Alias::Absent => false,
        Alias::Assigned(_) => now.created_at.secs() >= began,
        Alias::Reserved => true,
    };
    if !may_be {
        return Ok(None);
    }
    let usage = KeyUsage::Tr31K0KeyEncryptionKey;
    deleted_key_of(client, alias, &usage, pace).await
}

/// A key that an operator made says itself for whom it is. Nothing but its tags keeps one partner's
/// KEK from being sent to another, should a profile name the wrong one.
async fn is_tagged_for(
    client: &Client,
    key_arn: &str,
    ceremony: &Ceremony,
    pace: &Pace,
) -> Result<(), Error> {
    let tags_there = tags_of(client, key_arn, pace).await?;
    for (key, expected) in payment_keys::destination(ceremony, "kek") {
        let found = tags_there.iter().find(|tag| tag.key == key);
        let found = found.and_then(|tag| tag.value.as_deref());
        if found != Some(expected) {
            let is = found.map_or("is missing".to_owned(), |found| format!("is `{found}`"));
            return Err(Error::KekNotForThisFolder {
                key_arn: key_arn.to_owned(),
                reason: format!("its tag `{key}` {is}, `{expected}` is needed"),
            });
        }
    }
    Ok(())
}

fn attributes(algorithm: KekAlgorithm) -> KeyAttributes {
    symmetric(
        algorithm,
        KeyUsage::Tr31K0KeyEncryptionKey,
        KekModes::B.allowed(),
    )
}

/// A key of the profile may be K0 or K1; whether created or named, it must be what the profile
/// says and fit to leave.
fn why_unsuitable(facts: &KeyFacts, algorithm: KekAlgorithm) -> Option<String> {
    let found = &facts.attributes;
    let usages = [
        KeyUsage::Tr31K0KeyEncryptionKey,
        KeyUsage::Tr31K1KeyBlockProtectionKey,
    ];
    if found.key_class != KeyClass::SymmetricKey || !usages.contains(&found.key_usage) {
        return Some(format!(
            "it is a {} with usage {}, a key-encrypting key (K0 or K1) is needed",
            found.key_class, found.key_usage
        ));
    }
    if found.key_algorithm.as_str() != algorithm.as_str() {
        return Some(format!(
            "it is {}, the profile says {algorithm}",
            found.key_algorithm
        ));
    }
    if facts.state != KeyState::CreateComplete {
        return Some(format!(
            "its state is {}, CREATE_COMPLETE is needed",
            facts.state
        ));
    }
    if !facts.enabled {
        return Some("it is not enabled".to_owned());
    }
    if !facts.exportable {
        return Some("it is not exportable".to_owned());
    }
    None
}

/// Why there is no KEK to send.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the KEK {key_arn} that the profile names is not for this folder: {reason}")]
    KekNotForThisFolder { key_arn: String, reason: String },
    #[error("the KEK {key_arn} cannot be sent: {reason}")]
    KekUnsuitable { key_arn: String, reason: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::KekNotForThisFolder { .. } => {
                "Correct `kekExport.kek.keyArn` of the profile. If it is the right key, have an \
                 operator tag it: `key-ceremony:purpose`, `key-ceremony:partner`, \
                 `key-ceremony:environment` and `key-ceremony:data-type` say what may leave and for \
                 whom."
            }
            Self::KekUnsuitable { .. } => {
                "Correct `kekExport.kek` of the profile (algorithm, keyArn), or the state of the key \
                 in Payment Cryptography."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
