//! The DynamoDB table `waiting`, all of it: executions that wait for something from outside.
//!
//! A step that was given a task token puts it here ([`Waiting::open`]). Whoever brings what is awaited
//! takes the wait ([`Waiting::take`]) and answers with its token ([`Waiting::deliver`]), once. A sweep
//! that a clock starts asks what is due ([`Waiting::due`]), reminds ([`Waiting::remind`]) and ends what
//! would pass its deadline before the next sweep ([`Waiting::end`]).
//!
//! There is one item, `wait#<ceremony id>#<what is awaited>`, for all that a ceremony waits for under
//! that name, one after the other. Key is the one attribute `id`; `expires` is when the item may go:
//! 30 days after its end, and never before the execution has been told of that.
//!
//! ```text
//!          take                       deliver: accepted, or nobody waits
//!  open ─────────▶ taken by a taker ───────────────────────────────────▶ ended
//!   │                    │                                                 ▲
//!   │ end                │ end, LEASE after it was taken                   │ told
//!   └────────────────────┴─────────────────▶ ended, and not told yet ──────┘
//!
//!  A newer token (open) begins again, from any of them.
//! ```
//!
//! # Why an execution gets one answer
//!
//! An item changes by one kind of write: all of it, on condition that its `revision` is the one that
//! was read. So its changes come one after the other, each made by a rule that knew all before it
//! (`rules`), and a crash before or after a write leaves it undone or done. What happens between two
//! writes is one call at a time of KMS or Step Functions:
//!
//! - A token is decrypted only after the write that says by whom: a taker, or whoever ends the wait.
//!   A taker that died after that write takes the wait again, under its name, without a write; nobody
//!   else gets it. A write whose answer was lost is found in place when it is tried again.
//! - The answer is sent before the item says so. Whoever dies in between sends it again: Step
//!   Functions accepts a token once and does not know it after that, which ends the wait too.
//! - A taker that never comes again holds a wait until its deadline, and [`LEASE`] at least. Then the
//!   wait can be ended in spite of it. Should the taker have stood still and go on now, both send, and
//!   Step Functions accepts the first. The item says in the end which one that was: who was accepted
//!   writes over what the other has written, and not the other way round.
//! - An end is written before the execution is told. If nobody told it, the item is due for a sweep
//!   until somebody has.
//!
//! # Why no answer counts twice, or for another wait
//!
//! - A state that is retried or entered again opens the wait with a newer token ([`Attempt`]), and an
//!   older one never takes the place of a newer one, however late it is written.
//! - Whoever took the wait under an earlier entry of the state has had its answer used up, whether or
//!   not it could write that down: the item remembers it, and refuses it as replayed. Under a retry
//!   of the same entry it may come again: Step Functions retries no task that has succeeded, nor one
//!   that was failed with an error that its `Retry` does not name.
//! - An answer is about a [`Subject`]. A fresh offer or another document to approve is another
//!   subject, and takes the place of the former in one write, so that one of them can be answered.
//! - A token decrypts under the id, ceremony, kind, subject and attempt that it was stored with
//!   (`token`).
//!
//! A fresh wait ends the former without a word to Step Functions: a ceremony opens one after the task
//! of the other is over.
//!
//! # What it cannot tell
//!
//! An execution that was stopped, or ran into its time-out, leaves its wait behind. Step Functions says
//! so only when the token is used: `TaskTimedOut` or `TaskDoesNotExist`. It says the same of a token
//! that was accepted a moment ago, when the SDK, which heard nothing, sent it again, or the taker did.
//! [`Delivery::NobodyWaits`] is both, and the wait ends as [`End::Closed`]. Whoever has to know which
//! it was asks for the status of the execution.
//!
//! # Why the sweep reads the whole table
//!
//! [`Waiting::due`] scans, page by page. A ceremony has one item for each kind of wait, kept for 30 days
//! after its end: a thousand ceremonies a month are two or three pages. An index over what is due would
//! be read later than it was written, and would be one more thing to be right.

mod bring;
mod deliver;
mod errors;
mod names;
mod open;
mod record;
mod rules;
mod send;
mod sweep;
mod take;
mod token;

pub use bring::Brought;
pub use deliver::Delivery;
pub use names::{Attempt, Subject, Taker, Wait, WaitId};
pub use open::Opened;
pub use send::Answer;
pub use sweep::{Due, Ending, Reminder, Telling};
pub use take::{Held, Refusal, Take};
pub use token::TaskToken;

use std::fmt;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use step::ServiceError;
use step::aws::SdkConfig;

use errors::{contended, unreadable};
use record::{Record, number};
use rules::Change;

/// For so long, in seconds, whoever has taken a wait or begun to send a reminder is left alone: the
/// longest that a Lambda function may run.
pub const LEASE: i64 = 15 * 60;

/// How a wait has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// By an answer that Step Functions has accepted.
    Answered,
    /// Step Functions did not know the token any more: the execution has ended or gone on.
    Closed,
    /// There was no answer in time.
    DeadlinePassed,
    /// What was stored was not the wait's token: the execution cannot be told anything.
    Forged,
    /// By somebody who does not want it any more.
    Withdrawn,
}

impl End {
    const ALL: [Self; 5] = [
        Self::Answered,
        Self::Closed,
        Self::DeadlinePassed,
        Self::Forged,
        Self::Withdrawn,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Closed => "closed",
            Self::DeadlinePassed => "deadline-passed",
            Self::Forged => "forged",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn of_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == text)
    }
}

/// The table, and the services that waiting takes.
#[derive(Clone)]
pub struct Waiting {
    dynamodb: aws_sdk_dynamodb::Client,
    kms: aws_sdk_kms::Client,
    sfn: aws_sdk_sfn::Client,
    table: String,
    key_arn: String,
}

impl Waiting {
    /// `key_arn` is of the key in KMS that encrypts tokens.
    pub fn new(config: &SdkConfig, table: String, key_arn: String) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            sfn: aws_sdk_sfn::Client::new(config),
            table,
            key_arn,
        }
    }

    /// Changes what is known of a wait by a rule, which is asked anew whenever somebody else was
    /// faster. Gives what was written, or what the rule said instead.
    async fn change<T>(
        &self,
        id: &WaitId,
        rule: impl Fn(Option<&Record>) -> Change<T>,
    ) -> Result<Change<T>, ServiceError> {
        for _ in 0..ATTEMPTS {
            let before = self.read(id).await?;
            match rule(before.as_ref()) {
                Change::Write(after) => {
                    if self.write(before.as_ref(), &after).await? {
                        return Ok(Change::Write(after));
                    }
                }
                keep => return Ok(keep),
            }
        }
        Err(contended())
    }

    /// What the table says now, not a moment ago.
    async fn read(&self, id: &WaitId) -> Result<Option<Record>, ServiceError> {
        let answer = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| ServiceError::new("dynamodb:GetItem", &error))?;
        let Some(item) = answer.item else {
            return Ok(None);
        };
        let record = Record::of_item(&item).filter(|record| record.id == *id);
        record.map(Some).ok_or_else(|| unreadable(&id.to_string()))
    }

    /// Whether it was written: what was read before was still there.
    async fn write(&self, before: Option<&Record>, after: &Record) -> Result<bool, ServiceError> {
        let request = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(after.to_item()));
        let request = match before {
            None => request.condition_expression("attribute_not_exists(id)"),
            Some(before) => request
                .condition_expression("revision = :revision")
                .expression_attribute_values(":revision", number(before.revision)),
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(ServiceError::new("dynamodb:PutItem", &error)),
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

/// How often one looks again when others are faster. A wait has few changes in its life, so that who
/// is slower finds what forbids its own.
const ATTEMPTS: usize = 8;
