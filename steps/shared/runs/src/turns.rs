//! Turns at a service whose rate all callers in the account share.
//!
//! Whoever is about to make calls takes as many turns as it needs, one behind the other, and waits for its
//! own. Who comes next takes those after them, whichever execution it belongs to: however many fleets run
//! at once, together they make no more calls than the deployment says. Turns that nobody uses are lost, and
//! nothing else: the item says no more than when the next turn is free.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use step::ServiceError;

use crate::attributes::{number, number_in, unreadable};
use crate::{Item, Runs, conditional, contended};

/// A service, and how often it may be called.
#[derive(Clone, Debug)]
pub struct Turns {
    runs: Runs,
    id: String,
    every: Duration,
}

/// How often one looks again. Whoever finds that the last turn is over may find that somebody else has just
/// begun anew, and the other way round; both at once are rare.
const ATTEMPTS: usize = 8;

/// Longer than anybody waits for a turn.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

impl Turns {
    pub fn new(runs: Runs, service: &str, every: Duration) -> Self {
        Self {
            runs,
            id: format!("turns#{service}"),
            every,
        }
    }

    /// From one turn to the next.
    pub fn every(&self) -> Duration {
        self.every
    }

    /// Takes so many turns in a row, and says when the first one is. All times are since 1970.
    pub async fn take(&self, count: u32, now: Duration) -> Result<Duration, ServiceError> {
        let span = self.every * count;
        for _ in 0..ATTEMPTS {
            let behind = self
                .change("SET freeAt = freeAt + :span, expires = :expires", now)
                .condition_expression(":now <= freeAt")
                .expression_attribute_values(":span", number(span.as_micros()));
            if let Some(item) = conditional(behind).await? {
                return Ok(self.free_at(&item)?.saturating_sub(span));
            }
            let anew = self
                .change("SET freeAt = :after, expires = :expires", now)
                .condition_expression("attribute_not_exists(freeAt) OR freeAt < :now")
                .expression_attribute_values(":after", number((now + span).as_micros()));
            if conditional(anew).await?.is_some() {
                return Ok(now);
            }
        }
        Err(contended())
    }

    fn change(&self, expression: &str, now: Duration) -> UpdateItemFluentBuilder {
        self.runs
            .update_of(&self.id)
            .update_expression(expression)
            .expression_attribute_values(":now", number(now.as_micros()))
            .expression_attribute_values(":expires", number((now + KEPT).as_secs()))
    }

    fn free_at(&self, item: &Item) -> Result<Duration, ServiceError> {
        let micros = number_in(item, "freeAt").ok_or_else(|| unreadable(&self.id))?;
        Ok(Duration::from_micros(micros))
    }
}
