//! Documents that ask for a KEK of the partner's: what each starts, or what is said of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod rollbacks;

use announce_rejections::{Context as Announcing, Input as Messages};
use arrivals::Arrivals;
use bus::Bus;
use ceremony::execution::Start;
use ceremony::id::Kind;
use ceremony::utc::Utc;
use emulated::aws::{Announced, Aws};
use emulated::{folder, quick_chain};
use intake_request::{Context, Input, Output, handle};
use runs::Runs;
use serde_json::{Value, json};
use waiting::Waiting;

const INBOX: &str = "inbox";
const FOLDER: &str = "acme/production/cardholder/";
const MACHINE: &str = "arn:aws:states:eu-west-1:111122223333:stateMachine:kek-import";
const TOKEN_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/tokens";
/// 2026-11-18, 10:26:40 UTC.
const NOW: i64 = 1_794_997_600;

struct Inbox(Aws);

impl Inbox {
    /// In which the partner may send a KEK by three methods, and we may order one by AWS's facility.
    fn new() -> Self {
        let inbox = Self(Aws::default());
        inbox.0.set_time(NOW);
        inbox.profile(|_| {});
        inbox
    }

    fn profile(&self, change: impl FnOnce(&mut Value)) {
        let mut profile = emulated::profile(&quick_chain());
        profile["kekImport"] = json!({
            "requests": { "methods": ["ecdh", "tr34", "rsa-oaep"], "algorithms": ["AES_128"] },
            "orders": { "methods": ["physical"], "algorithms": ["AES_128"] },
            "kcv": "confirmed",
        });
        change(&mut profile);
        let name = folder().profile_parameter();
        self.0.put_parameter(&name, &profile.to_string());
    }

    fn drops(&self, file: &str, bytes: impl Into<Vec<u8>>) {
        self.0.put(INBOX, &format!("{FOLDER}{file}"), bytes);
    }

    fn drops_chain(&self) {
        let pki = quick_chain();
        self.drops("requests/zmk/leaf.pem", pki.leaf.pem());
        self.drops("requests/zmk/ca.crt", pki.intermediates[0].pem());
    }

    async fn hears(&self, file: &str) -> Output {
        let config = self.0.config();
        let context = Context {
            arrivals: Arrivals {
                s3: aws_sdk_s3::Client::new(&config),
                sfn: aws_sdk_sfn::Client::new(&config),
                sqs: aws_sdk_sqs::Client::new(&config),
                bus: self.bus(),
                runs: self.runs(),
                inbox_bucket: INBOX.to_owned(),
                evidence_bucket: "evidence".to_owned(),
                rejections_queue_url: "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
                    .to_owned(),
                // No ARN: whoever asks for this machine is told so.
                state_machine_arn: "working-key-export".to_owned(),
            },
            ssm: aws_sdk_ssm::Client::new(&config),
            kek_import_state_machine_arn: MACHINE.to_owned(),
            waiting: self.waiting(),
            software: step::software!(),
        };
        let event = json!({
            "version": "0",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": { "object": { "key": format!("{FOLDER}{file}"), "size": 1 } },
        });
        let event: Input = serde_json::from_value(event).unwrap();
        let now = Utc::of_unix_seconds(NOW).unwrap();
        handle(&context, event, now).await.unwrap()
    }

    fn waiting(&self) -> Waiting {
        let (table, key) = ("waiting".to_owned(), TOKEN_KEY.to_owned());
        Waiting::new(&self.0.config(), table, key)
    }

    fn bus(&self) -> Bus {
        let bridge = aws_sdk_eventbridge::Client::new(&self.0.config());
        Bus::new(bridge, "key-ceremony".to_owned())
    }

    fn runs(&self) -> Runs {
        let dynamodb = aws_sdk_dynamodb::Client::new(&self.0.config());
        Runs::new(dynamodb, "runs".to_owned())
    }

    /// Drops the document and hears of it: why it is rejected, and what is to be done.
    async fn is_told(&self, file: &str, document: Value) -> (String, String) {
        self.drops(file, document.to_string());
        assert_eq!(self.hears(file).await, Output::Rejected);
        let announced = self.0.announced();
        let Announced {
            detail_type,
            detail,
        } = announced.last().unwrap();
        assert_eq!(detail_type, "Request Rejected");
        assert_eq!(detail["ceremony"], "kek-import");
        assert!(self.0.executions().is_empty());
        let text = |member: &str| detail[member].as_str().unwrap().to_owned();
        (text("reason"), text("remedy"))
    }
}

fn asking(method: &str) -> Value {
    json!({ "version": 1, "kekImport": { "method": method, "algorithm": "AES_128" } })
}

#[tokio::test]
async fn a_request_by_certificate_starts_its_own_machine_with_what_lies_beside_it() {
    for method in ["ecdh", "tr34"] {
        let inbox = Inbox::new();
        inbox.drops_chain();
        inbox.drops("requests/zmk.json", asking(method).to_string());
        assert_eq!(inbox.hears("requests/zmk.json").await, Output::Started);
        let again = inbox.hears("requests/zmk.json").await;
        assert_eq!(again, Output::AlreadyStarted);
        let executions = inbox.0.executions();
        assert_eq!(executions.len(), 1);
        let input: Start = serde_json::from_str(&executions[0].input).unwrap();
        assert_eq!(input.check(), Ok(()));
        assert_eq!(input.ceremony.kind, Kind::KekImport);
        assert_eq!(input.ceremony.ceremony_id.as_str(), executions[0].name);
        let keys: Vec<&str> = input.objects.iter().map(|it| it.key.as_str()).collect();
        let expected = ["zmk.json", "zmk/ca.crt", "zmk/leaf.pem"];
        assert_eq!(
            keys,
            expected.map(|file| format!("{FOLDER}requests/{file}"))
        );
    }
}

#[tokio::test]
async fn a_request_by_certificate_without_one_starts_nothing() {
    let inbox = Inbox::new();
    let (reason, remedy) = inbox.is_told("requests/zmk.json", asking("ecdh")).await;
    assert!(reason.contains("no certificate lies beside it"), "{reason}");
    assert!(remedy.contains("beside the document"), "{remedy}");
}

#[tokio::test]
async fn by_rsa_no_certificate_is_needed_and_none_may_lie_there() {
    let inbox = Inbox::new();
    // What is no certificate by its name, and another request's.
    inbox.drops("requests/zmk/notes.txt", "x");
    inbox.drops("requests/other/leaf.pem", "x");
    inbox.drops("requests/zmk.json", asking("rsa-oaep").to_string());
    assert_eq!(inbox.hears("requests/zmk.json").await, Output::Started);
    let executions = inbox.0.executions();
    let input: Start = serde_json::from_str(&executions[0].input).unwrap();
    assert_eq!(input.objects.len(), 1);

    let inbox = Inbox::new();
    inbox.drops_chain();
    let (reason, remedy) = inbox.is_told("requests/zmk.json", asking("rsa-oaep")).await;
    assert!(reason.contains("certificates lie beside it"), "{reason}");
    assert!(remedy.contains("delete the files"), "{remedy}");
}

#[tokio::test]
async fn by_the_facility_nothing_is_offered_yet() {
    let inbox = Inbox::new();
    let (reason, remedy) = inbox.is_told("orders/zmk.json", asking("physical")).await;
    assert!(
        reason.contains("physical, by which no ceremony"),
        "{reason}"
    );
    assert!(remedy.contains("another method"), "{remedy}");
}

#[tokio::test]
async fn what_the_profile_does_not_allow_is_told_by_its_field() {
    for (file, change, words) in [
        // Who asks follows from the prefix.
        (
            "orders/zmk.json",
            json!({ "method": "ecdh", "algorithm": "AES_128" }),
            "our requester may not ask for this: by `method` ecdh",
        ),
        (
            "requests/zmk.json",
            json!({ "method": "ecdh", "algorithm": "AES_256" }),
            "(`algorithms`)",
        ),
        (
            "requests/zmk.json",
            json!({ "method": "ecdh", "algorithm": "AES_128", "exportability": "E" }),
            "(`exportabilities`)",
        ),
    ] {
        let inbox = Inbox::new();
        inbox.drops_chain();
        let document = json!({ "version": 1, "kekImport": change });
        let (reason, remedy) = inbox.is_told(file, document).await;
        assert!(reason.contains(words), "{reason}");
        assert!(remedy.contains("`kekImport` of the profile"), "{remedy}");
    }
    let inbox = Inbox::new();
    inbox.profile(|profile| {
        profile.as_object_mut().unwrap().remove("kekImport");
    });
    let (reason, _) = inbox.is_told("requests/zmk.json", asking("ecdh")).await;
    assert!(reason.contains("kekImport"), "{reason}");
}

#[tokio::test]
async fn a_document_that_is_meant_as_one_and_is_none_is_told_by_its_field() {
    let inbox = Inbox::new();
    let mut document = asking("ecdh");
    document["kekImport"]["surplus"] = json!(1);
    let (reason, _) = inbox.is_told("requests/zmk.json", document).await;
    assert!(reason.contains("surplus"), "{reason}");
}

#[tokio::test]
async fn a_private_key_in_a_document_is_told_with_the_ceremony_that_it_was_meant_for() {
    let inbox = Inbox::new();
    let mut document = asking("ecdh");
    document["note"] = json!(quick_chain().leaf.key().pem());
    inbox.drops("requests/zmk.json", document.to_string());
    let heard = inbox.hears("requests/zmk.json").await;
    assert_eq!(heard, Output::PrivateKeyReceived);
    let announced = inbox.0.announced();
    assert_eq!(announced[0].detail["ceremony"], "kek-import");
}

/// Together with no other rejections than those of such requests.
#[tokio::test]
async fn what_was_rejected_within_a_minute_is_told_together() {
    let inbox = Inbox::new();
    inbox.drops("requests/keys.json", "{");
    assert_eq!(inbox.hears("requests/keys.json").await, Output::Rejected);
    assert_eq!(
        inbox.0.announced()[0].detail["ceremony"],
        "working-key-export"
    );
    for number in 0..3 {
        let file = format!("requests/zmk{number}.json");
        inbox.drops(&file, asking("physical").to_string());
        assert_eq!(inbox.hears(&file).await, Output::Rejected);
    }
    let messages = inbox.0.sent().into_iter().enumerate();
    let records: Vec<Value> = messages
        .map(|(id, body)| json!({ "messageId": id.to_string(), "body": body }))
        .collect();
    let input: Messages = serde_json::from_value(json!({ "Records": records })).unwrap();
    let context = Announcing {
        bus: inbox.bus(),
        runs: inbox.runs(),
    };
    let now = Utc::of_unix_seconds(NOW + 61).unwrap();
    announce_rejections::handle(&context, input, now).await;
    let announced = inbox.0.announced();
    assert_eq!(announced.len(), 3, "{announced:?}");
    assert_eq!(announced[2].detail_type, "Request Rejected");
    assert_eq!(announced[2].detail["ceremony"], "kek-import");
    assert_eq!(announced[2].detail["files"].as_array().unwrap().len(), 2);
}
