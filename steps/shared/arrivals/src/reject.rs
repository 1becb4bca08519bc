//! A rejection: announced at once, or together with others of its place when a minute is over.

use ceremony::announcement::{Announcement, FilesNotTaken, RejectedFile};
use ceremony::id::{Kind, Place};
use ceremony::identifiers::{Folder, PartnerId};
use ceremony::key_import::place::{ANSWER_REJECTIONS, REQUEST_REJECTIONS};
use ceremony::text::{clipped, shown};
use ceremony::utc::Utc;
use ceremony::working_key_import::place::REJECTIONS as KEYS_REJECTIONS;
use ceremony::working_keys::place::REJECTIONS;
use runs::Gathered;
use serde_json::json;
use step::ServiceError;

use crate::{Arrivals, Error, Output};

/// What is rejected, and why.
pub(crate) struct Rejection<'a, P = Folder> {
    /// The ceremony that it would have started, and where it lies.
    of: Option<(Kind, &'a P)>,
    place: String,
    rejected: RejectedFile,
    remedy: &'static str,
}

impl<'a, P: Place> Rejection<'a, P> {
    pub(crate) fn of(
        kind: Kind,
        place: &'a P,
        key: Option<&str>,
        reason: String,
        remedy: &'static str,
    ) -> Self {
        Self {
            of: Some((kind, place)),
            place: gathered_at(kind, place),
            rejected: rejected(key, reason),
            remedy,
        }
    }
}

impl<'a> Rejection<'a> {
    /// Of a file that is no answer to any offer, or none that is taken.
    pub(crate) fn of_answer(
        folder: &'a Folder,
        key: &str,
        reason: String,
        remedy: &'static str,
    ) -> Self {
        Self {
            place: format!("{}{ANSWER_REJECTIONS}", folder.prefix()),
            ..Self::of(Kind::KekImport, folder, Some(key), reason, remedy)
        }
    }

    /// Of a key that names no folder. It is gathered with others below the name of a partner, since a
    /// partner can write nowhere else, so that none can hide what another has put in the wrong place.
    pub(crate) fn outside(key: &str, reason: String, remedy: &'static str) -> Self {
        let (first, _) = key.split_once('/').unwrap_or_default();
        let partner = PartnerId::try_from(first.to_owned());
        Self {
            of: None,
            place: partner.map_or_else(|_| "elsewhere".to_owned(), |partner| format!("{partner}/")),
            rejected: rejected(Some(key), reason),
            remedy,
        }
    }
}

/// What is rejected at one of these is told together.
fn gathered_at(kind: Kind, place: &impl Place) -> String {
    match kind {
        Kind::KekImport => format!("{}{REQUEST_REJECTIONS}", place.prefix()),
        Kind::WorkingKeyExport => format!("{}{REJECTIONS}", place.prefix()),
        Kind::WorkingKeyImport => format!("{}{KEYS_REJECTIONS}", place.prefix()),
        _ => place.prefix(),
    }
}

fn rejected(key: Option<&str>, reason: String) -> RejectedFile {
    RejectedFile {
        file: key.map(shown),
        reason: bounded(reason),
    }
}

/// A reason repeats keys and names that somebody else has chosen. Each is shortened where it is
/// repeated; that many of them are too long together happens to nobody by accident. A hundred
/// rejections, each with its key, must fit an item of the table (400 KB).
pub(crate) fn bounded(reason: String) -> String {
    clipped(reason, 1_500)
}

pub(crate) async fn reject<P: Place>(
    arrivals: &Arrivals,
    rejection: Rejection<'_, P>,
    now: Utc,
) -> Result<Output, Error> {
    let place = rejection.place.clone();
    match arrivals
        .runs
        .gather(&place, &rejection.rejected, now)
        .await?
    {
        Gathered::First => {
            let Rejection {
                of,
                rejected: RejectedFile { file, reason },
                remedy,
                ..
            } = rejection;
            let detail = match of {
                Some((kind, place)) => FilesNotTaken {
                    latest_ceremony: arrivals.runs.latest(kind, place).await?,
                    ..FilesNotTaken::at(kind, place, reason, file, remedy)
                },
                None => FilesNotTaken::new(None, reason, file, remedy),
            };
            let announcement = Announcement::of_rejected(detail);
            arrivals.bus.announce(&announcement).await?;
        }
        Gathered::InWindow(window) => {
            // Delivered when the window has been open for a minute: the queue delays what it takes.
            let message = json!({ "place": place, "window": window }).to_string();
            arrivals
                .sqs
                .send_message()
                .queue_url(&arrivals.rejections_queue_url)
                .message_body(message)
                .send()
                .await
                .map_err(|error| ServiceError::new("sqs:SendMessage", &error))?;
        }
    }
    Ok(Output::Rejected)
}
