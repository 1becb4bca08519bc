//! `ceremony preflight`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use desk::preflight::{self, Options, Stop};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::could_not_run;

#[derive(clap::Args)]
pub(crate) struct Arguments {
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

pub(crate) async fn run(arguments: Arguments) -> ExitCode {
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
