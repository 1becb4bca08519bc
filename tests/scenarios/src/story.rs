//! One partner's story.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_sfn::types::ExecutionStatus;
use partner::{Certified, KeyKind, Opened, Package, Pki, PkiBuilder};
use rehearsal::{Connection, Execution, REGION};
use serde_json::{Value, json};

use crate::World;
use crate::events::Event;

/// The identity that the reference profile expects for `production/cardholder`.
pub const UID: &str = "identity:idms.group.7814046";

const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

/// How long an execution that should not be there may take to show.
const SETTLING: Duration = Duration::from_millis(500);

/// One partner and all that happens to it.
pub struct Story {
    world: &'static World,
    pub partner: String,
    pub folder: String,
}

/// What exists in Payment Cryptography for one partner.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Created {
    pub keks: usize,
    pub cas: usize,
}

impl Story {
    /// `partner` must be the test's own: at most 32 of `[a-z0-9-]`.
    pub async fn of(partner: &str) -> Self {
        Self::in_world(World::get().await, partner)
    }

    pub fn in_world(world: &'static World, partner: &str) -> Self {
        let folder = format!("{partner}/production/cardholder");
        Self {
            world,
            partner: partner.to_owned(),
            folder,
        }
    }

    pub fn world(&self) -> &'static World {
        self.world
    }

    pub fn stack(&self) -> &'static Connection {
        self.world.stack.connection()
    }

    /// A certificate chain with the right identity. Keys are shared among stories of one process,
    /// certificates are not.
    pub fn chain(&self) -> PkiBuilder {
        Pki::builder(UID)
            .named("scenarios")
            .root_key(KeyKind::Rsa4096)
            .intermediate_keys(&[KeyKind::Rsa4096])
            .leaf_key(KeyKind::Rsa3072)
    }

    /// The reference profile, with this chain's root pinned.
    pub fn profile(&self, pki: &Pki) -> Value {
        let mut profile: Value =
            serde_json::from_str(&rehearsal::acme::profile(pki)).expect("a profile is JSON");
        profile["partner"] = json!(self.partner);
        profile
    }

    pub async fn operator_onboards(&self, pki: &Pki) {
        self.operator_writes_profile(&self.profile(pki)).await;
    }

    pub async fn operator_writes_profile(&self, profile: &Value) {
        self.stack()
            .put_profile(&self.partner, &profile.to_string())
            .await
            .expect("a profile");
    }

    /// Drops a file into the partner's folder.
    pub async fn partner_drops(&self, file: &str, bytes: impl Into<Vec<u8>>) {
        let key = format!("{}/{file}", self.folder);
        self.stack().drop_file(&key, bytes).await.expect("a drop");
    }

    /// Drops every certificate of a chain, one file each.
    pub async fn partner_drops_chain(&self, pki: &Pki) {
        for (file, certificate) in files(pki) {
            self.partner_drops(file, certificate.pem()).await;
        }
    }

    /// The one ceremony of this partner, when it has ended.
    pub async fn ceremony_ends(&self) -> Execution {
        let execution = self
            .stack()
            .wait_execution(&format!("{}-", self.partner), PATIENCE)
            .await;
        let execution = execution.expect("a ceremony");
        assert_eq!(
            self.ceremonies().await.len(),
            1,
            "ceremonies of {}",
            self.partner
        );
        execution
    }

    pub async fn ceremony_succeeds(&self) -> Execution {
        let execution = self.ceremony_ends().await;
        assert_succeeded(&execution);
        execution
    }

    /// Ends in the named error, with a record and an announcement that say the same.
    pub async fn ceremony_fails(&self, error: &str) -> Failure {
        let execution = self.ceremony_ends().await;
        assert_eq!(execution.status, ExecutionStatus::Failed, "{execution:?}");
        assert_eq!(
            execution.error.as_deref(),
            Some(error),
            "{:?}",
            execution.cause
        );
        let cause = execution.cause.clone().unwrap_or_default();
        assert!(cause.contains("What to do: "), "{cause}");

        let event = self.is_told("Ceremony Failed").await;
        assert_eq!(event.detail["error"], error);
        assert_eq!(event.detail["ceremonyId"], execution.name.as_str());
        let record = self.evidence_at(&event.detail["record"]).await;
        for member in ["step", "error", "what", "remedy"] {
            assert_eq!(record[member], event.detail[member], "{member}");
        }
        assert_eq!(record["outcome"], "failed");
        Failure {
            cause,
            record,
            execution,
        }
    }

    /// The next ceremony of this partner after those named, when it has ended.
    pub async fn next_ceremony_ends(&self, after: &[&str]) -> Execution {
        let waiting = Instant::now();
        loop {
            let ceremonies = self.ceremonies().await;
            let next = ceremonies
                .iter()
                .find(|(name, _)| !after.contains(&name.as_str()));
            if let Some((_, arn)) = next {
                let execution = self.stack().describe(arn).await.expect("an execution");
                if execution.status != ExecutionStatus::Running {
                    return execution;
                }
            }
            assert!(
                waiting.elapsed() < PATIENCE,
                "no other ceremony than {after:?}"
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// All events so far have been dealt with, and there are this many ceremonies.
    ///
    /// Events of a bucket are delivered within moments; a last file, which is rejected when its
    /// turn comes, tells when those before it have been.
    pub async fn nothing_else_starts(&self, ceremonies: usize) {
        let marker = "marker-of-the-test.pem";
        self.partner_drops(marker, "no certificate").await;
        let key = format!("{}/{marker}", self.folder);
        self.is_told_that("the marker is rejected", |event| {
            event.detail["file"] == key.as_str()
        })
        .await;
        tokio::time::sleep(SETTLING).await;
        assert_eq!(
            self.ceremonies().await.len(),
            ceremonies,
            "ceremonies of {}",
            self.partner
        );
    }

    /// Invokes intake with the event of a file once more, as EventBridge does now and then;
    /// returns what it made of it.
    pub async fn intake_hears_again(&self, file: &str) -> String {
        let event = json!({
            "version": "0",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": { "object": { "key": format!("{}/{file}", self.folder) } },
        });
        let answer = self.world.invoke_intake(&event).await;
        answer
            .as_str()
            .unwrap_or_else(|| panic!("intake answered {answer}"))
            .to_owned()
    }

    /// How often `csr.pem` was written.
    pub async fn versions_of_the_signing_request(&self) -> usize {
        let outbox = self.stack().output("OUTBOX_BUCKET").expect("a bucket");
        let s3 = self.stack().s3().expect("a client");
        let listed = s3
            .list_object_versions()
            .bucket(outbox)
            .prefix("csr.pem")
            .send()
            .await;
        listed.expect("versions").versions().len()
    }

    /// Another deployment: the custom resource is updated. Its answer goes nowhere.
    pub async fn deployment_asks_for_a_request(&self, subject: &str) {
        let properties = json!({
            "ServiceToken": "unused",
            "KeyArn": self.stack().output("SIGNING_KEY_ARN").expect("a key"),
            "Subject": subject,
            "Bucket": self.stack().output("OUTBOX_BUCKET").expect("a bucket"),
            "Key": "csr.pem",
        });
        let event = json!({
            "RequestType": "Update",
            "RequestId": "test",
            "ResponseURL": "https://localhost:1/nobody",
            "StackId": "test",
            "ResourceType": "Custom::SigningCsr",
            "LogicalResourceId": "test",
            "PhysicalResourceId": "signing-csr",
            "ResourceProperties": properties,
            "OldResourceProperties": properties,
        });
        let answer = self.world.invoke_signing_csr(&event).await;
        assert_eq!(answer["errorType"], "AnswerNotSent", "{answer}");
    }

    /// All executions of this partner: name and ARN.
    pub async fn ceremonies(&self) -> Vec<(String, String)> {
        self.stack()
            .executions(&format!("{}-", self.partner))
            .await
            .expect("executions")
    }

    /// Waits for an event of a type about this partner.
    pub async fn is_told(&self, detail_type: &str) -> Event {
        let told = |event: &Event| event.detail_type == detail_type;
        self.is_told_that(detail_type, told).await
    }

    /// Waits for an event about this partner of which something is true.
    pub async fn is_told_that(&self, what: &str, told: impl Fn(&Event) -> bool) -> Event {
        let waiting = Instant::now();
        loop {
            let events = self.events();
            if let Some(event) = events.iter().find(|event| told(event)) {
                return event.clone();
            }
            assert!(
                waiting.elapsed() < PATIENCE,
                "{} was not told `{what}`, only {events:?}",
                self.partner
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Every event about this partner so far.
    pub fn events(&self) -> Vec<Event> {
        self.world.events.about(&self.partner)
    }

    /// Every event that could not be attributed to a partner.
    pub fn events_without_partner(&self) -> Vec<Event> {
        self.world.events.without_partner()
    }

    /// What was made in Payment Cryptography for this partner.
    pub async fn created(&self) -> Created {
        let count = |keys: &[Value], purpose: &str| {
            keys.iter()
                .filter(|key| key["tags"]["key-ceremony:purpose"] == purpose)
                .count()
        };
        let keys = self.keys().await;
        Created {
            keks: count(&keys, "kek"),
            cas: count(&keys, "ca"),
        }
    }

    /// Every key of this partner in Payment Cryptography, as the emulator has it.
    pub async fn keys(&self) -> Vec<Value> {
        let management = self.stack().management().expect("a management port");
        let inventory = management.keys(REGION).await.expect("an inventory");
        let keys = inventory["keys"].as_array().cloned().unwrap_or_default();
        keys.into_iter()
            .filter(|key| key["tags"]["key-ceremony:partner"] == self.partner.as_str())
            .collect()
    }

    /// The ARNs of this partner's KEKs.
    pub async fn keks(&self) -> Vec<String> {
        let keys = self.keys().await;
        let keks = keys
            .iter()
            .filter(|key| key["tags"]["key-ceremony:purpose"] == "kek");
        keks.filter_map(|key| key["keyArn"].as_str().map(str::to_owned))
            .collect()
    }

    /// An alias, whether it has a key or not.
    pub async fn alias(&self, alias: &str) -> Option<Alias> {
        let management = self.stack().management().expect("a management port");
        let inventory = management.keys(REGION).await.expect("an inventory");
        let aliases = inventory["aliases"].as_array().cloned().unwrap_or_default();
        let found = aliases
            .into_iter()
            .find(|entry| entry["aliasName"] == alias)?;
        Some(Alias {
            key_arn: found["keyArn"].as_str().map(str::to_owned),
        })
    }

    /// The alias of the KEK for a leaf (design: names that others rely on).
    pub fn kek_alias(&self, leaf: &Certified) -> String {
        format!(
            "alias/key-ceremony/kek/{}/{}",
            self.folder,
            &leaf.sha256()[..16]
        )
    }

    /// A client of Payment Cryptography with the operator's credentials.
    pub fn payment_cryptography(&self) -> aws_sdk_paymentcryptography::Client {
        let config = self.stack().sdk_config().expect("a configuration");
        let config = aws_sdk_paymentcryptography::config::Builder::from(&config)
            .endpoint_url(&self.stack().payment_cryptography.service)
            .build();
        aws_sdk_paymentcryptography::Client::from_conf(config)
    }

    /// The package of a ceremony, fetched from the outbox.
    pub async fn partner_fetches(&self, ceremony: &str) -> BTreeMap<String, Vec<u8>> {
        self.stack()
            .package(&self.folder, ceremony)
            .await
            .expect("a package")
    }

    /// Fetches and opens the package, and holds the KEK in it to the one in Payment Cryptography.
    pub async fn partner_opens(&self, ceremony: &str, leaf: &Certified) -> Opened {
        let files = self.partner_fetches(ceremony).await;
        let opened = Package::from_files(files)
            .open(leaf)
            .expect("a package that opens");
        let management = self.stack().management().expect("a management port");
        let clear = management
            .clear_key(&opened.manifest.kek.key_arn)
            .await
            .expect("the KEK");
        let unwrapped: String = opened
            .kek
            .expose()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        // Not `assert_eq!`: it would print them.
        assert!(
            unwrapped == clear,
            "the unwrapped KEK is not the one in Payment Cryptography"
        );
        opened
    }

    /// A document of the evidence bucket by its location in an event.
    pub async fn evidence_at(&self, location: &Value) -> Value {
        let bucket = location["bucket"].as_str().expect("a bucket");
        let key = location["key"].as_str().expect("a key");
        let files = self.stack().download(bucket, key).await.expect("evidence");
        serde_json::from_slice(&files[key_name(&files)]).expect("JSON")
    }

    /// The evidence of a ceremony, by file name.
    pub async fn evidence(&self, ceremony: &str) -> BTreeMap<String, Vec<u8>> {
        let bucket = self.stack().output("EVIDENCE_BUCKET").expect("a bucket");
        self.stack()
            .download(bucket, &format!("{ceremony}/"))
            .await
            .expect("evidence")
    }
}

/// An alias of Payment Cryptography.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Alias {
    pub key_arn: Option<String>,
}

/// How a ceremony failed.
pub struct Failure {
    pub cause: String,
    pub record: Value,
    pub execution: Execution,
}

/// The file names that a partner would choose.
pub fn files(pki: &Pki) -> Vec<(&'static str, &Certified)> {
    let mut files = vec![("root.pem", &pki.root)];
    let names = ["intermediate.pem", "intermediate-2.pem"];
    files.extend(names.into_iter().zip(&pki.intermediates));
    files.push(("leaf.pem", &pki.leaf));
    files
}

pub fn assert_succeeded(execution: &Execution) {
    assert_eq!(
        execution.status,
        ExecutionStatus::Succeeded,
        "{:?}: {:?}",
        execution.error,
        execution.cause
    );
}

fn key_name(files: &BTreeMap<String, Vec<u8>>) -> &str {
    // The prefix was the whole key, so that nothing is left of the name.
    files.keys().next().expect("the document").as_str()
}
