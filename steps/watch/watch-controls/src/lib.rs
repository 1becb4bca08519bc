//! `watch-controls`: a change of a control, or a foreign hand on keys, is announced and recorded.
//!
//! Takes what EventBridge delivers: a management event of CloudTrail, or a change event of Parameter
//! Store. The rules (`infra-cdk/lib/platform/watched-controls.ts`) let through only what may matter and
//! leave out what the steps do themselves; [`decide`] says what the rest is. Only where an event does
//! not tell whose key it is about are the key's tags asked for. Leaves behind an event on the bus, and
//! the same document in the evidence bucket as `controls/<date>/<event id>.json`.
//!
//! It fails closed: what could not be looked up is announced as that, and an event that it does not
//! know ends in the dead-letter queue. Announced first and recorded after, so that an event that comes
//! again finds its record and is not announced again; whoever is told twice after a crash in between
//! has lost nothing.

mod decide;
mod event;
mod policy;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::Tag;
use bus::Bus;
use ceremony::execution::{JSON, Location};
use payment_keys::{Alias, Pace, look_up, tags_of};
use serde::Serialize;
use step::{ServiceError, StepError};
use storage::{StorageError, WriteError, is_there, write_once};
use strum::{IntoStaticStr, VariantNames};

pub use decide::{Decision, Finding, KeyName, decide};
pub use event::{Event, Malformed};

pub type Input = Event;

/// What the event led to; for the log and the tests, nobody waits for it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    Announced,
    /// The event was delivered before.
    AlreadyAnnounced,
    /// Ours, and as it should be.
    Expected,
    NotOurs,
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub bus: Bus,
    pub payment_cryptography: Client,
    pub s3: aws_sdk_s3::Client,
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, event: Input) -> Result<Output, Error> {
    let finding = match decide(&event)? {
        Decision::Announce(finding) => finding,
        Decision::Ask { finding, key } => {
            // Boxed: the futures of its calls are large, and their types deep.
            match Box::pin(whose(&context.payment_cryptography, &key)).await {
                Whose::Ours(tags) => finding.about_key_with(&tags),
                Whose::Others => return Ok(Output::NotOurs),
                Whose::NotKnown(reason) => finding.not_looked_up(reason),
            }
        }
        Decision::Expected => return Ok(Output::Expected),
        Decision::NotOurs => return Ok(Output::NotOurs),
    };
    let record = Location {
        bucket: context.evidence_bucket.clone(),
        key: finding.record_key(),
    };
    if Box::pin(is_there(&context.s3, &record)).await? {
        return Ok(Output::AlreadyAnnounced);
    }
    let announcement = finding.announcement();
    let document =
        serde_json::to_vec(&announcement).map_err(|error| Error::Unwritable(error.to_string()))?;
    Box::pin(context.bus.announce(&announcement)).await?;
    Box::pin(write_once(&context.s3, &record, JSON, &document)).await?;
    Ok(Output::Announced)
}

/// Whose a key is, by its tags.
enum Whose {
    Ours(Vec<(String, String)>),
    Others,
    NotKnown(String),
}

/// Asks, patiently. A key that is gone and a call that is denied are no reason to say nothing.
async fn whose(client: &Client, key: &KeyName) -> Whose {
    let pace = Pace::patient();
    let key_arn = match key {
        KeyName::Arn(arn) => arn.clone(),
        KeyName::Alias(alias) => match look_up(client, alias, &pace).await {
            Ok(Alias::Assigned(arn)) => arn,
            Ok(Alias::Absent | Alias::Reserved) => {
                return Whose::NotKnown(format!("`{alias}` names no key any more"));
            }
            Err(error) => return Whose::NotKnown(error.to_string()),
        },
    };
    match tags_of(client, &key_arn, &pace).await {
        Ok(tags) => {
            let ours: Vec<_> = tags.into_iter().filter_map(ours).collect();
            if ours.is_empty() {
                return Whose::Others;
            }
            Whose::Ours(ours)
        }
        Err(error) => Whose::NotKnown(error.to_string()),
    }
}

fn ours(tag: Tag) -> Option<(String, String)> {
    let is_ours = tag.key.starts_with(policy::OUR_TAGS);
    is_ours.then(|| (tag.key, tag.value.unwrap_or_default()))
}

/// Why an event could not be dealt with. Lambda tries it again, then it goes to the dead-letter
/// queue, which has an alarm.
#[derive(Debug, IntoStaticStr, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{0}")]
    AlreadyRecorded(String),
    #[error("EventBridge did not accept the announcement: {0}")]
    EventNotAccepted(String),
    #[error(transparent)]
    EventNotKnown(#[from] Malformed),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("a document could not be written: {0}")]
    Unwritable(String),
}

impl From<bus::Error> for Error {
    fn from(error: bus::Error) -> Self {
        match error {
            bus::Error::EventNotAccepted(message) => Self::EventNotAccepted(message),
            bus::Error::Service(error) => Self::Service(error),
            bus::Error::Unwritable(message) => Self::Unwritable(message),
        }
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        error.told_as(Self::AlreadyRecorded)
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::AlreadyRecorded(_) => {
                "Find out who wrote it: an event is recorded once, by its id."
            }
            Self::EventNotAccepted(_) => {
                "Look at the event bus and its policy, then redrive the dead-letter queue."
            }
            Self::EventNotKnown(_) | Self::Unwritable(_) => {
                "This is a defect of the software: report it with the event."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
