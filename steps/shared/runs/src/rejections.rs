//! Rejections of one place, gathered into one announcement a minute.
//!
//! The first is announced at once and opens a window. What follows within the minute is added to the
//! window, and for each of them a message is left in a queue that delivers it a minute later. The
//! first message of a window closes it: what was gathered is moved aside, and a new window begins.
//! Whoever moved it announces it, and then clears it away.
//!
//! Nothing is lost where somebody dies:
//!
//! - A rejection that was neither announced nor added is one whose event has not been dealt with: it
//!   comes again, and finds a window to be added to.
//! - What was added has a message of its own, or its event comes again and leaves one. The message
//!   names the window, and comes only when that was open for a minute: no clock is compared.
//! - What was moved aside and not cleared away is announced by whoever finds it there a minute
//!   later, since the message that had it moved is delivered again. It may then be told twice.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use ceremony::announcement::RejectedFile;
use ceremony::utc::Utc;
use step::ServiceError;

use crate::attributes::{number, number_in, rejected, rejections_in, unreadable};
use crate::{Item, Runs, conditional, contended};

/// Rejections that one announcement names; the others are counted.
pub const MAX_NAMED: usize = 50;

/// Seconds between two announcements of one place.
const MINUTE: i64 = 60;

/// Longer than any message or dead letter lives: what waits is never taken away by itself.
const KEPT: i64 = 60 * 24 * 60 * 60;

/// What became of a rejection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gathered {
    /// It is to be announced at once.
    First,
    /// It is announced when its window ends, if a message is left that says so.
    InWindow(u64),
}

/// What there is to announce.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Closing {
    /// Nothing: somebody else has announced it.
    Nothing,
    /// Somebody else is about to, or has died over it less than a minute ago: ask again.
    BySomebodyElse,
    Due(Batch),
}

/// Rejections that are announced together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Batch {
    window: u64,
    /// Each once.
    pub files: Vec<RejectedFile>,
    pub more: u64,
}

impl Runs {
    /// Opens a window for a rejection, or adds it to the one that is open.
    pub async fn gather(
        &self,
        place: &str,
        rejection: &RejectedFile,
        now: Utc,
    ) -> Result<Gathered, ServiceError> {
        for _ in 0..ATTEMPTS {
            if self.open(place, now).await? {
                return Ok(Gathered::First);
            }
            if let Some(window) = self.add(place, rejection, now).await? {
                return Ok(Gathered::InWindow(window));
            }
        }
        Err(contended())
    }

    /// Closes this window of a place, unless that has been done.
    pub async fn close(&self, place: &str, window: u64, now: Utc) -> Result<Closing, ServiceError> {
        let id = rejections_id(place);
        for _ in 0..ATTEMPTS {
            let Some(item) = self.read(&id).await? else {
                return Ok(Closing::Nothing);
            };
            let (Some(open), Some(since)) = (
                number_in::<u64>(&item, "windowNumber"),
                number_in::<i64>(&item, "windowSince"),
            ) else {
                return Err(unreadable(&id));
            };
            if item.contains_key("closing") {
                return Ok(if since > now.unix_seconds() - MINUTE {
                    Closing::BySomebodyElse
                } else {
                    Closing::Due(batch(&item, "closing", "closingUnnamed", open))
                });
            }
            if open != window || !item.contains_key("rejected") {
                return Ok(Closing::Nothing);
            }
            if let Some(item) = self.move_aside(place, window, now).await? {
                return Ok(Closing::Due(batch(
                    &item,
                    "closing",
                    "closingUnnamed",
                    window + 1,
                )));
            }
        }
        Err(contended())
    }

    /// Clears away what has been announced.
    pub async fn announced(&self, place: &str, batch: &Batch) -> Result<(), ServiceError> {
        let request = self
            .update(place)
            .update_expression("REMOVE closing, closingUnnamed")
            .condition_expression("windowNumber = :window")
            .expression_attribute_values(":window", number(batch.window));
        // By somebody else, who announced it too.
        conditional(request).await.map(|_| ())
    }

    /// A minute has passed, and nothing waits: there is nothing to be told together with.
    async fn open(&self, place: &str, now: Utc) -> Result<bool, ServiceError> {
        let request = self
            .update(place)
            .update_expression(
                "SET windowNumber = if_not_exists(windowNumber, :none) + :one, \
                 windowSince = :now, expires = :expires",
            )
            .condition_expression(
                "attribute_not_exists(windowNumber) OR (windowSince <= :before \
                 AND attribute_not_exists(rejected) AND attribute_not_exists(closing))",
            )
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now.unix_seconds()))
            .expression_attribute_values(":before", number(now.unix_seconds() - MINUTE))
            .expression_attribute_values(":expires", number(now.unix_seconds() + KEPT));
        Ok(conditional(request).await?.is_some())
    }

    /// `None` if there is no window any more.
    async fn add(
        &self,
        place: &str,
        rejection: &RejectedFile,
        now: Utc,
    ) -> Result<Option<u64>, ServiceError> {
        let expires = number(now.unix_seconds() + KEPT);
        let named = self
            .update(place)
            .update_expression(
                "SET rejected = list_append(if_not_exists(rejected, :none), :one), \
                 expires = :expires",
            )
            .condition_expression(
                "attribute_exists(windowNumber) \
                 AND (attribute_not_exists(rejected) OR size(rejected) < :most)",
            )
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", AttributeValue::L(vec![rejected(rejection)]))
            .expression_attribute_values(":expires", expires.clone())
            .expression_attribute_values(":most", number(MAX_NAMED));
        let item = match conditional(named).await? {
            Some(item) => Some(item),
            None => {
                let counted = self
                    .update(place)
                    .update_expression(
                        "SET unnamed = if_not_exists(unnamed, :none) + :one, expires = :expires",
                    )
                    .condition_expression(
                        "attribute_exists(windowNumber) AND attribute_exists(rejected)",
                    )
                    .expression_attribute_values(":none", number(0))
                    .expression_attribute_values(":one", number(1))
                    .expression_attribute_values(":expires", expires);
                conditional(counted).await?
            }
        };
        Ok(item.and_then(|item| number_in(&item, "windowNumber")))
    }

    /// `None` if that window is not open any more.
    async fn move_aside(
        &self,
        place: &str,
        window: u64,
        now: Utc,
    ) -> Result<Option<Item>, ServiceError> {
        let request = self
            .update(place)
            .update_expression(
                "SET closing = rejected, closingUnnamed = if_not_exists(unnamed, :none), \
                 windowNumber = :next, windowSince = :now REMOVE rejected, unnamed",
            )
            .condition_expression(
                "windowNumber = :window AND attribute_exists(rejected) \
                 AND attribute_not_exists(closing)",
            )
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":window", number(window))
            .expression_attribute_values(":next", number(window + 1))
            .expression_attribute_values(":now", number(now.unix_seconds()));
        conditional(request).await
    }

    fn update(&self, place: &str) -> UpdateItemFluentBuilder {
        self.update_of(&rejections_id(place))
    }
}

/// How often one looks again when others are faster.
const ATTEMPTS: usize = 4;

/// An event that comes twice rejects its file twice: it is told once.
fn batch(item: &Item, files: &str, unnamed: &str, window: u64) -> Batch {
    let mut seen = HashSet::new();
    let mut files = rejections_in(item, files);
    files.retain(|rejection| seen.insert((rejection.file.clone(), rejection.reason.clone())));
    Batch {
        window,
        files,
        more: number_in(item, unnamed).unwrap_or_default(),
    }
}

fn rejections_id(place: &str) -> String {
    format!("rejections#{place}")
}
