//! One partner's story, told with the actors of the rehearsal. What they cannot do fails the test.

use std::time::{Duration, Instant};

use aws_sdk_sfn::types::ExecutionStatus;
use partner::{KeyKind, Pki, PkiBuilder};
use rehearsal::actors::{Folder, Operator, Partner, Watcher};
use rehearsal::{Connection, Execution, acme};
use serde_json::{Value, json};

use crate::World;
use crate::events::Event;

/// The ceremony that the stories are about.
const CEREMONY: &str = "kek-export";

const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

/// How long an execution that should not be there may take to show.
const SETTLING: Duration = Duration::from_millis(500);

/// One partner at one of its folders, and all that happens to it. Files, packages and profiles are
/// those of the folder; ceremonies, events and keys are those of the partner.
pub struct Story {
    pub(crate) world: &'static World,
    pub partner: String,
    pub folder: Folder,
}

impl Story {
    /// `partner` must be the test's own: at most 32 of `[a-z0-9-]`.
    pub async fn of(partner: &str) -> Self {
        Self::in_world(World::get().await, partner)
    }

    pub fn in_world(world: &'static World, partner: &str) -> Self {
        Self {
            world,
            partner: partner.to_owned(),
            folder: Folder::new(partner, "production", "cardholder"),
        }
    }

    /// The same partner at another of its folders.
    pub fn in_folder(&self, environment: &str, data_type: &str) -> Self {
        Self {
            world: self.world,
            partner: self.partner.clone(),
            folder: Folder::new(&self.partner, environment, data_type),
        }
    }

    pub fn world(&self) -> &'static World {
        self.world
    }

    pub fn stack(&self) -> &'static Connection {
        self.world.stack.connection()
    }

    /// A certificate chain with the identity that the reference profile expects for
    /// `production/cardholder`. Keys are shared among stories of one process, certificates are not.
    pub fn chain(&self) -> PkiBuilder {
        Pki::builder(acme::UID)
            .named("scenarios")
            .root_key(KeyKind::Rsa4096)
            .intermediate_keys(&[KeyKind::Rsa4096])
            .leaf_key(KeyKind::Rsa3072)
    }

    /// The reference profile for this folder, with this chain's root pinned. Most chains name no
    /// revocation service, and need not.
    pub fn profile(&self, pki: &Pki) -> Value {
        let mut profile = acme::profile(&self.folder, pki);
        profile["revocation"]["policy"] = "when-available".into();
        profile
    }

    pub async fn operator_onboards(&self, pki: &Pki) {
        self.operator_writes_profile(&self.profile(pki)).await;
    }

    pub async fn operator_writes_profile(&self, profile: &Value) {
        Operator::new(self.stack())
            .put_profile(&self.folder, profile)
            .await
            .expect("a profile");
    }

    /// Drops a file into the partner's folder.
    pub async fn partner_drops(&self, file: &str, bytes: impl Into<Vec<u8>>) {
        let partner = Partner::new(self.stack(), &self.folder);
        partner.drops(file, bytes).await.expect("a drop");
    }

    /// Drops every certificate of a chain, one file each.
    pub async fn partner_drops_chain(&self, pki: &Pki) {
        let partner = Partner::new(self.stack(), &self.folder);
        partner.drops_chain(pki).await.expect("a drop");
    }

    /// The one ceremony of this partner, when it has ended.
    pub async fn ceremony_ends(&self) -> Execution {
        let execution = self.next_ceremony_ends(&[]).await;
        let count = self.ceremonies().await.len();
        assert_eq!(count, 1, "ceremonies of {}", self.partner);
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
        for member in ["step", "error", "what", "remedy", "again"] {
            assert_eq!(record[member], event.detail[member], "{member}");
        }
        let again = record["again"].as_str().expect("how to run it again");
        assert!(cause.ends_with(again), "{cause}");
        assert_eq!(record["outcome"], "failed");
        Failure {
            cause,
            record,
            execution,
        }
    }

    /// The next ceremony of this partner after those named, when it has ended, and the second in which
    /// it has: S3 counts in seconds, and a file that is dropped in that one may be of the old run.
    pub async fn next_ceremony_ends(&self, after: &[&str]) -> Execution {
        let watcher = self.watcher();
        let arn = watcher
            .start_of(&self.ceremony_prefix(), after, PATIENCE)
            .await;
        let execution = watcher.end_of(&arn.expect("a start"), PATIENCE).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        execution.expect("an end")
    }

    /// All events so far have been dealt with, and there are this many ceremonies.
    ///
    /// Events of a bucket are delivered within moments; a last file, which is rejected when its
    /// turn comes, tells when those before it have been. It is put into another folder of the
    /// partner, where nothing else is rejected and it need not wait for a minute.
    pub async fn nothing_else_starts(&self, ceremonies: usize) {
        let elsewhere = self.in_folder("non-production", "pin");
        let marker = "marker-of-the-test.pem";
        elsewhere.partner_drops(marker, "no certificate").await;
        let key = elsewhere.folder.key(marker);
        self.is_told_that("the marker is rejected", |event| event.names(&key))
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
            "detail": { "object": { "key": self.folder.key(file) } },
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
            "EvidenceBucket": self.stack().output("EVIDENCE_BUCKET").expect("a bucket"),
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
        let executions = self.watcher().executions(&self.ceremony_prefix()).await;
        executions.expect("executions")
    }

    pub(crate) fn watcher(&self) -> Watcher<'static> {
        Watcher::new(self.stack(), CEREMONY).expect("a state machine")
    }

    /// What the names of all of this partner's ceremonies begin with, whatever their folder.
    fn ceremony_prefix(&self) -> String {
        format!("{}-", self.partner)
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
                assert_eq!(event.detail["ceremony"], CEREMONY, "{event:?}");
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
}

/// How a ceremony failed.
pub struct Failure {
    pub cause: String,
    pub record: Value,
    pub execution: Execution,
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
