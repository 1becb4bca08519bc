//! A certificate for a key of ours starts one execution per drop; anybody else's is rejected by name.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use arrivals::Arrivals;
use bus::Bus;
use ceremony::enrolment::OwnKey;
use ceremony::utc::Utc;
use emulated::aws::{Announced, Aws};
use emulated::enrolment::{enrolment, own_chain, own_chain_builder, request, rules};
use emulated::quick_chain;
use intake_enrolment::{Context, Input, Output, handle};
use partner::{Certified, Pki};
use runs::Runs;
use serde_json::{Value, json};

const INBOX: &str = "inbox";
const EVIDENCE: &str = "evidence";
const FOLDER: &str = "enrolment/package-signing/";

/// 2026-11-18, 10:26:40 UTC.
const NOW: i64 = 1_794_997_600;

struct Inbox {
    aws: Aws,
    pki: Pki,
    now: i64,
}

impl Inbox {
    /// An empty folder, rules, and the request that the chain answers.
    fn new() -> Self {
        let inbox = Self {
            aws: Aws::default(),
            pki: own_chain(),
            // The chain is valid from an hour before it is made.
            now: Utc::now().unix_seconds().max(NOW),
        };
        inbox.aws.set_time(inbox.now);
        let key = OwnKey::PackageSigning;
        let (rules, request) = (rules(key, &inbox.pki), request(key, &inbox.pki));
        inbox
            .aws
            .put_parameter(&key.rules_parameter(), &rules.to_string());
        let place = key.request_key(&request.public_key_sha256);
        let document = serde_json::to_vec(&request).unwrap();
        inbox.aws.put(EVIDENCE, &place, document);
        inbox
    }

    fn drops(&self, file: &str, certificate: &Certified) {
        self.aws
            .put(INBOX, &format!("{FOLDER}{file}"), certificate.pem());
    }

    fn drops_chain(&self) {
        self.drops("root.pem", &self.pki.root);
        self.drops("ca.pem", &self.pki.intermediates[0]);
        self.drops("certificate.pem", &self.pki.leaf);
    }

    async fn hears(&self, file: &str) -> Output {
        self.hears_of_key(&format!("{FOLDER}{file}")).await
    }

    async fn hears_of_key(&self, key: &str) -> Output {
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
                evidence_bucket: EVIDENCE.to_owned(),
                rejections_queue_url: "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
                    .to_owned(),
                state_machine_arn:
                    "arn:aws:states:eu-west-1:111122223333:stateMachine:certificate-enrolment"
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

    fn only_announcement(&self) -> Announced {
        let announced = self.aws.announced();
        assert_eq!(announced.len(), 1, "{announced:?}");
        announced[0].clone()
    }

    /// Of an event that names no partner, and this ceremony.
    fn reason(&self) -> String {
        let detail = self.only_announcement().detail;
        assert_eq!(detail["ceremony"], "certificate-enrolment");
        assert_eq!(detail["partner"], Value::Null);
        detail["reason"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_starts_one_execution_however_often_it_is_heard_of() {
    let inbox = Inbox::new();
    inbox.drops_chain();
    assert_eq!(inbox.hears("certificate.pem").await, Output::Started);
    for file in ["root.pem", "ca.pem", "certificate.pem"] {
        assert_eq!(inbox.hears(file).await, Output::AlreadyStarted, "{file}");
    }
    let executions = inbox.aws.executions();
    assert_eq!(executions.len(), 1);
    let expected = enrolment(&inbox.pki);
    assert_eq!(executions[0].name, expected.ceremony_id.as_str());
    let input: Value = serde_json::from_str(&executions[0].input).unwrap();
    assert_eq!(input["ceremony"], serde_json::to_value(&expected).unwrap());
    assert_eq!(input["objects"].as_array().unwrap().len(), 3);
    assert_eq!(input["leaf"], inbox.pki.leaf.sha256());
    assert_eq!(inbox.aws.announced().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_drop_after_the_end_is_a_new_run() {
    let mut inbox = Inbox::new();
    inbox.drops_chain();
    assert_eq!(inbox.hears("certificate.pem").await, Output::Started);
    let first = inbox.aws.executions()[0].name.clone();
    inbox.now += 60;
    inbox.aws.set_time(inbox.now);
    inbox.aws.end_execution(&first);
    inbox.now += 60;
    inbox.aws.set_time(inbox.now);
    assert_eq!(inbox.hears("certificate.pem").await, Output::AlreadyStarted);
    inbox.drops("certificate.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("certificate.pem").await, Output::Started);
    assert_eq!(inbox.aws.executions().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_certificate_is_rejected_by_name_and_with_what_was_requested() {
    let inbox = Inbox::new();
    inbox.drops_chain();
    inbox.hears("certificate.pem").await;
    let stranger = quick_chain().leaf;
    inbox.drops("stranger.pem", &stranger);
    assert_eq!(inbox.hears("stranger.pem").await, Output::Rejected);
    let announced = inbox.only_announcement();
    assert_eq!(announced.detail_type, "Certificates Rejected");
    assert_eq!(announced.detail["file"], format!("{FOLDER}stranger.pem"));
    assert!(announced.detail["latestCeremony"]["ceremonyId"].is_string());
    let reason = inbox.reason();
    for word in [
        "ACME Key Exchange",
        "no certificate of ours",
        "package-signing",
        "Key Ceremony",
    ] {
        assert!(reason.contains(word), "{word}: {reason}");
    }
    // It stops nothing, whenever the others are heard of.
    assert_eq!(inbox.hears("ca.pem").await, Output::AlreadyStarted);
}

/// The CA's own software may well send the chain before the certificate.
#[tokio::test(start_paused = true)]
async fn what_is_missing_is_told() {
    let inbox = Inbox::new();
    inbox.drops("ca.pem", &inbox.pki.intermediates[0]);
    assert_eq!(inbox.hears("ca.pem").await, Output::Incomplete);
    let reason = inbox.reason();
    assert!(reason.contains("the certificate for our key"), "{reason}");

    let inbox = Inbox::new();
    inbox.drops("certificate.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("certificate.pem").await, Output::Incomplete);
    let reason = inbox.reason();
    assert!(reason.contains("is missing"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn the_newest_certificate_that_is_valid_counts() {
    let inbox = Inbox::new();
    let year = time::Duration::days(365);
    let (from, until) = (time::OffsetDateTime::now_utc(), time::Duration::days(30));
    let older = own_chain_builder()
        .leaf(|leaf| leaf.valid(from - year, from + until))
        .build();
    let next = own_chain_builder()
        .leaf(|leaf| leaf.valid(from + until, from + year))
        .build();
    inbox.drops("older.pem", &older.leaf);
    inbox.drops("next.pem", &next.leaf);
    inbox.drops_chain();
    assert_eq!(inbox.hears("root.pem").await, Output::Started);
    let input: Value = serde_json::from_str(&inbox.aws.executions()[0].input).unwrap();
    assert_eq!(input["leaf"], inbox.pki.leaf.sha256());
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_no_key_of_ours_is_rejected_with_those_that_are() {
    for key in [
        "enrolment/visa/certificate.pem",
        "enrolment/certificate.pem",
    ] {
        let inbox = Inbox::new();
        inbox.aws.put(INBOX, key, inbox.pki.leaf.pem());
        assert_eq!(inbox.hears_of_key(key).await, Output::Rejected);
        let detail = inbox.only_announcement().detail;
        assert_eq!(detail["file"], key);
        let reason = detail["reason"].as_str().unwrap();
        let word = if key.contains("visa") {
            "`tr34`"
        } else {
            "<key name>"
        };
        assert!(reason.contains(word), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_private_key_stops_everything_until_it_is_gone() {
    let inbox = Inbox::new();
    let key = format!("{FOLDER}key.pem");
    inbox.aws.put(INBOX, &key, inbox.pki.leaf.key().pem());
    assert_eq!(inbox.hears("key.pem").await, Output::PrivateKeyReceived);
    let detail = inbox.only_announcement().detail;
    assert_eq!(detail["ceremony"], "certificate-enrolment");
    assert_eq!(detail["partner"], Value::Null);
    assert!(!detail.to_string().contains("PRIVATE KEY"));
    inbox.drops_chain();
    assert_eq!(inbox.hears("certificate.pem").await, Output::Rejected);
    assert_eq!(inbox.aws.executions().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_any_request_nothing_is_ours() {
    let inbox = Inbox::new();
    for key in inbox.aws.keys(EVIDENCE) {
        inbox.aws.delete(EVIDENCE, &key);
    }
    inbox.drops_chain();
    assert_eq!(inbox.hears("certificate.pem").await, Output::Rejected);
    assert!(inbox.reason().contains("no request under that name yet"));
}
