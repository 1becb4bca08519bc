//! Thirty partners drop their certificates at once, and Payment Cryptography is as scarce as on AWS:
//! five control-plane calls a second for the whole account.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use partner::{Certified, KeyKind, Pki, PrivateKey, bundle};
use serde_json::Value;
use workbench::progress::Progress;

use super::{Scenario, Stage};
use crate::acme;
use crate::actors::{Folder, Operator, Partner, Watcher};
use crate::stack::KEY_CEREMONY;
use crate::stack::connection::Connection;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "quota",
    about: "thirty partners at once, through a service that admits five calls a second",
    stacks: &[KEY_CEREMONY],
    alone: true,
    prepare: || drop(Crowd::of(PARTNERS)),
    tell: |stage| Box::pin(tell(stage)),
};

const PARTNERS: usize = 30;
/// What AWS Payment Cryptography admits (user guide, Quotas): control-plane calls a second, of all
/// operations together. How many at once after a pause is not published.
const RATE: u32 = 5;
/// For every certificate to be dropped and every ceremony to start.
const START_TIMEOUT: Duration = Duration::from_secs(180);
/// The machine itself goes on for a quarter of an hour.
const END_TIMEOUT: Duration = Duration::from_secs(900);

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let management = stage.connection.management()?;
    management.quotas(RATE).await?;
    management.latencies_of_the_service().await?;
    let told = crowd_comes(stage.connection, PARTNERS, stage.progress).await;
    management.room_without_end().await?;
    management.answers_at_once().await?;
    let Told { took, calls } = told?;

    let (admitted, throttled) = counts(&calls["total"])?;
    let allowed = f64::from(RATE) * took.as_secs_f64();
    stage.progress.line(&format!(
        "
  Ceremonies   {PARTNERS}, all of them succeeded, with a KEK each and the CAs once
  Time         {:.1} s from the first drop to the last Succeeded
  Calls        {admitted} admitted, {:.0} % of what {RATE} a second allow in that time; {throttled} throttled",
        took.as_secs_f64(),
        admitted as f64 / allowed * 100.0,
    ));
    for (operation, count) in calls["calls"].as_object().context("calls by operation")? {
        let (admitted, throttled) = counts(count)?;
        stage.progress.line(&format!(
            "               {operation:<14} {admitted:>4} admitted, {throttled:>4} throttled"
        ));
    }
    Ok(())
}

/// The calls that were admitted, and those that were not.
fn counts(calls: &Value) -> Result<(u64, u64)> {
    let count = |name: &str| calls[name].as_u64().context("a number of calls");
    let throttled = count("throttled")?;
    Ok((count("all")? - throttled, throttled))
}

/// What became of a crowd.
#[derive(Debug)]
pub struct Told {
    /// From the first drop to the last end.
    pub took: Duration,
    /// The calls to Payment Cryptography, as the emulator's management port counts them.
    pub calls: Value,
}

/// So many partners under one root, each with a leaf of its own, drop their certificates at once.
/// Ok means that every ceremony succeeded, with a KEK each, and the CAs imported once.
pub async fn crowd_comes(
    connection: &Connection,
    partners: usize,
    progress: Progress,
) -> Result<Told> {
    let step = progress.step("Onboarding the partners");
    let crowd = Crowd::of(partners);
    let operator = Operator::new(connection);
    for (folder, _) in &crowd.members {
        let mut profile = acme::profile(folder, &crowd.pki);
        // Their certificates name no service, and what is measured is another one.
        profile["revocation"]["policy"] = "when-available".into();
        operator.put_profile(folder, &profile).await?;
    }
    step.done(&format!("{partners} partners under one root"));

    let management = connection.management()?;
    let before = management.calls_since(0).await?["position"]
        .as_u64()
        .context("a position in the log of calls")?;
    let started = Instant::now();
    let mut step = progress.step("Dropping the certificates");
    for (folder, leaf) in &crowd.members {
        let Pki {
            root,
            intermediates,
            ..
        } = &crowd.pki;
        let chain = bundle([root].into_iter().chain(intermediates).chain([leaf]));
        let partner = Partner::new(connection, folder);
        partner.drops("chain.pem", chain).await?;
        step.at(&folder.partner);
    }
    step.done("one file each");

    let mut step = progress.step("The ceremonies");
    let watcher = Watcher::new(connection, "kek-export")?;
    for (number, (folder, _)) in crowd.members.iter().enumerate() {
        step.at(&format!("{number} of {partners} have ended"));
        let prefix = folder.ceremony_prefix();
        let arn = watcher.start_of(&prefix, &[], START_TIMEOUT).await?;
        let execution = watcher.end_of(&arn, END_TIMEOUT).await?;
        execution.must_have_succeeded()?;
    }
    let took = started.elapsed();
    step.done(&format!("{partners} succeeded"));

    let mut cas = 0;
    for (folder, _) in &crowd.members {
        let keys = management.keys_of(&folder.partner).await?;
        let of = |purpose: &str| {
            let is = |key: &&Value| key["tags"]["key-ceremony:purpose"] == purpose;
            keys.iter().filter(is).count()
        };
        ensure!(of("kek") == 1, "{folder} has {} KEKs", of("kek"));
        // The CAs are of the ceremony that came first.
        cas += of("ca");
    }
    let expected = 1 + crowd.pki.intermediates.len();
    ensure!(cas == expected, "{cas} CAs were imported, not {expected}");
    let calls = management.calls_since(before).await?;
    Ok(Told { took, calls })
}

/// Partners whose certificates come from one authority.
struct Crowd {
    pki: Pki,
    members: Vec<(Folder, Certified)>,
}

impl Crowd {
    /// RSA takes its time: all of them certify one key, under names of their own.
    fn of(partners: usize) -> Self {
        let pki = Pki::builder(acme::UID).named("crowd").build();
        let key = PrivateKey::cached(KeyKind::Rsa3072, "crowd/leaf");
        let member = |number| {
            let name = format!("crowd-{number:03}");
            let leaf = partner::Profile::leaf(&name, acme::UID).issued_by(pki.issuer(), &key);
            (Folder::new(&name, "production", "cardholder"), leaf)
        };
        Self {
            members: (1..=partners).map(member).collect(),
            pki,
        }
    }
}
