//! What lands in the inbox, as every intake step looks at it.
//!
//! An intake step takes an EventBridge `Object Created` event, decides what the file's folder comes to,
//! and has the decision carried out here: a complete set is started, one execution per drop (`start`
//! says how); what is missing, or cannot be used, is announced. What makes a set complete is the step's
//! own to say, since a partner's certificates and ours are chosen differently.
//!
//! What is an answer to an offer of ours starts nothing: the step that brings it to the execution that
//! waits has private keys and rejections announced here, as the others have.
//!
//! Events come more than once and in any order. Every one of them looks at the whole folder, and
//! what it leads to depends on what lies there and on the table `runs` alone.

mod answer;
mod decision;
mod folder;
mod keys;
mod order;
mod private_key;
mod reject;
mod start;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use bus::Bus;
pub use bus::Error;
use ceremony::announcement::{Announcement, FilesNotTaken};
use ceremony::id::{Kind, Place};
use ceremony::utc::Utc;
use runs::Runs;
use serde::{Deserialize, Serialize};
use step::aws::SdkConfig;
use step::required_variable;

pub use decision::{Complete, Decision, carriers, dropped, usable, why_unusable};
pub use folder::{Contents, File, Unread, read_folder};
pub use order::{
    Document, Machine, OrderDecision, certificates_beside, has_certificates_beside, read_document,
};
pub use private_key::Found;

use reject::Rejection;
use start::{Asking, Start};

/// The event's detail, as far as it is asked. S3 adds fields; they are not errors.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ObjectCreated {
    pub object: CreatedObject,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct CreatedObject {
    /// As it is: unlike S3's own notifications, an event has no key in URL encoding.
    pub key: String,
    #[serde(default, rename = "version-id")]
    pub version_id: Option<String>,
}

pub type Input = EventBridgeEvent<ObjectCreated>;

/// What an event led to; for the log and the tests, nobody waits for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// A folder marker, which is no file, or a file of another ceremony.
    Ignored,
    Incomplete,
    PrivateKeyReceived,
    Rejected,
    Started,
    /// Another event of this drop was here first, or the set was dropped again before its last run
    /// had ended.
    AlreadyStarted,
    /// An answer went to the execution that waits for it.
    Delivered,
}

/// What an intake step works with, made once at cold start.
pub struct Arrivals {
    pub s3: aws_sdk_s3::Client,
    pub sfn: aws_sdk_sfn::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub bus: Bus,
    pub runs: Runs,
    pub inbox_bucket: String,
    pub evidence_bucket: String,
    pub rejections_queue_url: String,
    pub state_machine_arn: String,
}

impl Arrivals {
    /// Whatever the environment of an intake function names.
    pub fn from_environment(config: &SdkConfig) -> Self {
        Self::with_machine(config, required_variable("STATE_MACHINE_ARN"))
    }

    /// The same of a function that starts nothing.
    pub fn without_machine(config: &SdkConfig) -> Self {
        Self::with_machine(config, String::new())
    }

    fn with_machine(config: &SdkConfig, state_machine_arn: String) -> Self {
        let bridge = aws_sdk_eventbridge::Client::new(config);
        let dynamodb = aws_sdk_dynamodb::Client::new(config);
        Self {
            s3: aws_sdk_s3::Client::new(config),
            sfn: aws_sdk_sfn::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            bus: Bus::new(bridge, required_variable("EVENT_BUS_NAME")),
            runs: Runs::new(dynamodb, required_variable("RUNS_TABLE")),
            inbox_bucket: required_variable("INBOX_BUCKET"),
            evidence_bucket: required_variable("EVIDENCE_BUCKET"),
            rejections_queue_url: required_variable("REJECTIONS_QUEUE_URL"),
            state_machine_arn,
        }
    }

    /// Deals with a file whose key names no place that the step knows.
    pub async fn outside(
        &self,
        object: &CreatedObject,
        reason: String,
        remedy: &'static str,
        now: Utc,
    ) -> Result<Output, Error> {
        if let Some(found) = private_key::of_event(self, None, object).await? {
            return private_key::announce_outside(self, &found).await;
        }
        if object.key.ends_with('/') {
            return Ok(Output::Ignored);
        }
        let rejection = Rejection::outside(&object.key, reason, remedy);
        reject::reject(self, rejection, now).await
    }

    /// Deals with a file that a document of another ceremony refers to: it starts nothing.
    pub async fn attached(&self, object: &CreatedObject) -> Result<Output, Error> {
        match private_key::of_event(self, None, object).await? {
            Some(found) => private_key::announce_outside(self, &found).await,
            None => Ok(Output::Ignored),
        }
    }

    /// The private key whose arrival this event tells.
    pub async fn private_key_of_event(
        &self,
        contents: &Contents,
        object: &CreatedObject,
    ) -> Result<Option<Found>, Error> {
        private_key::of_event(self, Some(contents), object).await
    }

    /// Carries a decision about a place out.
    pub async fn settle<P: Place>(
        &self,
        kind: Kind,
        place: &P,
        decision: Decision<P>,
        now: Utc,
    ) -> Result<Output, Error> {
        match decision {
            Decision::Complete(complete) => {
                Box::pin(self.settle_set(kind, place, *complete, now)).await
            }
            Decision::Incomplete { missing, remedy } => {
                self.announce_incomplete(kind, place, missing, remedy).await
            }
            Decision::PrivateKey(found) => private_key::announce(self, kind, place, &found).await,
            Decision::Unusable {
                reason,
                file,
                remedy,
            } => {
                let rejection = Rejection::of(kind, place, file.as_deref(), reason, remedy);
                reject::reject(self, rejection, now).await
            }
        }
    }

    async fn announce_incomplete<P: Place>(
        &self,
        kind: Kind,
        place: &P,
        missing: String,
        remedy: &str,
    ) -> Result<Output, Error> {
        let mut detail = FilesNotTaken::at(kind, place, reject::bounded(missing), None, remedy);
        detail.latest_ceremony = self.runs.latest(kind, place).await?;
        let announcement = Announcement::CertificatesIncomplete(detail);
        self.bus.announce(&announcement).await?;
        Ok(Output::Incomplete)
    }

    async fn settle_set<P: Place>(
        &self,
        kind: Kind,
        place: &P,
        complete: Complete<P>,
        now: Utc,
    ) -> Result<Output, Error> {
        let asking = Asking {
            machine: &self.state_machine_arn,
            set: &complete.set,
            objects: &complete.objects,
            leaf: Some(complete.set.leaf()),
            dropped: complete.dropped,
            per_day: complete.per_day,
        };
        let output = match Box::pin(start::start(self, &asking, now)).await? {
            Start::Started => Output::Started,
            Start::AlreadyStarted => Output::AlreadyStarted,
            Start::NonceAnswered { by } => {
                let missing = format!(
                    "the newest nonce of the folder has been answered by `{by}`, or may have been, and \
                     a second answer could not be told from the first: a new nonce is missing"
                );
                let remedy = "Have the partner drop a new random nonce in a file `<name>.nonce`.";
                self.announce_incomplete(kind, place, missing, remedy)
                    .await?
            }
            Start::NoneLeftToday => {
                let reason = none_left(place, complete.per_day, now);
                let remedy = remedy(kind);
                let file = Some(complete.leaf_key.as_str());
                let rejection = Rejection::of(kind, place, file, reason, remedy);
                reject::reject(self, rejection, now).await?
            }
        };
        // After the start: where this fails, the event comes again and finds the set started.
        if let Some((file, reason)) = complete.passed_over {
            let remedy = "Correct the file and drop it again.";
            let rejection = Rejection::of(kind, place, Some(&file), reason, remedy);
            reject::reject(self, rejection, now).await?;
        }
        Ok(output)
    }
}

fn none_left(place: &impl Place, per_day: u32, now: Utc) -> String {
    let (date, next) = (now.date(), now.next_day());
    let who = match place.folder() {
        Some(_) => "`maxCeremoniesPerDay` of its profile allows no more",
        None => "no more are allowed",
    };
    format!(
        "the folder has begun {per_day} ceremonies today ({date}, UTC), and {who}; the next is \
         possible from {next}"
    )
}

fn remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::CertificateEnrolment => "Drop the certificate again when the next is possible.",
        Kind::WorkingKeyImport => {
            "Drop the file again when the next is possible, or have an operator raise \
             `maxCeremoniesPerDay` before."
        }
        Kind::KekImport | Kind::WorkingKeyExport => {
            "Drop the document again when the next is possible, or have an operator raise \
             `maxCeremoniesPerDay` before."
        }
        Kind::KekExport | Kind::Reconciliation => {
            "Drop the leaf again when the next is possible, or have an operator raise \
             `maxCeremoniesPerDay` before."
        }
    }
}
