//! One partner's folder, and the step that looks at it.

use ::arrivals::Arrivals;
use announce_rejections::Output as Delivery;
use bus::Bus;
use ceremony::digest::Sha256;
use ceremony::id::{CertificateSet, Kind};
use ceremony::utc::Utc;
use emulated::aws::{Announced, Aws, Started};
use emulated::{certificate, folder, quick_chain};
use intake::{Context, Error, Input, Output, handle};
use partner::{Certified, Pki};
use runs::Runs;
use serde_json::{Value, json};
use step::aws::SdkConfig;

pub(crate) const INBOX: &str = "inbox";
pub(crate) const EVIDENCE: &str = "evidence";
pub(crate) const FOLDER: &str = "acme/production/cardholder/";

/// 2026-11-18, 10:26:40 UTC.
pub(crate) const NOW: i64 = 1_794_997_600;
pub(crate) const DAY: i64 = 24 * 60 * 60;

pub(crate) struct Inbox {
    pub(crate) aws: Aws,
    pub(crate) pki: Pki,
    pub(crate) now: i64,
}

impl Inbox {
    /// An empty folder with a profile.
    pub(crate) fn new() -> Self {
        let inbox = Self {
            aws: Aws::default(),
            pki: quick_chain(),
            now: NOW,
        };
        inbox.aws.set_time(NOW);
        inbox.profile(|_| {});
        inbox
    }

    /// A folder in which a whole chain lies.
    pub(crate) fn with_chain() -> Self {
        let inbox = Self::new();
        inbox.drops_chain();
        inbox
    }

    pub(crate) fn profile(&self, change: impl FnOnce(&mut Value)) {
        let mut profile = emulated::profile(&self.pki);
        change(&mut profile);
        let name = folder().profile_parameter();
        self.aws.put_parameter(&name, &profile.to_string());
    }

    pub(crate) fn drops(&self, file: &str, bytes: impl Into<Vec<u8>>) -> String {
        self.aws.put(INBOX, &format!("{FOLDER}{file}"), bytes)
    }

    pub(crate) fn drops_certificate(&self, file: &str, certificate: &Certified) -> String {
        self.drops(file, certificate.pem())
    }

    pub(crate) fn drops_chain(&self) {
        self.drops_certificate("root.pem", &self.pki.root);
        self.drops_certificate("ca.pem", &self.pki.intermediates[0]);
        self.drops_certificate("leaf.pem", &self.pki.leaf);
    }

    pub(crate) fn time_passes(&mut self, seconds: i64) {
        self.now += seconds;
        self.aws.set_time(self.now);
    }

    /// The event of a file reaches the step.
    pub(crate) async fn hears(&self, file: &str) -> Result<Output, Error> {
        self.hears_of_key(&format!("{FOLDER}{file}")).await
    }

    pub(crate) async fn hears_of_key(&self, key: &str) -> Result<Output, Error> {
        let context = context(&self.aws.config());
        handle(&context, event(key), self.at()).await
    }

    /// The same, of a version that may not be the newest any more.
    pub(crate) async fn hears_of_version(&self, file: &str, id: &str) -> Result<Output, Error> {
        let context = context(&self.aws.config());
        let mut event = event(&format!("{FOLDER}{file}"));
        event.detail.object.version_id = Some(id.to_owned());
        handle(&context, event, self.at()).await
    }

    /// The queue delivers messages.
    pub(crate) async fn delivers(&self, messages: &[String]) -> Delivery {
        deliver(&self.aws.config(), messages, self.at()).await
    }

    pub(crate) fn at(&self) -> Utc {
        Utc::of_unix_seconds(self.now).unwrap()
    }

    pub(crate) fn set(&self) -> CertificateSet {
        let cas = [&self.pki.intermediates[0], &self.pki.root];
        let fingerprint = |certified: &Certified| certificate(certified).sha256();
        CertificateSet::new(
            Kind::KekExport,
            &folder(),
            fingerprint(&self.pki.leaf),
            cas.map(fingerprint),
        )
    }

    pub(crate) fn name_of_run(&self, number: u32) -> String {
        self.set().ceremony(number).ceremony_id.to_string()
    }

    /// The run's execution ends now.
    pub(crate) fn run_ends(&self, number: u32) {
        self.aws.end_execution(&self.name_of_run(number));
    }

    /// Exactly the executions of these runs, whatever their order.
    pub(crate) fn assert_runs(&self, numbers: &[u32]) -> Vec<Started> {
        let executions = self.aws.executions();
        let mut found: Vec<&str> = executions.iter().map(|one| one.name.as_str()).collect();
        let mut expected: Vec<String> = numbers.iter().map(|run| self.name_of_run(*run)).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        executions
    }

    /// How many ceremonies the folder has begun today.
    pub(crate) fn begun_today(&self) -> u32 {
        let date = self.at().date();
        let item = self.aws.item(&format!("day#kek-export#{FOLDER}#{date}"));
        let count = item.map(|item| item["ceremonies"]["N"].as_str().map(str::to_owned));
        count
            .flatten()
            .map_or(0, |count| count.parse().expect("a number"))
    }

    /// The only announcement there is.
    pub(crate) fn only_announcement(&self) -> Announced {
        let announced = self.aws.announced();
        assert_eq!(announced.len(), 1, "{announced:?}");
        announced[0].clone()
    }

    pub(crate) fn only_reason(&self) -> String {
        let reason = &self.only_announcement().detail["reason"];
        reason.as_str().expect("a reason").to_owned()
    }
}

pub(crate) fn context(config: &SdkConfig) -> Context {
    Context {
        arrivals: Arrivals {
            s3: aws_sdk_s3::Client::new(config),
            sfn: aws_sdk_sfn::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            bus: bus_of(config),
            runs: runs_of(config),
            inbox_bucket: INBOX.to_owned(),
            evidence_bucket: EVIDENCE.to_owned(),
            rejections_queue_url: "https://sqs.eu-west-1.amazonaws.com/111122223333/q".to_owned(),
            state_machine_arn: "arn:aws:states:eu-west-1:111122223333:stateMachine:kek-export"
                .to_owned(),
        },
        ssm: aws_sdk_ssm::Client::new(config),
    }
}

fn bus_of(config: &SdkConfig) -> Bus {
    Bus::new(
        aws_sdk_eventbridge::Client::new(config),
        "key-ceremony".to_owned(),
    )
}

fn runs_of(config: &SdkConfig) -> Runs {
    Runs::new(aws_sdk_dynamodb::Client::new(config), "runs".to_owned())
}

pub(crate) fn event(key: &str) -> Input {
    let event = json!({
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": { "object": { "key": key, "size": 1 } },
    });
    serde_json::from_value(event).expect("an event")
}

pub(crate) async fn deliver(config: &SdkConfig, messages: &[String], now: Utc) -> Delivery {
    let context = announce_rejections::Context {
        bus: bus_of(config),
        runs: runs_of(config),
    };
    let records: Vec<Value> = messages
        .iter()
        .enumerate()
        .map(|(at, body)| json!({ "messageId": at.to_string(), "body": body }))
        .collect();
    let input = serde_json::from_value(json!({ "Records": records })).expect("messages");
    announce_rejections::handle(&context, input, now).await
}

pub(crate) fn sha256(bytes: &str) -> Sha256 {
    Sha256::of(bytes.as_bytes())
}
