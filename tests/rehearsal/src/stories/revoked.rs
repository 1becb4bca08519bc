//! A partner's key is stolen, its authority revokes the certificate, and somebody drops it all the
//! same: the ceremony refuses, and says why.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_sfn::types::ExecutionStatus;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use partner::{Pki, Reason};
use serde_json::Value;

use super::{Scenario, Stage, follow, save};
use crate::acme;
use crate::actors::partner::{Files, files};
use crate::actors::{Execution, Folder, Operator, Partner, Watcher};
use crate::stack::KEY_CEREMONY;
use crate::stack::connection::Connection;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "revoked",
    about: "a partner's certificate was revoked: no key is made, and the proof is kept",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(Pki::builder(acme::UID).named(PARTNER).build()),
    tell: |stage| Box::pin(tell(stage)),
};

const PARTNER: &str = "revoked";

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let (connection, progress) = (stage.connection, stage.progress);
    let folder = Folder::new(PARTNER, "production", "cardholder");

    let step = progress.step("Onboarding the partner");
    let chain = Pki::builder(acme::UID).named(PARTNER);
    let pki = connection.revocation.enrol(PARTNER, chain)?;
    let profile = acme::profile(&folder, &pki);
    let operator = Operator::new(connection);
    operator.put_profile(&folder, &profile).await?;
    step.done("whose certificates must be proven not to be revoked");

    let step = progress.step("Its authority revokes the leaf");
    let revocation = &connection.revocation;
    revocation.revoke(PARTNER, "leaf.pem", Reason::KeyCompromise)?;
    let day = day_of(&revocation.folder(PARTNER).join("revoked"))?;
    step.done("keyCompromise");

    let step = progress.step("Dropping the certificates");
    let partner = Partner::new(connection, &folder);
    let count = partner.drops_chain(&pki).await?;
    step.done(&format!("{count} files in the inbox, under {folder}/"));

    let watcher = Watcher::new(connection, "kek-export")?;
    let (execution, _) = follow(&watcher, &folder, progress).await?;
    progress.line("");
    let cause = is_refused(&execution)?;
    for word in [day.as_str(), "key compromise"] {
        ensure!(
            cause.contains(word),
            "the cause does not say {word}: {cause}"
        );
    }

    let step = progress.step("Looking for keys");
    let keys = connection.management()?.keys_of(PARTNER).await?;
    ensure!(keys.is_empty(), "keys were made: {keys:?}");
    let calls = calls_for(connection, &folder, &pki).await?;
    ensure!(calls.is_empty(), "calls for the partner: {calls:?}");
    let package = partner.fetches(&execution.name).await?;
    ensure!(package.is_empty(), "the outbox holds {:?}", package.keys());
    step.done("none was created, imported or exported");

    let step = progress.step("Reading the evidence");
    let directory = stage.directory.join("revoked");
    let mut kept = watcher.evidence(&execution.name).await?;
    let record = record(&kept)?;
    for (file, certificate) in files(&pki) {
        kept.insert(file.into(), certificate.pem().into_bytes());
    }
    save(&directory, &kept)?;
    let (response, verdict) = verified(&directory, &kept)?;
    step.done(&format!("{response}, verified by openssl"));

    progress.line(&format!(
        "
  Ceremony     {}
  Refused as   {}
  Cause        {}
  Record       {record}
  openssl      {}
  Kept in      {}",
        execution.name,
        execution.error.as_deref().unwrap_or_default(),
        cause.replace('\n', "\n               "),
        verdict.trim().replace('\n', "\n               "),
        directory.display(),
    ));
    Ok(())
}

/// Ended as it should; returns what it says.
fn is_refused(execution: &Execution) -> Result<&str> {
    let Execution {
        status,
        error,
        cause,
        ..
    } = execution;
    let cause = cause.as_deref().unwrap_or_default();
    if *status != ExecutionStatus::Failed || error.as_deref() != Some("CertificateRevoked") {
        bail!("the ceremony ended as {status}, {error:?}: {cause}");
    }
    Ok(cause)
}

/// The requests to Payment Cryptography that name a key of this folder or a CA of this chain.
async fn calls_for(connection: &Connection, folder: &Folder, pki: &Pki) -> Result<Vec<Value>> {
    let authorities: Vec<String> = [&pki.root]
        .into_iter()
        .chain(&pki.intermediates)
        .map(|authority| format!("alias/key-ceremony/ca/{}", authority.sha256()))
        .collect();
    let keys = format!("/{folder}/");
    let mut answer = connection.management()?.requests().await?;
    let Value::Array(mut requests) = answer["requests"].take() else {
        bail!("the emulator has no log of requests");
    };
    requests.retain(|request| {
        let alias = request["aliasName"].as_str();
        alias.is_some_and(|alias| alias.contains(&keys) || authorities.iter().any(|ca| ca == alias))
    });
    Ok(requests)
}

/// The record of the failure, by its name.
fn record(evidence: &Files) -> Result<String> {
    let mut names = evidence.keys();
    let name = names.find(|name| name.starts_with("failure-"));
    let name = name.with_context(|| format!("there is no record in {:?}", evidence.keys()))?;
    let record: Value = serde_json::from_slice(&evidence[name]).context("reading the record")?;
    ensure!(record["step"] == "CheckRevocation", "not so: {record}");
    ensure!(record["error"] == "CertificateRevoked", "not so: {record}");
    Ok(name.clone())
}

/// The response that proves it, and what `openssl` says of it: as an auditor would, years later, with
/// nothing but the files.
fn verified(directory: &Path, files: &Files) -> Result<(String, String)> {
    let responses = files.keys().filter(|name| name.starts_with("revocation/"));
    for response in responses {
        let output = Command::new("openssl")
            .args(["ocsp", "-no_nonce", "-respin", response])
            .args(["-issuer", "intermediate.pem", "-cert", "leaf.pem"])
            .args(["-CAfile", "root.pem"])
            .current_dir(directory)
            .output()
            .context("running openssl")?;
        let text = [output.stderr, output.stdout].concat();
        let text = String::from_utf8_lossy(&text).replace('\t', "");
        let said = |words: &str| text.contains(words);
        if said("Response verify OK") && said("leaf.pem: revoked") && said("Reason: keyCompromise")
        {
            return Ok((response.clone(), text));
        }
    }
    bail!(
        "openssl finds no proof of the revocation in {}",
        directory.display()
    )
}

/// When a file was written last, as the day.
fn day_of(path: &Path) -> Result<String> {
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    let modified: SystemTime = modified.with_context(|| format!("reading {}", path.display()))?;
    let time = DateTime::from(modified).fmt(Format::DateTime)?;
    let (day, _) = time.split_once('T').context("a time has a day")?;
    Ok(day.to_owned())
}
