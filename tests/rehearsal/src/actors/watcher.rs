//! What an operator and a partner do with a running stack.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use aws_sdk_ssm::types::ParameterType;
use serde_json::Value;

use crate::stack::connection::Connection;

const POLL: Duration = Duration::from_millis(100);

/// An execution of the ceremony, as it stands.
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

impl Connection {
    /// The operator writes a partner's profile; a present one is replaced.
    pub async fn put_profile(&self, partner: &str, profile: &str) -> Result<()> {
        self.ssm()?
            .put_parameter()
            .name(format!("/key-ceremony/partners/{partner}"))
            .value(profile)
            .r#type(ParameterType::String)
            .overwrite(true)
            .send()
            .await
            .with_context(|| format!("writing the profile of {partner}"))?;
        Ok(())
    }

    /// The partner drops a file. `key` is `<partner>/<environment>/<data-type>/<file>`. Returns
    /// the version that it became.
    pub async fn drop_file(&self, key: &str, bytes: impl Into<Vec<u8>>) -> Result<String> {
        let answer = self
            .s3()?
            .put_object()
            .bucket(self.output("INBOX_BUCKET")?)
            .key(key)
            .body(ByteStream::from(bytes.into()))
            .send()
            .await
            .with_context(|| format!("dropping {key}"))?;
        answer.version_id.context("the inbox is not versioned")
    }

    /// Every file of a bucket under a prefix, by its key without the prefix.
    pub async fn download(&self, bucket: &str, prefix: &str) -> Result<BTreeMap<String, Vec<u8>>> {
        let s3 = self.s3()?;
        let mut files = BTreeMap::new();
        let mut pages = s3
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("listing {bucket}/{prefix}"))?;
            for key in page.contents().iter().filter_map(|object| object.key()) {
                let context = || format!("reading {bucket}/{key}");
                let object = s3.get_object().bucket(bucket).key(key).send().await;
                let body = object.with_context(context)?.body.collect().await;
                let name = key.strip_prefix(prefix).unwrap_or(key).to_owned();
                files.insert(name, body.with_context(context)?.to_vec());
            }
        }
        Ok(files)
    }

    /// The package of a ceremony, whose id begins with the three folders that it lies in.
    pub async fn package(&self, folder: &str, ceremony: &str) -> Result<BTreeMap<String, Vec<u8>>> {
        let prefix = format!("{folder}/{ceremony}/");
        self.download(self.output("OUTBOX_BUCKET")?, &prefix).await
    }

    /// The executions of `kek-export` whose names begin with `prefix`, newest first.
    pub async fn executions(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        self.executions_by(&self.sfn()?, prefix).await
    }

    async fn executions_by(&self, sfn: &Client, prefix: &str) -> Result<Vec<(String, String)>> {
        let machine = self.output("KEK_EXPORT_STATE_MACHINE_ARN")?;
        let mut items = sfn
            .list_executions()
            .state_machine_arn(machine)
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

    /// Waits until an execution whose name begins with `prefix` has started; returns its ARN.
    pub async fn wait_for_start(&self, prefix: &str, timeout: Duration) -> Result<String> {
        let waiting = Instant::now();
        let sfn = self.sfn()?;
        loop {
            if let Some((_, arn)) = self.executions_by(&sfn, prefix).await?.into_iter().next() {
                return Ok(arn);
            }
            if waiting.elapsed() > timeout {
                bail!(
                    "no execution {prefix}* started within {} s",
                    timeout.as_secs()
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until an execution whose name begins with `prefix` has ended, well or not.
    pub async fn wait_execution(&self, prefix: &str, timeout: Duration) -> Result<Execution> {
        let waiting = Instant::now();
        let arn = self.wait_for_start(prefix, timeout).await?;
        let sfn = self.sfn()?;
        loop {
            let execution = describe(&sfn, &arn).await?;
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

    /// An execution as it stands.
    pub async fn describe(&self, arn: &str) -> Result<Execution> {
        describe(&self.sfn()?, arn).await
    }
}

pub(crate) async fn describe(sfn: &Client, arn: &str) -> Result<Execution> {
    let answer = sfn.describe_execution().execution_arn(arn).send().await;
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
