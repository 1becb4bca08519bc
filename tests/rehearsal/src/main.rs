//! `cargo rehearse`: the demo, and a stack to work with.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use partner::Pki;
use rehearsal::commands::{measure, up_down};
use rehearsal::stack::setup;
use rehearsal::stack::state::State;
use rehearsal::stories::kek_export::{ceremony, report};
use rehearsal::{Stack, StackOptions, acme};
use tokio::signal::unix::{SignalKind, signal};
use workbench::{Progress, Project};

/// Rehearses a key ceremony on this machine.
///
/// Without a command: sets up what is missing, starts the local AWS over TLS with IAM enforced,
/// deploys the unmodified CDK app into it, drops a partner's certificates, shows the execution as
/// it goes, and lets the partner unwrap the KEK, recompute its check value and verify the
/// signature. The exit code is 0 only if all of that is true. Nothing stays running.
///
/// Needs Rust, Python 3.10 or later with venv, and Node.js 20 or later with npm.
#[derive(Parser)]
#[command(name = "rehearse", bin_name = "cargo rehearse", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Leave everything up after the ceremony, as `up` does
    #[arg(long)]
    keep: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Start a stack and leave it up; target/rehearsal/env holds its addresses for a shell
    Up,
    /// Stop the stack that is up
    Down,
    /// Measure each Lambda binary: size, cold start, peak memory
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
        None => demo(arguments.keep, progress).await,
        Some(Command::Up) => up_down::up(progress).await,
        Some(Command::Down) => up_down::down(progress),
        Some(Command::Measure) => measure::run(progress).await,
    }
}

async fn demo(keep: bool, progress: Progress) -> Result<()> {
    let started = Instant::now();
    let project = Project::locate();
    if keep && let Some(state) = State::load(&project)? {
        if state.is_healthy().await {
            anyhow::bail!("a stack is up already: `cargo rehearse down` stops it");
        }
        state.stop(&project)?;
    }
    // RSA-4096 takes its time: let another core do it while the rest is set up.
    let pki = std::thread::spawn(|| Pki::demo(acme::UID));
    let mut stack = if keep {
        up_down::start(progress).await?
    } else {
        let setup = setup::prepare(progress).await?;
        Stack::start_prepared(
            &setup,
            StackOptions {
                progress,
                ..StackOptions::default()
            },
        )
        .await?
    };
    let pki = pki
        .join()
        .ok()
        .context("making the partner's certificates")?;
    let outcome = ceremony(
        stack.connection(),
        &pki,
        &project.rehearsal().join("package"),
        progress,
    )
    .await;
    match outcome {
        Ok(ceremony) => report(&ceremony, progress),
        Err(error) => {
            stack.keep_files();
            rehearsal::logs::collect(&project, &stack).await;
            return Err(error.context(format!("logs are in {}", stack.logs().display())));
        }
    }
    acme::write(&pki, &project.rehearsal().join("partner"))?;
    if keep {
        up_down::leave_up(&project, stack)?;
        println!("{}", up_down::hints(&project));
    }
    progress.line(&format!(
        "  Total        {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
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
