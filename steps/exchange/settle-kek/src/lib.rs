//! `SettleKek`: what becomes of the KEK that another one has replaced.
//!
//! An order brings it back: each alias that was switched names again what it named before, at once and for
//! every consumer. Where that is not possible, because the alias names a third KEK by then or the one from
//! before cannot be used, the order is refused in words, and the ceremony goes on waiting for another.
//!
//! Without an order the KEK from before is scheduled for deletion when its time is over; until the service
//! carries that out, a responder can restore it. It is left as it is where an alias names it still, but for
//! its own, or where the KEK that replaced it cannot be used.
//!
//! However often it runs, the outcome is the same: an alias that names the KEK already is as it should be,
//! and a key that waits for its deletion is not scheduled again.

mod refused;
mod settlement;

use aws_sdk_paymentcryptography::Client;
use ceremony::evidence::{Recordable, document};
use ceremony::execution::{DroppedObject, File, JSON};
use ceremony::id::Ceremony;
use ceremony::key_import::run::{Settled, SwitchedKek};
use ceremony::proof::Refusal;
use ceremony::publication::Publication;
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

use settlement::Settlement;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    /// What this ceremony has switched.
    pub switched: SwitchedKek,
    /// By which the KEK from before is brought back; null where nobody wanted that in time.
    pub order: Option<DroppedObject>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// Null where the order was refused.
    pub settled: Option<Settled>,
    /// Why the order cannot be carried out: the ceremony goes on waiting. Null where it was, or there is none.
    pub refused: Option<Refusal>,
    /// The KEK that this ceremony has imported.
    pub kek_key_arn: String,
    /// The one from before.
    pub previous_kek_key_arn: String,
    /// What the partner is told, and the record of it.
    pub publication: Publication,
    /// The folder of the ceremony's package in which it lies.
    pub part: String,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a, P> {
            settled: Option<Settled>,
            refused: Option<&'a Refusal>,
            kek_key_arn: &'a str,
            previous_kek_key_arn: &'a str,
            publication: P,
        }
        View {
            settled: self.settled,
            refused: self.refused.as_ref(),
            kek_key_arn: &self.kek_key_arn,
            previous_kek_key_arn: &self.previous_kek_key_arn,
            publication: self.publication.digests(),
        }
    }
}

/// How long a responder has to restore the KEK once its deletion is scheduled.
const DAYS: u32 = 7;

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Input {
        ceremony,
        switched,
        order,
    } = input;
    let Some(previous) = switched.replaces_key_arn.clone() else {
        return Err(Error::NothingReplaced);
    };
    let settlement = Settlement {
        client,
        ceremony: &ceremony,
        switched: &switched,
        previous: &previous,
        pace: Pace::patient(),
    };
    let verdict = match &order {
        Some(_) => settlement.roll_back().await?,
        None => Ok(settlement.retire(journal).await?),
    };
    let (settled, refused) = match verdict {
        Ok(settled) => (Some(settled), None),
        Err(refused) => (None, Some(refused.into_refusal())),
    };
    let record = Record {
        schema_version: 1,
        ceremony: &ceremony,
        settled,
        alias: &switched.alias,
        kek_key_arn: &switched.key_arn,
        previous_kek_key_arn: &previous,
        order: order.as_ref(),
    };
    let told = Told {
        schema_version: 1,
        ceremony: &ceremony,
        settled,
    };
    Ok(Output {
        settled,
        refused,
        publication: Publication {
            files: Vec::new(),
            objects: Vec::new(),
            manifest: File::new("manifest.json", JSON, document(&told)?),
            documents: vec![File::new("settled.json", JSON, document(&record)?)],
            trusted_roots: Vec::new(),
        },
        kek_key_arn: switched.key_arn.clone(),
        previous_kek_key_arn: previous,
        part: "settled".to_owned(),
    })
}

/// For the partner: under which of its KEKs keys go from now on. ARNs are ours alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    schema_version: u32,
    #[serde(flatten)]
    ceremony: &'a Ceremony,
    settled: Option<Settled>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    schema_version: u32,
    #[serde(flatten)]
    ceremony: &'a Ceremony,
    settled: Option<Settled>,
    alias: &'a str,
    kek_key_arn: &'a str,
    previous_kek_key_arn: &'a str,
    order: Option<&'a DroppedObject>,
}

/// Why the KEK from before is as it was.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("this ceremony has replaced no KEK")]
    NothingReplaced,
    #[error("the KEK from before, {key_arn}, has not the tags of a KEK of this folder")]
    PreviousNotOurs { key_arn: String },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::DocumentUnwritable(error.to_string())
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::DocumentUnwritable(_) | Self::NothingReplaced => {
                "This is a defect of the software: report it with the record."
            }
            Self::PreviousNotOurs { .. } => {
                "It was not imported by a ceremony of this folder: whoever made it decides whether it is \
                 deleted."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
