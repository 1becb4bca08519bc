//! Whoever watches a ceremony: sees its executions start, go and end.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;

use crate::actors::follow::{Moment, follow};
use crate::stack::connection::Connection;

const POLL: Duration = Duration::from_millis(100);

/// An execution of a ceremony, as it stands.
#[derive(Clone, Debug)]
pub struct Execution {
    pub arn: String,
    /// Also the ceremony's id.
    pub name: String,
    pub status: ExecutionStatus,
    pub input: Value,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
}

impl Execution {
    /// Fails, with the error and what it says, unless the execution has succeeded.
    pub fn must_have_succeeded(&self) -> Result<()> {
        if self.status != ExecutionStatus::Succeeded {
            bail!(
                "the ceremony ended as {}: {}\n{}",
                self.status,
                self.error.as_deref().unwrap_or("no error"),
                self.cause.as_deref().unwrap_or("no cause"),
            );
        }
        Ok(())
    }
}

/// The watcher of one kind of ceremony.
#[derive(Clone, Debug)]
pub struct Watcher<'a> {
    connection: &'a Connection,
    machine: &'a str,
    sfn: Client,
}

impl<'a> Watcher<'a> {
    /// `ceremony` is the state machine's name, such as `kek-export`.
    pub fn new(connection: &'a Connection, ceremony: &str) -> Result<Self> {
        let output = ceremony.to_uppercase().replace('-', "_") + "_STATE_MACHINE_ARN";
        Ok(Self {
            connection,
            machine: connection.output(&output)?,
            sfn: connection.sfn()?,
        })
    }

    /// The executions whose names begin with `prefix`, newest first: name and ARN.
    pub async fn executions(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let mut items = self
            .sfn
            .list_executions()
            .state_machine_arn(self.machine)
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.context("listing executions")?;
            if item.name.starts_with(prefix) {
                found.push((item.name, item.execution_arn));
            }
        }
        Ok(found)
    }

    /// Waits until an execution has started whose name begins with `prefix` and is not among
    /// `known`; returns its ARN.
    pub async fn start_of(
        &self,
        prefix: &str,
        known: &[&str],
        timeout: Duration,
    ) -> Result<String> {
        let waiting = Instant::now();
        loop {
            let executions = self.executions(prefix).await?;
            let new = executions
                .into_iter()
                .find(|(name, _)| !known.contains(&name.as_str()));
            if let Some((_, arn)) = new {
                return Ok(arn);
            }
            if waiting.elapsed() > timeout {
                bail!(
                    "no execution {prefix}* besides {known:?} started within {} s",
                    timeout.as_secs()
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until an execution has ended, well or not.
    pub async fn end_of(&self, arn: &str, timeout: Duration) -> Result<Execution> {
        let waiting = Instant::now();
        loop {
            let execution = self.describe(arn).await?;
            if execution.status != ExecutionStatus::Running {
                return Ok(execution);
            }
            if waiting.elapsed() > timeout {
                bail!(
                    "{} has not ended within {} s",
                    execution.name,
                    timeout.as_secs()
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Follows an execution to its end, telling every moment as it comes.
    pub async fn follow(&self, arn: &str, tell: impl FnMut(&Moment)) -> Result<Execution> {
        follow(self, &self.sfn, arn, tell).await
    }

    /// An execution as it stands.
    pub async fn describe(&self, arn: &str) -> Result<Execution> {
        let request = self.sfn.describe_execution().execution_arn(arn);
        let answer = request.send().await;
        let answer = answer.with_context(|| format!("describing {arn}"))?;
        let document = |text: Option<String>| -> Result<Option<Value>> {
            text.map(|text| serde_json::from_str(&text).context("a document of the execution"))
                .transpose()
        };
        Ok(Execution {
            arn: answer.execution_arn,
            name: answer.name.unwrap_or_default(),
            status: answer.status,
            input: document(answer.input)?.unwrap_or_default(),
            output: document(answer.output)?,
            error: answer.error,
            cause: answer.cause,
        })
    }

    /// The evidence of a ceremony, by file name.
    pub async fn evidence(&self, ceremony: &str) -> Result<super::partner::Files> {
        let bucket = self.connection.output("EVIDENCE_BUCKET")?;
        self.connection
            .download(bucket, &format!("{ceremony}/"))
            .await
    }
}
