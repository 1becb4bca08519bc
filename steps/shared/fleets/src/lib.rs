//! Batches of terminals, for every step that exports initial keys, whatever the method.
//!
//! Initial keys are derived by the service while they are exported, and nowhere kept: to export one again
//! does no harm. The result of a batch is written once, so that no terminal is accounted for twice, and a
//! batch that has a result is not begun again. What is wrong with one terminal alone is its result; what
//! is wrong with the keys, the role or the service ends the batch, and is noted beside it for whoever
//! gathers. What a block must be is the step's own.

mod ask;
mod pace;
mod work;

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::exchange::OurCertificate;
use ceremony::fleet::progress::{InitialKeysProgress, is_told_after};
use ceremony::fleet::{Derivation, Outcome, Plan, Receiver, SerialNumber};
use ceremony::id::Ceremony;
use ceremony::utc::Utc;
use runs::Runs;
use serde::{Deserialize, Serialize};
use step::aws::SdkConfig;
use step::{ServiceError, StepError, required_variable};
use storage::count_keys;
use strum::{IntoStaticStr, VariantNames};

pub use ask::{Answer, are_terminals_own, ask, check_value};
pub use pace::{Clock, Turns, system_clock};
use work::Work;

/// One item of the Distributed Map.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub derivation: Derivation,
    pub plan: Plan,
    /// Which batch, from 1.
    pub batch: u32,
    /// Whose key they leave under, by TR-34; null where that is a KEK.
    pub receiver: Option<Receiver>,
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
#[derive(Clone, Debug)]
pub struct Context {
    pub payment_cryptography: Client,
    pub s3: aws_sdk_s3::Client,
    pub work_bucket: String,
    /// Of all batches of all fleets together.
    pub turns: runs::Turns,
    pub clock: Clock,
}

/// Of Payment Cryptography, whose control plane has one rate for the whole account.
const SERVICE: &str = "payment-cryptography";

impl Context {
    /// Of a Lambda.
    ///
    /// # Panics
    ///
    /// Where a variable of its environment is missing, or the rate is no number: deployed wrongly, it
    /// should not start.
    pub fn from_environment(config: &SdkConfig) -> Self {
        let table = aws_sdk_dynamodb::Client::new(config);
        let runs = Runs::new(table, required_variable("RUNS_TABLE"));
        let rate = required_variable("APC_CALLS_PER_SECOND");
        let rate: f64 = rate.parse().expect("calls a second are a number");
        let every = Duration::from_secs_f64(rate.recip());
        Self {
            payment_cryptography: payment_keys::client(config),
            s3: aws_sdk_s3::Client::new(config),
            work_bucket: required_variable("FLEETS_BUCKET"),
            turns: runs::Turns::new(runs, SERVICE, every),
            clock: system_clock,
        }
    }
}

/// What became of the terminals of a batch.
pub struct Exported {
    /// In the order of the batch.
    pub terminals: Vec<Outcome>,
    /// Whose key signed the blocks, where they are TR-34.
    pub host: Option<OurCertificate>,
}

/// Has a batch exported, unless it has a result, and says whether that is to be announced.
pub async fn handle<E>(
    context: &Context,
    input: &Input,
    export: impl AsyncFnOnce(&[SerialNumber], &Turns<'_>) -> Result<Exported, E>,
) -> Result<Output, E>
where
    E: StepError + From<Error>,
{
    let Input {
        ceremony,
        plan,
        batch,
        ..
    } = input;
    let work = Work::new(context, plan, *batch);
    let done = work.export_unless_done(export).await;
    if let Err(error) = &done {
        // What stopped it is told when the fleet is gathered; if this cannot be written either, there
        // only the number of the batch is.
        work.note(&ceremony.ceremony_id, error).await.ok();
    }
    done?;
    let progress = match is_told_after(plan, *batch) {
        true => {
            let (s3, bucket) = (&context.s3, &context.work_bucket);
            let done = count_keys(s3, bucket, &Plan::results(&plan.folder)).await;
            let done = done.map_err(Error::Service)?;
            Some(InitialKeysProgress::new(ceremony, plan, done, Utc::now()))
        }
        false => None,
    };
    Ok(Output { progress })
}

/// Why a batch has no result, whatever the method. None of these carries a key block.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a batch is not of its form: {0}")]
    BatchUnusable(String),
    #[error("no initial key can leave: {key_arn}: {why}")]
    KeyUnusable { key_arn: String, why: String },
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
            Self::KeyUnusable { .. } => {
                "The keys of a run must be enabled until it has ended: restore or enable the key in Payment \
                 Cryptography."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
