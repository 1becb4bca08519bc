//! Keys that were made for an alias and did not become its key.

use std::collections::HashSet;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyAttributes, KeyState, KeySummary, Tag};
use step::ServiceError;

use crate::listing::{every_alias, keys_in, tags_of};
use crate::pace::Pace;
use crate::{ALIAS_TAG, PURPOSE_TAG, SURPLUS, inspect};

/// Whether an approval team may guard the making of a key, so that it has to wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Guard {
    Never,
    Possible,
}

/// A key that was made for an alias.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MadeFor {
    pub(crate) key_arn: String,
    /// For its approval.
    pub(crate) waits: bool,
}

/// The alias's key if it has got one meanwhile, else the oldest key with one of these attributes that is
/// tagged as made for the alias and has no alias yet: one that can be used or, where there may be such,
/// one that waits for its approval. It is the oldest of both, so that everybody waits for the same.
///
/// A page has a hundred keys or aliases, so that an account full of keys takes forty calls, and one
/// or two for each key that really was lost. Keys are listed first: a key that is the alias's by
/// then is in the second list, and a key made later is not the oldest. Keys that wait are listed
/// before all others, so that one that is approved meanwhile is in the list of the usable ones.
pub(crate) async fn oldest_made_for(
    client: &Client,
    alias: &str,
    attributes: &[KeyAttributes],
    guard: Guard,
    pace: &Pace,
) -> Result<Option<MadeFor>, ServiceError> {
    let waiting = match guard {
        Guard::Never => Vec::new(),
        Guard::Possible => fitting(KeyState::CreateInProgress, client, attributes, pace).await?,
    };
    let usable = fitting(KeyState::CreateComplete, client, attributes, pace).await?;
    let taken = taken(client, alias, pace).await?;
    if let Some(key_arn) = taken.by_this_alias {
        let waits = false;
        return Ok(Some(MadeFor { key_arn, waits }));
    }
    let approved: HashSet<String> = usable.iter().cloned().collect();
    let waiting = waiting
        .into_iter()
        .filter(|key_arn| !approved.contains(key_arn))
        .map(|key_arn| (key_arn, true));
    let usable = usable.into_iter().map(|key_arn| (key_arn, false));
    let mut found = Vec::new();
    for (key_arn, waits) in usable.chain(waiting) {
        if taken.by_others.contains(&key_arn) {
            continue;
        }
        if is_tagged_for(client, &key_arn, alias, pace).await? {
            found.push(MadeFor { key_arn, waits });
        }
    }
    if found.len() <= 1 {
        return Ok(found.pop());
    }
    oldest_of(client, found, pace).await
}

/// One that was not approved meanwhile is none of them.
async fn oldest_of(
    client: &Client,
    found: Vec<MadeFor>,
    pace: &Pace,
) -> Result<Option<MadeFor>, ServiceError> {
    let mut dated = Vec::new();
    for MadeFor { key_arn, .. } in found {
        let facts = inspect(client, &key_arn, pace).await?;
        let waits = facts.waits();
        if waits || facts.state == KeyState::CreateComplete {
            dated.push((facts.created_at, MadeFor { key_arn, waits }));
        }
    }
    let oldest = dated.into_iter().min_by_key(|(created_at, made)| {
        let key_arn = made.key_arn.clone();
        (*created_at, key_arn)
    });
    Ok(oldest.map(|(_, made)| made))
}

async fn fitting(
    state: KeyState,
    client: &Client,
    attributes: &[KeyAttributes],
    pace: &Pace,
) -> Result<Vec<String>, ServiceError> {
    let keys = keys_in(client, &state, pace).await?.into_iter();
    let fitting = keys.filter(|key| attributes.iter().any(|expected| fits(key, expected)));
    Ok(fitting.map(|key| key.key_arn).collect())
}

/// AWS's examples of a key that waits show neither its modes of use nor its check value ("Multi-party
/// approval", Payment Cryptography User Guide), so that it must not be missed for want of them.
fn fits(key: &KeySummary, expected: &KeyAttributes) -> bool {
    let Some(found) = &key.key_attributes else {
        return false;
    };
    if key.key_state == KeyState::CreateInProgress {
        return found.key_algorithm == expected.key_algorithm
            && found.key_class == expected.key_class
            && found.key_usage == expected.key_usage;
    }
    key.enabled && found == expected
}

struct Taken {
    by_this_alias: Option<String>,
    by_others: HashSet<String>,
}

async fn taken(client: &Client, alias: &str, pace: &Pace) -> Result<Taken, ServiceError> {
    let mut taken = Taken {
        by_this_alias: None,
        by_others: HashSet::new(),
    };
    for listed in every_alias(client, pace).await? {
        let Some(key_arn) = listed.key_arn else {
            continue;
        };
        if listed.alias_name == alias {
            taken.by_this_alias = Some(key_arn);
        } else {
            taken.by_others.insert(key_arn);
        }
    }
    Ok(taken)
}

/// Whether the key was made for the alias, and is not one too many.
pub(crate) async fn is_tagged_for(
    client: &Client,
    key_arn: &str,
    alias: &str,
    pace: &Pace,
) -> Result<bool, ServiceError> {
    let tags = tags_of(client, key_arn, pace).await?;
    let has = |key: &str, value: &str| {
        let is = |tag: &Tag| tag.key == key && tag.value.as_deref() == Some(value);
        tags.iter().any(is)
    };
    // What a responder has marked for deletion is lost for good.
    Ok(has(ALIAS_TAG, alias) && !has(PURPOSE_TAG, SURPLUS))
}
