//! `apc-emulator`: the emulator as a program. See the README for what it is and is not.

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use apc_emulator::{
    AccountId, Config, Emulator, Latencies, Quotas, Region, StateConfig, StateError, Tls,
    check_environment,
};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// A test double of AWS Payment Cryptography. Never for production keys: whoever can connect can use
/// them, and whoever reaches the management port can read them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where clients connect; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// Serve HTTPS with this certificate (PEM, intermediates after it)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The region of requests whose signature names none
    #[arg(long, value_name = "REGION", default_value_t)]
    region: Region,
    /// The account of requests whose access key id is not an account id
    #[arg(long, value_name = "ID", default_value_t)]
    account: AccountId,
    /// Let tests look inside and inject faults, on this loopback address
    #[arg(long, value_name = "ADDR:PORT")]
    management: Option<SocketAddr>,
    /// Listen also on addresses that other machines can reach
    #[arg(long)]
    allow_remote_danger: bool,
    /// Keep keys and aliases in this file, encrypted with the key in APC_EMULATOR_STATE_KEY (64
    /// hexadecimal digits); without it they end with the emulator
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Enforce the quotas of an account and region: requests a second and at once, keys, aliases;
    /// what is left out is as AWS gives it [rate=5,burst=5,keys=2000,aliases=2000]
    #[arg(long, value_name = "LIST", num_args = 0..=1, default_missing_value = "")]
    quotas: Option<Quotas>,
    /// Answer as late as the service does, times a factor [1]
    #[arg(long, value_name = "FACTOR", num_args = 0..=1, default_missing_value = "1")]
    latencies: Option<Latencies>,
}

/// Ends every line at the start: nobody who looks at one of them shall take this for the service.
const WHAT_IT_IS: &str = concat!(
    "(apc-emulator ",
    env!("CARGO_PKG_VERSION"),
    ": a test double of AWS Payment Cryptography, not for production keys)"
);

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("apc-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    check_environment(std::env::var("AWS_ACCESS_KEY_ID").ok().as_deref())?;
    let state = arguments.state.map(state_config).transpose()?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let emulator = Emulator::start(Config {
        listen: arguments.listen,
        management: arguments.management,
        tls: arguments
            .tls_cert
            .zip(arguments.tls_key)
            .map(|(certificate, key)| Tls { certificate, key }),
        region: arguments.region,
        account: arguments.account,
        allow_remote_danger: arguments.allow_remote_danger,
        state: state.clone(),
        quotas: arguments.quotas,
        latencies: arguments.latencies,
    })
    .await?;
    if let Some(StateConfig { file, .. }) = state {
        println!("state in {} {WHAT_IT_IS}", file.display());
    }
    if let Some(url) = emulator.management_url() {
        println!("management on {url} {WHAT_IT_IS}");
    }
    println!("listening on {} {WHAT_IT_IS}", emulator.url());

    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    emulator.shutdown().await;
    Ok(())
}

/// The key is in the environment, so that it is in no list of processes and no shell history.
fn state_config(file: PathBuf) -> Result<StateConfig, StateError> {
    let key = std::env::var("APC_EMULATOR_STATE_KEY").map_err(|_| StateError::Key)?;
    Ok(StateConfig {
        file,
        key: key.parse()?,
    })
}
