//! `remind-expiry`: says 60, 30 and 7 days before the certificate of a signing key of ours ends, and once
//! it has ended, what to do.
//!
//! A clock calls it every day. Leaves behind an event on the bus, and the same document in the evidence
//! bucket as `reminders/<key name>/<fingerprint>/<days>.json`: what is there has been said.
//!
//! # Why it keeps a record
//!
//! A run that looked at the calendar alone would know which days are its own: the reminder of 30 days
//! would be that of the run between 30 and 29 days before the end. It needs no record, and says nothing
//! for ever on a day on which it did not run; a longer window would say everything twice. With the
//! record a day, or a week, may be missed: the next run says what is due by then, and only the latest
//! of what was missed. A run that comes twice says nothing new, and evidence has that people were told.
//! Announced first and recorded after: whoever is told twice after a crash in between has lost nothing.

use bus::Bus;
use ceremony::announcement::{Announcement, CertificateExpires, VERSION};
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::execution::{JSON, Location};
use ceremony::id::Kind;
use ceremony::utc::Utc;
use serde::Serialize;
use step::{ServiceError, StepError};
use storage::{InstalledError, StorageError, WriteError, installed, is_there, write_once};
use strum::{IntoStaticStr, VariantNames};

/// What the step works with, made once at cold start.
pub struct Context {
    pub bus: Bus,
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub evidence_bucket: String,
}

/// Whose certificates were spoken of; for the log and the tests, nobody waits for it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Output {
    pub reminded: Vec<OwnKey>,
}

/// Looks at every key, also if one of them cannot be looked at.
pub async fn handle(context: &Context, now: Utc) -> Result<Output, Error> {
    let (mut reminded, mut failed) = (Vec::new(), None);
    for key in OwnKey::ALL {
        match Box::pin(look_at(context, key, now)).await {
            Ok(true) => reminded.push(key),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(key = key.as_str(), error = error.name(), "{error}");
                failed = Some(error);
            }
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(Output { reminded }),
    }
}

/// Whether anything had to be said.
async fn look_at(context: &Context, key: OwnKey, now: Utc) -> Result<bool, Error> {
    let Some(installed) = installed(&context.ssm, key).await? else {
        return Ok(false);
    };
    let Some(days) = due(installed.not_after, now) else {
        return Ok(false);
    };
    let fingerprint = &installed.certificate_sha256;
    let record = Location {
        bucket: context.evidence_bucket.clone(),
        key: format!("reminders/{key}/{fingerprint}/{days}.json"),
    };
    if is_there(&context.s3, &record).await? {
        return Ok(false);
    }
    let announcement = Announcement::CertificateExpires(reminder(installed, days, now));
    let document =
        serde_json::to_vec(&announcement).map_err(|error| Error::Unwritable(error.to_string()))?;
    context.bus.announce(&announcement).await?;
    write_once(&context.s3, &record, JSON, &document).await?;
    Ok(true)
}

const DAY: i64 = 24 * 60 * 60;

/// So many days before the end it is said, the last of them once it has ended.
pub const DAYS: [i64; 4] = [60, 30, 7, 0];

/// The latest of them that has come.
fn due(not_after: Utc, now: Utc) -> Option<i64> {
    let left = not_after.unix_seconds() - now.unix_seconds();
    DAYS.into_iter().rfind(|days| left <= days * DAY)
}

fn reminder(installed: Installed, days: i64, now: Utc) -> CertificateExpires {
    let Installed {
        key,
        key_arn,
        certificate_sha256,
        not_after,
        ceremony_id,
        ..
    } = installed;
    let left = not_after.unix_seconds() - now.unix_seconds();
    let what = if left > 0 {
        format!("the certificate of the signing key `{key}` ends at {not_after}.")
    } else {
        format!("the certificate of the signing key `{key}` has ended at {not_after}.")
    };
    CertificateExpires {
        version: VERSION,
        ceremony: Kind::CertificateEnrolment,
        ceremony_id,
        partner: None,
        environment: None,
        data_type: None,
        key,
        key_arn,
        certificate_sha256,
        not_after,
        days_before: days.unsigned_abs(),
        days_left: left.div_euclid(DAY),
        what,
        remedy: remedy(key),
    }
}

/// What whoever is told does about it.
fn remedy(key: OwnKey) -> String {
    format!(
        "Ask for another certificate with `ceremony enrol request {key} --out {key}.csr.pem`, and \
         `--new-key` for a new key. Have the CA issue it, and have it put into the inbox below \
         `{}`, with its issuers.",
        key.inbox_prefix()
    )
}

/// Why a reminder may be missing. Lambda tries it again, then the call goes to the dead-letter queue,
/// which has an alarm; the next day it is tried anew.
#[derive(Debug, IntoStaticStr, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{0}")]
    AlreadyRecorded(String),
    #[error("EventBridge did not accept the announcement: {0}")]
    EventNotAccepted(String),
    #[error("{0}")]
    InstalledMalformed(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("a document could not be written: {0}")]
    Unwritable(String),
}

impl From<InstalledError> for Error {
    fn from(error: InstalledError) -> Self {
        error.told_as(Self::InstalledMalformed)
    }
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
                "Two runs were at it at once, and both have told: nothing is lost."
            }
            Self::EventNotAccepted(_) => {
                "Look at the event bus and its policy, then redrive the dead-letter queue."
            }
            Self::InstalledMalformed(_) => {
                "Find out who wrote it: what is installed is written by an enrolment alone."
            }
            Self::Service(error) => error.remedy(),
            Self::Unwritable(_) => "This is a defect of the software: report it with the event.",
        }
    }
}
