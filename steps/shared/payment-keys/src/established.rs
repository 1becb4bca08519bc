//! The KEK that is established with a partner, held to the folder and to what it is to do.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyClass, KeyUsage};
use ceremony::id::Ceremony;
use ceremony::working_keys::order::EstablishedKek;
use ceremony::working_keys::plan::EstablishedKekFacts;
use step::ServiceError;

use crate::destination;
use crate::inspect::{KeyFacts, inspect_if_there};
use crate::listing::tags_of;
use crate::pace::Pace;
use crate::working::{algorithm_of, why_out_of_use};

/// What a KEK is looked up for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KekFor {
    /// Keys that leave under it.
    Wrapping,
    /// Keys that come under it.
    Unwrapping,
}

/// The ceremony's folder's KEK of that kind, if it may be used. Takes two calls, and changes nothing.
pub async fn established_kek(
    client: &Client,
    ceremony: &Ceremony,
    established: EstablishedKek,
    purpose: KekFor,
    pace: &Pace,
) -> Result<EstablishedKekFacts, NoKek> {
    let alias = ceremony.folder().established_kek_alias(established);
    let Some(facts) = inspect_if_there(client, &alias, pace).await? else {
        return Err(NoKek::NotEstablished { alias });
    };
    let key_arn = facts.key_arn.clone();
    let unsuitable = |reason: String| NoKek::Unsuitable {
        key_arn: key_arn.clone(),
        reason,
    };
    if let Some(reason) = why_no_kek(&facts, purpose).or_else(|| why_out_of_use(&facts)) {
        return Err(unsuitable(reason));
    }
    let algorithm = algorithm_of(&facts)
        .ok_or_else(|| unsuitable(format!("it is {}", facts.attributes.key_algorithm)))?;
    if let Some(reason) = why_not_tagged_for(client, ceremony, &key_arn, "kek", pace).await? {
        return Err(NoKek::OfAnotherFolder {
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

/// Why a key is not, by its tags, one of this purpose and of the ceremony's folder.
pub async fn why_not_tagged_for(
    client: &Client,
    ceremony: &Ceremony,
    key_arn: &str,
    purpose: &str,
    pace: &Pace,
) -> Result<Option<String>, ServiceError> {
    let tags = tags_of(client, key_arn, pace).await?;
    let expected = destination(ceremony, purpose);
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

fn why_no_kek(facts: &KeyFacts, purpose: KekFor) -> Option<String> {
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
    let modes = found.key_modes_of_use.as_ref();
    let (does, verb) = match purpose {
        KekFor::Wrapping => (modes.is_some_and(|it| it.wrap), "wrap"),
        KekFor::Unwrapping => (modes.is_some_and(|it| it.unwrap), "unwrap"),
    };
    (!does).then(|| format!("its modes of use do not let it {verb}"))
}

/// Why there is no KEK that may be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoKek {
    #[error("there is no KEK established with the partner for this folder: `{alias}` has no key")]
    NotEstablished { alias: String },
    #[error("`{alias}` has the key {key_arn}, which is not for this folder: {reason}")]
    OfAnotherFolder {
        alias: String,
        key_arn: String,
        reason: String,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the KEK {key_arn} cannot protect keys: {reason}")]
    Unsuitable { key_arn: String, reason: String },
}
