//! The unmodified `cdk bootstrap` and `cdk deploy`, pointed at the local AWS.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::stack::binaries;
use crate::stack::connection::{ACCOUNT, Connection};
use crate::stack::revocation;
use crate::stack::setup::Setup;
use workbench::process::{Lifetime, run};
use workbench::progress::Progress;

/// What is deployed, and where to.
#[derive(Debug)]
pub struct Deployment<'a> {
    pub setup: &'a Setup,
    pub connection: &'a Connection,
    /// For the synthesised app, the outputs, and what the CDK keeps at home.
    pub directory: &'a Path,
    /// The CDK stacks.
    pub stacks: &'a [String],
    /// Context values for the app, besides those that every stack needs.
    pub context: &'a [(String, String)],
}

impl Deployment<'_> {
    /// Deploys the stacks and returns the outputs of them all, by their names in the environment.
    pub async fn run(&self, logs: &Path, progress: Progress) -> Result<BTreeMap<String, String>> {
        let directory = self.directory;
        let assembly = directory.join("cdk.out");

        // Neither needs the other, and bootstrapping is mostly waiting.
        let mut step = progress.step("cdk bootstrap, cdk synth");
        let mut unseen = Progress::Quiet.step("");
        let mut bootstrap = self.command("bootstrap");
        // Where there is no app: it would be synthesised, although the environment alone matters.
        bootstrap
            .arg(format!("aws://{ACCOUNT}/{}", self.connection.region))
            .current_dir(directory);
        let mut synth = self.command("synth");
        synth
            .args(["--quiet", "--output"])
            .arg(&assembly)
            .args(self.context_arguments()?);
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
        let mut command = self.command("deploy");
        command
            .args(self.stacks)
            .args(["--require-approval", "never", "--app"])
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
        step.done(&format!(
            "{}: {} outputs",
            self.stacks.join(", "),
            outputs.len()
        ));
        Ok(outputs)
    }

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

    fn context_arguments(&self) -> Result<Vec<String>> {
        let own = [
            (
                "architecture".to_owned(),
                binaries::architecture()?.to_owned(),
            ),
            (
                "lambdaDir".to_owned(),
                self.setup.binaries.lambdas.display().to_string(),
            ),
            // The partners' services are on this machine, where no certificate may lead otherwise.
            (
                "revocationHosts".to_owned(),
                format!("[\"{}\"]", revocation::HOST),
            ),
            // The emulator has no quota, unless a story gives it one: nobody waits for a fleet.
            ("apcCallsPerSecond".to_owned(), "100".to_owned()),
        ];
        let values = own.iter().chain(self.context);
        Ok(values
            .flat_map(|(name, value)| ["--context".into(), format!("{name}={value}")])
            .collect())
    }
}

fn read_outputs(file: &Path) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("reading the outputs in {}", file.display()))?;
    merge_outputs(serde_json::from_str(&text).context("reading the outputs")?)
}

/// One map from the outputs of every stack. Names in an environment have no stack, so no two stacks
/// may use the same.
fn merge_outputs(
    stacks: BTreeMap<String, BTreeMap<String, String>>,
) -> Result<BTreeMap<String, String>> {
    let mut merged = BTreeMap::new();
    for (stack, outputs) in stacks {
        for (output, value) in outputs {
            let name = upper_snake(&output);
            if merged.insert(name, value).is_some() {
                bail!("stack {stack} is not the only one with the output {output}");
            }
        }
    }
    Ok(merged)
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

    fn stacks(pairs: [(&str, &str); 2]) -> BTreeMap<String, BTreeMap<String, String>> {
        pairs
            .map(|(stack, output)| {
                let outputs = BTreeMap::from([(output.to_owned(), "x".to_owned())]);
                (stack.to_owned(), outputs)
            })
            .into()
    }

    #[test]
    fn the_outputs_of_all_stacks_are_one_map() {
        let merged = merge_outputs(stacks([("One", "InboxBucket"), ("Two", "TableName")])).unwrap();
        let names: Vec<&str> = merged.keys().map(String::as_str).collect();
        assert_eq!(names, ["INBOX_BUCKET", "TABLE_NAME"]);
    }

    #[test]
    fn an_output_that_two_stacks_have_is_refused() {
        let merged = merge_outputs(stacks([("One", "InboxBucket"), ("Two", "InboxBucket")]));
        assert!(merged.is_err());
    }
}
