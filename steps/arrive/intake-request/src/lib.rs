//! `intake-request`: an S3 event becomes one execution per drop of a document: of `working-key-export`, or
//! of `kek-import` where the document asks for a KEK of the partner's.
//!
//! Takes an EventBridge `Object Created` event of a request or an order, reads the document at its
//! newest version, and decides: it is one that the folder's profile allows to whoever asks (start
//! the execution), or not (announce the field and the reason). Where the exchange rests on a certificate
//! of the partner's, those beside the document are part of it, at their newest versions. An order that brings
//! a KEK back starts nothing: it goes to the ceremony that has replaced that KEK. Needs to read
//! requests and orders, with what lies beside them, and the partner's profile, and to write the table
//! `runs`; leaves behind an execution whose name is the ceremony id, or an event.

mod kek_import;
mod rollback;
mod working_keys;

use arrivals::{Arrivals, Document, Machine, OrderDecision, certificates_beside, read_document};
pub use arrivals::{CreatedObject, Error, Input, ObjectCreated, Output};
use ceremony::evidence::Software;
use ceremony::execution::DroppedObject;
use ceremony::id::Kind;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::rollback::Rollback;
use ceremony::utc::Utc;
use ceremony::working_keys::place::{OrderPlace, OrderRole};
use storage::{LoadedProfile, ProfileError, load_profile};
use waiting::Waiting;

/// What the step works with, made once at cold start.
pub struct Context {
    /// Its machine is that of `working-key-export`.
    pub arrivals: Arrivals,
    pub ssm: aws_sdk_ssm::Client,
    pub kek_import_state_machine_arn: String,
    /// What an order that brings a KEK back answers.
    pub waiting: Waiting,
    pub software: Software,
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
    let document = read_document(arrivals, &object.key).await?;
    let machine = context.machine(&document);
    if let Some(announced) = arrivals
        .private_key_below(machine.kind, &place.folder, &object)
        .await?
    {
        return Ok(announced);
    }
    let decision = match document {
        Some(Ok(document)) if is_rollback(&document) => {
            return rollback::bring(context, &place, &document, now).await;
        }
        Some(Ok(document)) => decide(context, machine.kind, &place, document).await?,
        Some(Err(reason)) => rejected(reason),
        None => return Ok(Output::Ignored),
    };
    arrivals.settle_order(machine, &place, decision, now).await
}

fn is_rollback(document: &Document) -> bool {
    std::str::from_utf8(&document.bytes).is_ok_and(Rollback::is_meant_by)
}

impl Context {
    /// What the document is meant to start; working keys are asked for where that cannot be told.
    fn machine(&self, document: &Option<Result<Document, String>>) -> Machine<'_> {
        let text = match document {
            Some(Ok(document)) => std::str::from_utf8(&document.bytes).ok(),
            _ => None,
        };
        let is_of_import = |text| ImportRequest::is_meant_by(text) || Rollback::is_meant_by(text);
        if text.is_some_and(is_of_import) {
            Machine {
                kind: Kind::KekImport,
                arn: &self.kek_import_state_machine_arn,
            }
        } else {
            Machine {
                kind: Kind::WorkingKeyExport,
                arn: &self.arrivals.state_machine_arn,
            }
        }
    }
}

async fn decide(
    context: &Context,
    kind: Kind,
    place: &OrderPlace,
    document: Document,
) -> Result<OrderDecision, Error> {
    let Ok(text) = std::str::from_utf8(&document.bytes) else {
        return Ok(rejected("the document is not UTF-8".to_owned()));
    };
    let asked = match kind {
        Kind::KekImport => kek_import::decide(context, place, text).await?,
        _ => working_keys::decide(context, place, text).await?,
    };
    Ok(match asked {
        Ok(Allowed {
            per_day,
            certificates,
        }) => {
            let Document {
                object, dropped, ..
            } = document;
            OrderDecision::Start {
                sha256: object.sha256.clone(),
                objects: [vec![object], certificates].concat(),
                dropped,
                per_day,
            }
        }
        Err(Rejected { reason, remedy }) => OrderDecision::Reject { reason, remedy },
    })
}

/// What the profile allows.
struct Allowed {
    per_day: u32,
    /// Those that lie beside the document, where it needs them.
    certificates: Vec<DroppedObject>,
}

/// Why nothing is started.
struct Rejected {
    reason: String,
    remedy: &'static str,
}

impl Rejected {
    fn document(error: impl std::fmt::Display) -> Self {
        Self {
            reason: format!("the document cannot be used: {error}"),
            remedy: CORRECT,
        }
    }
}

const CORRECT: &str = "Correct the document and drop it again.";

fn rejected(reason: String) -> OrderDecision {
    OrderDecision::Reject {
        reason,
        remedy: CORRECT,
    }
}

/// The folder's profile, or why there is none.
async fn profile_of(
    context: &Context,
    place: &OrderPlace,
) -> Result<Result<LoadedProfile, String>, Error> {
    match load_profile(&context.ssm, &place.folder).await {
        Ok(loaded) => Ok(Ok(loaded)),
        Err(ProfileError::Service(error)) => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// The certificates without which the exchange would rest on nothing.
async fn needed_certificates(
    context: &Context,
    place: &OrderPlace,
) -> Result<Result<Vec<DroppedObject>, Rejected>, Error> {
    let beside = certificates_beside(&context.arrivals, place).await?;
    Ok(beside.map_err(|reason| Rejected {
        reason,
        remedy: "Put the partner's certificate and its CAs into the folder beside the document that has \
                 its name. Then drop the document again.",
    }))
}
