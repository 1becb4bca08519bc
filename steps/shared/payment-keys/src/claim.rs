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
//! # When people have to approve the key
//!
//! A key that waits for its approval is nobody's yet: the alias stays reserved until the key can be
//! used, so that an alias that has a key never costs a call to see whether it is usable. Everybody
//! who comes meanwhile finds the key by its tags, at the second look, and waits for the same one. The
//! rest is in [`crate::approval`].
//!
//! # How it is sparing
//!
//! A new key takes four calls: GetAlias, CreateAlias, CreateKey, UpdateAlias; one that is there
//! takes one. Lost keys are looked for at the second look and at the last: most reservations have
//! their key by the second. A holder that is throttled goes on where it was, and comes again sooner
//! than those who wait (`pace`).
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

use std::cell::Cell;
use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::KeyAttributes;
use ceremony::keys::Origin;
use step::ServiceError;
use step::metrics::{Metric, count};
use tokio::time::Instant;

use crate::alias::{Alias, assign, look_up, release, reserve};
use crate::approval::keep_reserved;
use crate::inspect::KeyFacts;
use crate::made_for::{Guard, MadeFor};
use crate::pace::{Pace, jittered};
use crate::wanted::{Obtained, Wanted};

/// How long a holder of the reservation may work on it.
pub(crate) const HOLDING_LIMIT: Duration = Duration::from_secs(20);

/// How long a waiter waits before it takes the reservation over.
const PATIENCE: Duration = Duration::from_secs(25);

/// At most: a jitter takes up to half of it.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// A key that is now the alias's.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// Just now, and this is what the service said of it.
    Made(KeyFacts),
    /// It was there before, or had been made by an attempt that did not finish. This is its ARN.
    Found(String),
}

impl Claim {
    pub fn key_arn(&self) -> &str {
        match self {
            Self::Made(facts) => &facts.key_arn,
            Self::Found(key_arn) => key_arn,
        }
    }

    /// Where the key came from, as a record says it.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Made(_) => Origin::Created,
            Self::Found(_) => Origin::Found,
        }
    }
}

/// Finds the key of `alias`, or has `make` make it.
///
/// `seen` is what the alias was when the caller looked, if it has. `attributes` tell the keys among
/// which one that lost its maker is looked for. `make` must tag the key with [`crate::tags`] for
/// this alias, and must not be repeated by the SDK ([`crate::client`]).
pub async fn claim(
    client: &Client,
    alias: &str,
    attributes: &KeyAttributes,
    seen: Option<Alias>,
    pace: &Pace,
    make: impl AsyncFn() -> Result<KeyFacts, ServiceError>,
) -> Result<Claim, ClaimError> {
    let attributes = std::slice::from_ref(attributes);
    claim_one_of(client, alias, attributes, seen, pace, make).await
}

/// The same where what is made says itself what it is: a key block does not tell in clear how long its key
/// is. A key that lost its maker has one of these attributes.
pub async fn claim_one_of(
    client: &Client,
    alias: &str,
    attributes: &[KeyAttributes],
    seen: Option<Alias>,
    pace: &Pace,
    make: impl AsyncFn() -> Result<KeyFacts, ServiceError>,
) -> Result<Claim, ClaimError> {
    let wanted = Wanted {
        client,
        alias,
        attributes,
        guard: Guard::Never,
    };
    let (Obtained::Usable(claim) | Obtained::Waits(claim)) =
        obtain(&wanted, seen, pace, make).await?;
    Ok(claim)
}

pub(crate) async fn obtain(
    wanted: &Wanted<'_>,
    mut seen: Option<Alias>,
    pace: &Pace,
    make: impl AsyncFn() -> Result<KeyFacts, ServiceError>,
) -> Result<Obtained, ClaimError> {
    let Wanted { client, alias, .. } = *wanted;
    let mut reserved_since = None;
    let mut looks = 0;
    loop {
        let looked = Instant::now();
        let now = match seen.take() {
            Some(seen) => seen,
            None => look_up(client, alias, pace).await?,
        };
        match now {
            Alias::Assigned(key_arn) => return Ok(Obtained::Usable(Claim::Found(key_arn))),
            Alias::Absent => {
                (reserved_since, looks) = (None, 0);
                if let Some(obtained) = hold(wanted, pace, &make).await? {
                    return Ok(obtained);
                }
            }
            Alias::Reserved => {
                looks += 1;
                let since = *reserved_since.get_or_insert_with(Instant::now);
                // What an answer says that was long on its way may be true no more.
                let patient = looked.saturating_duration_since(since) <= PATIENCE;
                if (looks == 2 || !patient)
                    && let Some(MadeFor { key_arn, waits }) = wanted.oldest(pace).await?
                {
                    if waits {
                        return Ok(Obtained::Waits(Claim::Found(key_arn)));
                    }
                    assign(client, alias, &key_arn, pace).await?;
                    tracing::warn!(alias, key_arn, "adopted a key whose maker did not finish");
                    return Ok(Obtained::Usable(Claim::Found(key_arn)));
                }
                if !patient {
                    tracing::warn!(alias, "taking over a reservation that nobody works on");
                    let work = take_over(wanted, &make);
                    return within_limit(alias, Instant::now(), work).await;
                }
                tokio::time::sleep(jittered(POLL_INTERVAL)).await;
            }
        }
    }
}

/// Ends the work of a holder when its time is over. That is looked at first: a process that stood
/// still must not go on where it was.
async fn within_limit<T>(
    alias: &str,
    start: Instant,
    work: impl Future<Output = Result<T, ClaimError>>,
) -> Result<T, ClaimError> {
    tokio::select! {
        biased;
        () = tokio::time::sleep_until(start + HOLDING_LIMIT) => Err(ClaimError::TooSlow {
            alias: alias.to_owned(),
        }),
        outcome = work => outcome,
    }
}

/// Reserves the alias, makes the key and points the alias at it; nothing if another was first.
///
/// The holder's time counts from before the call that reserved: others may see the reservation
/// before the holder hears of it.
async fn hold(
    wanted: &Wanted<'_>,
    pace: &Pace,
    make: impl AsyncFn() -> Result<KeyFacts, ServiceError>,
) -> Result<Option<Obtained>, ClaimError> {
    let Wanted { client, alias, .. } = *wanted;
    let asked = Cell::new(Instant::now());
    let reserved = pace
        .repeat(async || {
            asked.set(Instant::now());
            reserve(client, alias).await
        })
        .await?;
    if !reserved {
        return Ok(None);
    }
    let work = async {
        let pace = Pace::eager();
        match pace.repeat_if_throttled(&make).await {
            Ok(facts) if wanted.waits(&facts) => {
                let waits = keep_reserved(client, alias, Claim::Made(facts), &pace);
                Ok(Some(waits.await?))
            }
            Ok(facts) => {
                assign(client, alias, &facts.key_arn, &pace).await?;
                Ok(Some(Obtained::Usable(Claim::Made(facts))))
            }
            Err(error) => {
                if error.changed_nothing() {
                    release(client, alias, &pace).await;
                }
                Err(error.into())
            }
        }
    };
    within_limit(alias, asked.get(), work).await
}

/// Makes the key as one of perhaps several: the oldest that was made for the alias is its key.
async fn take_over(
    wanted: &Wanted<'_>,
    make: impl AsyncFn() -> Result<KeyFacts, ServiceError>,
) -> Result<Obtained, ClaimError> {
    let Wanted { client, alias, .. } = *wanted;
    let pace = Pace::eager();
    let made = pace.repeat_if_throttled(make).await?;
    let (claim, waits) = match wanted.oldest(&pace).await? {
        Some(oldest) if oldest.key_arn != made.key_arn => {
            tracing::error!(
                alias,
                surplus = made.key_arn,
                "another attempt made a key too: delete this one"
            );
            count(Metric::SurplusKey);
            (Claim::Found(oldest.key_arn), oldest.waits)
        }
        _ => {
            let waits = wanted.waits(&made);
            (Claim::Made(made), waits)
        }
    };
    if waits {
        return keep_reserved(client, alias, claim, &pace).await;
    }
    let claim = settle(client, alias, claim, &pace).await?;
    Ok(Obtained::Usable(claim))
}

/// Points the alias at the key, unless it has one already: another one may have taken over too.
async fn settle(
    client: &Client,
    alias: &str,
    claim: Claim,
    pace: &Pace,
) -> Result<Claim, ClaimError> {
    if let Alias::Assigned(key_arn) = look_up(client, alias, pace).await?
        && key_arn != claim.key_arn()
    {
        return Ok(prefer(alias, claim, key_arn));
    }
    assign(client, alias, claim.key_arn(), pace).await?;
    Ok(claim)
}

/// The alias has this key; the claimed one is too many, if it is another.
pub(crate) fn prefer(alias: &str, claim: Claim, key_arn: String) -> Claim {
    if claim.key_arn() == key_arn {
        return claim;
    }
    tracing::error!(
        alias,
        surplus = claim.key_arn(),
        "another attempt was first: delete this key"
    );
    count(Metric::SurplusKey);
    Claim::Found(key_arn)
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
