//! `GatherInitialKeys`: what became of every terminal, as the files that the partner fetches.
//!
//! Reads the inventory once more, as it was agreed on, and beside it the result of each batch: every
//! serial number must be there once, in its place, and no other. Writes one line for each terminal, in the
//! order of the inventory, to the work bucket, from where `Publish` takes them: they are too many for a
//! state, and for memory. Another attempt writes the same bytes.

mod fleet_readme;
mod hosts;
mod lines;
mod manifest;
mod tr34_readme;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::certificate::Certificate;
use ceremony::digest::{Hasher, Sha256};
use ceremony::evidence::{Recordable, document};
use ceremony::execution::{Execution, File, JSON, MARKDOWN, PEM};
use ceremony::fleet::outcome::StoppedBatch;
use ceremony::fleet::{
    BATCH, BatchResult, Inventory, Plan, Receiver, Run, SerialNumber, Tally, Under,
};
use ceremony::id::Ceremony;
use ceremony::publication::Publication;
use ceremony::text::shown;
use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use storage::{ObjectError, StorageError, list_after, open_own, open_version, read_own};
use strum::{IntoStaticStr, VariantNames};

use hosts::Hosts;
use lines::Lines;

pub use manifest::Manifest;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub execution: Execution,
    pub run: Run,
    pub plan: Plan,
    /// Whose key they left under, by TR-34; null where that is a KEK.
    pub receiver: Option<Receiver>,
    /// By which the package will be signed.
    pub signature: SignatureAlgorithm,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub publication: Publication,
    pub tally: Tally,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a> {
            publication: ceremony::publication::PublicationDigests,
            tally: &'a Tally,
        }
        View {
            publication: self.publication.digests(),
            tally: &self.tally,
        }
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub inbox_bucket: String,
    pub work_bucket: String,
}

/// How many results are read ahead: each has some 25 KB.
const AHEAD: usize = 16;

pub async fn handle(context: &Context, input: Input, _: &Journal) -> Result<Output, Error> {
    let (run, plan) = (&input.run, &input.plan);
    let folder = run.folder(&input.ceremony.folder());
    if plan.folder != folder || !is_of(run, input.receiver.as_ref()) {
        return Err(Error::OtherRun);
    }
    let gathered = match &run.inventory {
        Inventory::Listed(list) => listed(context, plan, list).await,
        Inventory::File { key, sha256 } => from_file(context, &input, key, sha256).await,
    };
    let gathered = match gathered {
        Err(Error::BatchMissing { batch, of }) => {
            let stopped = stopped(context, plan, &input.ceremony).await;
            return Err(stopped.map_or(Error::BatchMissing { batch, of }, |it| {
                Error::BatchStopped {
                    batch: it.batch,
                    of,
                    error: it.error,
                    what: shown(&it.what),
                    remedy: shown(&it.remedy),
                }
            }));
        }
        gathered => gathered?,
    };
    let Gathered {
        lines,
        tally,
        hosts,
        ..
    } = gathered;
    if tally.exported == 0 {
        return Err(Error::NothingExported(tally));
    }
    let objects = lines.finish().await?;
    let hosts = hosts.all_of(&run.derivation.under)?;
    let manifest = Manifest::new(&input, &hosts, &tally);
    let summary = document(&manifest.summary)?;
    let readme = fleet_readme::write(&manifest);
    let mut files = vec![
        File::new("README.md", MARKDOWN, readme),
        File::new("summary.json", JSON, summary),
    ];
    files.extend(hosts::files(&hosts)?);
    let manifest = document(&manifest.listing(&files, &objects))?;
    let (documents, trusted_roots) = proven(input.receiver);
    Ok(Output {
        publication: Publication {
            files,
            objects,
            manifest: File::new("manifest.json", JSON, manifest),
            documents,
            trusted_roots,
        },
        tally,
    })
}

/// The partner's certificates for the record, and the root for its next drop.
fn proven(receiver: Option<Receiver>) -> (Vec<File>, Vec<Certificate>) {
    let Some(Receiver { path, .. }) = receiver else {
        return (Vec::new(), Vec::new());
    };
    let certificates = path.certificates();
    let certificates: String = certificates
        .map(|(_, it)| Certificate::to_pem(it))
        .collect();
    let document = File::new("certificates.pem", PEM, certificates);
    (vec![document], vec![path.root])
}

/// Whether the receiver is that of the run.
fn is_of(run: &Run, receiver: Option<&Receiver>) -> bool {
    match (&run.derivation.under, receiver) {
        (Under::Kek(_), None) => true,
        (Under::Leaf(leaf), Some(receiver)) => receiver.leaf().as_ref() == Ok(leaf),
        _ => false,
    }
}

async fn listed<'a>(
    context: &'a Context,
    plan: &'a Plan,
    list: &[SerialNumber],
) -> Result<Gathered<'a>, Error> {
    let mut gathered = Gathered::new(context, plan).await?;
    let results = stream::iter(1..=plan.batches).map(|batch| result(context, plan, batch));
    let mut results = Box::pin(results.buffered(AHEAD));
    for terminals in list.chunks(BATCH) {
        let result = results.next().await.ok_or(Error::InventoryChanged)??;
        gathered.take(terminals, &result).await?;
    }
    gathered.if_whole(plan)
}

async fn from_file<'a>(
    context: &'a Context,
    input: &'a Input,
    key: &str,
    agreed: &Sha256,
) -> Result<Gathered<'a>, Error> {
    let plan = &input.plan;
    let mut reader = input.run.reader(key).ok_or(Error::OtherRun)?;
    let version_id = plan.inventory_version_id.as_ref().ok_or(Error::OtherRun)?;
    let mut gathered = Gathered::new(context, plan).await?;
    let results = stream::iter(1..=plan.batches).map(|batch| result(context, plan, batch));
    let mut results = Box::pin(results.buffered(AHEAD));
    let (mut hasher, mut waiting) = (Hasher::default(), Vec::new());
    let bucket = &context.inbox_bucket;
    let mut pieces = open_version(&context.s3, bucket, key, version_id).await?;
    while let Some(piece) = pieces.next().await? {
        hasher.update(piece.as_ref());
        reader.read(piece.as_ref(), |number| waiting.push(number));
        let full = waiting.len() / BATCH * BATCH;
        for terminals in waiting[..full].chunks(BATCH) {
            let result = results.next().await.ok_or(Error::InventoryChanged)??;
            gathered.take(terminals, &result).await?;
        }
        waiting.drain(..full);
    }
    let read = reader.finish(|number| waiting.push(number));
    read.map_err(|_| Error::InventoryChanged)?;
    for terminals in waiting.chunks(BATCH) {
        let result = results.next().await.ok_or(Error::InventoryChanged)??;
        gathered.take(terminals, &result).await?;
    }
    if hasher.finish() != *agreed {
        return Err(Error::InventoryChanged);
    }
    gathered.if_whole(plan)
}

/// What has been gathered so far.
struct Gathered<'a> {
    lines: Lines<'a>,
    tally: Tally,
    /// Whose keys signed the blocks, where they are TR-34.
    hosts: Hosts,
    batches: u32,
}

impl<'a> Gathered<'a> {
    async fn new(context: &'a Context, plan: &Plan) -> Result<Self, Error> {
        Ok(Self {
            lines: Lines::new(context, plan).await?,
            tally: Tally::default(),
            hosts: Hosts::default(),
            batches: 0,
        })
    }

    /// Takes the result of the next batch, which must be that of these terminals.
    async fn take(
        &mut self,
        terminals: &[SerialNumber],
        result: &BatchResult,
    ) -> Result<(), Error> {
        self.batches += 1;
        let there = result.terminals.iter().map(|it| it.serial_number());
        if result.batch != self.batches || !there.eq(terminals) {
            return Err(Error::BatchDiffers(self.batches));
        }
        self.hosts.take(result);
        for outcome in &result.terminals {
            self.tally.count(outcome);
            self.lines.write(outcome).await?;
        }
        Ok(())
    }

    fn if_whole(self, plan: &Plan) -> Result<Self, Error> {
        let counted = (self.batches, self.tally.terminals);
        if counted == (plan.batches, plan.terminals) {
            Ok(self)
        } else {
            Err(Error::InventoryChanged)
        }
    }
}

/// The result of a batch; or why it has none.
async fn result(context: &Context, plan: &Plan, batch: u32) -> Result<BatchResult, Error> {
    let key = Plan::result_key(&plan.folder, batch);
    let location = lines::location(context, key);
    match open_own(&context.s3, &location).await {
        Ok(mut pieces) => {
            let mut bytes = Vec::new();
            while let Some(piece) = pieces.next().await? {
                bytes.extend_from_slice(piece.as_ref());
            }
            serde_json::from_slice(&bytes).map_err(|_| Error::BatchDiffers(batch))
        }
        Err(ObjectError::Missing { .. }) => {
            let of = plan.batches;
            Err(Error::BatchMissing { batch, of })
        }
        Err(error) => Err(error.into()),
    }
}

/// What stopped a batch of this ceremony, whichever that was: it took those with it that were under way, and
/// no other was begun.
async fn stopped(context: &Context, plan: &Plan, ceremony: &Ceremony) -> Option<StoppedBatch> {
    let (s3, bucket) = (&context.s3, &context.work_bucket);
    let prefix = Plan::failures(&plan.folder, &ceremony.ceremony_id);
    let page = list_after(s3, bucket, &prefix, None, 1).await.ok()?;
    let noted = read_own(s3, bucket, page.keys.first()?).await.ok()?;
    serde_json::from_slice(&noted).ok()
}

/// Why a fleet is not complete.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the result of batch {0} is not that of its terminals")]
    BatchDiffers(u32),
    #[error("batch {batch} of {of} has no result: the run was ended before it")]
    BatchMissing { batch: u32, of: u32 },
    #[error("batch {batch} of {of} was stopped by {error}: {what} ({remedy})")]
    BatchStopped {
        batch: u32,
        of: u32,
        error: String,
        what: String,
        remedy: String,
    },
    #[error("the certificates of the hosts have {bytes} bytes in PEM; at most {most} fit")]
    CertificatesTooLong { bytes: usize, most: usize },
    #[error("a document could not be written: {0}")]
    DocumentUnwritable(String),
    #[error(
        "a batch has blocks, and does not say who signed them; or says it of blocks that nobody signs"
    )]
    HostsDiffer,
    #[error("the inventory is not (any more) the one that was split")]
    InventoryChanged,
    #[error("the inventory cannot be read: {0}")]
    InventoryMissing(String),
    #[error("no terminal has an initial key: {}", reasons(.0))]
    NothingExported(Tally),
    #[error("the plan is that of another run")]
    OtherRun,
    #[error(transparent)]
    Service(#[from] ServiceError),
}

fn reasons(tally: &Tally) -> String {
    let reasons = tally.failed.iter();
    let reasons = reasons.map(|(why, count)| format!("{count} times {}", shown(why)));
    reasons.take(5).collect::<Vec<_>>().join("; ")
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
            Self::BatchMissing { .. } | Self::BatchStopped { .. } => {
                "Nothing was published, and what is done is kept for some days. The cause says what \
                 stopped it; the next run of the same request goes on from there."
            }
            Self::CertificatesTooLong { .. } => {
                "Nothing was published. Enrol a certificate with fewer or shorter certificates above it, or \
                 order again under another name, so that one host signs all blocks."
            }
            Self::BatchDiffers(_)
            | Self::HostsDiffer
            | Self::InventoryChanged
            | Self::InventoryMissing(_) => {
                "Nothing was published. Find out who wrote it, as only steps may."
            }
            Self::DocumentUnwritable(_) | Self::OtherRun => {
                "This is a defect of the software: report it with the record."
            }
            Self::NothingExported(_) => {
                "Nothing was published. Have an operator correct the entry in `bdks` of the profile, \
                 if it names another key than was meant."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
