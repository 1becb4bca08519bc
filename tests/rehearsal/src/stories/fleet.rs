//! A partner has got its KEK; we order the initial keys of its terminals, and it derives each itself and
//! compares.

use std::fmt::Write;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage, Tag,
};
use partner::{Package, Pki};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Scenario, Stage, follow, save};
use crate::acme;
use crate::actors::{Folder, Operator, Partner, Requester, Watcher};
use crate::stack::KEY_CEREMONY;
use crate::stack::connection::Connection;

pub(super) const THREE: Scenario = Scenario {
    name: "ipek",
    about: "we order the initial keys of three terminals, and the partner derives the same",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(Pki::builder(acme::UID).named("ipek").build()),
    tell: |stage| {
        Box::pin(async {
            let terminals = Terminals::of_tdes(3);
            let order = json!({ "terminals": terminals.numbers });
            tell(stage, "ipek", &terminals, order).await
        })
    },
};

pub(super) const FLEET: Scenario = Scenario {
    name: "ipek-fleet",
    about: "we order the initial keys of 300 terminals (or IPEK_FLEET of them) by a list of them",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(Pki::builder(acme::UID).named("ipek-fleet").build()),
    tell: |stage| {
        Box::pin(async {
            let terminals = Terminals::of_aes(size()?);
            let digest = hex::encode(Sha256::digest(terminals.csv()));
            let order = json!({ "inventory": { "file": LIST, "sha256": digest } });
            tell(stage, "ipek-fleet", &terminals, order).await
        })
    },
};

const LIST: &str = "fleet.csv";

fn size() -> Result<u32> {
    match std::env::var("IPEK_FLEET") {
        Ok(text) => text.parse().context("IPEK_FLEET is a number of terminals"),
        Err(_) => Ok(300),
    }
}

pub(super) struct Terminals {
    pub(super) algorithm: &'static str,
    pub(super) numbers: Vec<String>,
}

impl Terminals {
    pub(super) fn of_tdes(count: u32) -> Self {
        let number = |it| format!("{:020X}", (0xFFFF_9876_u128 << 48) + (u128::from(it) << 21));
        Self {
            algorithm: "TDES_2KEY",
            numbers: (1..=count).map(number).collect(),
        }
    }

    fn of_aes(count: u32) -> Self {
        let number = |it| format!("12345678{it:08X}00000000");
        Self {
            algorithm: "AES_128",
            numbers: (1..=count).map(number).collect(),
        }
    }

    /// As a fleet management writes it.
    fn csv(&self) -> String {
        let mut text = "\u{feff}serial,ksn\r\n".to_owned();
        for (serial, number) in self.numbers.iter().enumerate() {
            write!(text, "\"T-{serial}\",{number}\r\n").expect("a text takes it");
        }
        text
    }
}

async fn tell(
    stage: &Stage<'_>,
    name: &str,
    terminals: &Terminals,
    mut asked: Value,
) -> Result<()> {
    let (connection, progress) = (stage.connection, stage.progress);
    let folder = Folder::new(name, "production", "cardholder");
    let partner = Partner::new(connection, &folder);

    let step = progress.step("Onboarding the partner");
    let pki = connection
        .revocation
        .enrol(name, Pki::builder(acme::UID).named(name))?;
    let bdk = bdk(connection, terminals.algorithm).await?;
    let mut profile = acme::profile(&folder, &pki);
    let allowed = json!({ "keyArn": bdk, "algorithm": terminals.algorithm });
    profile["workingKeyExport"] = json!({ "orders": { "bdks": { "pos": allowed } } });
    Operator::new(connection)
        .put_profile(&folder, &profile)
        .await?;
    step.done(&format!(
        "with a {} base derivation key",
        terminals.algorithm
    ));

    let step = progress.step("Sending it a KEK");
    partner.drops_chain(&pki).await?;
    let watcher = Watcher::new(connection, "kek-export")?;
    let (execution, _) = follow(&watcher, &folder, progress).await?;
    execution.must_have_succeeded()?;
    let files = partner.fetches(&execution.name).await?;
    let kek = partner.opens(files, &pki.leaf).await?;
    step.done(&format!("KCV {}", kek.kcv));

    let step = progress.step("Ordering initial keys");
    let requester = Requester::new(connection, &folder);
    requester.attaches("may", LIST, terminals.csv()).await?;
    asked["bdk"] = json!("pos");
    let started = Instant::now();
    let order = json!({ "version": 1, "kek": "current", "initialKeys": asked });
    requester.orders("may", &order).await?;
    step.done(&format!("of {} terminals", terminals.numbers.len()));

    let watcher = Watcher::new(connection, "working-key-export")?;
    let (execution, states) = follow(&watcher, &folder, progress).await?;
    let took = started.elapsed();
    execution.must_have_succeeded()?;
    progress.line("");

    let step = progress.step("The partner derives every key and opens every block");
    let files = partner.fetches(&execution.name).await?;
    save(&stage.directory.join("initial-keys"), &files)?;
    let clear = connection.management()?.clear_key(&bdk).await?;
    let numbers: Vec<&str> = terminals.numbers.iter().map(String::as_str).collect();
    let opened = Package::from_files(files).open_initial_keys(&numbers, kek.kek.expose(), &clear);
    let opened = opened.context("the partner says no")?;
    ensure!(opened.kcvs.len() == numbers.len(), "some are missing");
    step.done(&format!("{} of {}", opened.kcvs.len(), numbers.len()));

    let map = states.iter().find(|(state, _)| state == "EachBatch");
    let map = map.map(|(_, took)| took.as_secs_f64()).unwrap_or_default();
    let states: Vec<String> = states
        .iter()
        .map(|(state, took)| format!("{state} {} ms", took.as_millis()))
        .collect();
    progress.line(&format!(
        "
  Ceremony     {}
  Terminals    {}, {:.1} a second while they were exported
  Files        {}, each with the digest on the signed list
  Ceremony     {:.1} s from the order to Succeeded
  States       {}",
        execution.name,
        numbers.len(),
        numbers.len() as f64 / map.max(0.001),
        opened.files,
        took.as_secs_f64(),
        states.join(", "),
    ));
    Ok(())
}

/// A base derivation key that an operator has made, and tagged as one.
pub(super) async fn bdk(connection: &Connection, algorithm: &str) -> Result<String> {
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::from(algorithm))
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(KeyModesOfUse::builder().derive_key(true).build())
        .key_usage(KeyUsage::Tr31B0BaseDerivationKey)
        .build()?;
    let tag = Tag::builder().key("key-ceremony:purpose").value("bdk");
    let client = connection.payment_cryptography_client()?;
    let request = client.create_key().key_attributes(attributes);
    let answer = request.exportable(true).tags(tag.build()?).send().await;
    let key = answer.context("making a base derivation key")?.key;
    Ok(key.context("the answer has no key")?.key_arn)
}
