//! `ImportKeys`: the partner's working keys are in Payment Cryptography, each once, or refused by itself.
//!
//! Every block makes one key, under an alias of its own that its digest names, however often this runs;
//! then the alias of its name is pointed at that key, unless a ceremony that began later has pointed it
//! already. The key that had the name before stays. What the service says of a key is held to the profile,
//! to the block's own header, to the KEK and to the announced check value: a wrong one is scheduled for
//! deletion, and a responder can restore it for a week.
//!
//! A line that is refused is a result and stops none of the others. An answer that could not be had is an
//! error, and so is a KEK that cannot be used: another attempt finds what was imported, and goes on.

mod import;
mod verdict;

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::Recordable;
use ceremony::execution::Execution;
use ceremony::id::Ceremony;
use ceremony::working_key_import::rules::KeyImportPolicy;
use ceremony::working_key_import::run::{HeldLine, KeyResult};
use ceremony::working_keys::plan::EstablishedKekFacts;
use payment_keys::{REST, rest};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};
use tokio::time::Instant;

use import::Import;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    pub policy: KeyImportPolicy,
    pub kek: EstablishedKekFacts,
    pub lines: Vec<HeldLine>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// Of every line, in their order.
    pub results: Vec<KeyResult>,
    pub imported: usize,
    pub refused: usize,
}

/// No block is part of it.
impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// When no further key is begun. A function lives for fifteen minutes, and one key may take up to two where
/// somebody else is at work on it.
const WORK_LIMIT: Duration = Duration::from_secs(13 * 60);

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let (start, all) = (Instant::now(), input.lines.len());
    let mut results = Vec::with_capacity(all);
    for line in &input.lines {
        if start.elapsed() > WORK_LIMIT {
            return Err(out_of_time(results.len(), all).into());
        }
        let import = Import {
            client,
            ceremony: &input.ceremony,
            execution: &input.execution,
            policy: &input.policy,
            kek: &input.kek,
            journal,
        };
        // Boxed: its future is large, and its type deep.
        let (result, has_called) = Box::pin(import.result(line)).await?;
        results.push(result);
        if has_called && results.len() < all {
            // Five calls a second are all that the account has, and one key takes seven.
            rest(REST).await;
        }
    }
    let imported = results.iter().filter(|it| it.imported.is_some()).count();
    Ok(Output {
        refused: results.len() - imported,
        imported,
        results,
    })
}

/// The machine tries again, and what is there is found with fewer calls.
fn out_of_time(done: usize, all: usize) -> ServiceError {
    ServiceError::ServiceThrottled {
        operation: "payment-cryptography:ImportKey",
        detail: format!("{done} of {all} lines were dealt with in the time that one attempt has"),
    }
}

/// Why it is not known what became of the keys. None of these carries a byte of a block.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::InputMalformed { .. } => {
                "Executions are started by dropping files into the inbox, not by hand. If this one was, \
                 report it with the record: it is a defect of the software."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
