//! Clients that know nothing of this project: Python programs with boto3, the AWS CLI and a
//! partner's own cryptography, each against an emulator of its own.
//!
//! The programs lie beside this file; each is a module of unit tests. They find the emulator by
//! their environment alone, as any program written for the real service does.
//!
//! | folder or file | holds |
//! | --- | --- |
//! | `partner_crypto/` | what a partner has: TR-31, TR-34, key agreement, DUKPT, certificates |
//! | `operations/` | all operations through boto3, what they refuse, and faults |
//! | `exchanges/` | keys that travel, in every form and both directions |
//! | `public_clients/` | what AWS's published sample clients do, step by step |
//! | `certificate_chains.py` | certificates and requests, judged by `openssl` |
//! | `command_line.py` | the AWS CLI |
//! | `vectors.py` | `partner_crypto/` itself, before it judges others |

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use apc_emulator::{Config, Emulator, EmulatorHandle, Tls};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use workbench::{Progress, prepare_python};

/// How many operations the control plane has.
const OPERATIONS: usize = 32;

#[tokio::test]
async fn boto3_calls_every_operation() {
    let emulator = pass(EVERY_OPERATION).await;
    let requests = emulator.controls().requests();
    let called: BTreeSet<_> = requests
        .iter()
        .filter(|request| request.outcome == "ok")
        .map(|request| request.operation.as_str())
        .collect();
    assert_eq!(called.len(), OPERATIONS, "{called:?}");
}

const EVERY_OPERATION: &[&str] = &[
    "operations.certificates",
    "operations.keys",
    "operations.settings",
];

/// One test per line, each with the programs that it runs one after the other.
macro_rules! tests {
    ($($name:ident: $($program:literal)+;)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                pass(&[$($program),+]).await;
            }
        )+

        const PROGRAMS: &[&[&str]] = &[EVERY_OPERATION, $(&[$($program),+]),+];
    };
}

tests! {
    agreed_keys: "exchanges.key_agreement";
    as2805_cryptograms: "exchanges.as2805";
    certificates_and_requests_by_openssl: "certificate_chains";
    constraints_of_the_published_model: "operations.constraints";
    dukpt_initial_keys: "exchanges.initial_keys";
    exchanges_of_any_shape: "exchanges.random_exchanges";
    faults: "operations.faults";
    keys_wrapped_by_openssl: "exchanges.by_openssl";
    public_clients: "public_clients.ecdh" "public_clients.rsa_wrap" "public_clients.tr34";
    refusals: "operations.refusals" "operations.unusable_keys";
    rsa_cryptograms: "exchanges.rsa_wrap";
    the_aws_command_line: "command_line";
    the_partners_own_cryptography: "vectors";
    tr31_key_blocks: "exchanges.key_blocks";
    tr34_exports: "exchanges.tr34_export";
    tr34_imports: "exchanges.tr34_import";
}

#[tokio::test]
async fn boto3_and_the_aws_command_line_over_https() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    // Trusted as the root of itself, which is all that a certificate bundle needs.
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let tls = Tls {
        certificate: folder.path().join("certificate.pem"),
        key: folder.path().join("key.pem"),
    };
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(&tls.certificate, certificate.pem()).unwrap();
    std::fs::write(&tls.key, key.serialize_pem()).unwrap();
    for programs in [&["operations.keys"], &["command_line"]] {
        let emulator = pass_with(Some(tls.clone()), programs).await;
        assert!(emulator.url().starts_with("https://"));
    }
}

#[test]
fn every_program_is_run() {
    let run: BTreeSet<_> = PROGRAMS.iter().copied().flatten().copied().collect();
    let mut there = BTreeSet::new();
    for folder in ["", "exchanges", "operations", "public_clients"] {
        for entry in std::fs::read_dir(directory().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_python = path.extension().is_some_and(|extension| extension == "py");
            if is_python
                && std::fs::read_to_string(&path)
                    .unwrap()
                    .contains("def test_")
            {
                let name = path.file_stem().unwrap().to_str().unwrap();
                let module = [folder, name].join(".");
                there.insert(module.trim_start_matches('.').to_owned());
            }
        }
    }
    assert!(there.iter().map(String::as_str).eq(run), "{there:?}");
}

/// Runs programs against a new emulator, which it returns when all of their tests passed.
async fn pass(programs: &'static [&str]) -> EmulatorHandle {
    pass_with(None, programs).await
}

/// The same, over HTTPS if there is a certificate for it.
async fn pass_with(tls: Option<Tls>, programs: &'static [&str]) -> EmulatorHandle {
    let python = prepare_python(Progress::Quiet).await.unwrap();
    let config = Config {
        tls: tls.clone(),
        ..Config::default()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let mut command = command(programs, &python, &emulator);
    if let Some(tls) = tls {
        command.env("AWS_CA_BUNDLE", tls.certificate);
    }
    // The emulator serves from this thread meanwhile.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let report = report(&output);
    assert!(output.status.success(), "{programs:?} failed:\n{report}");
    assert!(
        report.contains("\nOK"),
        "{programs:?} ran no test:\n{report}"
    );
    for request in emulator.controls().requests() {
        // What SDKs would retry, unless a test asked for it, and what the service does not know.
        let forbidden = ["InternalServerException", "NotEmulatedException"];
        let outcome = request.outcome.as_str();
        assert!(
            request.fault.is_some() || !forbidden.contains(&outcome),
            "{programs:?}: {request:?}"
        );
    }
    emulator
}

/// Programs in an environment that has the emulator in it and nothing of the machine.
fn command(programs: &[&str], python: &Path, emulator: &EmulatorHandle) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path);
    let path = std::env::join_paths([python.to_owned()].into_iter().chain(path)).unwrap();
    let mut command = Command::new(python.join("python"));
    command
        .args(["-B", "-W", "ignore", "-m", "unittest", "--verbose"])
        .args(programs)
        .current_dir(directory())
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", path)
        .env("AWS_ENDPOINT_URL_PAYMENT_CRYPTOGRAPHY", emulator.url())
        .env("APC_MANAGEMENT_URL", emulator.management_url().unwrap())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    if let Some(seed) = std::env::var_os("EXCHANGES_SEED") {
        command.env("EXCHANGES_SEED", seed);
    }
    command
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// What the programs said. They print no key.
fn report(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}
