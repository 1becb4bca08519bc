//! What executions wait for, in the table `waiting`: how a rehearsal lets days pass.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::Blob;
use serde_json::{Value, json};

use crate::stack::connection::Connection;

// By the middle of their names, around which the ids of constructs are.
const SWEEP: &str = "sweepwaits";
const TAKE: &str = "takeanswer";

/// For the execution to come to the state that waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// An item of the table.
struct Wait {
    dynamodb: aws_sdk_dynamodb::Client,
    table: String,
    id: String,
}

pub(super) async fn see_waiting(
    connection: &Connection,
    ceremony: &str,
    awaited: &str,
    subject: &str,
) -> Result<()> {
    let lambda = aws_sdk_lambda::Client::new(&connection.sdk_config()?);
    let sweep = function(&lambda, SWEEP).await?;
    let wait = Wait::new(connection, &lambda, &sweep, ceremony, awaited).await?;
    wait.is_open(subject).await.map(drop)
}

/// Sets the deadline of a wait back to when it began, and has the sweep run as its clock would have it.
///
/// No token is touched: what encrypts it binds it to what is awaited, and not to the time.
pub(super) async fn let_time_pass(
    connection: &Connection,
    ceremony: &str,
    awaited: &str,
    subject: &str,
) -> Result<()> {
    let lambda = aws_sdk_lambda::Client::new(&connection.sdk_config()?);
    let sweep = function(&lambda, SWEEP).await?;
    let wait = Wait::new(connection, &lambda, &sweep, ceremony, awaited).await?;
    wait.set_back(subject).await?;
    let swept = invoke(connection, &sweep, &json!({})).await?;
    ensure!(swept["errorType"].is_null(), "the sweep failed: {swept}");
    Ok(())
}

pub(super) async fn bring_again(
    connection: &Connection,
    key: &str,
    version_id: &str,
) -> Result<Value> {
    let lambda = aws_sdk_lambda::Client::new(&connection.sdk_config()?);
    let take = function(&lambda, TAKE).await?;
    let event = json!({
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        // Longer ago than it is waited for.
        "time": "2026-01-01T00:00:00Z",
        "detail": { "object": { "key": key, "version-id": version_id } },
    });
    invoke(connection, &take, &event).await
}

impl Wait {
    async fn new(
        connection: &Connection,
        lambda: &aws_sdk_lambda::Client,
        sweep: &str,
        ceremony: &str,
        awaited: &str,
    ) -> Result<Self> {
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&connection.sdk_config()?),
            table: variable(lambda, sweep, "WAITING_TABLE").await?,
            id: format!("wait#{ceremony}#{awaited}"),
        })
    }

    async fn set_back(&self, subject: &str) -> Result<()> {
        let began = self.is_open(subject).await?;
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let number = |value: &str| AttributeValue::N(value.to_owned());
        let update =
            "SET deadline = :began, dueAt = :past, reminders = :none, revision = revision + :one";
        self.dynamodb
            .update_item()
            .table_name(&self.table)
            .key("id", text(&self.id))
            .update_expression(update)
            .condition_expression("subject = :subject AND #state = :open")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":began", text(&began))
            .expression_attribute_values(":past", number("0"))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", number("1"))
            .expression_attribute_values(":subject", text(subject))
            .expression_attribute_values(":open", text("open"))
            .send()
            .await
            .with_context(|| format!("setting back the deadline of {}", self.id))?;
        Ok(())
    }

    /// When it began, as soon as an answer about that subject is waited for.
    async fn is_open(&self, subject: &str) -> Result<String> {
        let waiting = Instant::now();
        loop {
            let answer = self
                .dynamodb
                .get_item()
                .table_name(&self.table)
                .key("id", AttributeValue::S(self.id.clone()))
                .consistent_read(true)
                .send()
                .await
                .with_context(|| format!("reading {}", self.id))?;
            let item = answer.item.unwrap_or_default();
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
            let is = |name, expected: &str| text(name).is_some_and(|found| found == expected);
            if is("subject", subject) && is("state", "open") {
                let began = text("enteredAt");
                return began.cloned().context("a wait begins at a time");
            }
            if waiting.elapsed() > PATIENCE {
                bail!(
                    "{} waits for no answer about {subject} within {} s",
                    self.id,
                    PATIENCE.as_secs()
                );
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The one deployed function that has this in its name.
async fn function(lambda: &aws_sdk_lambda::Client, part: &str) -> Result<String> {
    let mut functions = lambda.list_functions().into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(function) = functions.next().await {
        let name = function.context("listing functions")?.function_name;
        found.extend(name.filter(|name| name.contains(part)));
    }
    match <[String; 1]>::try_from(found) {
        Ok([name]) => Ok(name),
        Err(found) => bail!("functions with {part} in their names: {found:?}"),
    }
}

/// Of a function's environment.
async fn variable(lambda: &aws_sdk_lambda::Client, function: &str, name: &str) -> Result<String> {
    let request = lambda.get_function_configuration().function_name(function);
    let answer = request.send().await;
    let answer = answer.with_context(|| format!("describing {function}"))?;
    let variables = answer
        .environment
        .and_then(|environment| environment.variables);
    let value = variables.and_then(|mut variables| variables.remove(name));
    value.with_context(|| format!("{function} has no {name}"))
}

/// What a function answers.
pub(super) async fn invoke(
    connection: &Connection,
    function: &str,
    event: &Value,
) -> Result<Value> {
    let lambda = aws_sdk_lambda::Client::new(&connection.sdk_config()?);
    let payload = Blob::new(event.to_string());
    let invoked = lambda.invoke().function_name(function).payload(payload);
    let answer = invoked.send().await;
    let answer = answer.with_context(|| format!("invoking {function}"))?;
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    serde_json::from_slice(&payload).with_context(|| format!("the answer of {function}"))
}
