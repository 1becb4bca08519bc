//! A rejection: announced at once, or together with others of its place when a minute is over.

use ceremony::announcement::{Announcement, FilesNotTaken, RejectedFile};
use ceremony::id::Kind;
use ceremony::identifiers::{Folder, PartnerId};
use ceremony::utc::Utc;
use runs::Gathered;
use serde_json::json;
use step::ServiceError;

use crate::{Context, Error, Output};

/// What is rejected, and why.
pub(crate) struct Rejection<'a> {
    folder: Option<&'a Folder>,
    rejected: RejectedFile,
    remedy: &'static str,
}

impl<'a> Rejection<'a> {
    pub(crate) fn of(
        folder: &'a Folder,
        file: Option<String>,
        reason: String,
        remedy: &'static str,
    ) -> Self {
        Self {
            folder: Some(folder),
            rejected: RejectedFile {
                file,
                reason: bounded(reason),
            },
            remedy,
        }
    }

    /// Of a key that names no folder.
    pub(crate) fn outside(key: String, reason: String, remedy: &'static str) -> Self {
        Self {
            folder: None,
            rejected: RejectedFile {
                file: Some(key),
                reason: bounded(reason),
            },
            remedy,
        }
    }

    /// Whose rejections are gathered with it: those of the folder; outside all folders, those below
    /// the name of a partner, since a partner can write nowhere else, so that none can hide what
    /// another has put in the wrong place.
    fn place(&self) -> String {
        if let Some(folder) = self.folder {
            return folder.prefix();
        }
        let key = self.rejected.file.as_deref().unwrap_or_default();
        let (first, _) = key.split_once('/').unwrap_or_default();
        let partner = PartnerId::try_from(first.to_owned());
        partner.map_or_else(|_| "elsewhere".to_owned(), |partner| format!("{partner}/"))
    }
}

/// A reason may repeat a key or a name that somebody else has chosen.
fn bounded(reason: String) -> String {
    const CHARACTERS: usize = 500;
    match reason.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason,
    }
}

pub(crate) async fn reject(
    context: &Context,
    rejection: Rejection<'_>,
    now: Utc,
) -> Result<Output, Error> {
    let place = rejection.place();
    match context
        .runs
        .gather(&place, &rejection.rejected, now)
        .await?
    {
        Gathered::First => {
            let Rejection {
                folder,
                rejected: RejectedFile { file, reason },
                remedy,
            } = rejection;
            let of = folder.map(|folder| (Kind::KekExport, folder));
            let mut detail = FilesNotTaken::new(of, reason, file, remedy);
            if let Some((kind, folder)) = of {
                detail.latest_ceremony = context.runs.latest(kind, folder).await?;
            }
            let announcement = Announcement::CertificatesRejected(detail);
            context.bus.announce(&announcement).await?;
        }
        Gathered::InWindow(window) => {
            // Delivered when the window has been open for a minute: the queue delays what it takes.
            let message = json!({ "place": place, "window": window }).to_string();
            context
                .sqs
                .send_message()
                .queue_url(&context.rejections_queue_url)
                .message_body(message)
                .send()
                .await
                .map_err(|error| ServiceError::new("sqs:SendMessage", &error))?;
        }
    }
    Ok(Output::Rejected)
}
