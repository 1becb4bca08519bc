//! The local AWS: everything but Payment Cryptography.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::stack::connection::{ACCOUNT, CREDENTIALS};
use crate::stack::http::{self, Trust};
use crate::stack::tls::Tls;
use workbench::process::{Group, Lifetime, log_tail};
use workbench::progress::Step;

const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Between choosing a free port and listening on it, somebody else may take it.
const ATTEMPTS: usize = 3;

/// What a stack decides about its ministack.
#[derive(Debug)]
pub struct Settings<'a> {
    /// The interpreter that has ministack among its packages.
    pub python: &'a Path,
    /// What starts it: see `ministack/start.py` beside `src`.
    pub script: &'a Path,
    pub directory: &'a Path,
    pub logs: &'a Path,
    pub tls: &'a Tls,
    pub payment_cryptography: &'a str,
    pub region: &'a str,
    pub wait_scale: f64,
    pub lifetime: Lifetime,
}

/// Starts ministack and waits until it answers. Returns its URL too.
pub async fn start(
    settings: &Settings<'_>,
    trust: &Trust,
    step: &mut Step,
) -> Result<(Group, String)> {
    let mut failure = None;
    for _ in 0..ATTEMPTS {
        let port = free_port()?;
        match try_start(settings, port, trust, step).await {
            Ok(started) => return Ok(started),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.context("ministack was never started")?)
}

async fn try_start(
    settings: &Settings<'_>,
    port: u16,
    trust: &Trust,
    step: &mut Step,
) -> Result<(Group, String)> {
    let url = format!("https://127.0.0.1:{port}");
    let scratch = settings.directory.join("tmp");
    std::fs::create_dir_all(&scratch).context("making a directory for temporary files")?;
    let mut command = settings.lifetime.command(settings.python);
    // Lambdas inherit this environment, so it starts empty: what is set on the machine for AWS,
    // proxies or TLS must not reach them.
    command
        // Its neighbours are imported from the checkout, which stays as it is.
        .arg("-B")
        .arg(settings.script)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", settings.directory.join("home"))
        // It unpacks Lambdas here, under names that only differ by port.
        .env("TMPDIR", &scratch)
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("USE_SSL", "1")
        .env("MINISTACK_SSL_CERT", &settings.tls.certificate)
        .env("MINISTACK_SSL_KEY", &settings.tls.key)
        .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
        .env("MINISTACK_REGION", settings.region)
        // IAM is enforced; whoever has the credentials below is the account's root user.
        .env("AUTH", "true")
        .env("AWS_ACCESS_KEY_ID", CREDENTIALS.0)
        .env("AWS_SECRET_ACCESS_KEY", CREDENTIALS.1)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("CLOUDTRAIL_RECORDING", "1")
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("SFN_WAIT_SCALE", settings.wait_scale.to_string())
        // These three are for the Lambdas.
        .env("AWS_ENDPOINT_URL", &url)
        .env(
            "AWS_ENDPOINT_URL_PAYMENT_CRYPTOGRAPHY",
            settings.payment_cryptography,
        )
        .env("SSL_CERT_FILE", &settings.tls.ca)
        .env("AWS_CA_BUNDLE", &settings.tls.ca);
    let mut group = Group::spawn("ministack", &mut command, settings.logs)?;
    let health = format!("{url}/_ministack/health");
    let started = Instant::now();
    while let Err(error) = http::call("GET", &health, None, trust).await {
        group.must_be_running()?;
        if started.elapsed() > START_TIMEOUT {
            bail!(
                "ministack does not answer: {error:#}{}",
                log_tail(settings.logs)
            );
        }
        step.at("waiting for it to answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Somebody else's server on that port would have answered as well, were its CA ours.
    group.must_be_running()?;
    Ok((group, url))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener
        .local_addr()
        .context("looking for a free port")?
        .port())
}
