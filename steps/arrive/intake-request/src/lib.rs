//! `intake-request`: an S3 event becomes one execution of `working-key-export` per drop of a document.
//!
//! Takes an EventBridge `Object Created` event of a request or an order, reads the document at its
//! newest version, and decides: it is an order that the folder's profile allows to whoever asks (start
//! the execution), or not (announce the field and the reason). Where initial keys are to leave by TR-34,
//! the certificates beside the order are part of it, at their newest versions. Needs to read requests and
//! orders, with what lies beside them, and the partner's profile, and to write the table `runs`; leaves behind an execution whose name is the
//! ceremony id, or an event.

use arrivals::{Arrivals, Document, OrderDecision, certificates_beside, read_document};
pub use arrivals::{CreatedObject, Error, Input, ObjectCreated, Output};
use ceremony::fleet::Exchange;
use ceremony::utc::Utc;
use ceremony::working_keys::order::Order;
use ceremony::working_keys::place::{OrderPlace, OrderRole};
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
    let place = match OrderPlace::of_inbox_key(&object.key) {
        Some(OrderRole::Order(place)) => place,
        Some(OrderRole::Misplaced(reason)) => {
            let remedy = "Put it at <partner>/<environment>/<data-type>/requests/<name>.json.";
            return arrivals.outside(&object, reason, remedy, now).await;
        }
        // What an order refers to, or a key that only looks like one: `intake` sees to both.
        Some(OrderRole::Attachment) | None => return Ok(Output::Ignored),
    };
    if let Some(announced) = arrivals.private_key_in_document(&place, &object).await? {
        return Ok(announced);
    }
    let decision = match read_document(arrivals, &object.key).await? {
        Some(Ok(document)) => decide(context, &place, document).await?,
        Some(Err(reason)) => rejected(reason),
        None => return Ok(Output::Ignored),
    };
    arrivals.settle_order(&place, decision, now).await
}

async fn decide(
    context: &Context,
    place: &OrderPlace,
    document: Document,
) -> Result<OrderDecision, Error> {
    let Ok(text) = std::str::from_utf8(&document.bytes) else {
        return Ok(rejected("the document is not UTF-8".to_owned()));
    };
    let order = match Order::parse(text) {
        Ok(order) => order,
        Err(error) => return Ok(rejected(format!("the document cannot be used: {error}"))),
    };
    let LoadedProfile { profile, version } = match load_profile(&context.ssm, &place.folder).await {
        Ok(loaded) => loaded,
        Err(ProfileError::Service(error)) => return Err(error.into()),
        Err(error) => return Ok(not_allowed(error.to_string())),
    };
    let per_day = profile.max_ceremonies_per_day;
    let policy = match profile.working_key_policy(version, place.asked_by) {
        Ok(policy) => policy,
        Err(error) => return Ok(not_allowed(error.to_string())),
    };
    if let Some(reason) = policy.may_ask.why_not(&order) {
        let by = place.asked_by;
        return Ok(not_allowed(format!("{by} may not ask for this: {reason}")));
    }
    let Document {
        object, dropped, ..
    } = document;
    let sha256 = object.sha256.clone();
    let mut objects = vec![object];
    if policy.may_ask.exchange_of(&order) == Exchange::Tr34 {
        match certificates_beside(&context.arrivals, place).await? {
            Ok(certificates) => objects.extend(certificates),
            Err(reason) => return Ok(lacking(reason)),
        }
    }
    Ok(OrderDecision::Start {
        objects,
        sha256,
        dropped,
        per_day,
    })
}

fn lacking(reason: String) -> OrderDecision {
    let remedy = "Put the partner's certificate and its CAs into the folder beside the document that has \
                  its name. Then drop the document again.";
    OrderDecision::Reject { reason, remedy }
}

fn rejected(reason: String) -> OrderDecision {
    let remedy = "Correct the document and drop it again.";
    OrderDecision::Reject { reason, remedy }
}

fn not_allowed(reason: String) -> OrderDecision {
    let remedy = "Order less; or have an operator correct `workingKeyExport` of the profile. Then drop the \
                  document again.";
    OrderDecision::Reject { reason, remedy }
}
