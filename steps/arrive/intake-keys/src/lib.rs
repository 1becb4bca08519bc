//! `intake-keys`: an S3 event becomes one execution of `working-key-import` per drop of a file with keys.
//!
//! Takes an EventBridge `Object Created` event below `keys/`, reads the file at its newest version, and
//! decides: something in it can be read, and the folder's profile allows the ceremony (start the
//! execution), or not (announce the reason). Whether each key is allowed is seen in the ceremony, which
//! tells the partner line by line. A private key, or what may be a key in the clear, starts nothing. Needs
//! to read files with keys and the partner's profile, and to write the table `runs`; leaves behind an
//! execution whose name is the ceremony id, or an event.

use arrivals::{Arrivals, Document, OrderDecision, read_document};
pub use arrivals::{CreatedObject, Error, Input, ObjectCreated, Output};
use ceremony::id::Kind;
use ceremony::utc::Utc;
use ceremony::working_key_import::file::{MOST_KEYS, UnusableFile, lines};
use ceremony::working_key_import::place::{KeysPlace, KeysRole};
use storage::{LoadedProfile, ProfileError, load_profile};

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
    let place = match KeysPlace::of_inbox_key(&object.key) {
        Some(KeysRole::Keys(place)) => place,
        Some(KeysRole::Misplaced(reason)) => {
            let remedy =
                "Put it at <partner>/<environment>/<data-type>/keys/<name>.tr31, or .jsonl.";
            return arrivals.outside(&object, reason, remedy, now).await;
        }
        // A key that only looks like one of ours: `intake` sees to it.
        None => return Ok(Output::Ignored),
    };
    let kind = Kind::WorkingKeyImport;
    let secret = arrivals.private_key_below(kind, &place.folder, &object);
    if let Some(announced) = secret.await? {
        return Ok(announced);
    }
    let decision = match read_document(arrivals, &object.key).await? {
        Some(Ok(document)) => decide(context, &place, document).await?,
        Some(Err(reason)) => OrderDecision::Reject {
            reason,
            remedy: "Drop the keys in smaller files, in a form that can be read.",
        },
        None => return Ok(Output::Ignored),
    };
    arrivals.settle_keys(&place, decision, now).await
}

async fn decide(
    context: &Context,
    place: &KeysPlace,
    document: Document,
) -> Result<OrderDecision, Error> {
    // What must not lie there is told, whatever the profile allows.
    let found = match lines(place, &document.bytes, MOST_KEYS) {
        Ok(lines) => lines.len(),
        Err(why) => return Ok(rejected(&why)),
    };
    let LoadedProfile { profile, version } = match load_profile(&context.ssm, &place.folder).await {
        Ok(loaded) => loaded,
        Err(ProfileError::Service(error)) => return Err(error.into()),
        Err(error) => return Ok(not_allowed(error.to_string())),
    };
    let per_day = profile.max_ceremonies_per_day;
    let most = match profile.key_import_policy(version) {
        Ok(policy) => policy.max_keys,
        Err(error) => return Ok(not_allowed(error.to_string())),
    };
    if found > most {
        return Ok(rejected(&UnusableFile::TooManyKeys { found, most }));
    }
    let Document {
        object, dropped, ..
    } = document;
    Ok(OrderDecision::Start {
        sha256: object.sha256.clone(),
        objects: vec![object],
        dropped,
        per_day,
    })
}

fn rejected(why: &UnusableFile) -> OrderDecision {
    OrderDecision::Reject {
        reason: format!("the file cannot be used: {why}"),
        remedy: why.remedy(),
    }
}

fn not_allowed(reason: String) -> OrderDecision {
    let remedy =
        "Have an operator correct `workingKeyImport` of the profile. Then drop the file again.";
    OrderDecision::Reject { reason, remedy }
}
