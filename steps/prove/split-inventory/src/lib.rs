//! `SplitInventory`: the inventory of a fleet, proven and split into batches.
//!
//! Reads the inventory that lies beside the request, holds it to the digest that the request
//! agreed on and every line to the BDK, and finds strangers and duplicates, before anything is exported.
//! Leaves the batches in the work bucket, where an earlier attempt with the same request may have left
//! results: what is done is not done again. Nothing is written before all of the inventory is proven: of
//! an earlier attempt a map may still be reading batches, whose place is named by the digest that was
//! agreed on.

use ceremony::digest::{Hasher, Sha256};
use ceremony::evidence::Recordable;
use ceremony::execution::{Execution, JSON, Location};
use ceremony::fleet::run::Listed;
use ceremony::fleet::{
    AgreedInventory, BATCH, Batch, Inventory, MalformedInventory, Plan, Run, SerialNumber,
    UnfitInventory,
};
use ceremony::id::Ceremony;
use ceremony::text::shown;
use futures::stream::{FuturesUnordered, StreamExt};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use storage::{ObjectError, StorageError, Upload, count_keys, open_newest, write_over};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    pub run: Run,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub Plan);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub inbox_bucket: String,
    pub work_bucket: String,
}

pub async fn handle(context: &Context, input: Input, _: &Journal) -> Result<Output, Error> {
    let Input {
        ceremony,
        execution,
        run,
    } = input;
    let folder = run.folder(&ceremony.folder());
    let (terminals, inventory_version_id, inventory_sha256) = match &run.inventory {
        Inventory::Listed(list) => {
            run.listed(list)?;
            let mut hasher = Hasher::default();
            for number in list {
                hasher.update(number.as_str().as_bytes());
                hasher.update(b"\n");
            }
            (list.clone(), None, hasher.finish())
        }
        Inventory::File { key, sha256 } => {
            let (terminals, version_id) = from_file(context, &run, key, sha256).await?;
            (terminals, Some(version_id), sha256.clone())
        }
    };
    write_batches(context, &folder, &terminals).await?;
    let terminals = u32::try_from(terminals.len()).unwrap_or(u32::MAX);
    let count = Plan::batches_of(terminals);
    let list = Location {
        bucket: context.work_bucket.clone(),
        key: Plan::list_key(&folder),
    };
    let mut upload = Upload::over(&context.s3, list.clone(), JSON);
    for batch in 1..=count {
        let mut line = serde_json::to_vec(&Listed { batch })?;
        line.push(b'\n');
        upload.write(&line).await?;
    }
    upload.finish().await?;
    let done_before =
        count_keys(&context.s3, &context.work_bucket, &Plan::results(&folder)).await?;
    Ok(Output(Plan {
        folder,
        terminals,
        batches: count,
        done_before,
        begun_at: execution.started_at,
        list,
        inventory_version_id,
        inventory_sha256,
    }))
}

/// All terminals, and which version of the file says so.
async fn from_file(
    context: &Context,
    run: &Run,
    key: &str,
    agreed: &Sha256,
) -> Result<(Vec<SerialNumber>, String), Error> {
    let unknown = || Error::InventoryFormUnknown(key.to_owned());
    let reader = run.reader(key).ok_or_else(unknown)?;
    let mut inventory = AgreedInventory::new(reader, agreed.clone());
    let mut terminals = Vec::new();
    let bucket = &context.inbox_bucket;
    let (version_id, mut pieces) = open_newest(&context.s3, bucket, key).await?;
    while let Some(piece) = pieces.next().await? {
        inventory.read(piece.as_ref(), |number| terminals.push(number));
        if inventory.is_hopeless() {
            break;
        }
    }
    let read = inventory.finish(|number| terminals.push(number));
    read.map_err(|unfit| Error::of_file(key, unfit))?;
    Ok((terminals, version_id))
}

/// How many batches are written at once.
const AT_ONCE: usize = 16;

async fn write_batches(
    context: &Context,
    folder: &str,
    terminals: &[SerialNumber],
) -> Result<(), Error> {
    let mut writing = FuturesUnordered::new();
    for (batch, terminals) in (1..).zip(terminals.chunks(BATCH)) {
        let location = Location {
            bucket: context.work_bucket.clone(),
            key: Plan::batch_key(folder, batch),
        };
        let bytes = serde_json::to_vec(&Batch {
            batch,
            terminals: terminals.to_vec(),
        })?;
        let s3 = &context.s3;
        writing.push(async move { write_over(s3, &location, bytes).await });
        if writing.len() >= AT_ONCE {
            writing.next().await.transpose()?;
        }
    }
    while let Some(written) = writing.next().await {
        written?;
    }
    Ok(())
}

/// Why nothing may be exported for this inventory.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a batch could not be written: {0}")]
    DocumentUnwritable(String),
    #[error("`{}` has the digest {found}, the request says {agreed}", shown(file))]
    InventoryChanged {
        file: String,
        found: Sha256,
        agreed: Sha256,
    },
    #[error("`{}` is neither CSV nor JSON Lines by its name", shown(.0))]
    InventoryFormUnknown(String),
    #[error("the inventory cannot be used: {0}")]
    InventoryMalformed(MalformedInventory),
    #[error("the inventory cannot be read: {0}")]
    InventoryMissing(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Error {
    fn of_file(key: &str, unfit: UnfitInventory) -> Self {
        match unfit {
            UnfitInventory::Changed { found, agreed } => Self::InventoryChanged {
                file: key.to_owned(),
                found,
                agreed,
            },
            UnfitInventory::Malformed(error) => error.into(),
        }
    }
}

impl From<MalformedInventory> for Error {
    fn from(error: MalformedInventory) -> Self {
        Self::InventoryMalformed(error)
    }
}

impl From<ObjectError> for Error {
    fn from(error: ObjectError) -> Self {
        error.told_as(Self::InventoryMissing)
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
            Self::DocumentUnwritable(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::InventoryChanged { .. } | Self::InventoryMissing(_) => {
                "No key was exported. Whoever asked must send the inventory that was agreed on, with \
                 a request that has its digest (`sha256sum`)."
            }
            Self::InventoryFormUnknown(_) | Self::InventoryMalformed(_) => {
                "No key was exported. Whoever asked must correct the lines that are named, and send \
                 the inventory again with a request that has its new digest."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
