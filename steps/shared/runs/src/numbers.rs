//! Which run of a set it is, and how many ceremonies a folder has begun today.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use ceremony::announcement::BegunCeremony;
use ceremony::id::{CeremonyId, InputSet, Kind, Place};
use ceremony::utc::Utc;
use step::ServiceError;

use crate::attributes::{number, number_in, text, text_in, unreadable};
use crate::{Item, Runs};

/// One run of a certificate set, as the table knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Run {
    /// 1 for the first.
    pub number: u32,
    /// The input of its execution. It is kept, so that whoever starts the execution, at the first
    /// attempt or after a crash, starts it with the same.
    pub input: String,
    /// When the number was taken.
    pub taken_at: Utc,
    /// When the leaf had last been dropped by then, seconds since 1970.
    pub dropped: i64,
}

/// Whether a number was taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    Yes,
    /// Somebody else has taken it since the last run was looked up.
    BySomebodyElse,
    /// The folder has begun as many ceremonies today as it may.
    NoneLeftToday,
}

impl Runs {
    /// The last run of a set that was begun.
    pub async fn last_run(&self, set: &impl InputSet) -> Result<Option<Run>, ServiceError> {
        let id = set_id(set);
        let Some(item) = self.read(&id).await? else {
            return Ok(None);
        };
        let run = (|| {
            Some(Run {
                number: number_in(&item, "runNumber")?,
                input: text_in(&item, "startInput")?.to_owned(),
                taken_at: time_in(&item, "takenAt")?,
                dropped: number_in(&item, "droppedAt")?,
            })
        })();
        run.map(Some).ok_or_else(|| unreadable(&id))
    }

    /// Takes the number of a run that follows the last one, and counts it for its folder and day:
    /// all of it, or nothing.
    pub async fn take(
        &self,
        set: &impl InputSet,
        run: &Run,
        per_day: u32,
    ) -> Result<Taken, ServiceError> {
        for attempt in 1..=CONFLICTS {
            let answer = self
                .client
                .transact_write_items()
                .transact_items(self.put_run(set, run)?)
                .transact_items(self.count(set, run, per_day)?)
                .transact_items(self.put_latest(set, run)?)
                .send()
                .await;
            let error = match answer {
                Ok(_) => return Ok(Taken::Yes),
                Err(error) => error,
            };
            let reasons = reasons(error.as_service_error());
            let reason = |at: usize| reasons.get(at).copied().unwrap_or_default();
            if reason(0) == CONDITION {
                return Ok(Taken::BySomebodyElse);
            }
            // Another drop of the same folder is being counted.
            if reasons.contains(&"TransactionConflict") {
                tokio::time::sleep(PAUSE * attempt).await;
            } else if reason(1) == CONDITION {
                return Ok(Taken::NoneLeftToday);
            } else {
                return Err(ServiceError::new("dynamodb:TransactWriteItems", &error));
            }
        }
        Err(ServiceError::ServiceThrottled {
            operation: "dynamodb:TransactWriteItems",
            detail: "others wrote the same items each time".to_owned(),
        })
    }

    /// The ceremony of a folder that was begun last.
    pub async fn latest(
        &self,
        kind: Kind,
        place: &impl Place,
    ) -> Result<Option<BegunCeremony>, ServiceError> {
        let id = folder_id(kind, place);
        let Some(item) = self.read(&id).await? else {
            return Ok(None);
        };
        let begun = (|| {
            // An id is a text in JSON, and reads as one.
            let ceremony_id = text_in(&item, "ceremonyId")?.into();
            Some(BegunCeremony {
                ceremony_id: serde_json::from_value(ceremony_id).ok()?,
                begun_at: time_in(&item, "takenAt")?,
            })
        })();
        begun.map(Some).ok_or_else(|| unreadable(&id))
    }

    /// The condition is that nobody was faster: the number before is still the last.
    fn put_run(&self, set: &impl InputSet, run: &Run) -> Result<TransactWriteItem, ServiceError> {
        let put = Put::builder()
            .table_name(&self.table)
            .item("id", text(set_id(set)))
            .item("runNumber", number(run.number))
            .item("startInput", text(run.input.clone()))
            .item("takenAt", text(run.taken_at.to_string()))
            .item("droppedAt", number(run.dropped));
        let put = match run.number.checked_sub(1) {
            None | Some(0) => put.condition_expression("attribute_not_exists(runNumber)"),
            Some(last) => put
                .condition_expression("runNumber = :last")
                .expression_attribute_values(":last", number(last)),
        };
        let put = put.build().map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn count(
        &self,
        set: &impl InputSet,
        run: &Run,
        per_day: u32,
    ) -> Result<TransactWriteItem, ServiceError> {
        let expires = run.taken_at.unix_seconds() + DAYS_KEPT;
        let update = Update::builder()
            .table_name(&self.table)
            .key("id", text(day_id(set, run.taken_at)))
            .update_expression(
                "SET ceremonies = if_not_exists(ceremonies, :none) + :one, expires = :expires",
            )
            .condition_expression("attribute_not_exists(ceremonies) OR ceremonies < :most")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expires", number(expires))
            .expression_attribute_values(":most", number(per_day))
            .build()
            .map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn put_latest(
        &self,
        set: &impl InputSet,
        run: &Run,
    ) -> Result<TransactWriteItem, ServiceError> {
        let ceremony_id = CeremonyId::new(set, run.number);
        let put = Put::builder()
            .table_name(&self.table)
            .item("id", text(folder_id(set.kind(), set.place())))
            .item("ceremonyId", text(ceremony_id.to_string()))
            .item("takenAt", text(run.taken_at.to_string()))
            .build()
            .map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// How often a write that met another one is tried.
const CONFLICTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(40);

/// A count is of no use after its day; a few more are kept for whoever looks into it.
const DAYS_KEPT: i64 = 8 * 24 * 60 * 60;

const CONDITION: &str = "ConditionalCheckFailed";

/// Why a transaction was refused: one reason for each of its writes, in their order.
fn reasons(error: Option<&TransactWriteItemsError>) -> Vec<&str> {
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error else {
        return Vec::new();
    };
    let reasons = canceled.cancellation_reasons().iter();
    reasons
        .map(|reason| reason.code().unwrap_or_default())
        .collect()
}

fn set_id(set: &impl InputSet) -> String {
    format!("set#{}", set.digest())
}

fn day_id(set: &impl InputSet, at: Utc) -> String {
    let (kind, folder) = (set.kind(), set.place().prefix());
    format!("day#{kind}#{folder}#{}", at.date())
}

fn folder_id(kind: Kind, place: &impl Place) -> String {
    format!("folder#{kind}#{}", place.prefix())
}

fn time_in(item: &Item, name: &str) -> Option<Utc> {
    Utc::try_from(text_in(item, name)?.to_owned()).ok()
}

/// A request without a member that it must have; none is made here.
fn unbuildable(error: aws_sdk_dynamodb::error::BuildError) -> ServiceError {
    ServiceError::ServiceRefused {
        operation: "dynamodb:TransactWriteItems",
        code: "BuildError".to_owned(),
        detail: error.to_string(),
    }
}
