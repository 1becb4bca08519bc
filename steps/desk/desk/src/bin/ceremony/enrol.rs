//! `ceremony enrol`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ceremony::enrolment::{OwnKey, RequestOrder, SigningKeyAlgorithm};
use ceremony::utc::Utc;
use desk::enrol::{Deployment, Error, Status, request, told};
use desk::terminal::{plain, plain_json};

use crate::could_not_run;
use crate::profile::word;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Ask for a certificate of one of our signing keys
    ///
    /// The request (PKCS#10) goes to the standard output or to a new file; what to do with it goes to
    /// the standard error. The same order twice makes no second key. Exit code: 0 if there is a
    /// request, 2 if not.
    Request(Request),
    /// Tell which certificates are installed, until when, and which were asked for
    ///
    /// Exit code: 0, or 1 if an installed certificate has ended, or 2 if it could not look.
    Status(Look),
}

#[derive(clap::Args)]
pub(crate) struct Request {
    /// package-signing or tr34
    #[arg(value_name = "KEY", value_parser = word::<OwnKey>)]
    key: OwnKey,
    /// The name in the certificate, RFC 4514 [default: that of the request before]
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Ask for a key that takes the place of the installed one; it is made, or is the newest of the deployment
    #[arg(long)]
    new_key: bool,
    /// Of a key that is made in Payment Cryptography: RSA_2048, RSA_3072 or RSA_4096 [default: RSA_3072]
    #[arg(long, value_name = "ALGORITHM", value_parser = word::<SigningKeyAlgorithm>)]
    key_algorithm: Option<SigningKeyAlgorithm>,
    /// Write the request to this file, which must not be there yet
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The CloudFormation stack of the deployment
    #[arg(long, value_name = "NAME", default_value = "KeyCeremony")]
    stack: String,
    /// Print a JSON document instead of the request
    #[arg(long, conflicts_with = "out")]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct Look {
    /// The CloudFormation stack of the deployment
    #[arg(long, value_name = "NAME", default_value = "KeyCeremony")]
    stack: String,
    /// Print a JSON document instead of a table
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: Command) -> ExitCode {
    let outcome = match command {
        Command::Request(arguments) => Box::pin(ask(arguments)).await,
        Command::Status(arguments) => Box::pin(look(arguments)).await,
    };
    outcome.unwrap_or_else(|error| could_not_run(&error))
}

async fn ask(arguments: Request) -> Result<ExitCode, Failed> {
    // Before a key is made of which there would be no request here.
    if let Some(file) = arguments.out.as_deref().filter(|file| file.exists()) {
        return Err(Failed::exists(file));
    }
    let config = step::sdk_config().await;
    let deployment = Deployment::read(&config, &arguments.stack).await;
    let order = RequestOrder {
        key: arguments.key,
        subject: arguments.subject,
        new_key: arguments.new_key,
        key_algorithm: arguments.key_algorithm,
    };
    let requested = request(&config, &deployment.function()?, &order).await?;
    if arguments.json {
        let document = serde_json::to_string_pretty(&requested).map_err(io::Error::from)?;
        println!("{}", plain_json(&document));
        return Ok(ExitCode::SUCCESS);
    }
    match &arguments.out {
        Some(file) => write_new(file, &requested.csr)?,
        None => print!("{}", requested.csr),
    }
    let inbox = deployment.inbox_bucket().ok();
    let told = told(&requested, arguments.out.as_deref(), inbox.as_deref());
    eprint!("{}", plain(&told));
    Ok(ExitCode::SUCCESS)
}

async fn look(arguments: Look) -> Result<ExitCode, Failed> {
    let config = step::sdk_config().await;
    let deployment = Deployment::read(&config, &arguments.stack).await;
    let (s3, ssm) = (
        aws_sdk_s3::Client::new(&config),
        aws_sdk_ssm::Client::new(&config),
    );
    let bucket = deployment.evidence_bucket()?;
    let status = Status::read(&s3, &ssm, &bucket, Utc::now()).await?;
    if arguments.json {
        println!("{}", status.json());
    } else {
        print!("{}", status.table());
    }
    Ok(ExitCode::from(u8::from(status.has_ended())))
}

fn write_new(file: &Path, contents: &str) -> Result<(), Failed> {
    let written = OpenOptions::new().write(true).create_new(true).open(file);
    match written.and_then(|mut file| file.write_all(contents.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failed::exists(file)),
        Err(error) => Err(Failed::Output(error)),
    }
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Enrol(#[from] Error),
    #[error("{0} is there already; it is not overwritten")]
    Exists(String),
    #[error("the request cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Failed {
    fn exists(file: &Path) -> Self {
        Self::Exists(file.display().to_string())
    }
}
