//! Documents in an inbox: what each starts, or what is said of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use arrivals::Arrivals;
use bus::Bus;
use ceremony::digest::Sha256;
use ceremony::execution::Start;
use ceremony::utc::Utc;
use emulated::aws::{Announced, Aws};
use emulated::{folder, quick_chain};
use intake_request::{Context, Input, Output, handle};
use runs::Runs;
use serde_json::{Value, json};
use waiting::Waiting;

const INBOX: &str = "inbox";
const FOLDER: &str = "acme/production/cardholder/";
/// 2026-11-18, 10:26:40 UTC.
const NOW: i64 = 1_794_997_600;

struct Inbox {
    aws: Aws,
    now: i64,
}

impl Inbox {
    /// In which the partner may ask for a PIN key, and we for a MAC key too.
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
        profile["workingKeyExport"] = json!({
            "requests": { "usages": ["P0"], "algorithms": ["AES_128"], "newKeys": true },
            "orders": { "usages": ["M6", "P0"], "algorithms": ["AES_128"], "newKeys": true },
        });
        change(&mut profile);
        let name = folder().profile_parameter();
        self.aws.put_parameter(&name, &profile.to_string());
    }

    fn drops(&self, file: &str, bytes: impl Into<Vec<u8>>) {
        self.aws.put(INBOX, &format!("{FOLDER}{file}"), bytes);
    }

    async fn hears(&self, file: &str) -> Output {
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
                    "arn:aws:states:eu-west-1:111122223333:stateMachine:working-key-export"
                        .to_owned(),
            },
            ssm: aws_sdk_ssm::Client::new(&config),
            // No ARN: whoever asks for this machine is told so.
            kek_import_state_machine_arn: "kek-import".to_owned(),
            waiting: Waiting::new(&config, "waiting".to_owned(), "no key".to_owned()),
            software: step::software!(),
        };
        let event = json!({
            "version": "0",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": { "object": { "key": format!("{FOLDER}{file}"), "size": 1 } },
        });
        let event: Input = serde_json::from_value(event).unwrap();
        let now = Utc::of_unix_seconds(self.now).unwrap();
        handle(&context, event, now).await.unwrap()
    }

    fn only_announcement(&self) -> Announced {
        let announced = self.aws.announced();
        assert_eq!(announced.len(), 1, "{announced:?}");
        announced[0].clone()
    }
}

fn asking_for(usage: &str, modes: &str) -> String {
    json!({
        "version": 1, "kek": "current",
        "keys": [{ "name": "key", "usage": usage, "algorithm": "AES_128", "modes": modes }],
    })
    .to_string()
}

#[tokio::test]
async fn a_request_starts_one_execution_however_often_its_event_comes() {
    let inbox = Inbox::new();
    inbox.drops("requests/pin.json", asking_for("P0", "B"));
    assert_eq!(inbox.hears("requests/pin.json").await, Output::Started);
    assert_eq!(
        inbox.hears("requests/pin.json").await,
        Output::AlreadyStarted
    );
    let executions = inbox.aws.executions();
    assert_eq!(executions.len(), 1);
    let input: Start = serde_json::from_str(&executions[0].input).unwrap();
    assert_eq!(input.check(), Ok(()));
    assert_eq!(input.ceremony.ceremony_id.as_str(), executions[0].name);
    assert_eq!(input.objects.len(), 1);
    assert_eq!(input.objects[0].key, format!("{FOLDER}requests/pin.json"));
}

#[tokio::test]
async fn a_document_that_was_dropped_again_after_the_end_is_the_next_run_and_another_another() {
    let mut inbox = Inbox::new();
    inbox.drops("orders/mac.json", asking_for("M6", "C"));
    assert_eq!(inbox.hears("orders/mac.json").await, Output::Started);
    let first = inbox.aws.executions()[0].name.clone();

    inbox.drops("orders/mac.json", asking_for("P0", "B"));
    assert_eq!(inbox.hears("orders/mac.json").await, Output::Started);
    assert_eq!(
        inbox.aws.executions().len(),
        2,
        "other content, while it runs"
    );

    inbox.now += 60;
    inbox.aws.set_time(inbox.now);
    inbox.aws.end_execution(&first);
    inbox.now += 60;
    inbox.aws.set_time(inbox.now);
    inbox.drops("orders/mac.json", asking_for("M6", "C"));
    assert_eq!(inbox.hears("orders/mac.json").await, Output::Started);
    assert_eq!(inbox.aws.executions().len(), 3);
}

#[tokio::test]
async fn what_is_no_order_is_rejected_by_its_field() {
    for (document, part) in [
        (asking_for("K0", "B"), "`keys[0].usage`"),
        ("{".to_owned(), "at line 1"),
        (
            json!({ "version": 1, "kek": "current", "keys": [], "surplus": 1 }).to_string(),
            "`surplus`",
        ),
    ] {
        let inbox = Inbox::new();
        inbox.drops("requests/x.json", document);
        assert_eq!(inbox.hears("requests/x.json").await, Output::Rejected);
        let announced = inbox.only_announcement();
        assert_eq!(announced.detail_type, "Request Rejected");
        assert_eq!(announced.detail["ceremony"], "working-key-export");
        assert_eq!(announced.detail["partner"], "acme");
        let reason = announced.detail["reason"].as_str().unwrap();
        assert!(reason.contains(part), "{reason}");
        assert!(inbox.aws.executions().is_empty());
    }
}

/// Who asks follows from the prefix, and from nothing in the document.
#[tokio::test]
async fn the_partner_may_not_ask_for_what_we_may_order() {
    let inbox = Inbox::new();
    for (file, expected) in [
        ("orders/mac.json", Output::Started),
        ("requests/mac.json", Output::Rejected),
    ] {
        inbox.drops(file, asking_for("M6", "C"));
        assert_eq!(inbox.hears(file).await, expected, "{file}");
    }
    let reason = inbox.only_announcement().detail["reason"].to_string();
    assert!(reason.contains("the partner may not ask"), "{reason}");
    assert!(reason.contains("keys of usage M6"), "{reason}");
}

#[tokio::test]
async fn without_a_section_in_the_profile_nobody_may_ask() {
    let inbox = Inbox::new();
    inbox.profile(|profile| {
        profile.as_object_mut().unwrap().remove("workingKeyExport");
    });
    inbox.drops("orders/mac.json", asking_for("M6", "C"));
    assert_eq!(inbox.hears("orders/mac.json").await, Output::Rejected);
    let reason = inbox.only_announcement().detail["reason"].to_string();
    assert!(reason.contains("no section `workingKeyExport`"), "{reason}");
}

#[tokio::test]
async fn a_folder_begins_as_many_ceremonies_a_day_as_its_profile_says() {
    let inbox = Inbox::new();
    inbox.profile(|profile| profile["maxCeremoniesPerDay"] = json!(1));
    inbox.drops("orders/one.json", asking_for("M6", "C"));
    assert_eq!(inbox.hears("orders/one.json").await, Output::Started);
    inbox.drops("orders/two.json", asking_for("M6", "G"));
    assert_eq!(inbox.hears("orders/two.json").await, Output::Rejected);
    let reason = inbox.only_announcement().detail["reason"].to_string();
    assert!(reason.contains("maxCeremoniesPerDay"), "{reason}");
}

#[tokio::test]
async fn a_private_key_in_a_document_is_announced_and_nothing_of_it_told() {
    let inbox = Inbox::new();
    let key = quick_chain().leaf.key().pem();
    let document = json!({ "version": 1, "kek": "current", "keys": [], "note": key });
    inbox.drops("requests/x.json", document.to_string());
    assert_eq!(
        inbox.hears("requests/x.json").await,
        Output::PrivateKeyReceived
    );
    let announced = inbox.only_announcement();
    assert_eq!(announced.detail_type, "Private Key Received");
    assert_eq!(announced.detail["ceremony"], "working-key-export");
    assert!(!announced.detail.to_string().contains("BEGIN"));
}

#[tokio::test]
async fn what_an_order_refers_to_starts_nothing() {
    let inbox = Inbox::new();
    inbox.drops("requests/fleet/list.json", "[]");
    assert_eq!(
        inbox.hears("requests/fleet/list.json").await,
        Output::Ignored
    );
    inbox.drops("requests/a b.json", asking_for("P0", "B"));
    assert_eq!(inbox.hears("requests/a b.json").await, Output::Rejected);
}

const CHAIN: [&str; 2] = ["orders/may/leaf.pem", "orders/may/issuing.crt"];

impl Inbox {
    /// A partner whose initial keys of `pos` go by TR-34.
    fn by_tr34(&self) {
        self.profile(|profile| {
            profile["kekExport"]["exchange"] = json!({ "method": "tr34", "signer": "service" });
            profile["workingKeyExport"]["orders"]["bdks"] = json!({ "pos": {
                "keyArn": "arn:bdk", "algorithm": "TDES_2KEY", "exchange": "tr34",
            } });
        });
    }

    fn drops_chain(&self) {
        let pki = quick_chain();
        self.drops(CHAIN[0], pki.leaf.pem());
        self.drops(CHAIN[1], pki.intermediates[0].pem());
    }

    async fn is_told(&self) -> (String, String) {
        assert_eq!(self.hears("orders/may.json").await, Output::Rejected);
        let told = self.only_announcement().detail;
        let text = |member: &str| told[member].as_str().unwrap().to_owned();
        (text("reason"), text("remedy"))
    }
}

fn asking_for_initial_keys() -> String {
    let terminals = ["FFFF9876543210E00000"];
    json!({ "version": 1, "initialKeys": { "bdk": "pos", "terminals": terminals } }).to_string()
}

#[tokio::test]
async fn certificates_beside_an_order_by_tr34_are_objects_of_its_execution() {
    let inbox = Inbox::new();
    inbox.by_tr34();
    inbox.drops_chain();
    // Neither what is no certificate by its name, nor another order's, nor what lies deeper.
    inbox.drops("orders/may/fleet.csv", "ksn\n");
    inbox.drops("orders/june/leaf.pem", "another");
    inbox.drops("orders/may/old/leaf.pem", "another");
    inbox.drops("orders/may.json", asking_for_initial_keys());
    assert_eq!(inbox.hears("orders/may.json").await, Output::Started);
    let executions = inbox.aws.executions();
    let input: Start = serde_json::from_str(&executions[0].input).unwrap();
    assert_eq!(input.check(), Ok(()));
    let keys: Vec<&str> = input.objects.iter().map(|it| it.key.as_str()).collect();
    let expected = ["orders/may.json", CHAIN[1], CHAIN[0]].map(|file| format!("{FOLDER}{file}"));
    assert_eq!(keys, expected);
    for object in &input.objects {
        let newest = inbox.aws.versions(INBOX, &object.key).pop().unwrap();
        assert_eq!(object.version_id, newest.version);
        assert_eq!(object.sha256, Sha256::of(&newest.bytes));
    }
}

#[tokio::test]
async fn an_order_by_tr34_without_a_certificate_beside_it_starts_nothing() {
    let inbox = Inbox::new();
    inbox.by_tr34();
    inbox.drops("orders/may.json", asking_for_initial_keys());
    let (reason, remedy) = inbox.is_told().await;
    assert!(reason.contains("no certificate lies beside it"), "{reason}");
    assert!(remedy.contains("beside the document"), "{remedy}");
    assert!(inbox.aws.executions().is_empty());
}

#[tokio::test]
async fn a_file_beside_an_order_that_holds_no_certificate_is_named() {
    let inbox = Inbox::new();
    inbox.by_tr34();
    inbox.drops_chain();
    inbox.drops("orders/may/root.cer", "<html>");
    inbox.drops("orders/may.json", asking_for_initial_keys());
    let (reason, _) = inbox.is_told().await;
    assert!(
        reason.contains("`root.cer` beside it cannot be used"),
        "{reason}"
    );
    assert!(inbox.aws.executions().is_empty());
}

#[tokio::test]
async fn more_certificates_than_an_execution_takes_start_nothing() {
    let inbox = Inbox::new();
    inbox.by_tr34();
    let pem = quick_chain().leaf.pem();
    for number in 1..=16 {
        inbox.drops(&format!("orders/may/{number}.pem"), pem.clone());
    }
    inbox.drops("orders/may.json", asking_for_initial_keys());
    let (reason, _) = inbox.is_told().await;
    assert!(reason.contains("at most 15"), "{reason}");
}

/// The profile says how they leave, and not the order.
#[tokio::test]
async fn an_order_by_tr34_that_names_a_kek_is_not_allowed() {
    let inbox = Inbox::new();
    inbox.by_tr34();
    inbox.drops_chain();
    let mut order: Value = serde_json::from_str(&asking_for_initial_keys()).unwrap();
    order["kek"] = json!("current");
    inbox.drops("orders/may.json", order.to_string());
    let (reason, _) = inbox.is_told().await;
    assert!(reason.contains("leave it out"), "{reason}");
}
