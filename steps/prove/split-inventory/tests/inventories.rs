//! Inventories of fleets on their way into batches.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::fleet::run::Kek;
use ceremony::fleet::{Batch, Bdk, BdkAlgorithm, Derivation, Plan, Run, SerialNumber, Under};
use emulated::aws::{Aws, Fault};
use emulated::fleet::{run_over, run_over_file, serial_numbers};
use emulated::{ceremony, execution};
use split_inventory::{Context, Error, Input, handle};
use step::{Journal, StepError};

const FILE: &str = "acme/production/cardholder/requests/may/fleet.csv";

fn derivation() -> Derivation {
    let of = |name: &str| (format!("arn:{name}"), "000000".to_owned());
    let ((bdk, bdk_kcv), (kek, kek_kcv)) = (of("bdk"), of("kek"));
    Derivation {
        bdk: Bdk {
            key_arn: bdk,
            algorithm: BdkAlgorithm::TDES_2KEY,
            kcv: bdk_kcv,
        },
        under: Under::Kek(Kek {
            key_arn: kek,
            algorithm: KekAlgorithm::AES_128,
            kcv: kek_kcv,
        }),
        serial_number_in_block: false,
    }
}

fn fleet(count: u32) -> Vec<SerialNumber> {
    serial_numbers(BdkAlgorithm::TDES_2KEY, count)
}

fn csv(numbers: &[SerialNumber]) -> String {
    let lines = numbers
        .iter()
        .map(|number| format!("{}\r\n", number.as_str()));
    lines.collect()
}

/// A run over this file, which has been dropped.
fn dropped(aws: &Aws, text: &str) -> Run {
    aws.put("inbox", FILE, text);
    run_over_file(&derivation(), FILE, text.as_bytes())
}

async fn split(aws: &Aws, run: &Run) -> Result<Plan, Error> {
    let context = Context {
        s3: aws_sdk_s3::Client::new(&aws.config()),
        inbox_bucket: "inbox".to_owned(),
        work_bucket: "fleets".to_owned(),
    };
    let input = Input {
        ceremony: ceremony(),
        execution: execution(),
        run: run.clone(),
    };
    let output = handle(&context, input, &Journal::default()).await;
    output.map(|output| output.0)
}

/// The terminals of all batches, as they lie there.
fn batches(aws: &Aws, plan: &Plan) -> Vec<Vec<SerialNumber>> {
    let read = |number| {
        let stored = aws.versions("fleets", &Plan::batch_key(&plan.folder, number));
        let batch: Batch = serde_json::from_slice(&stored.last().unwrap().bytes).unwrap();
        assert_eq!(batch.batch, number);
        batch.terminals
    };
    (1..=plan.batches).map(read).collect()
}

#[tokio::test(start_paused = true)]
async fn an_inventory_becomes_batches_in_its_order() {
    let (aws, fleet) = (Aws::default(), fleet(250));
    let run = dropped(&aws, &csv(&fleet));
    let plan = split(&aws, &run).await.unwrap();
    assert_eq!(
        (plan.terminals, plan.batches, plan.done_before),
        (250, 3, 0)
    );
    assert_eq!(plan.inventory_sha256, Sha256::of(csv(&fleet).as_bytes()));
    let batches = batches(&aws, &plan);
    let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
    assert_eq!(sizes, [100, 100, 50]);
    assert_eq!(batches.concat(), fleet);
    let list = aws.only("fleets", &plan.list.key).bytes;
    assert_eq!(list, b"{\"batch\":1}\n{\"batch\":2}\n{\"batch\":3}\n");
}

#[tokio::test(start_paused = true)]
async fn a_list_in_the_request_is_split_likewise() {
    let (aws, fleet) = (Aws::default(), fleet(3));
    let plan = split(&aws, &run_over(&derivation(), fleet.clone()))
        .await
        .unwrap();
    assert_eq!((plan.terminals, plan.batches), (3, 1));
    assert_eq!(batches(&aws, &plan), std::slice::from_ref(&fleet));
    let lines: String = fleet
        .iter()
        .map(|it| format!("{}\n", it.as_str()))
        .collect();
    assert_eq!(plan.inventory_sha256, Sha256::of(lines.as_bytes()));
}

/// Results of an earlier attempt are counted, whatever ceremony it was, and stay.
#[tokio::test(start_paused = true)]
async fn the_same_run_goes_on_where_it_was() {
    let (aws, fleet) = (Aws::default(), fleet(250));
    let run = dropped(&aws, &csv(&fleet));
    let plan = split(&aws, &run).await.unwrap();
    aws.put("fleets", &Plan::result_key(&plan.folder, 2), "a result");
    let again = split(&aws, &run).await.unwrap();
    assert_eq!(
        (again.folder.as_str(), again.done_before),
        (plan.folder.as_str(), 1)
    );
    assert_eq!(
        aws.only("fleets", &Plan::result_key(&plan.folder, 2)).bytes,
        b"a result"
    );
}

/// A map of an earlier attempt may still be at the batches of this run: what was agreed on is what it finds.
#[tokio::test(start_paused = true)]
async fn an_inventory_that_is_another_one_leaves_the_batches_as_they_are() {
    let (aws, fleet) = (Aws::default(), fleet(250));
    let run = dropped(&aws, &csv(&fleet));
    let plan = split(&aws, &run).await.unwrap();
    let other: Vec<SerialNumber> = fleet.iter().rev().cloned().collect();
    aws.put("inbox", FILE, csv(&other));
    let error = split(&aws, &run).await.unwrap_err();
    assert_eq!(error.name(), "InventoryChanged");
    assert_eq!(batches(&aws, &plan).concat(), fleet);
}

/// And one that was dropped again with the same bytes is the same run.
#[tokio::test(start_paused = true)]
async fn the_inventory_that_was_agreed_on_is_read_and_no_other() {
    let (aws, fleet) = (Aws::default(), fleet(2));
    let run = dropped(&aws, &csv(&fleet));
    let plan = split(&aws, &run).await.unwrap();
    let first = aws.only("inbox", FILE).version;
    assert_eq!(plan.inventory_version_id, Some(first));

    aws.put("inbox", FILE, csv(&fleet[..1]));
    let error = split(&aws, &run).await.unwrap_err();
    assert_eq!(error.name(), "InventoryChanged");

    let again = split(&aws, &dropped(&aws, &csv(&fleet))).await.unwrap();
    assert_eq!(again.folder, plan.folder);
    assert_ne!(again.inventory_version_id, plan.inventory_version_id);

    aws.delete("inbox", FILE);
    let error = split(&aws, &run).await.unwrap_err();
    assert_eq!(error.name(), "InventoryMissing");
}

#[tokio::test(start_paused = true)]
async fn wrong_lines_are_told_by_their_numbers() {
    let (aws, fleet) = (Aws::default(), fleet(150));
    let text = format!("{}a secret\r\n{}\r\n", csv(&fleet), fleet[6].as_str());
    let error = split(&aws, &dropped(&aws, &text)).await.unwrap_err();
    assert_eq!(error.name(), "InventoryMalformed");
    let words = error.to_string();
    assert!(
        words.contains("line 151: it is no key serial number: it is not hex"),
        "{words}"
    );
    assert!(
        words.contains("line 152: it is the terminal of line 7 again"),
        "{words}"
    );
    assert!(!words.contains("secret"), "{words}");
    let twice = [&fleet[..1], &fleet[..1]].concat();
    let error = split(&aws, &run_over(&derivation(), twice))
        .await
        .unwrap_err();
    assert_eq!(error.name(), "InventoryMalformed");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_does_not_answer_is_transient() {
    let aws = Aws::default();
    let run = dropped(&aws, &csv(&fleet(2)));
    aws.fault_for_good("PutObject", Fault::Throttled);
    let error = split(&aws, &run).await.unwrap_err();
    assert_eq!(error.name(), "ServiceThrottled");
}
