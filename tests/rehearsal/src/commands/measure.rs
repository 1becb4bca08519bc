//! `cargo rehearse measure`: size, cold start and peak memory of every Lambda binary as it goes to
//! AWS.
//!
//! Everything else is rehearsed with the profile of the tests. Here the steps are built with
//! `cargo build --release` and deployed so, because how large they are and how fast they start says
//! nothing in another profile.
//!
//! The cold start is that of the process alone: from its start until it asks the Lambda Runtime
//! API for its first event. The CPU of a first invocation is what a process has used by the end of
//! one ceremony in which it served one event, its start included. Memory is the peak of the
//! resident set as Linux counts it, once at that moment, and once after every scenario, in the
//! processes that served them.

mod processes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::commands::elsewhere::SecondStack;
use crate::stack::binaries::Profile;
use crate::stack::setup;
use crate::stack::{Stack, StackOptions};
use crate::stories::{self, SCENARIOS, Stage};
use processes::{best, cpu_time, peak_resident, served};
use workbench::process::{Group, Lifetime};
use workbench::progress::Progress;

const RUNS: usize = 20;
const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Starts a stack, tells every scenario on it, and prints one line per binary.
pub async fn run(progress: Progress) -> Result<()> {
    let setup = setup::prepare_with(Profile::Release, progress).await?;
    let options = StackOptions {
        progress,
        stacks: stories::stacks(),
        ..StackOptions::default()
    };
    let stack = Stack::start_prepared(&setup, options).await?;
    let second = SecondStack::new(Profile::Release, progress);
    let unpacked = stack.directory().join("tmp");
    let mut first_invocations = BTreeMap::new();
    for scenario in SCENARIOS {
        let stage = Stage {
            connection: stack.connection(),
            elsewhere: &second,
            directory: stack.directory(),
            progress,
        };
        (scenario.tell)(&stage).await?;
        if first_invocations.is_empty() {
            // Of several processes of one step, one that served a single event.
            let cpu = served(&unpacked, &setup.binaries.steps, cpu_time)?;
            first_invocations = best(cpu, Duration::min);
        }
    }
    let after = served(&unpacked, &setup.binaries.steps, peak_resident)?;
    let after = best(after, u64::max);
    let environments = environments(&setup.project.python().join("bin/aws"), &stack)?;

    println!(
        "\n  step             size      cold start   first invocation   at first /next   \
         after ceremonies"
    );
    for (step, binary) in &setup.binaries.steps {
        let size = fs::metadata(binary)
            .with_context(|| format!("{}", binary.display()))?
            .len();
        // A step that no machine has yet is built, and not deployed.
        let Some(environment) = environment_of(step, &environments) else {
            println!("  {step:<14} {:>6.1} MiB   not deployed", mebibytes(size));
            continue;
        };
        let mut starts = Vec::new();
        for _ in 0..RUNS {
            starts.push(cold_start(binary, environment, &stack).await?);
        }
        starts.sort_by_key(|start| start.took);
        let median = starts[RUNS / 2].took.as_secs_f64() * 1000.0;
        let resident = starts.iter().filter_map(|start| start.resident).max();
        println!(
            "  {step:<14} {:>6.1} MiB   {median:>7.1} ms   {:>12} CPU   {:>14}   {:>16}",
            mebibytes(size),
            show(first_invocations.get(step).copied().map(milliseconds)),
            show(resident.map(mebibytes_text)),
            show(after.get(step).copied().map(mebibytes_text)),
        );
    }
    let sum: Duration = first_invocations.values().sum();
    println!(
        "\n  A cold ceremony takes {} of CPU in {} functions.",
        milliseconds(sum),
        first_invocations.len(),
    );
    Ok(())
}

struct Start {
    took: Duration,
    resident: Option<u64>,
}

/// Starts a binary with a Runtime API that never has an event for it.
async fn cold_start(
    binary: &Path,
    environment: &BTreeMap<String, String>,
    stack: &Stack,
) -> Result<Start> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("a fake Runtime API")?;
    let address = listener.local_addr().context("a fake Runtime API")?;
    let log = stack.logs().join("cold-start.log");
    // Not leashed: the leash is a shell, and its start would be measured too.
    let mut command = Lifetime::Detached.command(binary);
    command
        .env_clear()
        .envs(stack.environment())
        .env("SSL_CERT_FILE", &stack.ca)
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "measured")
        .envs(environment);
    let started = Instant::now();
    let mut group = Group::spawn("a Lambda", &mut command, &log)?;
    let asked = tokio::time::timeout(TIMEOUT, first_request(&listener)).await;
    let took = started.elapsed();
    let resident = peak_resident(group.id());
    group.must_be_running()?;
    let (request, _open) = asked.context("the Lambda never asked for an event")??;
    if !request.starts_with(NEXT) {
        bail!("the Lambda did not ask for an event, but: {request}");
    }
    Ok(Start { took, resident })
}

/// The first line of the first request, and its connection: a Lambda ends when that is closed.
async fn first_request(listener: &TcpListener) -> Result<(String, TcpStream)> {
    let (mut stream, _) = listener.accept().await.context("a fake Runtime API")?;
    let mut buffer = [0; 1024];
    let length = stream
        .read(&mut buffer)
        .await
        .context("a fake Runtime API")?;
    let text = String::from_utf8_lossy(&buffer[..length]);
    Ok((text.lines().next().unwrap_or_default().to_owned(), stream))
}

/// The environment variables of every deployed function, by the function's name.
fn environments(aws: &Path, stack: &Stack) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    let output = Command::new(aws)
        .args(["lambda", "list-functions", "--output", "json"])
        .envs(stack.environment())
        .output()
        .context("running the AWS CLI")?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let functions = answer["Functions"].as_array().context("no functions")?;
    functions
        .iter()
        .map(|function| {
            let name = function["FunctionName"]
                .as_str()
                .context("a function without a name")?;
            let variables = &function["Environment"]["Variables"];
            let variables = serde_json::from_value(variables.clone()).unwrap_or_default();
            Ok((name.to_owned(), variables))
        })
        .collect()
}

/// CloudFormation makes a function's name from the construct's, which is the step's, without
/// hyphens. The shortest name that contains it is the step's own (`sign`, `signing-csr`).
fn environment_of<'a>(
    step: &str,
    environments: &'a BTreeMap<String, BTreeMap<String, String>>,
) -> Option<&'a BTreeMap<String, String>> {
    let plain = step.replace('-', "");
    environments
        .iter()
        .filter(|(name, _)| name.to_lowercase().contains(&plain))
        .min_by_key(|(name, _)| name.len())
        .map(|(_, variables)| variables)
}

fn show(measured: Option<String>) -> String {
    measured.unwrap_or_else(|| "–".into())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn mebibytes_text(bytes: u64) -> String {
    format!("{:.1} MiB", mebibytes(bytes))
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_found_by_its_function() {
        let names = [
            "KeyCeremonyStepssignFunction01",
            "KeyCeremonyCsrsigningcsrFunction0123",
        ];
        let environments: BTreeMap<_, _> = names
            .map(|name| {
                (
                    name.to_owned(),
                    BTreeMap::from([("NAME".into(), name.into())]),
                )
            })
            .into();
        assert_eq!(
            environment_of("sign", &environments).unwrap()["NAME"],
            names[0]
        );
        assert_eq!(
            environment_of("signing-csr", &environments).unwrap()["NAME"],
            names[1]
        );
        assert_eq!(environment_of("wrap", &environments), None);
    }
}
