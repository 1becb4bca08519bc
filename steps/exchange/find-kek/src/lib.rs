//! `FindKek`: the KEK that is established with the partner, and whether it may protect what is asked.
//!
//! Looks up the folder's KEK by its alias and every key of the order that is there, and makes, changes
//! and exports nothing. What it refuses is refused before there is a key too many: a KEK of another
//! folder, a key that the profile does not allow, and a KEK that is weaker than a key.

mod existing;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyClass, KeyUsage};
use ceremony::evidence::Recordable;
use ceremony::id::Ceremony;
use ceremony::working_keys::order::{AskedKey, EstablishedKek, Order, Source};
use ceremony::working_keys::plan::{EstablishedKekFacts, KekTooWeak, PlannedKey};
use ceremony::working_keys::rules::WorkingKeyPolicy;
use payment_keys::{
    Alias, KeyFacts, Pace, Working, algorithm_of, destination, inspect, look_up, tags_of,
    why_out_of_use,
};
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
    let kek = finder.kek(kek).await?;
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
    async fn kek(&self, established: EstablishedKek) -> Result<EstablishedKekFacts, Error> {
        let alias = self.ceremony.folder().established_kek_alias(established);
        let facts = inspect(self.client, &alias, &self.pace).await;
        let Some(facts) = if_there(facts)? else {
            return Err(Error::KekNotEstablished { alias });
        };
        let key_arn = facts.key_arn.clone();
        let unsuitable = |reason: String| Error::KekUnsuitable {
            key_arn: key_arn.clone(),
            reason,
        };
        if let Some(reason) = why_no_kek(&facts).or_else(|| why_out_of_use(&facts)) {
            return Err(unsuitable(reason));
        }
        let algorithm = algorithm_of(&facts)
            .ok_or_else(|| unsuitable(format!("it is {}", facts.attributes.key_algorithm)))?;
        if let Some(reason) = self.why_not_of_this_folder(&key_arn, "kek").await? {
            return Err(Error::KekOfAnotherFolder {
                alias,
                key_arn,
                reason,
            });
        }
        Ok(EstablishedKekFacts {
            established,
            alias,
            algorithm,
            kcv: facts.kcv,
            kcv_algorithm: algorithm.kcv_algorithm(),
            key_arn,
        })
    }

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

    /// Why a key is not, by its tags, one of this purpose and folder.
    async fn why_not_of_this_folder(
        &self,
        key_arn: &str,
        purpose: &str,
    ) -> Result<Option<String>, ServiceError> {
        let tags = tags_of(self.client, key_arn, &self.pace).await?;
        let expected = destination(self.ceremony, purpose);
        Ok(expected.into_iter().find_map(|(key, expected)| {
            let found = tags.iter().find(|tag| tag.key == key);
            match found.and_then(|tag| tag.value.as_deref()) {
                Some(found) if found == expected => None,
                Some(found) => Some(format!(
                    "its tag `{key}` is `{found}`, `{expected}` is needed"
                )),
                None => Some(format!("it has no tag `{key}`, `{expected}` is needed")),
            }
        }))
    }
}

/// What is not there is no error here.
fn if_there(facts: Result<KeyFacts, ServiceError>) -> Result<Option<KeyFacts>, ServiceError> {
    match facts {
        Ok(facts) => Ok(Some(facts)),
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ResourceNotFoundException" => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn why_no_kek(facts: &KeyFacts) -> Option<String> {
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
    let wraps = found.key_modes_of_use.as_ref().is_some_and(|it| it.wrap);
    (!wraps).then(|| "its modes of use do not let it wrap".to_owned())
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
