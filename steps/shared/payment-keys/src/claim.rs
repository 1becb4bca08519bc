//! One key for one alias, whatever crashes and whoever else is at it.
//!
//! 1. The alias has a key: that is the key.
//! 2. The alias is not there: reserve it (CreateAlias without a key: one caller wins), make the
//!    key, point the alias at it. If making is refused, the reservation is released.
//! 3. The alias is there without a key: somebody has reserved it. They died after the key was made
//!    (then it carries the alias in a tag, and is adopted), or they are still at work (then the
//!    alias will get its key), or they died before. Whoever has waited longer than anyone may hold
//!    a reservation takes it over.
//!
//! Why it is one key: a holder's work ends within [`HOLDING_LIMIT`], a waiter waits [`PATIENCE`],
//! which is longer, from when it first saw *this* reservation. Adopting sets the alias to the very
//! key its maker would have set. Should two waiters take over at once, each looks for what was made
//! for the alias *before* it assigns, and both assign the oldest; and nobody points an alias away
//! from a key that it has already. A key that comes of it too many is named in the log.

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyAttributes, KeyState};
use ceremony::keys::Origin;
use step::ServiceError;
use tokio::time::Instant;

use crate::{ALIAS_TAG, sorted};

/// How long a holder of the reservation may work on it.
const HOLDING_LIMIT: Duration = Duration::from_secs(20);

/// How long a waiter waits before it takes the reservation over.
const PATIENCE: Duration = Duration::from_secs(25);

const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// A key that is now the alias's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    pub key_arn: String,
    /// False where it was there before, or had been made by an attempt that did not finish.
    pub created: bool,
}

impl Claim {
    fn made(key_arn: String) -> Self {
        Self {
            key_arn,
            created: true,
        }
    }

    fn found(key_arn: String) -> Self {
        Self {
            key_arn,
            created: false,
        }
    }

    /// Where the key came from, as a record says it.
    pub fn origin(&self) -> Origin {
        match self.created {
            true => Origin::Created,
            false => Origin::Found,
        }
    }
}

/// Finds the key of `alias`, or has `make` make it.
///
/// `attributes` tell the keys among which one that lost its maker is looked for. `make` must tag
/// the key with [`crate::tags`] for this alias, and must not be repeated by the SDK
/// ([`crate::client`]).
pub async fn claim(
    client: &Client,
    alias: &str,
    attributes: &KeyAttributes,
    make: impl AsyncFn() -> Result<String, ServiceError>,
) -> Result<Claim, ClaimError> {
    let mut reserved_since = None;
    loop {
        match look_up(client, alias).await? {
            Alias::Assigned(key_arn) => return Ok(Claim::found(key_arn)),
            Alias::Absent => {
                reserved_since = None;
                if reserve(client, alias).await? {
                    return hold(client, alias, async || Ok(Claim::made(make().await?))).await;
                }
            }
            Alias::Reserved => {
                let first_look = reserved_since.is_none();
                let since = *reserved_since.get_or_insert_with(Instant::now);
                let patient = since.elapsed() <= PATIENCE;
                // Not at every look: it asks for the tags of every key of this kind, and the
                // account has five calls a second for all that it does.
                if (first_look || !patient)
                    && let Some(key_arn) = oldest_made_for(client, alias, attributes).await?
                {
                    assign(client, alias, &key_arn).await?;
                    tracing::warn!(alias, key_arn, "adopted a key whose maker did not finish");
                    return Ok(Claim::found(key_arn));
                }
                if !patient {
                    tracing::warn!(alias, "taking over a reservation that nobody works on");
                    return take_over(client, alias, attributes, make).await;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
    }
}

/// Makes the key as the holder of the reservation, and points the alias at it.
async fn hold(
    client: &Client,
    alias: &str,
    make: impl AsyncFn() -> Result<Claim, ClaimError>,
) -> Result<Claim, ClaimError> {
    let work = async {
        let made = match make().await {
            Ok(made) => made,
            Err(error) => {
                if matches!(&error, ClaimError::Service(error) if error.changed_nothing()) {
                    release(client, alias).await;
                }
                return Err(error);
            }
        };
        // Somebody may have thought us dead.
        if let Alias::Assigned(key_arn) = look_up(client, alias).await?
            && key_arn != made.key_arn
        {
            tracing::error!(
                alias,
                surplus = made.key_arn,
                "another attempt was first: delete this key"
            );
            return Ok(Claim::found(key_arn));
        }
        assign(client, alias, &made.key_arn).await?;
        Ok(made)
    };
    match tokio::time::timeout(HOLDING_LIMIT, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(ClaimError::TooSlow {
            alias: alias.to_owned(),
        }),
    }
}

/// As [`hold`], for one of perhaps several: the oldest key that was made for the alias is it.
async fn take_over(
    client: &Client,
    alias: &str,
    attributes: &KeyAttributes,
    make: impl AsyncFn() -> Result<String, ServiceError>,
) -> Result<Claim, ClaimError> {
    hold(client, alias, async || {
        let made = make().await?;
        match oldest_made_for(client, alias, attributes).await? {
            Some(oldest) if oldest != made => {
                tracing::error!(
                    alias,
                    surplus = made,
                    "another attempt made a key too: delete this one"
                );
                Ok(Claim::found(oldest))
            }
            _ => Ok(Claim::made(made)),
        }
    })
    .await
}

enum Alias {
    Absent,
    Assigned(String),
    Reserved,
}

async fn look_up(client: &Client, alias: &str) -> Result<Alias, ServiceError> {
    match client.get_alias().alias_name(alias).send().await {
        Ok(answer) => Ok(match answer.alias.and_then(|alias| alias.key_arn) {
            Some(key_arn) => Alias::Assigned(key_arn),
            None => Alias::Reserved,
        }),
        Err(error) if is(&error, |error| error.is_resource_not_found_exception()) => {
            Ok(Alias::Absent)
        }
        Err(error) => Err(sorted("payment-cryptography:GetAlias")(error)),
    }
}

/// True for the one caller who created it.
async fn reserve(client: &Client, alias: &str) -> Result<bool, ServiceError> {
    match client.create_alias().alias_name(alias).send().await {
        Ok(_) => Ok(true),
        Err(error) if is(&error, |error| error.is_conflict_exception()) => Ok(false),
        Err(error) => Err(sorted("payment-cryptography:CreateAlias")(error)),
    }
}

async fn assign(client: &Client, alias: &str, key_arn: &str) -> Result<(), ServiceError> {
    client
        .update_alias()
        .alias_name(alias)
        .key_arn(key_arn)
        .send()
        .await
        .map(drop)
        .map_err(sorted("payment-cryptography:UpdateAlias"))
}

/// Gives the reservation back, if it is one still. If that fails, the next attempt waits and takes
/// over.
async fn release(client: &Client, alias: &str) {
    let outcome = async {
        if let Alias::Reserved = look_up(client, alias).await? {
            let released = client.delete_alias().alias_name(alias).send().await;
            released.map_err(sorted("payment-cryptography:DeleteAlias"))?;
        }
        Ok::<_, ServiceError>(())
    };
    if let Err(error) = outcome.await {
        tracing::warn!(alias, %error, "the reservation stays");
    }
}

/// The oldest usable key with these attributes that is tagged as made for the alias.
async fn oldest_made_for(
    client: &Client,
    alias: &str,
    attributes: &KeyAttributes,
) -> Result<Option<String>, ServiceError> {
    let mut found = Vec::new();
    let mut pages = client
        .list_keys()
        .key_state(KeyState::CreateComplete)
        .into_paginator()
        .items()
        .send();
    while let Some(key) = pages.next().await {
        let key = key.map_err(sorted("payment-cryptography:ListKeys"))?;
        if key.key_attributes.as_ref() == Some(attributes)
            && is_tagged_for(client, &key.key_arn, alias).await?
        {
            let details = crate::inspect(client, &key.key_arn).await?;
            found.push((details.created_at, key.key_arn));
        }
    }
    Ok(found.into_iter().min().map(|(_, key_arn)| key_arn))
}

async fn is_tagged_for(client: &Client, key_arn: &str, alias: &str) -> Result<bool, ServiceError> {
    let mut pages = client
        .list_tags_for_resource()
        .resource_arn(key_arn)
        .into_paginator()
        .items()
        .send();
    while let Some(tag) = pages.next().await {
        let tag = tag.map_err(sorted("payment-cryptography:ListTagsForResource"))?;
        if tag.key == ALIAS_TAG && tag.value.as_deref() == Some(alias) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is<E, R>(
    error: &aws_sdk_paymentcryptography::error::SdkError<E, R>,
    kind: impl Fn(&E) -> bool,
) -> bool {
    error.as_service_error().is_some_and(kind)
}

/// Why the alias has no key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ClaimError {
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The holder gave up before its time was over; the next attempt finds what it made.
    #[error("the key for `{alias}` was not ready in {} seconds", HOLDING_LIMIT.as_secs())]
    TooSlow { alias: String },
}

impl From<ClaimError> for ServiceError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Service(error) => error,
            ClaimError::TooSlow { .. } => Self::ServiceUnavailable {
                operation: "payment-cryptography:CreateKey or ImportKey",
                detail: error.to_string(),
            },
        }
    }
}
