//! An alias that goes from key to key, and of which the key that was replaced is remembered.

use aws_sdk_paymentcryptography::Client;
use ceremony::utc::Utc;
use step::ServiceError;

use crate::alias::{Alias, look_up};
use crate::current::{Current, make_current, tag};
use crate::listing::tags_of;
use crate::pace::Pace;

/// By which tag the key that has an alias now remembers the one from before. A key may have two aliases
/// that named different ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remembered {
    /// Of the alias that a ceremony is about.
    Replaces,
    /// Of one more alias.
    ReplacesAlso,
}

impl Remembered {
    fn tag(self) -> &'static str {
        match self {
            Self::Replaces => "key-ceremony:replaces",
            Self::ReplacesAlso => "key-ceremony:replaces-also",
        }
    }
}

/// As [`make_current`], which cannot tell after a lost answer what the alias named before: that is written
/// on the key first, so that another attempt of the same run knows.
///
/// What remains possible is what remains there: of two runs that look at the same time, both remember the
/// key that was there.
pub async fn switch_to(
    client: &Client,
    alias: &str,
    key_arn: &str,
    began: Utc,
    remembered: Remembered,
    pace: &Pace,
) -> Result<Current, ServiceError> {
    let seen = look_up(client, alias, pace).await?;
    if let Alias::Assigned(there) = &seen
        && there != key_arn
    {
        tag(client, key_arn, remembered.tag(), there, pace).await?;
    }
    let current = make_current(client, alias, key_arn, began, pace).await?;
    if let Current::Established { replaced: None } = current
        && seen == Alias::Assigned(key_arn.to_owned())
    {
        let tags = tags_of(client, key_arn, pace).await?;
        let tag = tags.into_iter().find(|tag| tag.key == remembered.tag());
        let replaced = tag.and_then(|tag| tag.value);
        return Ok(Current::Established { replaced });
    }
    Ok(current)
}
