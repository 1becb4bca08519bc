//! `cargo rehearse`: the scenarios, and a stack to work with.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};
use rehearsal::commands::{measure, tell, up_down};
use rehearsal::stories::{SCENARIOS, Scenario};
use tokio::signal::unix::{SignalKind, signal};
use workbench::Progress;

/// Rehearses a key ceremony on this machine.
///
/// Without a command: sets up what is missing, starts the local AWS over TLS with IAM enforced,
/// deploys the unmodified CDK app into it, and tells a scenario. The default, kek-export, drops a
/// partner's certificates, shows the execution as it goes, and lets the partner unwrap the KEK,
/// recompute its check value and verify the signature. The exit code is 0 only if all of that is
/// true. Nothing stays running.
///
/// Needs Rust, Python 3.10 or later with venv, and Node.js 20 or later with npm.
#[derive(Parser)]
#[command(
    name = "rehearse",
    bin_name = "cargo rehearse",
    version,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The scenario to tell
    #[arg(long, value_name = "NAME", value_parser = names(), default_value = SCENARIOS[0].name)]
    scenario: String,
    /// Name the scenarios, and do nothing else
    #[arg(long)]
    list: bool,
    /// Leave everything up after the scenario, as `up` does
    #[arg(long)]
    keep: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Start a stack and leave it up; target/rehearsal/env holds its addresses for a shell
    Up,
    /// Stop the stack that is up
    Down,
    /// Measure each Lambda binary as it goes to AWS: size, cold start, peak memory
    Measure,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = tokio::select! {
        result = run(arguments) => result,
        // Leaving the future behind stops all that it started.
        signal = interruption() => signal.and_then(|name| anyhow::bail!("stopped by {name}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo rehearse: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let progress = Progress::detect();
    match arguments.command {
        Some(Command::Up) => up_down::up(progress).await,
        Some(Command::Down) => up_down::down(progress),
        Some(Command::Measure) => measure::run(progress).await,
        None if arguments.list => {
            print!("{}", tell::list());
            Ok(())
        }
        None => {
            let scenario = Scenario::named(&arguments.scenario).context("no such scenario")?;
            tell::run(scenario, arguments.keep, progress).await
        }
    }
}

fn names() -> PossibleValuesParser {
    SCENARIOS
        .iter()
        .map(|scenario| scenario.name)
        .collect::<Vec<_>>()
        .into()
}

async fn interruption() -> Result<&'static str> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut hang_up = signal(SignalKind::hangup()).context("listening for SIGHUP")?;
    Ok(tokio::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
        _ = hang_up.recv() => "the end of the terminal",
    })
}
