//! `announce-rejections`: rejections that were gathered for a minute become one announcement.
//!
//! Takes messages of the queue that an intake step leaves one in for each rejection that it gathers: which
//! place, and which window. Needs the table `runs`, where the rejections wait; leaves behind an event
//! `Certificates Rejected`, `Request Rejected` or `Block Not Taken` with all of them. A message is given back to the queue, to be delivered
//! again, unless what it is about has been announced; after five times it is a dead letter.

use bus::{Bus, Error};
use ceremony::announcement::{Announcement, FilesNotTaken, RejectedFile};
use ceremony::enrolment::OwnKey;
use ceremony::id::{Kind, Place};
use ceremony::identifiers::Folder;
use ceremony::key_import::place::{ANSWER_REJECTIONS, REQUEST_REJECTIONS};
use ceremony::utc::Utc;
use ceremony::working_key_import::place::REJECTIONS as KEYS_REJECTIONS;
use ceremony::working_keys::place;
use runs::{Batch, Closing, Runs};
use serde::{Deserialize, Serialize};
use step::ServiceError;
use step::StepError;

/// What Lambda makes of messages of a queue, as far as it is asked.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub message_id: String,
    pub body: String,
}

/// A window of a place.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Message {
    place: String,
    window: u64,
}

/// The messages that are to be delivered again.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    pub batch_item_failures: Vec<Failure>,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub item_identifier: String,
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub bus: Bus,
    pub runs: Runs,
}

/// Deals with messages that come at this time.
pub async fn handle(context: &Context, input: Input, now: Utc) -> Output {
    let mut output = Output::default();
    for Record { message_id, body } in input.records {
        // Boxed: its future is large, and its type deep.
        if let Err(error) = Box::pin(announce(context, &body, now)).await {
            step::metrics::count_error(error.name(), &error.to_string());
            tracing::error!(
                error = error.name(),
                message = message_id,
                "{error} {}",
                error.remedy()
            );
            output.batch_item_failures.push(Failure {
                item_identifier: message_id,
            });
        }
    }
    output
}

async fn announce(context: &Context, body: &str, now: Utc) -> Result<(), Error> {
    let Message { place, window } =
        serde_json::from_str(body).map_err(|error| Error::Unwritable(error.to_string()))?;
    loop {
        match context.runs.close(&place, window, now).await? {
            Closing::Nothing => return Ok(()),
            Closing::BySomebodyElse => {
                return Err(Error::Service(ServiceError::ServiceUnavailable {
                    operation: "announcing what was gathered",
                    detail: "somebody else is about to, or has died over it".to_owned(),
                }));
            }
            Closing::Due(batch) => {
                let detail = detail(context, &place, &batch).await?;
                let announcement = Announcement::of_rejected(detail);
                context.bus.announce(&announcement).await?;
                context.runs.announced(&place, &batch).await?;
            }
        }
    }
}

async fn detail(context: &Context, place: &str, batch: &Batch) -> Result<FilesNotTaken, Error> {
    let files = that_fit(&batch.files);
    let all = batch.files.len() as u64 + batch.more;
    let reason = format!("files that were rejected within a minute of others: {all}");
    let remedy = "Correct what the reasons name and drop the files again.";
    let mut detail = if let Some((kind, folder)) = of_folder(place) {
        detail_of(context, kind, &folder, reason, remedy).await?
    } else if let Ok(key) = OwnKey::of_inbox_key(&format!("{place}file")) {
        detail_of(context, Kind::CertificateEnrolment, &key, reason, remedy).await?
    } else {
        FilesNotTaken::new(None, reason, None, remedy)
    };
    detail.more = all - files.len() as u64;
    detail.files = files;
    Ok(detail)
}

/// The partner's folder that it is, or that it lies in, and the ceremony of what is gathered there.
fn of_folder(place: &str) -> Option<(Kind, Folder)> {
    let below = [
        ("", Kind::KekExport),
        (place::REJECTIONS, Kind::WorkingKeyExport),
        (REQUEST_REJECTIONS, Kind::KekImport),
        (ANSWER_REJECTIONS, Kind::KekImport),
        (KEYS_REJECTIONS, Kind::WorkingKeyImport),
    ];
    below.into_iter().find_map(|(section, kind)| {
        let folder = place.strip_suffix(section)?;
        let folder = Folder::of_inbox_key(&format!("{folder}file")).ok()?;
        Some((kind, folder))
    })
}

async fn detail_of(
    context: &Context,
    kind: Kind,
    place: &impl Place,
    reason: String,
    remedy: &str,
) -> Result<FilesNotTaken, Error> {
    Ok(FilesNotTaken {
        latest_ceremony: context.runs.latest(kind, place).await?,
        ..FilesNotTaken::at(kind, place, reason, None, remedy)
    })
}

/// An event, and the message that repeats it, have at most 256 KiB. Keys of 1,024 bytes that JSON
/// writes six times as long are nothing that happens by accident.
const MAX_BYTES: usize = 150 * 1024;

fn that_fit(files: &[RejectedFile]) -> Vec<RejectedFile> {
    let mut bytes = 0;
    let fits = |file: &&RejectedFile| {
        bytes += serde_json::to_string(file).map_or(MAX_BYTES, |text| text.len());
        bytes < MAX_BYTES
    };
    files.iter().take_while(fits).cloned().collect()
}
