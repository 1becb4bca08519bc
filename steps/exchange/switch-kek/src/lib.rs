//! `SwitchKek`: the KEK that came is the one that is established as received for its folder.
//!
//! Points the alias `…/kek/<folder>/received` at it, by which working keys find the KEK that the partner
//! sent, and then one more alias, if the request has one: consumers that use either change at once. However
//! often it runs, both name this KEK.
//!
//! As when a KEK is sent, the ceremony that began last counts ([`make_current`] says why): one that began
//! earlier, and has waited longer, ends all the same, but neither alias is turned back, and the output
//! names the KEK that was kept.
//!
//! The KEK from before is kept for as long as the profile says, from now on.

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::execution::Execution;
use ceremony::id::Ceremony;
use ceremony::key_import::attributes::AliasName;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::run::{AlsoSwitched, ReceivedKek, SwitchedKek};
use ceremony::utc::Utc;
use ceremony::working_keys::order::EstablishedKek;
use payment_keys::{Current, Pace, Remembered, inspect, make_current, why_out_of_use};
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    pub request: ImportRequest,
    pub kek: ReceivedKek,
    /// For how many days the KEK from before is kept.
    pub keep_previous_days: u32,
}

/// A [`SwitchedKek`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub SwitchedKek);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        &self.0
    }
}

const DAY: i64 = 24 * 60 * 60;

pub async fn handle(client: &Client, input: Input, now: Utc) -> Result<Output, Error> {
    let Input {
        ceremony,
        execution,
        request,
        kek,
        keep_previous_days,
    } = input;
    let (key_arn, pace) = (kek.key_arn, Pace::patient());
    // Weeks may lie between its import and the word of the partner.
    let facts = inspect(client, &key_arn, &pace).await?;
    if let Some(reason) = why_out_of_use(&facts) {
        return Err(Error::KekOutOfUse { key_arn, reason });
    }
    let switch = Switch {
        client,
        key_arn: &key_arn,
        began: execution.started_at,
        pace,
    };
    let received = EstablishedKek::Received;
    let alias = ceremony.folder().established_kek_alias(received);
    let (replaces_key_arn, kept_key_arn, also) = match switch
        .to(&alias, Remembered::Replaces)
        .await?
    {
        Current::Established { replaced } => (replaced, None, switch.also(request.alias).await?),
        Current::Kept(kept) => (None, Some(kept), None),
    };
    let kept_for = i64::from(keep_previous_days) * DAY;
    Ok(Output(SwitchedKek {
        alias,
        keep_previous_until: replaces_key_arn
            .as_ref()
            .map(|_| now.plus_seconds(kept_for)),
        replaces_key_arn,
        kept_key_arn,
        also,
        key_arn,
    }))
}

struct Switch<'a> {
    client: &'a Client,
    key_arn: &'a str,
    began: Utc,
    pace: Pace,
}

impl Switch<'_> {
    async fn to(&self, alias: &str, remembered: Remembered) -> Result<Current, ServiceError> {
        let Self {
            client,
            key_arn,
            began,
            pace,
        } = self;
        make_current(client, alias, key_arn, *began, Some(remembered), pace).await
    }

    /// The alias that was asked for, if it names the KEK now: another folder may name a later one by it.
    async fn also(&self, asked: Option<AliasName>) -> Result<Option<AlsoSwitched>, ServiceError> {
        let Some(alias) = asked.map(String::from) else {
            return Ok(None);
        };
        Ok(match self.to(&alias, Remembered::ReplacesAlso).await? {
            Current::Established { replaced } => Some(AlsoSwitched {
                alias,
                replaces_key_arn: replaced,
            }),
            Current::Kept(_) => None,
        })
    }
}

/// Why it is not known which KEK is the received one.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    /// Somebody has stopped its use since it came.
    #[error("the KEK {key_arn} came in the block and cannot be used: {reason}")]
    KekOutOfUse { key_arn: String, reason: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::KekOutOfUse { .. } => {
                "Find out who stopped it and why, by the CloudTrail events of the key. Nothing uses it, and \
                 the KEK from before stays established; a new request brings another."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
