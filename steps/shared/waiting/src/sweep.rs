//! What a clock sees to: reminders, and the end of what nobody has answered.

use ceremony::utc::Utc;
use step::ServiceError;

use crate::names::{Subject, WaitId};
use crate::record::{Item, Record, State, number, text_in};
use crate::rules::{self, Change};
use crate::send::Sent;
use crate::{End, Waiting};

/// What a sweep has to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Due {
    /// End it, or tell its execution that it has ended.
    End(WaitId),
    /// Remind of it.
    Remind(WaitId),
    /// The item of this id is nothing that this crate has written: somebody has to look at it.
    Unreadable(String),
}

/// Why a wait is to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// If its deadline is then or earlier: by the time of the next sweep, say.
    Deadline { by: Utc },
    /// Whoever asked for the ceremony does not want it any more.
    Withdrawn,
}

/// What became of the end of a wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Telling {
    /// What is stored is not the wait's token. It has ended, and its execution cannot be told.
    Forged,
    /// It has ended, and its execution had ended before or gone on.
    NobodyWaits,
    /// There is nothing to end: it is not due, somebody is answering it, it has ended, or it is unknown.
    NotEnded,
    /// It has ended, and its execution goes on with the error `WaitDeadlinePassed` or `WaitWithdrawn`.
    Told,
}

/// A reminder that is to be sent now, by whoever has this.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reminder {
    pub id: WaitId,
    pub subject: Subject,
    pub deadline: Utc,
    /// When it had to be sent.
    pub due: Utc,
    pub(crate) claimed: Utc,
}

impl Waiting {
    /// All that is due now, and every wait whose deadline comes before the next sweep.
    pub async fn due(&self, now: Utc, next: Utc) -> Result<Vec<Due>, ServiceError> {
        let mut items = self
            .dynamodb
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .filter_expression("dueAt <= :next")
            .expression_attribute_values(":next", number(next.max(now).unix_seconds()))
            .into_paginator()
            .items()
            .send();
        let mut due = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| ServiceError::new("dynamodb:Scan", &error))?;
            due.extend(to_do(&item, now, next));
        }
        Ok(due)
    }

    /// Ends a wait and tells its execution, with an error that its state can catch.
    ///
    /// What an earlier call has ended without telling is told.
    pub async fn end(
        &self,
        id: &WaitId,
        ending: Ending,
        now: Utc,
    ) -> Result<Telling, ServiceError> {
        let rule = |before: Option<&_>| rules::end(before, ending, now);
        let record = match self.change(id, rule).await? {
            Change::Write(record) => *record,
            Change::Keep(Some(record)) => record,
            Change::Keep(None) => return Ok(Telling::NotEnded),
        };
        let State::Ended { end, .. } = record.state else {
            return Ok(Telling::NotEnded);
        };
        let (end, telling) = match self.unseal(&record).await? {
            None => (End::Forged, Telling::Forged),
            Some(token) => match self.send(&token, &end.failure()).await? {
                Sent::Accepted => (end, Telling::Told),
                Sent::Closed => (End::Closed, Telling::NobodyWaits),
            },
        };
        let rule = |before: Option<&_>| rules::told(before, record.attempt, end);
        self.change(id, rule).await?;
        Ok(telling)
    }

    /// The latest reminder that is due, for one who asks: nobody else gets it until
    /// [`LEASE`](crate::LEASE) is over or it was sent. Of several that were missed, the others are
    /// never sent.
    pub async fn remind(&self, id: &WaitId, now: Utc) -> Result<Option<Reminder>, ServiceError> {
        let rule = |before: Option<&_>| rules::remind(before, now);
        let Change::Write(record) = self.change(id, rule).await? else {
            return Ok(None);
        };
        Ok(record.reminding.map(|(due, claimed)| Reminder {
            id: record.id,
            subject: record.subject,
            deadline: record.deadline,
            due,
            claimed,
        }))
    }

    /// It was sent. Whoever dies before this says it once more when its time is over, for nobody knows
    /// whether it was.
    pub async fn reminded(&self, reminder: &Reminder) -> Result<(), ServiceError> {
        let rule = |before: Option<&_>| rules::reminded(before, reminder);
        self.change(&reminder.id, rule).await.map(|_| ())
    }
}

fn to_do(item: &Item, now: Utc, next: Utc) -> Option<Due> {
    let Some(record) = Record::of_item(item) else {
        let id = text_in(item, "id").unwrap_or_default();
        return Some(Due::Unreadable(id.to_owned()));
    };
    if rules::is_to_be_ended(&record, now, next) {
        Some(Due::End(record.id))
    } else {
        rules::reminder_due(&record, now).map(|_| Due::Remind(record.id))
    }
}
