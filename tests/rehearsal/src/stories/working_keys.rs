//! A partner has got its KEK; we order working keys for it, and it opens their key blocks.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use partner::{OpenedKeys, Package, Pki};
use serde_json::{Value, json};

use super::{Scenario, Stage, States, follow, follow_next, save};
use crate::acme;
use crate::actors::{Folder, Operator, Partner, Requester, Watcher};
use crate::stack::KEY_CEREMONY;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "working-keys",
    about: "we order an existing and a new working key, and the partner opens them under its KEK",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(Pki::builder(acme::UID).named(PARTNER).build()),
    tell: |stage| Box::pin(tell(stage)),
};

const PARTNER: &str = "working-keys";

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let (connection, progress) = (stage.connection, stage.progress);
    let folder = Folder::new(PARTNER, "production", "cardholder");
    let partner = Partner::new(connection, &folder);

    let step = progress.step("Onboarding the partner");
    let chain = Pki::builder(acme::UID).named(PARTNER);
    let pki = connection.revocation.enrol(PARTNER, chain)?;
    let mut profile = acme::profile(&folder, &pki);
    profile["workingKeyExport"] = json!({
        "orders": { "usages": ["M6", "P0"], "algorithms": ["AES_128"], "newKeys": true },
    });
    Operator::new(connection)
        .put_profile(&folder, &profile)
        .await?;
    step.done("which may be sent keys for PINs and MACs, if we order them");

    let step = progress.step("Sending it a KEK");
    partner.drops_chain(&pki).await?;
    let watcher = Watcher::new(connection, "kek-export")?;
    let (execution, _) = follow(&watcher, &folder, progress).await?;
    execution.must_have_succeeded()?;
    let files = partner.fetches(&execution.name).await?;
    let kek = partner.opens(files, &pki.leaf).await?;
    step.done(&format!("KCV {}", kek.kcv));

    let telling = Telling {
        stage,
        folder: &folder,
        kek: kek.kek.expose(),
    };
    let pin = json!({ "name": "pin", "usage": "P0", "algorithm": "AES_128", "modes": "B" });
    let first = order(&[pin]);
    let (first_id, opened, ..) = telling.ordered("first", &first, &[]).await?;
    let made = opened.keys[0].kcv.clone();

    let alias = format!("alias/key-ceremony/keys/{folder}/pin");
    let existing = json!({ "name": "pin-again", "key": alias, "exportability": "E" });
    let mac = json!({ "name": "mac", "usage": "M6", "algorithm": "AES_128", "modes": "C" });
    let second = order(&[existing, mac]);
    let known = [first_id.as_str()];
    let (id, opened, took, states) = telling.ordered("second", &second, &known).await?;
    let [again, mac] = &opened.keys[..] else {
        anyhow::bail!("two keys were ordered: {:?}", opened.keys);
    };
    ensure!(again.kcv == made, "the existing key is another one");

    let keys = connection.management()?.keys_of(PARTNER).await?;
    let working = keys
        .iter()
        .filter(|key| key["tags"]["key-ceremony:purpose"] == "working");
    ensure!(working.count() == 2, "two keys were to be made: {keys:?}");
    let states: Vec<String> = states
        .iter()
        .map(|(state, took)| format!("{state} {} ms", took.as_millis()))
        .collect();
    progress.line(&format!(
        "
  Ceremony     {id}
  KEK          {}, established by {}
  Keys         {} {} and {} {}, opened from their TR-31 blocks by the partner
  Files        {}, each with the digest on the signed list
  Ceremony     {:.1} s from the order to Succeeded
  States       {}",
        kek.kcv,
        execution.name,
        again.name,
        again.kcv,
        mac.name,
        mac.kcv,
        opened.files,
        took.as_secs_f64(),
        states.join(", "),
    ));
    Ok(())
}

fn order(keys: &[Value]) -> Value {
    json!({ "version": 1, "kek": "current", "keys": keys })
}

pub(super) struct Telling<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) folder: &'a Folder,
    /// That of the partner, in the clear.
    pub(super) kek: &'a [u8],
}

impl Telling<'_> {
    /// Places an order, follows its ceremony, and has the partner open what comes.
    pub(super) async fn ordered(
        &self,
        name: &str,
        order: &Value,
        known: &[&str],
    ) -> Result<(String, OpenedKeys, Duration, States)> {
        let Stage {
            connection,
            progress,
            directory,
            ..
        } = *self.stage;
        let started = Instant::now();
        let step = progress.step("Ordering working keys");
        let requester = Requester::new(connection, self.folder);
        requester.orders(name, order).await?;
        step.done(&format!("{}/orders/{name}.json", self.folder));

        let watcher = Watcher::new(connection, "working-key-export")?;
        let (execution, states) = follow_next(&watcher, self.folder, known, progress).await?;
        let took = started.elapsed();
        execution.must_have_succeeded()?;
        progress.line("");

        let step = progress.step("The partner opens the key blocks");
        let partner = Partner::new(connection, self.folder);
        let files = partner.fetches(&execution.name).await?;
        save(&directory.join(format!("keys-{name}")), &files)?;
        let opened = Package::from_files(files).open_keys(self.kek);
        let opened = opened.context("the partner says no")?;
        let management = connection.management()?;
        for key in &opened.keys {
            let holds = management.holds(&key.key_arn, key.key.expose()).await?;
            ensure!(holds, "{} is not the key in Payment Cryptography", key.name);
        }
        let told: Vec<String> = opened
            .keys
            .iter()
            .map(|key| key.key.header.clone())
            .collect();
        step.done(&told.join(", "));
        Ok((execution.name, opened, took, states))
    }
}
