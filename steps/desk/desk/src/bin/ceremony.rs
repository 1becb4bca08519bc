//! `ceremony`: what people do at their desks. Commands are in the library, one module each.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use desk::preflight::{self, Options, Stop};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Works with Key Ceremony from a desk.
///
/// Region and credentials are those of the AWS SDKs' environment variables and files.
#[derive(Parser)]
#[command(name = "ceremony", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Look whether the account is ready, before the first ceremony and after every deployment
    ///
    /// Run it as the operator role. It changes nothing but an alias of its own in Payment
    /// Cryptography, which it removes. Exit code: 0 if no check failed, 1 if one did, 2 if it could
    /// not run to its end.
    Preflight(Preflight),
}

#[derive(clap::Args)]
struct Preflight {
    /// The CloudFormation stack of the deployment
    #[arg(long, value_name = "NAME", default_value = "KeyCeremony")]
    stack: String,
    /// The folder `cdk.out` of the deployment, to compare the code of the functions with
    #[arg(long, value_name = "DIR")]
    code: Option<PathBuf>,
    /// Print a JSON document instead of a table
    #[arg(long)]
    json: bool,
    /// Leave account ids and session names out of what is printed
    #[arg(long)]
    redact: bool,
}

/// It did not run to its end, so that nothing can be said of what it did not look at.
const COULD_NOT_RUN: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Command::Preflight(arguments) = arguments.command;
    let stop = match signals() {
        Ok(stop) => stop,
        Err(error) => return could_not_run(&error),
    };
    let options = Options {
        stack: arguments.stack,
        code: arguments.code,
    };
    let told = std::io::stderr().is_terminal();
    let mut progress = |check: &str| {
        if told {
            eprintln!("looking at: {check}");
        }
    };
    let config = step::sdk_config().await;
    let report = match preflight::run(&config, &options, stop, &mut progress).await {
        Ok(report) => report,
        Err(error) => return could_not_run(&error),
    };
    let failed = report.failed();
    let report = if arguments.redact {
        report.redacted()
    } else {
        report
    };
    if arguments.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.table());
    }
    ExitCode::from(u8::from(failed))
}

fn could_not_run(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("ceremony: {error}");
    ExitCode::from(COULD_NOT_RUN)
}

/// Ctrl-C and its like end a check in its middle; what it had made it still removes.
fn signals() -> std::io::Result<Stop> {
    let (sender, stop) = watch::channel(false);
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let (mut signals, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                sender.send_replace(true);
            }
        });
    }
    Ok(Stop::new(stop))
}
