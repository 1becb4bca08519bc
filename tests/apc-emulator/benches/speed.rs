//! How fast the emulator starts, and how many requests it answers: `cargo bench -p apc-emulator`.
//!
//! Figures of one run can be compared with each other, not with those of another machine or day.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use apc_emulator::{Config, Emulator, EmulatorHandle};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

const STARTS: usize = 21;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 4;

fn main() -> Result<()> {
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(time_to_listen()?);
    }
    starts.sort();
    println!(
        "from start to listening: median {:.1} ms, slowest {:.1} ms ({STARTS} starts)",
        milliseconds(starts[STARTS / 2]),
        milliseconds(starts[STARTS - 1])
    );

    println!("requests per second over {CONNECTIONS} connections, median of {ROUNDS} rounds:");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure_requests())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// How long the program takes until it says that it listens.
fn time_to_listen() -> Result<Duration> {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_apc-emulator"))
        .args(["--listen", "127.0.0.1:0"])
        .env_remove("AWS_ACCESS_KEY_ID")
        .stdout(Stdio::piped())
        .spawn()?;
    let output = BufReader::new(child.stdout.take().context("no output")?);
    let listening = output
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("listening on"));
    let elapsed = start.elapsed();
    child.kill()?;
    child.wait()?;
    ensure!(listening, "the emulator did not start");
    Ok(elapsed)
}

async fn measure_requests() -> Result<()> {
    let emulator = Emulator::start(Config::default()).await?;
    let mut client = connect(&emulator).await?;
    let kek = create_key(&mut client, "TR31_K0_KEY_ENCRYPTION_KEY").await?;
    let moved = create_key(&mut client, "TR31_D0_SYMMETRIC_DATA_ENCRYPTION_KEY").await?;
    let parameters = json!({
        "KeyMaterialType": "TR34_KEY_BLOCK", "WrappingKeyAlgorithm": "RSA_3072",
    });
    let import = call(&mut client, "GetParametersForImport", &parameters).await?;
    let parameters = json!({
        "KeyMaterialType": "TR34_KEY_BLOCK", "SigningKeyAlgorithm": "RSA_2048",
    });
    let export = call(&mut client, "GetParametersForExport", &parameters).await?;
    let root = json!({ "KeyMaterial": { "RootCertificatePublicKey": {
        "KeyAttributes": {
            "KeyUsage": "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE",
            "KeyClass": "PUBLIC_KEY",
            "KeyAlgorithm": "RSA_4096",
            "KeyModesOfUse": { "Verify": true },
        },
        "PublicKeyCertificate": import["WrappingKeyCertificateChain"],
    } } });
    let authority = call(&mut client, "ImportKey", &root).await?["Key"]["KeyArn"].clone();

    let export_as =
        |material: Value| json!({ "ExportKeyIdentifier": moved, "KeyMaterial": material });
    for (name, operation, body) in [
        ("GetKey", "GetKey", json!({ "KeyIdentifier": kek })),
        ("ListKeys", "ListKeys", json!({})),
        (
            "ExportKey as TR-31",
            "ExportKey",
            export_as(json!({ "Tr31KeyBlock": { "WrappingKeyIdentifier": kek } })),
        ),
        (
            "ExportKey by RSA wrap",
            "ExportKey",
            export_as(json!({ "KeyCryptogram": {
                "CertificateAuthorityPublicKeyIdentifier": authority,
                "WrappingKeyCertificate": import["WrappingKeyCertificate"],
            } })),
        ),
        (
            "ExportKey as TR-34",
            "ExportKey",
            export_as(json!({ "Tr34KeyBlock": {
                "CertificateAuthorityPublicKeyIdentifier": authority,
                "WrappingKeyCertificate": import["WrappingKeyCertificate"],
                "ExportToken": export["ExportToken"],
                "KeyBlockFormat": "X9_TR34_2012",
            } })),
        ),
    ] {
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            rates.push(rate(&emulator, operation, &body).await?);
        }
        rates.sort_by(f64::total_cmp);
        println!("{:>9.0}  {name}", rates[ROUNDS / 2]);
    }
    emulator.shutdown().await;
    Ok(())
}

/// Requests per second while every connection sends one after another.
async fn rate(emulator: &EmulatorHandle, operation: &'static str, body: &Value) -> Result<f64> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(connect(emulator).await?);
    }
    let start = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut client| {
            let body = body.clone();
            tokio::spawn(async move {
                let mut answered = 0_u32;
                while start.elapsed() < ROUND {
                    call(&mut client, operation, &body).await?;
                    answered += 1;
                }
                anyhow::Ok(answered)
            })
        })
        .collect();
    let mut answered = 0;
    for task in tasks {
        answered += task.await??;
    }
    Ok(f64::from(answered) / start.elapsed().as_secs_f64())
}

type Client = SendRequest<Full<Bytes>>;

async fn connect(emulator: &EmulatorHandle) -> Result<Client> {
    let address = emulator.url().trim_start_matches("http://");
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (client, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn create_key(client: &mut Client, usage: &str) -> Result<Value> {
    let key = json!({
        "KeyAttributes": {
            "KeyUsage": usage,
            "KeyClass": "SYMMETRIC_KEY",
            "KeyAlgorithm": "AES_128",
            "KeyModesOfUse": { "Encrypt": true, "Decrypt": true, "Wrap": true, "Unwrap": true },
        },
        "Exportable": true,
    });
    Ok(call(client, "CreateKey", &key).await?["Key"]["KeyArn"].clone())
}

async fn call(client: &mut Client, operation: &str, body: &Value) -> Result<Value> {
    let request = Request::post("/")
        .header("host", "localhost")
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "x-amz-target",
            format!("PaymentCryptographyControlPlane.{operation}"),
        )
        .body(Full::from(body.to_string()))?;
    client.ready().await?;
    let answer = client.send_request(request).await?;
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(serde_json::from_slice(&body)?)
}
