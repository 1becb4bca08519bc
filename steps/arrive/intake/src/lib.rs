//! `intake`: an S3 event becomes one execution per drop of a certificate set.
//!
//! Takes an EventBridge `Object Created` event of the inbox, reads the drop folder at its newest
//! versions, and decides: complete (start the execution), incomplete (announce what is missing),
//! or unusable (announce the reason and the file). Needs to read the inbox, the partner's profile
//! and the proven roots, and to write the table `runs`; leaves behind an execution whose name is the
//! ceremony id, or an event.
//!
//! Events come more than once and in any order. Every one of them looks at the whole folder, and
//! what it leads to depends on what lies there and on the table alone (`start` says how).

mod decide;
mod folder;
mod nonce;
mod private_key;
mod reject;
mod start;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use bus::Bus;
pub use bus::Error;
use ceremony::announcement::{Announcement, FilesNotTaken};
use ceremony::id::Kind;
use ceremony::identifiers::Folder;
use ceremony::utc::Utc;
use runs::Runs;
use serde::{Deserialize, Serialize};

use decide::{Complete, Decision};
use reject::Rejection;
use start::Start;

/// The event's detail, as far as it is asked. S3 adds fields; they are not errors.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ObjectCreated {
    pub object: CreatedObject,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct CreatedObject {
    /// As it is: unlike S3's own notifications, an event has no key in URL encoding.
    pub key: String,
    #[serde(default, rename = "version-id")]
    pub version_id: Option<String>,
}

pub type Input = EventBridgeEvent<ObjectCreated>;

/// What the event led to; for the log and the tests, nobody waits for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// A folder marker, which is no file.
    Ignored,
    Incomplete,
    PrivateKeyReceived,
    Rejected,
    Started,
    /// Another event of this drop was here first, or the set was dropped again before its last run
    /// had ended.
    AlreadyStarted,
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub sfn: aws_sdk_sfn::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub bus: Bus,
    pub runs: Runs,
    pub inbox_bucket: String,
    pub evidence_bucket: String,
    pub rejections_queue_url: String,
    pub state_machine_arn: String,
}

/// Deals with an event that comes at this time.
pub async fn handle(context: &Context, event: Input, now: Utc) -> Result<Output, Error> {
    // Boxed: its future is large, and its type deep.
    Box::pin(deal_with(context, event, now)).await
}

async fn deal_with(context: &Context, event: Input, now: Utc) -> Result<Output, Error> {
    let object = event.detail.object;
    let key = &object.key;
    let folder = match Folder::of_inbox_key(key) {
        Ok(folder) => folder,
        Err(reason) => {
            if let Some(found) = private_key::of_event(context, None, &object).await? {
                return private_key::announce(context, None, &found).await;
            }
            if key.ends_with('/') {
                return Ok(Output::Ignored);
            }
            let remedy = "Put the file at <partner>/<environment>/<data-type>/<file>.";
            let rejection = Rejection::outside(key, reason, remedy);
            return reject::reject(context, rejection, now).await;
        }
    };
    match Box::pin(decide::decide(context, &folder, &object)).await? {
        Decision::Complete(complete) => {
            Box::pin(deal_with_set(context, &folder, complete, now)).await
        }
        Decision::Incomplete { missing, remedy } => {
            announce_incomplete(context, &folder, missing, remedy).await
        }
        Decision::PrivateKey(found) => private_key::announce(context, Some(&folder), &found).await,
        Decision::Unusable {
            reason,
            file,
            remedy,
        } => {
            let rejection = Rejection::of(&folder, file.as_deref(), reason, remedy);
            reject::reject(context, rejection, now).await
        }
    }
}

async fn announce_incomplete(
    context: &Context,
    folder: &Folder,
    missing: String,
    remedy: &str,
) -> Result<Output, Error> {
    let of = Some((Kind::KekExport, folder));
    let mut detail = FilesNotTaken::new(of, reject::bounded(missing), None, remedy);
    detail.latest_ceremony = context.runs.latest(Kind::KekExport, folder).await?;
    let announcement = Announcement::CertificatesIncomplete(detail);
    context.bus.announce(&announcement).await?;
    Ok(Output::Incomplete)
}

async fn deal_with_set(
    context: &Context,
    folder: &Folder,
    complete: Complete,
    now: Utc,
) -> Result<Output, Error> {
    let output = match Box::pin(start::start(context, &complete, now)).await? {
        Start::Started => Output::Started,
        Start::AlreadyStarted => Output::AlreadyStarted,
        Start::NonceAnswered { by } => {
            let missing = format!(
                "the newest nonce of the folder has been answered by `{by}`, and a second answer \
                 could not be told from the first: a new nonce is missing"
            );
            let remedy = "Have the partner drop a new random nonce in a file `<name>.nonce`.";
            announce_incomplete(context, folder, missing, remedy).await?
        }
        Start::NoneLeftToday => {
            let reason = format!(
                "the folder has begun {} ceremonies today ({}, UTC), and `maxCeremoniesPerDay` of \
                 its profile allows no more; the next is possible from {}",
                complete.per_day,
                now.date(),
                now.next_day()
            );
            let remedy = "Drop the leaf again when the next is possible, or have an operator raise \
                          `maxCeremoniesPerDay` before.";
            let rejection = Rejection::of(folder, Some(&complete.leaf_key), reason, remedy);
            reject::reject(context, rejection, now).await?
        }
    };
    // After the start: where this fails, the event comes again and finds the set started.
    if let Some((file, reason)) = complete.passed_over {
        let remedy = "Correct the file and drop it again.";
        let rejection = Rejection::of(folder, Some(&file), reason, remedy);
        reject::reject(context, rejection, now).await?;
    }
    Ok(output)
}
