//! `ceremony`: what people do at their desks. Commands are in the library, one module each.

mod check;
mod enrol;
mod preflight;
mod profile;
mod working_keys;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Works with Key Ceremony from a desk.
#[derive(Parser)]
#[command(name = "ceremony", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tell what a ceremony would say to certificates, or to an order, before they are dropped
    ///
    /// Needs no AWS account and asks nothing of one. Exit code: 0 if the ceremony would go on, 1 if
    /// a file would be rejected, something is missing, or the ceremony would be refused, 2 if it
    /// could not look.
    Check(check::Arguments),
    /// Ask for certificates of our signing keys, and tell which there are
    ///
    /// Run it as the operator role; region and credentials are those of the AWS SDKs' environment
    /// variables and files.
    #[command(subcommand)]
    Enrol(enrol::Command),
    /// Look whether the account is ready, before the first ceremony and after every deployment
    ///
    /// Run it as the operator role; region and credentials are those of the AWS SDKs' environment
    /// variables and files. It changes nothing but an alias of its own in Payment Cryptography,
    /// which it removes. Exit code: 0 if no check failed, 1 if one did, 2 if it could not run to its
    /// end.
    Preflight(preflight::Arguments),
    /// Write the profile of a partner's folder, or look at one
    #[command(subcommand)]
    Profile(profile::Command),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Check(arguments) => check::run(arguments).await,
        Command::Enrol(command) => enrol::run(command).await,
        Command::Preflight(arguments) => preflight::run(arguments).await,
        Command::Profile(command) => profile::run(command),
    }
}

/// It did not run to its end, so that nothing can be said of what it did not look at.
const COULD_NOT_RUN: u8 = 2;

fn could_not_run(error: &dyn std::error::Error) -> ExitCode {
    let error = desk::terminal::plain(&error.to_string());
    eprintln!("ceremony: {error}");
    ExitCode::from(COULD_NOT_RUN)
}
