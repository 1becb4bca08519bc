//! The unmodified `cdk bootstrap` and `cdk deploy`, pointed at the local AWS.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::stack::binaries;
use crate::stack::connection::{ACCOUNT, Connection, REGION};
use crate::stack::setup::Setup;
use workbench::process::{Lifetime, run};
use workbench::progress::Progress;

/// The CDK stack.
const STACK: &str = "KeyCeremony";

/// Deploys the CDK app and returns the outputs of its stack by their names in the environment.
pub async fn deploy(
    setup: &Setup,
    connection: &Connection,
    directory: &Path,
    logs: &Path,
    context: &[(String, String)],
    progress: Progress,
) -> Result<BTreeMap<String, String>> {
    let cdk = Cdk {
        setup,
        connection,
        directory,
    };
    let assembly = directory.join("cdk.out");

    // Neither needs the other, and bootstrapping is mostly waiting.
    let mut step = progress.step("cdk bootstrap, cdk synth");
    let mut unseen = Progress::Quiet.step("");
    let mut bootstrap = cdk.command("bootstrap");
    // Where there is no app: it would be synthesised, although the environment alone matters.
    bootstrap
        .arg(format!("aws://{ACCOUNT}/{REGION}"))
        .current_dir(directory);
    let mut synth = cdk.command("synth");
    synth
        .args(["--quiet", "--output"])
        .arg(&assembly)
        .args(cdk_context(setup, context)?);
    let (first_log, second_log) = (logs.join("cdk-bootstrap.log"), logs.join("cdk-synth.log"));
    tokio::try_join!(
        run(
            "cdk bootstrap",
            &mut bootstrap,
            &first_log,
            None,
            &mut unseen
        ),
        run("cdk synth", &mut synth, &second_log, None, &mut step),
    )?;
    step.done("");

    let mut step = progress.step("cdk deploy");
    let outputs = directory.join("outputs.json");
    let mut command = cdk.command("deploy");
    command
        .args([STACK, "--require-approval", "never", "--app"])
        .arg(&assembly);
    command.arg("--outputs-file").arg(&outputs);
    run(
        "cdk deploy",
        &mut command,
        &logs.join("cdk-deploy.log"),
        None,
        &mut step,
    )
    .await?;
    let outputs = read_outputs(&outputs)?;
    step.done(&format!("{} outputs", outputs.len()));
    Ok(outputs)
}

struct Cdk<'a> {
    setup: &'a Setup,
    connection: &'a Connection,
    directory: &'a Path,
}

impl Cdk<'_> {
    fn command(&self, subcommand: &str) -> Command {
        let mut command = Lifetime::Leashed.command(&self.setup.node.join("cdk"));
        command
            .arg(subcommand)
            .args(["--ci", "--no-color", "--no-notices"])
            .current_dir(self.setup.project.infra_cdk())
            // It keeps caches and settings at home; none of them may change what happens here.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.directory.join("home"))
            .env("CDK_DISABLE_CLI_TELEMETRY", "true")
            .envs(self.connection.environment());
        command
    }
}

/// The context values that the app gets: its binaries, and what the caller adds.
fn cdk_context(setup: &Setup, more: &[(String, String)]) -> Result<Vec<String>> {
    let own = [
        (
            "architecture".to_owned(),
            binaries::architecture()?.to_owned(),
        ),
        (
            "lambdaDir".to_owned(),
            setup.binaries.lambdas.display().to_string(),
        ),
    ];
    let values = own.iter().chain(more);
    Ok(values
        .flat_map(|(name, value)| ["--context".into(), format!("{name}={value}")])
        .collect())
}

fn read_outputs(file: &Path) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("reading the outputs in {}", file.display()))?;
    let document: Value = serde_json::from_str(&text).context("reading the outputs")?;
    let stack = document[STACK]
        .as_object()
        .context("the stack has no outputs")?;
    stack
        .iter()
        .map(|(name, value)| {
            let value = value
                .as_str()
                .with_context(|| format!("output {name} is no string"))?;
            Ok((upper_snake(name), value.to_owned()))
        })
        .collect()
}

/// `InboxBucket` is called `INBOX_BUCKET` in an environment.
fn upper_snake(pascal: &str) -> String {
    let mut name = String::new();
    for (index, letter) in pascal.chars().enumerate() {
        if index > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_environment_names() {
        assert_eq!(upper_snake("InboxBucket"), "INBOX_BUCKET");
        assert_eq!(
            upper_snake("KekExportStateMachineArn"),
            "KEK_EXPORT_STATE_MACHINE_ARN"
        );
    }
}
