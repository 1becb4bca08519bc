//! A KEK travels by TR-34 and by ECDH: from onboarding to the partner's own confirmation, once by its
//! own code and once by the commands of the package's README.

use anyhow::{Result, bail, ensure};
use partner::certificate::KeyUsage;
use partner::terminal::follow_the_readme_with;
use partner::{Certified, KeyKind, Opened, Pki, PkiBuilder, Receiver};
use serde_json::{Value, json};

use super::{Scenario, Stage, States, follow, save};
use crate::acme;
use crate::actors::partner::Files;
use crate::actors::{Folder, Operator, Partner, Watcher};
use crate::stack::KEY_CEREMONY;

pub(super) const TR34: Scenario = Scenario {
    name: "tr34",
    about: "a KEK travels in a TR-34 block that answers the partner's nonce",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || tr34().prepare(),
    tell: |stage| Box::pin(async { tell(stage, tr34(), None).await }),
};

pub(super) const ECDH: Scenario = Scenario {
    name: "ecdh",
    about: "an AES-256 KEK travels in a TR-31 block, under a key that both sides derive",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || ecdh().prepare(),
    tell: |stage| Box::pin(async { tell(stage, ecdh(), None).await }),
};

/// What differs from one exchange to the next.
pub(super) struct Exchange {
    /// Of the partner, and its files.
    name: &'static str,
    method: &'static str,
    chain: PkiBuilder,
    kek: &'static str,
    profile: Value,
    nonce: Option<&'static [u8]>,
    /// In Payment Cryptography, of the partner.
    keys: usize,
}

impl Exchange {
    /// Makes the partner's keys while the stack comes up.
    pub(super) fn prepare(self) {
        self.chain.build();
    }
}

fn tr34() -> Exchange {
    Exchange {
        name: "tr34",
        method: "tr34",
        chain: Pki::builder(acme::UID).named("tr34"),
        kek: "AES_128",
        profile: json!({ "method": "tr34", "signer": "service", "passes": "two" }),
        nonce: Some(b"\x0a\x1b\x2c\x3d\x4e\x5f\x60\x71"),
        // The KEK, and the public keys of the root and the issuing CA.
        keys: 3,
    }
}

/// In one pass, by the key of ours that is enrolled as `tr34`.
pub(super) fn tr34_signed_by_us() -> Exchange {
    Exchange {
        name: "tr34-own",
        chain: Pki::builder(acme::UID).named("tr34-own"),
        profile: json!({ "method": "tr34", "signer": "own" }),
        nonce: None,
        ..tr34()
    }
}

fn ecdh() -> Exchange {
    let chain = Pki::builder(acme::UID)
        .named("ecdh")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP521])
        .leaf_key(KeyKind::EccP521)
        .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]));
    Exchange {
        name: "ecdh",
        method: "ecdh",
        chain,
        kek: "AES_256",
        profile: json!({ "method": "ecdh" }),
        nonce: None,
        // Our key for the agreement besides.
        keys: 4,
    }
}

/// The partner holds our certificate to the CA that it trusts, where it trusts one.
pub(super) async fn tell(
    stage: &Stage<'_>,
    exchange: Exchange,
    trusts: Option<&Certified>,
) -> Result<()> {
    let (connection, progress) = (stage.connection, stage.progress);
    let folder = Folder::new(exchange.name, "production", "cardholder");
    let partner = Partner::new(connection, &folder);

    let step = progress.step("Onboarding the partner");
    let chain = exchange.chain;
    let pki = connection.revocation.enrol(&folder.partner, chain)?;
    let mut profile = acme::profile(&folder, &pki);
    profile["kekExport"]["kek"]["algorithm"] = exchange.kek.into();
    profile["kekExport"]["exchange"] = exchange.profile;
    let operator = Operator::new(connection);
    operator.put_profile(&folder, &profile).await?;
    step.done(&format!(
        "to whom {} travels by {}",
        exchange.kek, exchange.method
    ));

    let step = progress.step("Dropping the certificates");
    if let Some(nonce) = exchange.nonce {
        partner.drops("today.nonce", hex::encode(nonce)).await?;
    }
    let count = partner.drops_chain(&pki).await?;
    let more = exchange.nonce.map_or("", |_| ", and a random nonce");
    step.done(&format!(
        "{count} files in the inbox{more}, under {folder}/"
    ));

    let watcher = Watcher::new(connection, "kek-export")?;
    let (execution, states) = follow(&watcher, &folder, progress).await?;
    execution.must_have_succeeded()?;
    progress.line("");

    let step = progress.step("The partner opens the package");
    let files = partner.fetches(&execution.name).await?;
    save(&stage.directory.join(exchange.name), &files)?;
    let receiver = Receiver {
        nonce: exchange.nonce,
        trusts,
        ..Receiver::new(&pki.leaf)
    };
    let opened = partner.opens_as(files.clone(), &receiver).await?;
    let method = opened.manifest.wrapping.how.method();
    ensure!(method == exchange.method, "it was wrapped by {method}");
    step.done(&format!(
        "{} unwrapped with {}, the key in Payment Cryptography",
        opened.manifest.kek.algorithm, opened.manifest.wrapping.key_algorithm
    ));

    let step = progress.step("And by the commands of its README");
    let commands = opens_by_its_readme(&files, &pki, trusts, &opened)?;
    step.done(&format!(
        "{commands} commands, none but openssl and coreutils"
    ));

    let keys = connection.management()?.keys_of(&folder.partner).await?;
    if keys.len() != exchange.keys {
        bail!("{} keys were to be made: {keys:?}", exchange.keys);
    }
    report(&execution.name, &opened, &states, stage);
    Ok(())
}

/// How many commands that took.
fn opens_by_its_readme(
    files: &Files,
    pki: &Pki,
    trusts: Option<&Certified>,
    opened: &Opened,
) -> Result<usize> {
    let mut own = vec![("leaf.key", pki.leaf.key().pem())];
    // Where our certificates come with the package, they are held to the CA that the partner trusts.
    own.extend(trusts.map(|ca| ("ca.pem", ca.pem())));
    let printed = follow_the_readme_with(files, &own).map_err(anyhow::Error::msg)?;
    let fingerprint = printed.first().map_or("", String::as_str);
    ensure!(
        fingerprint.starts_with(&opened.signer_sha256),
        "another signer"
    );
    ensure!(
        printed.contains(&opened.kcv),
        "another check value: {printed:?}"
    );
    Ok(printed.len())
}

fn report(id: &str, opened: &Opened, states: &States, stage: &Stage<'_>) {
    let states: Vec<String> = states
        .iter()
        .map(|(state, took)| format!("{state} {} ms", took.as_millis()))
        .collect();
    stage.progress.line(&format!(
        "
  Ceremony     {id}
  KCV          {}, recomputed by the partner, twice: as given
  Files        {}, each with the digest on the signed list
  States       {}",
        opened.kcv,
        opened.files,
        states.join(", "),
    ));
}
