//! One key for one alias, where people may have to approve it.
//!
//! In an account where an approval team guards the import of root certificates, ImportKey answers with
//! a key that is of no use yet (CREATE_IN_PROGRESS), and an approval session that lives for a day. Then
//! it is there (CREATE_COMPLETE), or never will be (CREATE_FAILED): denied, cancelled, or too late.
//!
//! # Why nobody is asked twice
//!
//! - The alias stays reserved while the key waits, and whoever sees it reserved looks for what was made
//!   for it, waiting keys among them, before it makes one.
//! - Whoever hears that the key was not approved frees the alias, unless another key was made for it by
//!   then. The service cannot delete an alias on a condition, and between that look and the deletion
//!   somebody may make a key, having reserved the alias anew or having lost patience. So both look
//!   again: who freed it, for a key that was made meanwhile; who made a key that waits, for the
//!   reservation. Either reserves the alias once more.
//!
//! What is left are the limits of [`crate::claim`], above all that a waiter whose patience ends takes a
//! reservation that was just made anew for the old one; and three who act within the same second, one
//! of whom dies, may leave the alias free while a key waits. Then another session is begun. Whoever
//! waits, waits for the oldest key, and the alias never has one that was not approved.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyAttributes, KeyState};
use ceremony::keys::Origin;
use step::ServiceError;

use crate::alias::{Alias, assign, look_up, release, reserve};
use crate::claim::{Claim, ClaimError, obtain, prefer};
use crate::inspect::{KeyFacts, inspect};
use crate::made_for::Guard;
use crate::pace::Pace;
use crate::wanted::{Obtained, Wanted};

/// What has become of a key that people may have to approve.
#[derive(Clone, Debug, PartialEq)]
pub enum Guarded {
    /// The alias has it, and it can be used.
    Usable(Claim),
    /// It was asked for, just now or before, and nobody has decided.
    Waits(KeyFacts, Origin),
    /// It will never be of use, and the alias is free to ask again.
    NotApproved(KeyFacts),
}

/// Finds the key of `alias`, or has `make` ask for it: [`crate::claim`], where the answer may be a key
/// that waits.
pub async fn claim_guarded(
    client: &Client,
    alias: &str,
    attributes: &KeyAttributes,
    seen: Option<Alias>,
    pace: &Pace,
    make: impl AsyncFn() -> Result<KeyFacts, ServiceError>,
) -> Result<Guarded, ClaimError> {
    let wanted = wanted(client, alias, attributes);
    match obtain(&wanted, seen, pace, make).await? {
        Obtained::Usable(claim) => Ok(Guarded::Usable(claim)),
        Obtained::Waits(Claim::Made(facts)) => Ok(Guarded::Waits(facts, Origin::Created)),
        Obtained::Waits(Claim::Found(key_arn)) => Ok(look(&wanted, &key_arn, pace).await?),
    }
}

/// Looks at a key again that was waiting: one call for as long as it waits.
pub async fn look_again(
    client: &Client,
    alias: &str,
    attributes: &KeyAttributes,
    key_arn: &str,
    pace: &Pace,
) -> Result<Guarded, ServiceError> {
    look(&wanted(client, alias, attributes), key_arn, pace).await
}

fn wanted<'a>(client: &'a Client, alias: &'a str, attributes: &'a KeyAttributes) -> Wanted<'a> {
    Wanted {
        client,
        alias,
        attributes: std::slice::from_ref(attributes),
        guard: Guard::Possible,
    }
}

async fn look(wanted: &Wanted<'_>, key_arn: &str, pace: &Pace) -> Result<Guarded, ServiceError> {
    let facts = inspect(wanted.client, key_arn, pace).await?;
    match facts.state {
        KeyState::CreateInProgress => Ok(Guarded::Waits(facts, Origin::Found)),
        KeyState::CreateComplete => give(wanted, facts.key_arn, pace).await,
        _ => {
            free(wanted, pace).await?;
            Ok(Guarded::NotApproved(facts))
        }
    }
}

/// The alias gets the oldest key that was made for it, as with everybody: that is the one that was
/// approved, unless it has another one already, or somebody asked before and waits still.
async fn give(wanted: &Wanted<'_>, key_arn: String, pace: &Pace) -> Result<Guarded, ServiceError> {
    let Wanted { client, alias, .. } = *wanted;
    let claim = Claim::Found(key_arn);
    match look_up(client, alias, pace).await? {
        Alias::Assigned(other) => return Ok(Guarded::Usable(prefer(alias, claim, other))),
        Alias::Reserved => {}
        Alias::Absent => {
            pace.repeat(async || reserve(client, alias).await).await?;
        }
    }
    // An ARN that somebody brings may be of any key.
    let oldest = wanted.oldest(pace).await?;
    let oldest = oldest.ok_or_else(|| ServiceError::ServiceRefused {
        operation: "payment-cryptography:UpdateAlias",
        code: "KeyOfAnotherAlias".to_owned(),
        detail: format!("the tags of {} do not name {alias}", claim.key_arn()),
    })?;
    if oldest.waits {
        let facts = inspect(client, &oldest.key_arn, pace).await?;
        return Ok(Guarded::Waits(facts, Origin::Found));
    }
    assign(client, alias, &oldest.key_arn, pace).await?;
    Ok(Guarded::Usable(prefer(alias, claim, oldest.key_arn)))
}

/// Nobody waits for the alias's key any more, unless another one was asked for since.
async fn free(wanted: &Wanted<'_>, pace: &Pace) -> Result<(), ServiceError> {
    let Wanted { client, alias, .. } = *wanted;
    if look_up(client, alias, pace).await? != Alias::Reserved
        || wanted.oldest(pace).await?.is_some()
    {
        return Ok(());
    }
    release(client, alias, pace).await;
    if wanted.oldest(pace).await?.is_some() {
        pace.repeat(async || reserve(client, alias).await).await?;
    }
    Ok(())
}

/// The alias stays reserved for a key that waits. Whoever heard that an earlier key was not approved
/// may just have freed it: then it is reserved once more.
pub(crate) async fn keep_reserved(
    client: &Client,
    alias: &str,
    claim: Claim,
    pace: &Pace,
) -> Result<Obtained, ClaimError> {
    match look_up(client, alias, pace).await? {
        Alias::Reserved => Ok(Obtained::Waits(claim)),
        Alias::Absent => {
            // If somebody else was faster, they find the key, or theirs is the younger one.
            pace.repeat(async || reserve(client, alias).await).await?;
            Ok(Obtained::Waits(claim))
        }
        Alias::Assigned(key_arn) => {
            let claim = prefer(alias, claim, key_arn);
            Ok(Obtained::Usable(claim))
        }
    }
}
