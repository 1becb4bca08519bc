//! The current key of an alias that goes from key to key: that of the run that began last.
//!
//! Runs end in another order than they began in, since some of them wait: for an approval, or for a
//! service of revocation. What counts is when a run began. It began with the newest leaf that could be
//! used then, so that the order in which runs began is the order in which leaves were chosen; and the
//! time is Step Functions' own, on which no partner has a hand, as it has on the dates in a
//! certificate. Whoever wants an older leaf's key back removes the newer leaf and drops the older one
//! again: that run begins later than all others.
//!
//! Where the time is kept is a tag of the key ([`BEGAN_TAG`]), whether the key was made, found or named
//! by a profile. Only the steps `establish-kek` and `switch-kek` may set it. It is set before the alias is pointed, so
//! that the key which an alias has always carries it; a key that was given the tag and is not the
//! alias's is none the worse. A current key without the tag, or with one that is no time, was not made
//! so by any run that is known, and is replaced.
//!
//! # What remains possible
//!
//! The service has no write that depends on what is there. Two runs that look at the same time both see
//! the key that is to be replaced, and the one that points last wins, though it may have begun earlier.
//! That takes two runs of one folder whose looks and writes overlap: a second, or the time for which a
//! throttled call is tried again. The next run of the folder sets it right. Of two runs that began in
//! the same millisecond the one that ends later counts.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::Tag;
use ceremony::utc::Utc;
use step::ServiceError;

use crate::alias::{Alias, assign, look_up, make_for};
use crate::listing::tags_of;
use crate::pace::Pace;
use crate::service_error;

/// Says when the run began that made a key the current one.
const BEGAN_TAG: &str = "key-ceremony:run-began-at";

/// What became of an alias.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Current {
    /// It has the key.
    Established {
        /// The other key that it had before, if it had one.
        replaced: Option<String>,
    },
    /// It has this one still, of a run that began later.
    Kept(String),
}

/// Points the alias at a key that a run which began then has sent, unless it has the key of a later one.
///
/// Takes three calls where the alias is not there, and four where it has another key. Another attempt
/// of the same run finds that all is done, with two.
pub async fn make_current(
    client: &Client,
    alias: &str,
    key_arn: &str,
    began: Utc,
    pace: &Pace,
) -> Result<Current, ServiceError> {
    loop {
        let seen = look_up(client, alias, pace).await?;
        if let Alias::Assigned(there) = &seen {
            let since = began_of(client, there, pace).await?;
            if there == key_arn && since >= Some(began) {
                return Ok(Current::Established { replaced: None });
            }
            if there != key_arn && since > Some(began) {
                return Ok(Current::Kept(there.clone()));
            }
        }
        tag(client, key_arn, BEGAN_TAG, &began.to_string(), pace).await?;
        let replaced = match seen {
            Alias::Assigned(there) if there == key_arn => None,
            Alias::Assigned(there) => {
                assign(client, alias, key_arn, pace).await?;
                Some(there)
            }
            Alias::Reserved => {
                assign(client, alias, key_arn, pace).await?;
                None
            }
            Alias::Absent => {
                let made = pace.repeat(async || make_for(client, alias, key_arn).await);
                if !made.await? {
                    // Another run was faster, or an attempt whose answer was lost: look whose it is.
                    continue;
                }
                None
            }
        };
        return Ok(Current::Established { replaced });
    }
}

/// When the run began that made the key the current one, if that is known.
async fn began_of(
    client: &Client,
    key_arn: &str,
    pace: &Pace,
) -> Result<Option<Utc>, ServiceError> {
    let tags = tags_of(client, key_arn, pace).await?;
    let tag = tags.into_iter().find(|tag| tag.key == BEGAN_TAG);
    let began = tag.and_then(|tag| tag.value).map(Utc::try_from);
    Ok(began.and_then(|began| match began {
        Ok(began) => Some(began),
        Err(error) => {
            tracing::warn!(key_arn, tag = BEGAN_TAG, error, "the tag is no time");
            None
        }
    }))
}

pub(crate) async fn tag(
    client: &Client,
    key_arn: &str,
    key: &str,
    value: &str,
    pace: &Pace,
) -> Result<(), ServiceError> {
    let tag = Tag::builder().key(key).value(value);
    let tag = tag.build().expect("key and value are set");
    pace.repeat(async || {
        let request = client.tag_resource().resource_arn(key_arn);
        let answer = request.tags(tag.clone()).send().await.map(drop);
        answer.map_err(service_error("payment-cryptography:TagResource"))
    })
    .await
}
