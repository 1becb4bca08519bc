//! One whole ceremony, from the dropped certificates to the partner's own confirmation.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_sfn::types::ExecutionStatus;
use partner::{Opened, Package, Pki};

use crate::acme;
use crate::actors::follow::{Moment, follow};
use crate::stack::connection::Connection;
use workbench::progress::Progress;

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// What a ceremony came to.
#[derive(Debug)]
pub struct Ceremony {
    pub id: String,
    pub opened: Opened,
    /// From the first drop to the state Succeeded.
    pub took: Duration,
    /// Each state with the time it took, in the order in which they ended.
    pub states: Vec<(String, Duration)>,
}

/// Onboards the reference partner, drops its certificates, follows the execution, and lets the
/// partner open what comes out. The package is also written to `package`.
pub async fn ceremony(
    connection: &Connection,
    pki: &Pki,
    package: &Path,
    progress: Progress,
) -> Result<Ceremony> {
    let step = progress.step("Onboarding the partner");
    connection
        .put_profile(acme::PARTNER, &acme::profile(pki))
        .await?;
    step.done(acme::PARTNER);

    let started = Instant::now();
    let step = progress.step("Dropping the certificates");
    let files = acme::drop(pki);
    for (name, text) in &files {
        connection
            .drop_file(&format!("{}/{name}", acme::FOLDER), text.as_str())
            .await?;
    }
    step.done(&format!(
        "{} files in the inbox, under {}/",
        files.len(),
        acme::FOLDER
    ));

    let prefix = format!("{}-", acme::FOLDER.replace('/', "-"));
    let mut states = Vec::new();
    let arn = connection
        .wait_for_start(&prefix, START_TIMEOUT)
        .await
        .context(
            "the certificates were not accepted as a complete set, or their arrival went unnoticed",
        )?;
    progress.line(&format!("\n  {arn}"));
    let execution = follow(connection, &arn, |moment| {
        show(progress, moment);
        record(moment, &mut states);
    })
    .await?;
    let took = started.elapsed();
    if execution.status != ExecutionStatus::Succeeded {
        bail!(
            "the ceremony ended as {}: {}\n{}",
            execution.status,
            execution.error.as_deref().unwrap_or("no error"),
            execution.cause.as_deref().unwrap_or("no cause"),
        );
    }
    progress.line("");

    let step = progress.step("Fetching the package");
    let files = connection.package(acme::FOLDER, &execution.name).await?;
    if files.is_empty() {
        bail!(
            "the ceremony succeeded, but the outbox holds no package of {}",
            execution.name
        );
    }
    save(package, &files)?;
    step.done(&format!(
        "{} files, kept in {}",
        files.len(),
        package.display()
    ));

    let step = progress.step("The partner opens it");
    let opened = Package::from_files(files)
        .open(&pki.leaf)
        .context("the partner says no")?;
    step.done(&format!(
        "{} unwrapped with {}",
        opened.manifest.kek.algorithm, opened.manifest.wrapping.key_algorithm
    ));
    Ok(Ceremony {
        id: execution.name,
        opened,
        took,
        states,
    })
}

/// The partner's verdicts and the times, for people.
pub fn report(ceremony: &Ceremony, progress: Progress) {
    let (opened, manifest) = (&ceremony.opened, &ceremony.opened.manifest);
    let states: Vec<String> = ceremony
        .states
        .iter()
        .map(|(state, took)| format!("{state} {} ms", took.as_millis()))
        .collect();
    progress.line(&format!(
        "
  Ceremony     {}
  KCV          {}, recomputed by the partner from the unwrapped key: as given
  Signature    {}, verified over header and cryptogram
  Files        {}, each with the digest in the manifest
  Ceremony     {:.1} s from the drop to Succeeded
  States       {}",
        ceremony.id,
        opened.kcv,
        manifest.signature.algorithm,
        opened.files,
        ceremony.took.as_secs_f64(),
        states.join(", "),
    ));
}

fn show(progress: Progress, moment: &Moment) {
    match moment {
        Moment::Entered { state, at } => {
            progress.line(&format!("  {:>7.2} s  ▶ {state}", at.as_secs_f64()));
        }
        Moment::Exited {
            state,
            at,
            took,
            inside,
        } => {
            for part in inside {
                let took = part.took.as_millis();
                progress.line(&format!("  {:>9}  ·   {} ({took} ms)", "", part.step));
            }
            let (at, took) = (at.as_secs_f64(), took.as_millis());
            progress.line(&format!("  {at:>7.2} s  ■ {state} ({took} ms)"));
        }
    }
}

fn record(moment: &Moment, states: &mut Vec<(String, Duration)>) {
    if let Moment::Exited {
        state,
        took,
        inside,
        ..
    } = moment
    {
        states.extend(inside.iter().map(|part| (part.step.clone(), part.took)));
        states.push((state.clone(), *took));
    }
}

fn save(directory: &Path, files: &std::collections::BTreeMap<String, Vec<u8>>) -> Result<()> {
    let context = || format!("writing the package to {}", directory.display());
    if directory.exists() {
        std::fs::remove_dir_all(directory).with_context(context)?;
    }
    std::fs::create_dir_all(directory).with_context(context)?;
    for (name, bytes) in files {
        std::fs::write(directory.join(name), bytes).with_context(context)?;
    }
    Ok(())
}
