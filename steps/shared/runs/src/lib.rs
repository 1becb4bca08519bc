//! The DynamoDB table `runs`, all of it.
//!
//! | item | says |
//! | --- | --- |
//! | `set#<digest>` | which run of a certificate set was begun last, and with which input |
//! | `day#<kind>#<folder>#<date>` | how many ceremonies a folder has begun on a day |
//! | `folder#<kind>#<folder>` | which ceremony of a folder was begun last |
//! | `rejections#<place>` | rejections that wait to be announced together |
//! | `turns#<service>` | until when callers of a service have taken all turns |
//!
//! Key is the one attribute `id`; `expires` is when an item may go, which those of sets and folders
//! never do. Every change is one write with a condition, so that a crash leaves it done or not done.

mod attributes;
mod numbers;
mod rejections;
mod turns;

pub use numbers::{Run, Taken};
pub use rejections::{Batch, Closing, Gathered, MAX_NAMED};
pub use turns::Turns;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use step::ServiceError;

/// An item as the table holds it.
type Item = HashMap<String, AttributeValue>;

/// The table, and how it is reached.
#[derive(Clone, Debug)]
pub struct Runs {
    client: Client,
    table: String,
}

impl Runs {
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// What the item holds now, not a moment ago.
    async fn read(&self, id: &str) -> Result<Option<Item>, ServiceError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(id.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| ServiceError::new("dynamodb:GetItem", &error))?;
        Ok(answer.item)
    }

    /// A change of the item, to be given a condition.
    fn update_of(&self, id: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(id.to_owned()))
            .return_values(ReturnValue::AllNew)
    }
}

/// The item after the write; `None` if the condition was not met.
async fn conditional(request: UpdateItemFluentBuilder) -> Result<Option<Item>, ServiceError> {
    match request.send().await {
        Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
        Err(error) if is_condition(&error) => Ok(None),
        Err(error) => Err(ServiceError::new("dynamodb:UpdateItem", &error)),
    }
}

fn is_condition<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn contended() -> ServiceError {
    ServiceError::ServiceThrottled {
        operation: "dynamodb:UpdateItem",
        detail: "others changed the same item each time".to_owned(),
    }
}
