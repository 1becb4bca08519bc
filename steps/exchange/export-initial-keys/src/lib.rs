//! `ExportInitialKeys`: the initial keys of one batch of terminals, each as a TR-31 block under the KEK.
//!
//! Derived by the service while they are exported, and nowhere kept: to export one again does no harm.
//! The result of a batch is written once, so that no terminal is accounted for twice, and a batch that has
//! a result is not begun again. What is wrong with one terminal alone is its result; what is wrong with
//! the keys, the role or the service ends the batch, and is noted beside it for whoever gathers.

mod block;
mod export;

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::execution::{JSON, Location};
use ceremony::fleet::outcome::StoppedBatch;
use ceremony::fleet::progress::{InitialKeysProgress, is_told_after};
use ceremony::fleet::{Batch, BatchResult, Derivation, Outcome, Plan};
use ceremony::id::Ceremony;
use ceremony::utc::Utc;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use storage::{ObjectError, WriteError, count_keys, open_own, read_own, write_once, write_over};
use strum::{IntoStaticStr, VariantNames};
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub derivation: Derivation,
    pub plan: Plan,
    /// Which batch, from 1.
    pub batch: u32,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// What is to be announced after this batch, if it is one of those.
    pub progress: Option<InitialKeysProgress>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub payment_cryptography: Client,
    pub s3: aws_sdk_s3::Client,
    pub work_bucket: String,
    /// From one call to the next. Several batches are exported at once: the deployment divides what the
    /// account may call among them.
    pub pause: Duration,
}

/// How many calls of a batch may be without an answer: so that a slow answer does not slow the rest.
const IN_FLIGHT: usize = 8;

pub async fn handle(context: &Context, input: Input, _: &Journal) -> Result<Output, Error> {
    let work = Work { context, input };
    let done = work.export_unless_done().await;
    if let Err(error) = &done {
        // What stopped it is told when the fleet is gathered; if this cannot be written either, there
        // only the number of the batch is.
        work.note(error).await.ok();
    }
    done?;
    let Input {
        ceremony,
        plan,
        batch,
        ..
    } = &work.input;
    let progress = match is_told_after(plan, *batch) {
        true => {
            let (s3, bucket) = (&context.s3, &context.work_bucket);
            let done = count_keys(s3, bucket, &Plan::results(&plan.folder)).await?;
            Some(InitialKeysProgress::new(ceremony, plan, done, Utc::now()))
        }
        false => None,
    };
    Ok(Output { progress })
}

struct Work<'a> {
    context: &'a Context,
    input: Input,
}

impl Work<'_> {
    async fn export_unless_done(&self) -> Result<(), Error> {
        let Input { plan, batch, .. } = &self.input;
        let result = self.location(Plan::result_key(&plan.folder, *batch));
        let s3 = &self.context.s3;
        match open_own(s3, &result).await {
            Ok(_) => return Ok(()),
            Err(ObjectError::Missing { .. }) => {}
            Err(ObjectError::Service(error)) => return Err(error.into()),
            Err(other) => return Err(Error::BatchUnusable(other.to_string())),
        }
        let terminals = self.export(&self.batch().await?).await?;
        let document = serde_json::to_vec(&BatchResult {
            batch: *batch,
            terminals,
        })?;
        match write_once(s3, &result, JSON, &document).await {
            // Another attempt was first: its blocks hold the same keys.
            Ok(()) | Err(WriteError::AlreadyExists { .. }) => Ok(()),
            Err(WriteError::Service(error)) => Err(error.into()),
        }
    }

    async fn batch(&self) -> Result<Batch, Error> {
        let Input { plan, batch, .. } = &self.input;
        let key = Plan::batch_key(&plan.folder, *batch);
        let bytes = read_own(&self.context.s3, &self.context.work_bucket, &key).await?;
        let read: Batch = serde_json::from_slice(&bytes)
            .map_err(|error| Error::BatchUnusable(error.to_string()))?;
        if read.batch != *batch {
            return Err(Error::BatchUnusable(format!("it is batch {}", read.batch)));
        }
        Ok(read)
    }

    /// In the order of the batch, one call after the other at the pace of the deployment.
    async fn export(&self, batch: &Batch) -> Result<Vec<Outcome>, Error> {
        let mut ticks = interval(self.context.pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ticks = Mutex::new(ticks);
        let (client, derivation) = (&self.context.payment_cryptography, &self.input.derivation);
        let exports = stream::iter(&batch.terminals).map(async |number| {
            ticks.lock().await.tick().await;
            export::one(client, derivation, number).await
        });
        let outcomes: Vec<Outcome> = exports.buffered(IN_FLIGHT).try_collect().await?;
        // A result stays: it must not say of terminals what is true of a key.
        if outcomes
            .iter()
            .any(|it| matches!(it, Outcome::Failed { .. }))
        {
            export::keys_are_usable(client, derivation).await?;
        }
        Ok(outcomes)
    }

    async fn note(&self, error: &Error) -> Result<(), ServiceError> {
        let Input { plan, batch, .. } = &self.input;
        let stopped = StoppedBatch {
            batch: *batch,
            error: error.name().to_owned(),
            what: error.to_string(),
            remedy: error.remedy().to_owned(),
        };
        let location = self.location(Plan::failure_key(&plan.folder, *batch));
        let document = serde_json::to_vec(&stopped).unwrap_or_default();
        write_over(&self.context.s3, &location, document).await
    }

    fn location(&self, key: String) -> Location {
        Location {
            bucket: self.context.work_bucket.clone(),
            key,
        }
    }
}

/// Why a batch has no result. None of these carries a key block.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a batch is not of its form: {0}")]
    BatchUnusable(String),
    #[error("a key block is not what was asked for: {0}")]
    BlockDiffers(String),
    #[error("{0}")]
    ExportRefused(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::BatchUnusable(error.to_string())
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::BatchUnusable(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::BlockDiffers(_) => {
                "Payment Cryptography answered in a form this software does not know, and nothing \
                 was passed on: look for a newer version, and report it with the record."
            }
            Self::ExportRefused(_) => {
                "The KEK must be enabled and exportable until the run has ended, and so must the base \
                 derivation key: restore or enable the key in Payment Cryptography."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
