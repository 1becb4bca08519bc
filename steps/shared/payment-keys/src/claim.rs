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
//! # Why it is one key
//!
//! Everybody assigns the same key, the oldest that was made for the alias, so it does not matter
//! who assigns it, when, and how often.
//!
//! - Who has reserved the alias ends its work [`HOLDING_LIMIT`] after it asked for the reservation;
//!   a waiter waits [`PATIENCE`], which is longer, from when it first saw *this* reservation, and
//!   then looks again. So whoever takes over finds the holder's key, if there ever will be one.
//! - Several may take over at once. Each looks for what was made for the alias after it has made a
//!   key itself, and takes the oldest. That is the only way to more than one key: those that are
//!   too many never become the alias's, and their makers, if they live, name them in the log.
//! - Only who has reserved the alias gives it back: by then, one of several who took over may have
//!   given it a key.
//!
//! # When it is not
//!
//! The service has no write that depends on what is there, and no way to tell one reservation from
//! another. So it takes more than this:
//!
//! - A call takes effect within the difference of the two limits after its caller gave it up. A
//!   CreateKey that comes later makes a key too many, which nobody names; a DeleteAlias that comes
//!   later deletes an alias that has a key by then.
//! - No reservation is given back and made anew between two looks of a waiter. It takes the new one
//!   for the old, and its patience may end while the new holder is at work: then there are two keys,
//!   and the alias is pointed from one to the other.
//! - Whoever deletes an alias by hand also deletes its key, or the key's tag. Otherwise one caller
//!   makes a key while another adopts the old one, and the alias is pointed from one to the other.

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::KeyAttributes;
use ceremony::keys::Origin;
use step::ServiceError;
use tokio::time::Instant;

use crate::alias::{Alias, assign, look_up, release, reserve};
use crate::made_for::oldest_made_for;

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
        if self.created {
            Origin::Created
        } else {
            Origin::Found
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
        let looked = Instant::now();
        match look_up(client, alias).await? {
            Alias::Assigned(key_arn) => return Ok(Claim::found(key_arn)),
            Alias::Absent => {
                reserved_since = None;
                let held = within_limit(alias, hold(client, alias, &make)).await?;
                if let Some(claim) = held {
                    return Ok(claim);
                }
            }
            Alias::Reserved => {
                let first_look = reserved_since.is_none();
                let since = *reserved_since.get_or_insert_with(Instant::now);
                // What an answer says that was long on its way may be true no more.
                let patient = looked.saturating_duration_since(since) <= PATIENCE;
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
                    return within_limit(alias, take_over(client, alias, attributes, &make)).await;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
    }
}

/// Ends the work of a holder when its time is over. The time counts from before the reservation is
/// asked for, and it is looked at first: a process that stood still must not go on where it was.
async fn within_limit<T>(
    alias: &str,
    work: impl Future<Output = Result<T, ClaimError>>,
) -> Result<T, ClaimError> {
    tokio::select! {
        biased;
        () = tokio::time::sleep(HOLDING_LIMIT) => Err(ClaimError::TooSlow {
            alias: alias.to_owned(),
        }),
        outcome = work => outcome,
    }
}

/// Reserves the alias, makes the key and points the alias at it; nothing if another was first.
async fn hold(
    client: &Client,
    alias: &str,
    make: impl AsyncFn() -> Result<String, ServiceError>,
) -> Result<Option<Claim>, ClaimError> {
    if !reserve(client, alias).await? {
        return Ok(None);
    }
    match make().await {
        Ok(key_arn) => settle(client, alias, Claim::made(key_arn)).await.map(Some),
        Err(error) => {
            if error.changed_nothing() {
                release(client, alias).await;
            }
            Err(error.into())
        }
    }
}

/// Makes the key as one of perhaps several: the oldest that was made for the alias is its key.
async fn take_over(
    client: &Client,
    alias: &str,
    attributes: &KeyAttributes,
    make: impl AsyncFn() -> Result<String, ServiceError>,
) -> Result<Claim, ClaimError> {
    let made = make().await?;
    let claim = match oldest_made_for(client, alias, attributes).await? {
        Some(oldest) if oldest != made => {
            tracing::error!(
                alias,
                surplus = made,
                "another attempt made a key too: delete this one"
            );
            Claim::found(oldest)
        }
        _ => Claim::made(made),
    };
    settle(client, alias, claim).await
}

/// Points the alias at the key, unless it has one already: somebody may have thought us dead.
async fn settle(client: &Client, alias: &str, claim: Claim) -> Result<Claim, ClaimError> {
    if let Alias::Assigned(key_arn) = look_up(client, alias).await?
        && key_arn != claim.key_arn
    {
        tracing::error!(
            alias,
            surplus = claim.key_arn,
            "another attempt was first: delete this key"
        );
        return Ok(Claim::found(key_arn));
    }
    assign(client, alias, &claim.key_arn).await?;
    Ok(claim)
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
