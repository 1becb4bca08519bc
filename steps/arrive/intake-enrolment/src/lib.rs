//! `intake-enrolment`: an S3 event becomes one execution of `certificate-enrolment` per drop of a
//! certificate for a signing key of ours.
//!
//! Takes an EventBridge `Object Created` event of the inbox, reads `enrolment/<key name>/` at its
//! newest versions, and decides: complete (start the execution), incomplete (announce what is
//! missing), or unusable (announce the reason and the file). Whose certificate it is, the requests say
//! that were written down when it was asked for: one for another public key is rejected by name.
//! Needs to read the inbox, the requests, the key's enrolment rules and the proven roots, and to write
//! the table `runs`; leaves behind an execution whose name is the ceremony id, or an event.

mod choose;
mod decide;

use arrivals::Arrivals;
pub use arrivals::{CreatedObject, Error, Input, ObjectCreated, Output};
use ceremony::enrolment::OwnKey;
use ceremony::id::Kind;
use ceremony::utc::Utc;

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
    let key = match OwnKey::of_inbox_key(&object.key) {
        Ok(key) => key,
        Err(reason) => {
            let remedy = "Put the file at enrolment/<key name>/<file>.";
            return arrivals.outside(&object, reason, remedy, now).await;
        }
    };
    let decision = Box::pin(decide::decide(context, key, &object, now)).await?;
    arrivals
        .settle(Kind::CertificateEnrolment, &key, decision, now)
        .await
}
