//! `Reconcile`: compares all that was read, and writes the inventory.
//!
//! The inventory is one page in the evidence bucket, written on every day, whether anything differs
//! or not: `reconciliation/<time>-<digest of the execution's ARN>.json`. It has every key of ours and
//! every disagreement in words. What the service does not date is dated by the inventory before it.

use ceremony::announcement::{InventoryDiffers, VERSION};
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable, document};
use ceremony::execution::{Execution, JSON, Location};
use ceremony::id::Kind;
use inventory::{Asked, Before, Pages, Parts, Place, compare, name_of};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use storage::{StorageError, WriteError, list_after, read_own, write_once};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub execution: Execution,
    pub seen: Pages,
    /// How many pages of keys were asked about.
    pub asked: u32,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// Whether there is anything to announce.
    pub differs: bool,
    /// The detail of the event `Inventory Differs`, if it is one.
    pub announcement: InventoryDiffers,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// How many findings an announcement has: it is read as a mail. The inventory has them all.
const TOLD: usize = 20;

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub evidence_bucket: String,
    pub parts_bucket: String,
}

/// Compares as of the execution's start, so that another attempt writes the same bytes.
pub async fn handle(context: &Context, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Input {
        execution,
        seen,
        asked,
    } = input;
    let parts = Parts::new(&context.s3, &context.parts_bucket, &execution);
    let seen = parts.seen(&seen).await?;
    let asked: Vec<Vec<Asked>> = parts.read(Place::Asked, asked).await?;
    let asked: Vec<Asked> = asked.into_iter().flatten().collect();
    let own = format!("{FOLDER}{}.json", name_of(&execution));
    let before = before(context, &own).await?;
    let mut inventory = compare(&execution, &seen, &asked, &before);
    let bytes = document(&inventory)?;
    let location = Location {
        bucket: context.evidence_bucket.clone(),
        key: own,
    };
    write_once(&context.s3, &location, JSON, &bytes).await?;
    let sha256 = Sha256::of(&bytes);
    journal.note(Deed::Wrote {
        bucket: location.bucket.clone(),
        key: location.key.clone(),
        sha256: sha256.clone(),
    });
    inventory.findings.truncate(TOLD);
    Ok(Output {
        differs: !inventory.findings.is_empty(),
        announcement: InventoryDiffers {
            version: VERSION,
            ceremony: Kind::Reconciliation,
            ceremony_id: None,
            partner: None,
            environment: None,
            data_type: None,
            counts: inventory.counts,
            findings: inventory.findings,
            inventory: location,
            inventory_sha256: sha256,
            execution_arn: execution.arn,
        },
    })
}

/// Where the inventories lie in the evidence bucket; sorted by time.
const FOLDER: &str = "reconciliation/";

/// What the last inventory before this one knew; nothing if there is none.
async fn before(context: &Context, own: &str) -> Result<Before, ServiceError> {
    let (s3, bucket) = (&context.s3, &context.evidence_bucket);
    let (mut last, mut after) = (None, None);
    loop {
        let page = list_after(s3, bucket, FOLDER, after.as_deref(), 1000).await?;
        let earlier = page.keys.iter().rfind(|key| key.as_str() < own);
        last = earlier.cloned().or(last);
        after = page.keys.last().cloned();
        if !page.more {
            break;
        }
    }
    match last {
        Some(key) => Ok(Before::of_inventory(&read_own(s3, bucket, &key).await?)),
        None => Ok(Before::default()),
    }
}

/// Why there is no inventory.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("{0}")]
    AlreadyWritten(String),
    #[error("the inventory could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("a page of the reconciliation is not of its form: {0}")]
    PageUnusable(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<inventory::Error> for Error {
    fn from(error: inventory::Error) -> Self {
        match error {
            inventory::Error::PageUnusable(why) => Self::PageUnusable(why),
            inventory::Error::Service(error) => Self::Service(error),
        }
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        error.told_as(Self::AlreadyWritten)
    }
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
            Self::AlreadyWritten(_) => {
                "Find out who wrote it: another reconciliation has another name, by its execution."
            }
            Self::DocumentUnwritable(_) | Self::PageUnusable(_) => {
                "This is a defect of the software: report it with the execution's ARN."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
