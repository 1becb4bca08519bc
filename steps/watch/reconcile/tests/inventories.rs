//! One inventory for each reconciliation, whatever differs, and none that another attempt changes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_s3::Client;
use ceremony::digest::Sha256;
use ceremony::execution::{Execution, JSON};
use ceremony::finding::Kind;
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault};
use inventory::{Asked, ListedAlias, ListedKey, Pages, Parts, Place, Progress, Recorded};
use reconcile::{Context, Error, Input, Output, handle};
use step::{Journal, StepError};

const EVIDENCE: &str = "evidence";

fn execution(name: &str, time: &str) -> Execution {
    Execution {
        arn: format!("arn:aws:states:eu-west-1:111122223333:execution:reconciliation:{name}"),
        started_at: Utc::try_from(time.to_owned()).unwrap(),
    }
}

fn context(aws: &Aws) -> Context {
    Context {
        s3: Client::new(&aws.config()),
        evidence_bucket: EVIDENCE.to_owned(),
        parts_bucket: "parts".to_owned(),
    }
}

/// The steps before have read these aliases, and as many orphans.
async fn read(aws: &Aws, execution: &Execution, aliases: &[&str], orphans: usize) {
    let s3 = Client::new(&aws.config());
    let (parts, start) = (Parts::new(&s3, "parts", execution), Progress::default());
    let arn = |number: usize| format!("arn:key/{number:03}");
    let key = |number| ListedKey {
        key_arn: arn(number),
        state: "CREATE_COMPLETE".to_owned(),
        enabled: true,
        kcv: "9A1B2C".to_owned(),
    };
    let asked = |number| Asked {
        key_arn: arn(number),
        tags: [("key-ceremony:purpose".to_owned(), "kek".to_owned())].into(),
        created_at: Some(Utc::try_from("2026-01-01T00:00:00Z".to_owned()).unwrap()),
        delete_at: None,
    };
    let keys: Vec<_> = (0..orphans).map(key).collect();
    let asked: Vec<_> = (0..orphans).map(asked).collect();
    let aliases = aliases.iter().map(|name| ListedAlias {
        name: (*name).to_owned(),
        key_arn: None,
    });
    let aliases: Vec<_> = aliases.collect();
    let records = Recorded::default();
    parts
        .write(Place::Records, &start, &records, None)
        .await
        .unwrap();
    parts.write(Place::Keys, &start, &keys, None).await.unwrap();
    parts
        .write(Place::Aliases, &start, &aliases, None)
        .await
        .unwrap();
    parts
        .write(Place::Asked, &start, &asked, None)
        .await
        .unwrap();
}

async fn reconciles(aws: &Aws, execution: &Execution) -> Result<Output, Error> {
    let input = Input {
        execution: execution.clone(),
        seen: Pages {
            records: 1,
            keys: 1,
            aliases: 1,
        },
        asked: 1,
    };
    handle(&context(aws), input, &Journal::default()).await
}

#[tokio::test(start_paused = true)]
async fn an_inventory_is_written_even_if_there_is_nothing_to_announce() {
    let (aws, today) = (Aws::default(), execution("a", "2026-11-27T04:00:00Z"));
    read(&aws, &today, &[], 0).await;
    let output = reconciles(&aws, &today).await.unwrap();
    assert!(!output.differs);
    let location = &output.announcement.inventory;
    assert!(
        location.key.starts_with("reconciliation/20261127T040000Z-"),
        "{location:?}"
    );
    let stored = aws.only(EVIDENCE, &location.key);
    assert_eq!(stored.content_type, JSON);
    assert_eq!(
        Sha256::of(&stored.bytes),
        output.announcement.inventory_sha256
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_findings_are_announced_and_all_of_them_counted() {
    let (aws, today) = (Aws::default(), execution("a", "2026-11-27T04:00:00Z"));
    read(&aws, &today, &[], 30).await;
    let output = reconciles(&aws, &today).await.unwrap();
    assert!(output.differs);
    let announced = &output.announcement;
    assert_eq!(announced.counts[&Kind::Orphan], 30);
    assert_eq!(announced.findings.len(), 20);
    let stored = aws.only(EVIDENCE, &announced.inventory.key);
    let inventory: serde_json::Value = serde_json::from_slice(&stored.bytes).unwrap();
    assert_eq!(inventory["findings"].as_array().unwrap().len(), 30);
    assert_eq!(inventory["keys"].as_array().unwrap().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn what_is_new_today_is_a_finding_tomorrow() {
    let aws = Aws::default();
    let reserved = "alias/key-ceremony/ca/0123";
    let today = execution("z", "2026-11-26T04:00:00Z");
    read(&aws, &today, &[reserved], 0).await;
    assert!(!reconciles(&aws, &today).await.unwrap().differs);

    // Started by hand, between two that the clock starts.
    let soon = execution("y", "2026-11-26T12:00:00Z");
    read(&aws, &soon, &[reserved], 0).await;
    assert!(!reconciles(&aws, &soon).await.unwrap().differs);

    let tomorrow = execution("x", "2026-11-27T04:00:00Z");
    read(&aws, &tomorrow, &[reserved], 0).await;
    let output = reconciles(&aws, &tomorrow).await.unwrap();
    assert_eq!(output.announcement.counts[&Kind::AliasReserved], 1);
}

#[tokio::test(start_paused = true)]
async fn another_attempt_writes_the_same_inventory() {
    let (aws, today) = (Aws::default(), execution("a", "2026-11-27T04:00:00Z"));
    read(&aws, &today, &["alias/key-ceremony/ca/0123"], 1).await;
    let first = reconciles(&aws, &today).await.unwrap();
    let again = reconciles(&aws, &today).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(
        aws.versions(EVIDENCE, &first.announcement.inventory.key)
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn an_inventory_that_somebody_else_wrote_stays() {
    let (aws, today) = (Aws::default(), execution("a", "2026-11-27T04:00:00Z"));
    read(&aws, &today, &[], 0).await;
    let name = inventory::name_of(&today);
    aws.put(
        EVIDENCE,
        &format!("reconciliation/{name}.json"),
        "something else",
    );
    let error = reconciles(&aws, &today).await.unwrap_err();
    assert_eq!(error.name(), "AlreadyWritten");
}

#[tokio::test(start_paused = true)]
async fn without_its_pages_there_is_no_inventory() {
    let (aws, today) = (Aws::default(), execution("a", "2026-11-27T04:00:00Z"));
    read(&aws, &today, &[], 0).await;
    let name = inventory::name_of(&today);
    aws.put("parts", &format!("{name}/keys/00001.json"), "{}");
    let error = reconciles(&aws, &today).await.unwrap_err();
    assert_eq!(error.name(), "PageUnusable");
    aws.fault_for_good("GetObject", Fault::Denied);
    let error = reconciles(&aws, &today).await.unwrap_err();
    assert_eq!(error.name(), "AccessDenied");
    assert_eq!(aws.keys(EVIDENCE), Vec::<String>::new());
}
