//! Initial keys for whole fleets: at the pace of the service, through interruptions, and opened by whoever
//! shares no code with the emulator.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod machine;
mod outside;

use std::collections::BTreeMap;
use std::time::Duration;

use apc_emulator::{FaultKind, Quotas};
use ceremony::algorithms::KekAlgorithm;
use ceremony::fleet::{BATCH, BdkAlgorithm, Plan};
use emulated::Emulated;
use emulated::aws::Aws;
use emulated::fleet::{by_tr34, derivation, run_over_file, serial_numbers, turns};
use emulated::front::Fronted;
use partner::initial_keys::open_initial_keys;
use partner::initial_keys_tr34::open_initial_keys_tr34;
use partner::terminal::follow_the_readme;
use partner::{KeyKind, Receiver};
use tokio::time::Instant;

use machine::{AT_ONCE, Machine};

const FILE: &str = "acme/production/cardholder/requests/may/fleet.csv";

/// A fleet of so many, whose inventory has been dropped.
async fn fleet(
    client: aws_sdk_paymentcryptography::Client,
    bdk: BdkAlgorithm,
    kek: KekAlgorithm,
    count: u32,
    pause: Duration,
) -> (Machine, Vec<String>) {
    let aws = Aws::default();
    let numbers = serial_numbers(bdk, count).into_iter().map(String::from);
    let numbers: Vec<String> = numbers.collect();
    let text = format!("ksn\n{}\n", numbers.join("\n"));
    aws.put("inbox", FILE, text.as_str());
    let derivation = derivation(&client, bdk, kek).await;
    let run = run_over_file(&derivation, FILE, text.as_bytes());
    let machine = Machine {
        turns: turns(&aws, pause),
        clock: fleets::system_clock,
        aws,
        client,
        run,
        receiver: None,
    };
    (machine, numbers)
}

/// As long ago as the clock of the test's runtime says.
fn simulated_clock() -> Duration {
    thread_local! {
        static START: Instant = Instant::now();
    }
    Duration::from_secs(1_800_000_000) + START.with(Instant::elapsed)
}

/// So many fleets of so many terminals at once: the account's own quota, and the deployment's part of it.
async fn simulated(fleets: u32, count: u32, calls_per_second: u32) -> Duration {
    let service = Fronted::new(Duration::from_millis(150));
    let pause = Duration::from_secs(1) / calls_per_second;
    let (bdk, kek) = (BdkAlgorithm::AES_128, KekAlgorithm::AES_256);
    let mut all: Vec<Machine> = Vec::new();
    for _ in 0..fleets {
        let (mut machine, _) = fleet(service.client(), bdk, kek, count, pause).await;
        machine.clock = simulated_clock;
        if let Some(first) = all.first() {
            machine.turns = first.turns.clone();
        }
        all.push(machine);
    }
    service.set_quotas(Some(Quotas::default()));
    let start = Instant::now();
    let runs = all.iter().map(async |machine| {
        let plan = machine.splits().await;
        machine.exports(&plan).await;
        plan
    });
    let plans = futures::future::join_all(runs).await;
    let took = start.elapsed();
    for (machine, plan) in all.iter().zip(&plans) {
        assert_eq!(machine.gathers(plan).await.tally.exported, count);
    }
    took
}

/// Ten thousand terminals at the whole rate of an account and at what a deployment takes of it: within
/// five percent of what these rates allow. In simulated time, with the quota of the emulator enforced.
#[tokio::test(start_paused = true)]
async fn ten_thousand_initial_keys_take_as_long_as_the_rate_allows() {
    for calls_per_second in [5, 4] {
        takes_as_long_as_allowed(1, 10_000, calls_per_second).await;
    }
}

/// However many partners ask at once: the rate is the account's, and what is left of it is for ceremonies.
#[tokio::test(start_paused = true)]
async fn fleets_at_once_share_the_rate() {
    takes_as_long_as_allowed(3, 1_000, 4).await;
}

async fn takes_as_long_as_allowed(fleets: u32, count: u32, calls_per_second: u32) {
    let took = simulated(fleets, count, calls_per_second)
        .await
        .as_secs_f64();
    let allowed = f64::from(fleets * count) / f64::from(calls_per_second);
    eprintln!("{calls_per_second} a second: {took:.0} s, {allowed:.0} s are allowed");
    assert!(
        (allowed * 0.98..allowed * 1.05).contains(&took),
        "{took} s for {allowed} s"
    );
}

/// The clear bytes of a key, which only the emulator gives out.
fn clear(emulated: &Emulated, key_arn: &str) -> String {
    let controls = emulated.emulator.controls();
    controls.clear_key(&key_arn.parse().unwrap()).unwrap()
}

#[tokio::test]
async fn a_fleet_is_opened_by_the_partner_and_by_programs_of_others() {
    let emulated = Emulated::start().await;
    let mut outside = outside::Outside::start().await;
    for (bdk, kek) in [
        (BdkAlgorithm::TDES_2KEY, KekAlgorithm::TDES_3KEY),
        (BdkAlgorithm::TDES_2KEY, KekAlgorithm::AES_128),
        (BdkAlgorithm::AES_128, KekAlgorithm::AES_128),
        (BdkAlgorithm::AES_192, KekAlgorithm::AES_256),
        (BdkAlgorithm::AES_256, KekAlgorithm::AES_256),
    ] {
        let client = emulated.client.clone();
        let pause = Duration::from_millis(1);
        let (mut machine, numbers) = fleet(client, bdk, kek, 120, pause).await;
        machine.run.derivation.serial_number_in_block = kek == KekAlgorithm::AES_256;
        let plan = machine.splits().await;
        machine.exports(&plan).await;
        machine.gathers(&plan).await;
        let json_lines = machine.json_lines(&plan);
        let derivation = &machine.run.derivation;
        let under = derivation.kek().unwrap();
        let kek = clear(&emulated, &under.key_arn);
        let bdk = clear(&emulated, &derivation.bdk.key_arn);
        let terminals: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let algorithm = under.algorithm.as_str();
        let opens =
            |terminals: &[&str]| open_initial_keys(&json_lines, terminals, (algorithm, &kek), &bdk);
        let opened = opens(&terminals).unwrap();
        assert_eq!(opened.len(), 120);
        // And the partner would notice if they were another terminal's.
        let mut others = terminals.clone();
        others.swap(3, 4);
        assert!(opens(&others).is_err());
        assert_eq!(outside.opens(&json_lines, &kek, &bdk), opened);
    }
    outside.ends();
}

/// By the leaf's private key alone: the host has signed every block, and the partner knows the host.
#[tokio::test]
async fn a_fleet_by_tr34_is_opened_by_the_partner_and_by_programs_of_others() {
    let emulated = Emulated::start().await;
    let mut outside = outside::Outside::start().await;
    for (bdk, leaf) in [
        (BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048),
        (BdkAlgorithm::TDES_2KEY, KeyKind::Rsa4096),
        (BdkAlgorithm::AES_128, KeyKind::Rsa3072),
    ] {
        let by = by_tr34(&emulated, bdk, leaf).await;
        let aws = Aws::default();
        let numbers = serial_numbers(bdk, 105).into_iter().map(String::from);
        let numbers: Vec<String> = numbers.collect();
        let text = format!("ksn\n{}\n", numbers.join("\n"));
        aws.put("inbox", FILE, text.as_str());
        let machine = Machine {
            turns: turns(&aws, Duration::from_millis(1)),
            clock: fleets::system_clock,
            aws,
            client: emulated.client.clone(),
            run: run_over_file(&by.derivation, FILE, text.as_bytes()),
            receiver: Some(by.receiver),
        };
        let plan = machine.splits().await;
        machine.exports(&plan).await;
        let package = machine.gathers(&plan).await.publication;
        let file = |name: &str| {
            let file = package.files.iter().find(|file| file.name == name);
            String::from_utf8(file.unwrap().contents.clone()).unwrap()
        };
        let hosts = file("kdh-certificate.pem");
        let json_lines = machine.json_lines(&plan);
        let bdk = clear(&emulated, &by.derivation.bdk.key_arn);
        let terminals: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let opens = |terminals: &[&str], leaf| {
            let receiver = Receiver::new(leaf);
            open_initial_keys_tr34(&json_lines, terminals, &hosts, &receiver, &bdk)
        };
        let opened = opens(&terminals, &by.pki.leaf).unwrap();
        assert_eq!(opened.len(), 105);
        // And the partner would notice if they were another terminal's, or somebody else's.
        let mut others = terminals.clone();
        others.swap(3, 4);
        assert!(opens(&others, &by.pki.leaf).is_err());
        assert!(opens(&terminals, &by.pki.intermediates[0]).is_err());
        let leaf_key = by.pki.leaf.key().pem();
        assert_eq!(
            outside.opens_tr34(&json_lines, &leaf_key, &hosts, &bdk),
            opened
        );

        // By the commands of its README, which are about one block: the first. The signed list comes later.
        let csv = Plan::output_key(&plan.folder, "initial-keys.csv");
        let csv = machine.aws.versions("fleets", &csv).pop().unwrap().bytes;
        let files = package
            .files
            .iter()
            .map(|it| (it.name.clone(), it.contents.clone()));
        let mut files: BTreeMap<String, Vec<u8>> = files.collect();
        files.insert("initial-keys.csv".to_owned(), csv);
        let readme = file("README.md").replace("    sha256sum ", "    later: sha256sum ");
        files.insert("README.md".to_owned(), readme.into_bytes());
        let printed = follow_the_readme(&files, &leaf_key).unwrap();
        assert_eq!(
            printed.last().map(String::as_str),
            Some(""),
            "shred says nothing"
        );
        assert!(printed.contains(&opened[0]), "{printed:?}");
        assert!(
            printed.iter().any(|it| it.contains("Verified OK")),
            "{printed:?}"
        );
    }
    outside.ends();
}

/// Throttled and with answers lost in the middle, killed, and begun again: no terminal is missing, none is
/// there twice, and nothing that was done is done again.
#[tokio::test]
async fn a_run_that_was_killed_goes_on_where_it_was() {
    let emulated = Emulated::start().await;
    let (bdk, kek) = (BdkAlgorithm::TDES_2KEY, KekAlgorithm::AES_128);
    let pause = Duration::from_millis(2);
    let (machine, numbers) = fleet(emulated.client.clone(), bdk, kek, 1_250, pause).await;
    let plan = machine.splits().await;
    for kind in [
        FaultKind::Throttle,
        FaultKind::DropAfterCommit,
        FaultKind::DropBefore,
    ] {
        emulated.strikes("ExportKey", kind);
    }
    let killed = async {
        while machine.results(&plan).len() < 5 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = machine.exports(&plan) => panic!("it was done before it was killed"),
        () = killed => {}
    }
    let before = machine.results(&plan);
    assert!(before.len() < 13, "{}", before.len());

    let again = machine.splits().await;
    assert_eq!(
        (&again.folder, again.done_before),
        (&plan.folder, before.len() as u32)
    );
    machine.exports(&again).await;
    assert_eq!(machine.results(&plan)[..].len(), 13);
    for result in &before {
        assert!(
            machine.results(&plan).contains(result),
            "batch {} is another",
            result.batch
        );
    }
    assert_eq!(machine.gathers(&again).await.tally.exported, 1_250);
    let derivation = &machine.run.derivation;
    let under = derivation.kek().unwrap();
    let kek = clear(&emulated, &under.key_arn);
    let bdk = clear(&emulated, &derivation.bdk.key_arn);
    let terminals: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let kek = (under.algorithm.as_str(), kek.as_str());
    open_initial_keys(&machine.json_lines(&again), &terminals, kek, &bdk).unwrap();

    // What was exported twice are the batches that were under way, and what was struck.
    let calls = emulated
        .calls()
        .into_iter()
        .filter(|call| call == "ExportKey")
        .count();
    let most = numbers.len() + AT_ONCE * BATCH + 3;
    assert!((numbers.len()..=most).contains(&calls), "{calls} calls");
}
