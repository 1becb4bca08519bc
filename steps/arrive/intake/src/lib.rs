//! `intake`: an S3 event becomes one execution of `kek-export` per drop of a certificate set.
//!
//! Takes an EventBridge `Object Created` event of the inbox, reads the partner's folder at its newest
//! versions, and decides: complete (start the execution), incomplete (announce what is missing),
//! or unusable (announce the reason and the file). Needs to read the inbox, the partner's profile
//! and the proven roots, and to write the table `runs`; leaves behind an execution whose name is the
//! ceremony id, or an event. What all intake steps do alike is the crate `arrivals`.

mod decide;
mod nonce;

use arrivals::Arrivals;
pub use arrivals::{CreatedObject, Error, Input, ObjectCreated, Output};
use ceremony::id::Kind;
use ceremony::identifiers::Folder;
use ceremony::key_import::place::BlockPlace;
use ceremony::utc::Utc;
use ceremony::working_key_import::place::KeysPlace;
use ceremony::working_keys::place::{OrderPlace, OrderRole};

/// What the step works with, made once at cold start.
pub struct Context {
    pub arrivals: Arrivals,
    pub ssm: aws_sdk_ssm::Client,
}

/// Deals with an event that comes at this time.
pub async fn handle(context: &Context, event: Input, now: Utc) -> Result<Output, Error> {
    // Boxed: its future is large, and its type deep.
    Box::pin(deal_with(context, event, now)).await
}

async fn deal_with(context: &Context, event: Input, now: Utc) -> Result<Output, Error> {
    let (arrivals, object) = (&context.arrivals, event.detail.object);
    let folder = match Folder::of_inbox_key(&object.key) {
        Ok(folder) => folder,
        // `take-answer` hears of every answer to an offer.
        Err(_) if BlockPlace::of_inbox_key(&object.key).is_some() => return Ok(Output::Ignored),
        // `intake-keys` hears of every file with keys.
        Err(_) if KeysPlace::of_inbox_key(&object.key).is_some() => return Ok(Output::Ignored),
        Err(reason) => {
            let reason = match OrderPlace::of_inbox_key(&object.key) {
                Some(OrderRole::Attachment) => return arrivals.attached(&object).await,
                // `intake-request` hears of every document.
                Some(_) if object.key.ends_with(".json") => return Ok(Output::Ignored),
                Some(OrderRole::Misplaced(reason)) => reason,
                _ => reason,
            };
            let remedy = "Put the file at <partner>/<environment>/<data-type>/<file>.";
            return arrivals.outside(&object, reason, remedy, now).await;
        }
    };
    let decision = Box::pin(decide::decide(context, &folder, &object)).await?;
    arrivals
        .settle(Kind::KekExport, &folder, decision, now)
        .await
}
