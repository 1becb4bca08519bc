//! Bringing the KEK from before back, and having it deleted.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::KeyState;
use ceremony::evidence::Deed;
use ceremony::id::Ceremony;
use ceremony::key_import::run::{AlsoSwitched, Settled, SwitchedKek};
use payment_keys::{
    Pace, PutBack, aliases_of, destination, inspect, put_back, schedule_deletion, tags_of,
    why_out_of_use,
};
use step::{Journal, ServiceError};

use crate::refused::Refused;
use crate::{DAYS, Error};

pub(crate) struct Settlement<'a> {
    pub(crate) client: &'a Client,
    pub(crate) ceremony: &'a Ceremony,
    pub(crate) switched: &'a SwitchedKek,
    pub(crate) previous: &'a str,
    pub(crate) pace: Pace,
}

impl Settlement<'_> {
    pub(crate) async fn roll_back(&self) -> Result<Result<Settled, Refused>, Error> {
        let Self {
            client,
            switched,
            previous,
            pace,
            ..
        } = self;
        let facts = inspect(client, previous, pace).await?;
        if let Some(reason) = why_out_of_use(&facts) {
            let key_arn = (*previous).to_owned();
            return Ok(Err(Refused::PreviousUnusable { key_arn, reason }));
        }
        let (alias, ours) = (&switched.alias, &switched.key_arn);
        if let PutBack::Elsewhere(key_arn) = put_back(client, alias, ours, previous, pace).await? {
            let alias = alias.clone();
            return Ok(Err(Refused::ReplacedSince { alias, key_arn }));
        }
        // What names a third key by now is somebody else's; what named none stays with the KEK that came.
        if let Some(AlsoSwitched {
            alias,
            replaces_key_arn: Some(before),
        }) = &switched.also
        {
            match put_back(client, alias, ours, before, pace).await {
                // The role may point aliases to KEKs of ceremonies, and it named another key before.
                Err(error @ ServiceError::AccessDenied { .. }) => {
                    tracing::warn!(alias, before, "{error}: the alias names the KEK that came");
                }
                put_back => drop(put_back?),
            }
        }
        Ok(Ok(Settled::RolledBack))
    }

    pub(crate) async fn retire(&self, journal: &Journal) -> Result<Settled, Error> {
        let Self {
            client,
            previous,
            pace,
            ..
        } = self;
        let facts = inspect(client, previous, pace).await?;
        // By an attempt whose answer was lost, or by somebody else: it comes to the same.
        if let KeyState::DeletePending | KeyState::DeleteComplete = facts.state {
            return Ok(Settled::Retired);
        }
        if self.is_needed().await? {
            return Ok(Settled::Kept);
        }
        let tags = tags_of(client, previous, pace).await?;
        let has = |(key, value): (&str, &str)| {
            let mut tags = tags.iter();
            tags.any(|tag| tag.key == key && tag.value.as_deref() == Some(value))
        };
        if !destination(self.ceremony, "kek").into_iter().all(has) {
            let key_arn = (*previous).to_owned();
            return Err(Error::PreviousNotOurs { key_arn });
        }
        schedule_deletion(client, previous, DAYS, pace).await?;
        journal.note(Deed::ScheduledDeletion {
            key_arn: (*previous).to_owned(),
            days: DAYS,
        });
        Ok(Settled::Retired)
    }

    /// Whether somebody uses it, or will have to. Its own alias, of the block that it came in, is nobody's
    /// use.
    async fn is_needed(&self) -> Result<bool, Error> {
        let Self {
            client,
            switched,
            previous,
            pace,
            ..
        } = self;
        let own = format!("{}/", switched.alias);
        let aliases = aliases_of(client, previous, pace).await?;
        if aliases.iter().any(|alias| !alias.starts_with(&own)) {
            return Ok(true);
        }
        let ours = inspect(client, &switched.key_arn, pace).await?;
        Ok(why_out_of_use(&ours).is_some())
    }
}
