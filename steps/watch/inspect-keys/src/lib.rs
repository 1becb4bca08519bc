//! `InspectKeys`: asks about the keys on which service and evidence disagree, some at a time.
//!
//! Whether a key is ours, and which ceremony made it, its tags say; when it was made, or will be deleted,
//! GetKey does. Nobody else is asked about. After each call it waits, so that the account's rate is left to those who make
//! keys.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::primitives::DateTime;
use ceremony::execution::Execution;
use ceremony::utc::Utc;
use inventory::{Asked, Pages, Parts, Place, Progress, Question, questions};
use payment_keys::{KeyFacts, Pace, inspect, rest, tags_of};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError};

pub use inventory::{Error, Progress as Output};

/// How many keys are asked about at a time: at most forty calls, which take a minute.
const AT_A_TIME: usize = 20;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub execution: Execution,
    /// What there is to compare.
    pub seen: Pages,
    pub so_far: Progress,
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub payment_cryptography: Client,
    pub s3: aws_sdk_s3::Client,
    pub parts_bucket: String,
    /// At least so long after each call: [`payment_keys::REST`].
    pub pause: Duration,
}

pub async fn handle(context: &Context, input: Input, _: &Journal) -> Result<Output, Error> {
    let Input {
        execution,
        seen,
        so_far,
    } = input;
    let parts = Parts::new(&context.s3, &context.parts_bucket, &execution);
    // The same every time: the pages do not change. They are sorted by the key's ARN.
    let mut questions = questions(&parts.seen(&seen).await?);
    if let Some(last) = &so_far.next {
        questions.retain(|question| question.key_arn > *last);
    }
    let more = questions.len() > AT_A_TIME;
    questions.truncate(AT_A_TIME);
    let mut asked = Vec::new();
    for question in &questions {
        asked.push(ask(context, question).await?);
    }
    let last = questions.pop().map(|question| question.key_arn);
    let next = last.filter(|_| more);
    parts.write(Place::Asked, &so_far, &asked, next).await
}

async fn ask(context: &Context, question: &Question) -> Result<Asked, ServiceError> {
    let (client, key_arn) = (&context.payment_cryptography, &question.key_arn);
    let mut asked = Asked {
        key_arn: key_arn.clone(),
        tags: BTreeMap::new(),
        created_at: None,
        delete_at: None,
    };
    let tags = tags_of(client, key_arn, &Pace::unhurried()).await;
    rest(context.pause).await;
    let tags = if_there(tags)?.unwrap_or_default();
    let pairs = tags
        .into_iter()
        .map(|tag| (tag.key, tag.value.unwrap_or_default()));
    // Those of others are nobody's business here.
    asked.tags = pairs
        .filter(|(key, _)| key.starts_with("key-ceremony:"))
        .collect();
    if question.whose && !asked.has_our_tags() {
        return Ok(asked);
    }
    let facts = inspect(client, key_arn, &Pace::unhurried()).await;
    rest(context.pause).await;
    if let Some(KeyFacts {
        created_at,
        delete_at,
        ..
    }) = if_there(facts)?
    {
        asked.created_at = utc(created_at);
        asked.delete_at = delete_at.and_then(utc);
    }
    Ok(asked)
}

fn utc(time: DateTime) -> Option<Utc> {
    Utc::of_unix_seconds(time.secs())
}

/// A key may be gone since it was listed.
fn if_there<T>(answer: Result<T, ServiceError>) -> Result<Option<T>, ServiceError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ResourceNotFoundException" => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
