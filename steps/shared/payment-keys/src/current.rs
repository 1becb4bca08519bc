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
//! by a profile. Only the steps `establish-kek`, `switch-kek` and `import-keys` may set it. It is set
//! before the alias is pointed, so that the key which an alias has always carries it; a key that was given
//! the tag and is not the alias's is none the worse. A current key without the tag, or with one that is no
//! time, was not made so by any run that is known, and is replaced.
//!
//! Where it matters later which key the alias had before, that is written on the key in the same call
//! ([`Remembered`]). Of two runs that look at the same time, both remember the key that was there.
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

/// By which tag the key that an alias has now remembers the one from before: after a lost answer the alias
/// tells it no more. A key may have two aliases that named different ones.
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

/// Points the alias at a key that a run which began then has sent, unless it has the key of a later one.
///
/// Takes three calls where the alias is not there, and four where it has another key. Another attempt
/// of the same run finds that all is done, with two; which key there was before, it knows where that is
/// to be remembered.
pub async fn make_current(
    client: &Client,
    alias: &str,
    key_arn: &str,
    began: Utc,
    remembered: Option<Remembered>,
    pace: &Pace,
) -> Result<Current, ServiceError> {
    loop {
        let seen = look_up(client, alias, pace).await?;
        let mut written = vec![tag(BEGAN_TAG, began.to_string())];
        let mut replaced = None;
        if let Alias::Assigned(there) = &seen {
            let tags = tags_of(client, there, pace).await?;
            let since = began_of(there, &tags);
            if there == key_arn {
                replaced = remembered.and_then(|it| value_of(&tags, it.tag()));
                if since >= Some(began) {
                    return Ok(Current::Established { replaced });
                }
            } else {
                if since > Some(began) {
                    return Ok(Current::Kept(there.clone()));
                }
                written.extend(remembered.map(|it| tag(it.tag(), there.clone())));
                replaced = Some(there.clone());
            }
        }
        set(client, key_arn, &written, pace).await?;
        match seen {
            Alias::Assigned(there) if there == key_arn => {}
            Alias::Assigned(_) | Alias::Reserved => assign(client, alias, key_arn, pace).await?,
            Alias::Absent => {
                let made = pace.repeat(async || make_for(client, alias, key_arn).await);
                if !made.await? {
                    // Another run was faster, or an attempt whose answer was lost: look whose it is.
                    continue;
                }
            }
        }
        return Ok(Current::Established { replaced });
    }
}

/// When the run began that made the key the current one, if that is known.
fn began_of(key_arn: &str, tags: &[Tag]) -> Option<Utc> {
    match Utc::try_from(value_of(tags, BEGAN_TAG)?) {
        Ok(began) => Some(began),
        Err(error) => {
            tracing::warn!(key_arn, tag = BEGAN_TAG, error, "the tag is no time");
            None
        }
    }
}

fn value_of(tags: &[Tag], key: &str) -> Option<String> {
    let tag = tags.iter().find(|tag| tag.key == key);
    tag.and_then(|tag| tag.value.clone())
}

fn tag(key: &str, value: String) -> Tag {
    let tag = Tag::builder().key(key).value(value);
    tag.build().expect("key and value are set")
}

/// Sets the tags in one call.
async fn set(
    client: &Client,
    key_arn: &str,
    tags: &[Tag],
    pace: &Pace,
) -> Result<(), ServiceError> {
    pace.repeat(async || {
        let request = client.tag_resource().resource_arn(key_arn);
        let request = request.set_tags(Some(tags.to_vec()));
        let answer = request.send().await.map(drop);
        answer.map_err(service_error("payment-cryptography:TagResource"))
    })
    .await
}
