//! Files with keys in an inbox: what each starts, or what is said of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use arrivals::Arrivals;
use bus::Bus;
use ceremony::execution::Start;
use ceremony::utc::Utc;
use emulated::aws::{Announced, Aws};
use emulated::{folder, quick_chain};
use intake_keys::{Context, Input, Output, handle};
use runs::Runs;
use serde_json::{Value, json};

const INBOX: &str = "inbox";
const FOLDER: &str = "acme/production/cardholder/";
/// 2026-11-18, 10:26:40 UTC.
const NOW: i64 = 1_794_997_600;

/// Of a key that nobody here knows.
const BLOCK: &str = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34";

struct Inbox {
    aws: Aws,
    now: i64,
}

impl Inbox {
    fn new() -> Self {
        let inbox = Self {
            aws: Aws::default(),
            now: NOW,
        };
        inbox.aws.set_time(NOW);
        inbox.profile(|_| {});
        inbox
    }

    fn profile(&self, change: impl FnOnce(&mut Value)) {
        let mut profile = emulated::profile(&quick_chain());
        profile["workingKeyImport"] =
            json!({ "usages": ["P0"], "algorithms": ["AES_128"], "maxKeys": 2 });
        change(&mut profile);
        let name = folder().profile_parameter();
        self.aws.put_parameter(&name, &profile.to_string());
    }

    async fn drops(&self, file: &str, bytes: impl Into<Vec<u8>>) -> Output {
        self.aws.put(INBOX, &format!("{FOLDER}{file}"), bytes);
        self.hears(&format!("{FOLDER}{file}")).await
    }

    async fn hears(&self, key: &str) -> Output {
        let config = self.aws.config();
        let context = Context {
            arrivals: Arrivals {
                s3: aws_sdk_s3::Client::new(&config),
                sfn: aws_sdk_sfn::Client::new(&config),
                sqs: aws_sdk_sqs::Client::new(&config),
                bus: Bus::new(
                    aws_sdk_eventbridge::Client::new(&config),
                    "key-ceremony".to_owned(),
                ),
                runs: Runs::new(aws_sdk_dynamodb::Client::new(&config), "runs".to_owned()),
                inbox_bucket: INBOX.to_owned(),
                evidence_bucket: "evidence".to_owned(),
                rejections_queue_url: "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
                    .to_owned(),
                state_machine_arn:
                    "arn:aws:states:eu-west-1:111122223333:stateMachine:working-key-import"
                        .to_owned(),
            },
            ssm: aws_sdk_ssm::Client::new(&config),
        };
        let event = json!({
            "version": "0",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": { "object": { "key": key, "size": 1 } },
        });
        let event: Input = serde_json::from_value(event).unwrap();
        let now = Utc::of_unix_seconds(self.now).unwrap();
        handle(&context, event, now).await.unwrap()
    }

    fn passes(&mut self, seconds: i64) {
        self.now += seconds;
        self.aws.set_time(self.now);
    }

    fn only_announcement(&self) -> Announced {
        let announced = self.aws.announced();
        assert_eq!(announced.len(), 1, "{announced:?}");
        announced[0].clone()
    }

    /// What was said of the one file that started nothing.
    fn rejection(&self) -> String {
        assert!(self.aws.executions().is_empty());
        let announced = self.only_announcement();
        assert_eq!(announced.detail_type, "Request Rejected");
        assert_eq!(announced.detail["ceremony"], "working-key-import");
        assert_eq!(announced.detail["partner"], "acme");
        let said = announced.detail.to_string();
        assert!(!said.contains("E417C07156A27E8E"), "{said}");
        said
    }
}

fn line(name: &str) -> String {
    json!({ "name": name, "keyBlock": BLOCK }).to_string()
}

#[tokio::test]
async fn a_file_starts_one_execution_however_often_its_event_comes() {
    let inbox = Inbox::new();
    for (file, contents) in [
        ("keys/zpk.tr31", BLOCK.to_owned()),
        ("keys/May.jsonl", line("a")),
    ] {
        assert_eq!(inbox.drops(file, contents).await, Output::Started, "{file}");
        let key = format!("{FOLDER}{file}");
        assert_eq!(inbox.hears(&key).await, Output::AlreadyStarted);
        let executions = inbox.aws.executions();
        let started = executions.last().unwrap();
        let input: Start = serde_json::from_str(&started.input).unwrap();
        assert_eq!(input.check(), Ok(()));
        assert_eq!(input.ceremony.ceremony_id.as_str(), started.name);
        assert_eq!(input.ceremony.kind.as_str(), "working-key-import");
        assert_eq!(input.objects[0].key, key);
    }
    assert_eq!(inbox.aws.executions().len(), 2);
    assert!(inbox.aws.announced().is_empty());
}

#[tokio::test]
async fn other_bytes_are_another_ceremony_and_the_same_after_the_end_the_next_run() {
    let mut inbox = Inbox::new();
    let file = "keys/zpk.tr31";
    assert_eq!(inbox.drops(file, BLOCK).await, Output::Started);
    let first = inbox.aws.executions()[0].name.clone();
    let other = BLOCK.replace("B826", "B827");
    assert_eq!(inbox.drops(file, other).await, Output::Started);
    inbox.passes(60);
    inbox.aws.end_execution(&first);
    inbox.passes(60);
    assert_eq!(inbox.drops(file, BLOCK).await, Output::Started);
    assert_eq!(inbox.aws.executions().len(), 3);
}

/// That is told line by line in the ceremony.
#[tokio::test]
async fn one_line_that_can_be_read_is_enough() {
    let inbox = Inbox::new();
    let file = format!("{}\nnonsense", line("a"));
    assert_eq!(inbox.drops("keys/x.jsonl", file).await, Output::Started);
}

#[tokio::test]
async fn a_file_of_which_nothing_can_be_used_is_rejected() {
    for (file, contents, part) in [
        ("keys/zpk.tr31", "hello".to_owned(), "no TR-31 block"),
        ("keys/zpk.tr31", line("a"), "no TR-31 block"),
        ("keys/x.jsonl", BLOCK.to_owned(), "line 1"),
        ("keys/x.jsonl", "\n".to_owned(), "it is empty"),
        (
            "keys/x.jsonl",
            [line("a"), line("b"), line("c")].join("\n"),
            "3 keys, and 2 are allowed",
        ),
    ] {
        let inbox = Inbox::new();
        assert_eq!(inbox.drops(file, contents).await, Output::Rejected);
        let said = inbox.rejection();
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read() {
    let inbox = Inbox::new();
    let file = format!("{}\n", line("a")).repeat(600);
    assert_eq!(inbox.drops("keys/x.jsonl", file).await, Output::Rejected);
    assert!(inbox.rejection().contains("at most 65536"));
}

#[tokio::test]
async fn without_a_section_in_the_profile_nothing_is_imported() {
    let inbox = Inbox::new();
    inbox.profile(|profile| {
        profile.as_object_mut().unwrap().remove("workingKeyImport");
    });
    assert_eq!(inbox.drops("keys/zpk.tr31", BLOCK).await, Output::Rejected);
    assert!(inbox.rejection().contains("no section `workingKeyImport`"));
}

#[tokio::test]
async fn a_key_in_the_clear_is_told_whatever_the_profile_allows() {
    let clear = "0123456789ABCDEF0123456789ABCDEF";
    for without_section in [false, true] {
        let inbox = Inbox::new();
        if without_section {
            inbox.profile(|profile| profile["workingKeyImport"] = Value::Null);
        }
        let file = format!("{}\n{{\"name\":\"b\",\"keyBlock\":\"{clear}\"}}", line("a"));
        assert_eq!(inbox.drops("keys/x.jsonl", file).await, Output::Rejected);
        let said = inbox.rejection();
        assert!(
            said.contains("line 2 may have a key in the clear"),
            "{said}"
        );
        assert!(
            said.contains("compromised") && !said.contains(clear),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_private_key_is_announced_and_starts_nothing() {
    let inbox = Inbox::new();
    let pem = partner_key();
    let dropped = inbox.drops("keys/zpk.tr31", pem).await;
    assert_eq!(dropped, Output::PrivateKeyReceived);
    let announced = inbox.only_announcement();
    assert_eq!(announced.detail_type, "Private Key Received");
    assert_eq!(announced.detail["ceremony"], "working-key-import");
    assert!(inbox.aws.executions().is_empty());
}

fn partner_key() -> String {
    quick_chain().leaf.key().pem()
}

#[tokio::test]
async fn a_name_that_is_none_is_told_and_a_folder_marker_is_none() {
    let inbox = Inbox::new();
    assert_eq!(inbox.drops("keys/Zpk.tr31", BLOCK).await, Output::Rejected);
    let reason = inbox.only_announcement().detail["reason"].to_string();
    assert!(reason.contains("`Zpk.tr31`"), "{reason}");
    assert_eq!(inbox.drops("keys/", "").await, Output::Ignored);
    assert_eq!(inbox.drops("blocks/zpk.tr31", BLOCK).await, Output::Ignored);
    assert!(inbox.aws.executions().is_empty());
}

#[tokio::test]
async fn a_folder_begins_as_many_ceremonies_a_day_as_its_profile_says() {
    let inbox = Inbox::new();
    inbox.profile(|profile| profile["maxCeremoniesPerDay"] = json!(1));
    assert_eq!(inbox.drops("keys/a.tr31", BLOCK).await, Output::Started);
    assert_eq!(inbox.drops("keys/b.tr31", BLOCK).await, Output::Rejected);
    let announced = inbox.only_announcement();
    let reason = announced.detail["reason"].to_string();
    assert!(reason.contains("1 ceremonies today"), "{reason}");
    let remedy = announced.detail["remedy"].to_string();
    assert!(remedy.contains("maxCeremoniesPerDay"), "{remedy}");
}

#[tokio::test]
async fn a_file_that_is_gone_by_then_starts_nothing() {
    let inbox = Inbox::new();
    let key = format!("{FOLDER}keys/zpk.tr31");
    assert_eq!(inbox.hears(&key).await, Output::Ignored);
    assert!(inbox.aws.announced().is_empty());
}
