//! No KEK, but a certificate of the partner's: we order the initial keys of its terminals by TR-34, and it
//! opens each with its own key, and compares it with its own derivation.

use anyhow::{Context, Result, ensure};
use partner::terminal::follow_the_readme_with;
use partner::{KeyKind, Package, Pki, Receiver};
use serde_json::json;

use super::fleet::{Terminals, bdk};
use super::{Scenario, Stage, follow, save};
use crate::acme;
use crate::actors::{Folder, Operator, Partner, Requester, Watcher};
use crate::stack::KEY_CEREMONY;

const NAME: &str = "ipek-tr34";

pub(super) const SCENARIO: Scenario = Scenario {
    name: NAME,
    about: "we order the initial keys of five terminals by TR-34, under the partner's certificate",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(chain().build()),
    tell: |stage| Box::pin(tell(stage)),
};

fn chain() -> partner::PkiBuilder {
    Pki::builder(acme::UID)
        .named(NAME)
        .leaf_key(KeyKind::Rsa2048)
}

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let (connection, progress) = (stage.connection, stage.progress);
    let folder = Folder::new(NAME, "production", "cardholder");
    let partner = Partner::new(connection, &folder);
    let terminals = Terminals::of_tdes(5);

    let step = progress.step("Onboarding the partner");
    let pki = connection.revocation.enrol(NAME, chain())?;
    let base = bdk(connection, terminals.algorithm).await?;
    let mut profile = acme::profile(&folder, &pki);
    profile["rootCertificates"] = json!([pki.root.pem()]);
    profile["kekExport"]["exchange"] = json!({ "method": "tr34", "signer": "service" });
    let allowed = json!({ "keyArn": base, "algorithm": terminals.algorithm, "exchange": "tr34" });
    profile["workingKeyExport"] = json!({ "orders": { "bdks": { "pos": allowed } } });
    let operator = Operator::new(connection);
    operator.put_profile(&folder, &profile).await?;
    step.done(&format!(
        "whose {} initial keys travel by tr34",
        terminals.algorithm
    ));

    let step =
        progress.step("Ordering initial keys, with the partner's certificates beside the order");
    let requester = Requester::new(connection, &folder);
    requester
        .attaches("may", "leaf.pem", pki.leaf.pem())
        .await?;
    for (number, ca) in pki.intermediates.iter().enumerate() {
        let file = format!("issuing-{number}.crt");
        requester.attaches("may", &file, ca.pem()).await?;
    }
    let asked = json!({ "bdk": "pos", "terminals": terminals.numbers });
    let order = json!({ "version": 1, "initialKeys": asked });
    requester.orders("may", &order).await?;
    step.done(&format!(
        "of {} terminals, and under no KEK",
        terminals.numbers.len()
    ));

    let watcher = Watcher::new(connection, "working-key-export")?;
    let (execution, states) = follow(&watcher, &folder, progress).await?;
    execution.must_have_succeeded()?;
    let went = |name: &str| states.iter().any(|(state, _)| state == name);
    ensure!(
        went("CheckRevocation") && !went("FindKek"),
        "it went another way"
    );
    progress.line("");

    let step = progress.step("The partner derives every key and opens every block");
    let files = partner.fetches(&execution.name).await?;
    save(&stage.directory.join("initial-keys"), &files)?;
    let clear = connection.management()?.clear_key(&base).await?;
    let numbers: Vec<&str> = terminals.numbers.iter().map(String::as_str).collect();
    let package = Package::from_files(files.clone());
    let opened = package.open_initial_keys_tr34(&numbers, &Receiver::new(&pki.leaf), &clear);
    let opened = opened.context("the partner says no")?;
    ensure!(opened.kcvs.len() == numbers.len(), "some are missing");
    step.done(&format!("{} of {}", opened.kcvs.len(), numbers.len()));

    let step = progress.step("And the first by the commands of its README");
    let inventory: String = numbers.iter().map(|number| format!("{number}\n")).collect();
    let own = [("leaf.key", pki.leaf.key().pem()), ("inventory", inventory)];
    let printed = follow_the_readme_with(&files, &own).map_err(anyhow::Error::msg)?;
    ensure!(
        printed.contains(&opened.kcvs[0]),
        "another check value: {printed:?}"
    );
    step.done(&format!(
        "{} commands, none but openssl and coreutils",
        printed.len()
    ));

    let keys = connection.management()?.keys_of(&folder.partner).await?;
    // The public keys of root and issuing CA; the service has derived the rest, and keeps nothing.
    ensure!(keys.len() == 2, "two keys were to be made: {keys:?}");
    let states: Vec<String> = states
        .iter()
        .map(|(state, took)| format!("{state} {} ms", took.as_millis()))
        .collect();
    progress.line(&format!(
        "
  Ceremony     {}
  Files        {}, each with the digest on the signed list
  States       {}",
        execution.name,
        opened.files,
        states.join(", "),
    ));
    Ok(())
}
