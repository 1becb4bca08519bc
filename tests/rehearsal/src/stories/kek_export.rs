//! A partner drops its certificates and gets a KEK: from onboarding to the partner's own
//! confirmation.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use partner::Opened;
use workbench::progress::Progress;

use super::{Scenario, Stage, States, follow, save};
use crate::acme;
use crate::actors::{Operator, Partner, Watcher};
use crate::stack::KEY_CEREMONY;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "kek-export",
    about: "a partner drops its certificates, and opens the package with the KEK wrapped for it",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: acme::make_keys,
    tell: |stage| Box::pin(tell(stage)),
};

/// What one ceremony makes: the KEK, and the public keys of the root and the issuing CA.
const KEYS: usize = 3;

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let (connection, progress) = (stage.connection, stage.progress);
    let folder = acme::folder();
    let pki = acme::pki(connection)?;
    let operator = Operator::new(connection);
    let partner = Partner::new(connection, &folder);

    let step = progress.step("Onboarding the partner");
    acme::write(&pki, &stage.directory.join("partner"))?;
    let profile = acme::profile(&folder, &pki);
    operator.put_profile(&folder, &profile).await?;
    step.done(&folder.partner);

    let started = Instant::now();
    let step = progress.step("Dropping the certificates");
    let count = partner.drops_chain(&pki).await?;
    step.done(&format!("{count} files in the inbox, under {folder}/"));

    let watcher = Watcher::new(connection, SCENARIO.name)?;
    let (execution, states) = follow(&watcher, &folder, progress).await?;
    let took = started.elapsed();
    execution.must_have_succeeded()?;
    progress.line("");

    let step = progress.step("Fetching the package");
    let package = stage.directory.join("package");
    let files = partner.fetches(&execution.name).await?;
    if files.is_empty() {
        let id = &execution.name;
        bail!("the ceremony succeeded, but the outbox holds no package of {id}");
    }
    save(&package, &files)?;
    step.done(&format!(
        "{} files, kept in {}",
        files.len(),
        package.display()
    ));

    let step = progress.step("The partner opens it");
    let opened = partner.opens(files, &pki.leaf).await?;
    step.done(&format!(
        "{} unwrapped with {}, the key in Payment Cryptography",
        opened.manifest.kek.algorithm, opened.manifest.wrapping.key_algorithm
    ));

    let keys = connection.management()?.keys_of(&folder.partner).await?;
    if keys.len() != KEYS {
        bail!("{KEYS} keys were to be made, not {}: {keys:?}", keys.len());
    }
    report(&execution.name, &opened, took, &states, progress);
    Ok(())
}

/// The partner's verdicts and the times, for people.
fn report(id: &str, opened: &Opened, took: Duration, states: &States, progress: Progress) {
    let states: Vec<String> = states
        .iter()
        .map(|(state, took)| format!("{state} {} ms", took.as_millis()))
        .collect();
    progress.line(&format!(
        "
  Ceremony     {id}
  KCV          {}, recomputed by the partner from the unwrapped key: as given
  Signature    {}, verified over prefix and cryptogram
  Files        {}, each with the digest on the signed list
  Ceremony     {:.1} s from the drop to Succeeded
  States       {}",
        opened.kcv,
        opened.manifest.signature.algorithm,
        opened.files,
        took.as_secs_f64(),
        states.join(", "),
    ));
}
