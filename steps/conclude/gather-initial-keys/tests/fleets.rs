//! Fleets that are complete, and ones that are not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KekAlgorithm, SignatureAlgorithm};
use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::Location;
use ceremony::fleet::outcome::StoppedBatch;
use ceremony::fleet::run::Kek;
use ceremony::fleet::{
    BATCH, BatchResult, Bdk, BdkAlgorithm, Derivation, Outcome, Plan, Run, SerialNumber, Under,
};
use emulated::aws::Aws;
use emulated::fleet::{run_over, run_over_file, serial_numbers};
use emulated::{ceremony, ceremony_of, execution, folder};
use gather_initial_keys::{Context, Error, Input, Output, handle};
use serde_json::{Value, json};
use step::{Journal, StepError};

const FILE: &str = "acme/production/cardholder/requests/may/fleet.jsonl";

fn derivation() -> Derivation {
    Derivation {
        bdk: Bdk {
            key_arn: "arn:bdk".to_owned(),
            algorithm: BdkAlgorithm::AES_128,
            kcv: "B0B0B0".to_owned(),
        },
        under: Under::Kek(Kek {
            key_arn: "arn:kek".to_owned(),
            algorithm: KekAlgorithm::AES_256,
            kcv: "E0E0E0".to_owned(),
        }),
        serial_number_in_block: true,
    }
}

/// A run whose batches all have results.
struct Fleet {
    aws: Aws,
    run: Run,
    plan: Plan,
    numbers: Vec<SerialNumber>,
}

impl Fleet {
    fn of(count: u32) -> Self {
        let (aws, numbers) = (Aws::default(), serial_numbers(BdkAlgorithm::AES_128, count));
        let lines = numbers
            .iter()
            .map(|it| format!("{{\"ksn\":\"{}\"}}\n", it.as_str()));
        let text: String = lines.collect();
        aws.put("inbox", FILE, text.as_str());
        let run = run_over_file(&derivation(), FILE, text.as_bytes());
        Self::over(aws, run, numbers, Sha256::of(text.as_bytes()))
    }

    fn listed(count: u32) -> Self {
        let numbers = serial_numbers(BdkAlgorithm::AES_128, count);
        let run = run_over(&derivation(), numbers.clone());
        Self::over(Aws::default(), run, numbers, Sha256::of(b"list"))
    }

    fn over(aws: Aws, run: Run, numbers: Vec<SerialNumber>, inventory_sha256: Sha256) -> Self {
        let work = run.folder(&folder());
        let terminals = u32::try_from(numbers.len()).unwrap();
        let plan = Plan {
            terminals,
            batches: Plan::batches_of(terminals),
            done_before: 0,
            begun_at: execution().started_at,
            list: Location {
                bucket: "fleets".to_owned(),
                key: Plan::list_key(&work),
            },
            folder: work,
            inventory_version_id: aws.versions("inbox", FILE).pop().map(|it| it.version),
            inventory_sha256,
        };
        let fleet = Self {
            aws,
            run,
            plan,
            numbers,
        };
        for batch in 1..=fleet.plan.batches {
            fleet.writes(batch, fleet.outcomes(batch));
        }
        fleet
    }

    fn outcomes(&self, batch: u32) -> Vec<Outcome> {
        let terminals = self.numbers.chunks(BATCH).nth(batch as usize - 1).unwrap();
        terminals.iter().map(exported).collect()
    }

    fn writes(&self, batch: u32, terminals: Vec<Outcome>) {
        let host = None;
        let result = BatchResult {
            batch,
            terminals,
            host,
        };
        let document = serde_json::to_vec(&result).unwrap();
        self.aws.put(
            "fleets",
            &Plan::result_key(&self.plan.folder, batch),
            document,
        );
    }

    async fn gathers(&self) -> Result<Output, Error> {
        let context = Context {
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            inbox_bucket: "inbox".to_owned(),
            work_bucket: "fleets".to_owned(),
        };
        let input = Input {
            ceremony: ceremony(),
            execution: execution(),
            run: self.run.clone(),
            plan: self.plan.clone(),
            receiver: None,
            signature: SignatureAlgorithm::default(),
        };
        handle(&context, input, &Journal::default()).await
    }

    async fn fails(&self) -> Error {
        self.gathers().await.unwrap_err()
    }

    fn file(&self, name: &str) -> String {
        let key = Plan::output_key(&self.plan.folder, name);
        let newest = self.aws.versions("fleets", &key).pop().unwrap();
        String::from_utf8(newest.bytes).unwrap()
    }
}

fn exported(number: &SerialNumber) -> Outcome {
    Outcome::Exported {
        ksn: number.clone(),
        key_block: format!("D0144B1AX00E0000{}", number.as_str()),
        kcv: number.as_str()[10..16].to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn every_terminal_is_one_line_in_the_order_of_the_inventory() {
    for fleet in [Fleet::of(250), Fleet::listed(250)] {
        let output = fleet.gathers().await.unwrap();
        assert_eq!((output.tally.terminals, output.tally.exported), (250, 250));
        let csv = fleet.file("initial-keys.csv");
        let json_lines = fleet.file("initial-keys.jsonl");
        let mut csv_lines = csv.lines();
        assert_eq!(csv_lines.next(), Some("ksn,keyBlock,kcv,failed"));
        let lines: Vec<_> = csv_lines.zip(json_lines.lines()).collect();
        assert_eq!((lines.len(), json_lines.lines().count()), (250, 250));
        for ((csv, json_line), number) in lines.into_iter().zip(&fleet.numbers) {
            assert!(csv.starts_with(number.as_str()), "{csv}");
            let line: Outcome = serde_json::from_str(json_line).unwrap();
            assert_eq!(line, exported(number));
        }
        let [of_csv, of_json] = &output.publication.objects[..] else {
            panic!("two objects");
        };
        assert_eq!(of_csv.sha256, Sha256::of(csv.as_bytes()));
        assert_eq!(of_json.sha256, Sha256::of(json_lines.as_bytes()));
        assert_eq!(of_json.bytes, json_lines.len() as u64);

        let manifest: Value =
            serde_json::from_slice(&output.publication.manifest.contents).unwrap();
        assert_eq!(manifest["bdk"]["kcv"], "B0B0B0");
        assert_eq!(manifest["exported"], 250);
        assert_eq!(manifest["initialKeys"]["optionalBlock"], "IK");
        let names = manifest["files"].as_array().unwrap().iter();
        let names: Vec<&str> = names.map(|file| file["name"].as_str().unwrap()).collect();
        let expected = [
            "README.md",
            "summary.json",
            "initial-keys.csv",
            "initial-keys.jsonl",
        ];
        assert_eq!(names, expected);
        // No block is evidence.
        let recorded = serde_json::to_string(&output.recordable()).unwrap();
        assert!(!recorded.contains("D0144B1AX"), "{recorded}");
    }
}

/// An attempt whose answer was lost is made again.
#[tokio::test(start_paused = true)]
async fn another_attempt_makes_the_same_bytes() {
    let fleet = Fleet::of(120);
    let first = fleet.gathers().await.unwrap();
    assert_eq!(fleet.gathers().await.unwrap(), first);
}

/// More than one part of an upload.
#[tokio::test(start_paused = true)]
async fn a_large_fleet_is_written_in_parts() {
    let fleet = Fleet::of(100_000);
    let output = fleet.gathers().await.unwrap();
    let json_lines = fleet.file("initial-keys.jsonl");
    assert!(json_lines.len() > 8 * 1024 * 1024, "{}", json_lines.len());
    assert_eq!(
        output.publication.objects[1].sha256,
        Sha256::of(json_lines.as_bytes())
    );
    assert_eq!(json_lines.lines().count(), 100_000);
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_accounted_for_by_its_reason() {
    let fleet = Fleet::of(150);
    let mut outcomes = fleet.outcomes(1);
    for at in [3, 7] {
        outcomes[at] = Outcome::Failed {
            ksn: fleet.numbers[at].clone(),
            failed: "the service said no".to_owned(),
        };
    }
    fleet.writes(1, outcomes);
    let output = fleet.gathers().await.unwrap();
    let summary = output
        .publication
        .files
        .iter()
        .find(|it| it.name == "summary.json");
    let summary: Value = serde_json::from_slice(&summary.unwrap().contents).unwrap();
    let expected = json!({
        "inventorySha256": fleet.plan.inventory_sha256,
        "terminals": 150, "exported": 148, "failed": { "the service said no": 2 },
    });
    assert_eq!(summary, expected);
    assert_eq!(fleet.file("initial-keys.jsonl").lines().count(), 150);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_without_a_single_key_is_not_published() {
    let fleet = Fleet::listed(2);
    let failed = |number: &SerialNumber| Outcome::Failed {
        ksn: number.clone(),
        failed: "no".to_owned(),
    };
    fleet.writes(1, fleet.numbers.iter().map(failed).collect());
    let error = fleet.fails().await;
    assert_eq!(error.name(), "NothingExported");
    assert!(error.to_string().contains("2 times no"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_without_a_result_is_told_with_what_stopped_it() {
    let fleet = Fleet::of(250);
    fleet
        .aws
        .delete("fleets", &Plan::result_key(&fleet.plan.folder, 2));
    let error = fleet.fails().await;
    assert_eq!(error, Error::BatchMissing { batch: 2, of: 3 });
    let stopped = StoppedBatch {
        batch: 3,
        error: "AccessDenied".to_owned(),
        what: "payment-cryptography:ExportKey was denied".to_owned(),
        remedy: "Compare the role.".to_owned(),
    };
    let stopped = serde_json::to_vec(&stopped).unwrap();
    // What stopped a run before this one is told no more.
    let folder = &fleet.plan.folder;
    let other = ceremony_of("another").ceremony_id;
    let before = Plan::failure_key(folder, &other, 2);
    fleet.aws.put("fleets", &before, stopped.clone());
    assert_eq!(fleet.fails().await.name(), "BatchMissing");

    // And of this one whatever stopped it, which is why others have no result.
    let of_this = Plan::failure_key(folder, &ceremony().ceremony_id, 3);
    fleet.aws.put("fleets", &of_this, stopped);
    let error = fleet.fails().await;
    assert_eq!(error.name(), "BatchStopped");
    let words = error.to_string();
    for part in [
        "batch 3 of 3",
        "AccessDenied",
        "ExportKey was denied",
        "Compare the role.",
    ] {
        assert!(words.contains(part), "{words}");
    }
    // What is done is complete again, whatever had stopped it.
    fleet.writes(2, fleet.outcomes(2));
    assert!(fleet.gathers().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_stranger_a_duplicate_and_one_too_few_are_not_published() {
    let changes: [fn(&mut Vec<Outcome>); 4] = [
        |outcomes| outcomes[4] = exported(&serial_numbers(BdkAlgorithm::AES_128, 999)[998]),
        |outcomes| outcomes[4] = outcomes[5].clone(),
        |outcomes| outcomes.swap(4, 5),
        |outcomes| drop(outcomes.pop()),
    ];
    for change in changes {
        let fleet = Fleet::of(150);
        let mut outcomes = fleet.outcomes(2);
        change(&mut outcomes);
        fleet.writes(2, outcomes);
        assert_eq!(fleet.fails().await, Error::BatchDiffers(2));
    }
    let fleet = Fleet::of(150);
    let one = fleet
        .aws
        .only("fleets", &Plan::result_key(&fleet.plan.folder, 1));
    fleet.aws.put(
        "fleets",
        &Plan::result_key(&fleet.plan.folder, 2),
        one.bytes,
    );
    assert_eq!(fleet.fails().await, Error::BatchDiffers(2));
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_another_run_or_another_inventory_is_refused() {
    let mut fleet = Fleet::of(150);
    fleet.run.request_sha256 = Sha256::of(b"another request");
    assert_eq!(fleet.fails().await, Error::OtherRun);

    let mut fleet = Fleet::of(150);
    fleet.plan.terminals = 151;
    assert_eq!(fleet.fails().await, Error::InventoryChanged);

    // The same terminals in other bytes.
    let fleet = Fleet::of(150);
    let mut bytes = fleet.aws.only("inbox", FILE).bytes;
    bytes.push(b'\n');
    fleet.aws.put("inbox", FILE, bytes);
    let fleet = Fleet::over(fleet.aws, fleet.run, fleet.numbers, Sha256::of(b""));
    assert_eq!(fleet.fails().await, Error::InventoryChanged);
}
