//! One batch, from its terminals in the work bucket to its result there.

use ceremony::execution::{JSON, Location};
use ceremony::fleet::outcome::StoppedBatch;
use ceremony::fleet::{Batch, BatchResult, Plan, SerialNumber};
use ceremony::id::CeremonyId;
use step::{ServiceError, StepError};
use storage::{ObjectError, WriteError, open_own, read_own, write_once, write_over};

use crate::{Context, Error, Exported, Turns};

pub(crate) struct Work<'a> {
    context: &'a Context,
    plan: &'a Plan,
    batch: u32,
}

impl<'a> Work<'a> {
    pub(crate) fn new(context: &'a Context, plan: &'a Plan, batch: u32) -> Self {
        Self {
            context,
            plan,
            batch,
        }
    }

    pub(crate) async fn export_unless_done<E: StepError + From<Error>>(
        &self,
        export: impl AsyncFnOnce(&[SerialNumber], &Turns<'_>) -> Result<Exported, E>,
    ) -> Result<(), E> {
        if self.has_a_result().await? {
            return Ok(());
        }
        let terminals = self.terminals().await?;
        let Context { turns, clock, .. } = self.context;
        let turns = Turns::of(turns, *clock, terminals.len());
        let Exported { terminals, host } = export(&terminals, &turns).await?;
        let result = BatchResult {
            batch: self.batch,
            terminals,
            host,
        };
        Ok(self.keep(&result).await?)
    }

    async fn has_a_result(&self) -> Result<bool, Error> {
        match open_own(&self.context.s3, &self.result()).await {
            Ok(_) => Ok(true),
            Err(ObjectError::Missing { .. }) => Ok(false),
            Err(ObjectError::Service(error)) => Err(error.into()),
            Err(other) => Err(Error::BatchUnusable(other.to_string())),
        }
    }

    async fn terminals(&self) -> Result<Vec<SerialNumber>, Error> {
        let key = Plan::batch_key(&self.plan.folder, self.batch);
        let bytes = read_own(&self.context.s3, &self.context.work_bucket, &key).await?;
        let Batch { batch, terminals } = serde_json::from_slice(&bytes)?;
        if batch != self.batch {
            return Err(Error::BatchUnusable(format!("it is batch {batch}")));
        }
        Ok(terminals)
    }

    async fn keep(&self, result: &BatchResult) -> Result<(), Error> {
        let document = serde_json::to_vec(result)?;
        match write_once(&self.context.s3, &self.result(), JSON, &document).await {
            // Another attempt was first: its blocks hold the same keys.
            Ok(()) | Err(WriteError::AlreadyExists { .. }) => Ok(()),
            Err(WriteError::Service(error)) => Err(error.into()),
        }
    }

    /// Why there is no result.
    pub(crate) async fn note(
        &self,
        ceremony: &CeremonyId,
        error: &impl StepError,
    ) -> Result<(), ServiceError> {
        let stopped = StoppedBatch {
            batch: self.batch,
            error: error.name().to_owned(),
            what: error.to_string(),
            remedy: error.remedy().to_owned(),
        };
        let location = self.location(Plan::failure_key(&self.plan.folder, ceremony, self.batch));
        let document = serde_json::to_vec(&stopped).unwrap_or_default();
        write_over(&self.context.s3, &location, document).await
    }

    fn result(&self) -> Location {
        self.location(Plan::result_key(&self.plan.folder, self.batch))
    }

    fn location(&self, key: String) -> Location {
        Location {
            bucket: self.context.work_bucket.clone(),
            key,
        }
    }
}
