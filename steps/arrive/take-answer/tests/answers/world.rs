//! One ceremony whose offer is out, and a partner that drops files.

use announce_rejections::{Context as Announcing, Input as Messages};
use arrivals::Arrivals;
use bus::Bus;
use ceremony::announcement::AwaitedAnswer;
use ceremony::digest::Sha256;
use ceremony::evidence::Recorded;
use ceremony::id::{CeremonyId, CertificateSet, Kind};
use ceremony::key_import::run::Answered;
use ceremony::utc::Utc;
use emulated::aws::{Announced, Aws, Task};
use emulated::{folder, folder_of};
use runs::Runs;
use serde_json::{Value, json};
use take_answer::{Context, Error, Input, Output, PATIENCE, handle};
use waiting::{Attempt, Subject, Wait, WaitId, Waiting};

pub(crate) const INBOX: &str = "inbox";
pub(crate) const EVIDENCE: &str = "evidence";
pub(crate) const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/tokens";
pub(crate) const TOKEN: &str = "AQCQAAAAKgAAAAMAAAAAAAAAAfirstTokenOfAll";
pub(crate) const SECOND: &str = "AQCQAAAAKgAAAAMAAAAAAAAAAnotTheFirstToken";
pub(crate) const OFFER: &str = "0123456789abcdef";
pub(crate) const FRESH: &str = "fedcba9876543210";
/// 2026-11-18, 10:26:40 UTC: when the ceremony begins to wait.
pub(crate) const NOW: i64 = 1_794_997_600;
pub(crate) const DEADLINE: i64 = NOW + 72 * 60 * 60;
/// When all patience is over with what was dropped at once.
pub(crate) const LATER: i64 = NOW + PATIENCE;

pub(crate) fn at(seconds: i64) -> Utc {
    Utc::of_unix_seconds(seconds).unwrap()
}

pub(crate) fn block() -> String {
    key_of(&format!("zmk.{OFFER}.tr31"))
}

pub(crate) fn key_of(file: &str) -> String {
    format!("acme/production/cardholder/blocks/{file}")
}

pub(crate) fn ceremony_id() -> CeremonyId {
    let set = CertificateSet::new(Kind::KekImport, &folder(), Sha256::of(b"request"), []);
    CeremonyId::new(&set, 1)
}

pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) waiting: Waiting,
}

impl World {
    /// The offer is out, and the ceremony does not wait yet.
    pub(crate) fn offered() -> Self {
        let aws = Aws::default();
        aws.set_time(NOW);
        aws.put_cipher(KEY);
        let waiting = waiting(&aws.config());
        let world = Self { aws, waiting };
        world.offers(OFFER);
        world
    }

    /// It waits for a block by that offer.
    pub(crate) async fn waits() -> Self {
        let world = Self::offered();
        world
            .opens(AwaitedAnswer::Block, OFFER, (NOW, 0), TOKEN)
            .await;
        world
    }

    pub(crate) fn offers(&self, offer: &str) {
        let pointer = json!({ "ceremonyId": ceremony_id() });
        self.points(offer, pointer.to_string());
    }

    pub(crate) fn points(&self, offer: &str, pointer: impl Into<Vec<u8>>) {
        let key = format!("offers/acme/production/cardholder/zmk.{offer}.json");
        self.aws.put(EVIDENCE, &key, pointer);
    }

    pub(crate) async fn opens(
        &self,
        awaited: AwaitedAnswer,
        offer: &str,
        (entered, retry): (i64, u32),
        token: &str,
    ) {
        self.aws.set_task(token, Task::Waits);
        let wait = Wait {
            id: WaitId {
                ceremony_id: ceremony_id(),
                awaited,
            },
            subject: Subject::try_from(offer.to_owned()).unwrap(),
            deadline: at(DEADLINE),
            reminders: Vec::new(),
        };
        let attempt = Attempt {
            entered_at: at(entered),
            retry,
        };
        let token = token.to_owned().try_into().unwrap();
        self.waiting.open(&wait, attempt, &token).await.unwrap();
    }

    /// The partner drops a file; gives its version.
    pub(crate) fn drops(&self, key: &str, bytes: impl Into<Vec<u8>>) -> String {
        self.aws.put(INBOX, key, bytes)
    }

    /// The event of a version that was dropped at [`NOW`].
    pub(crate) async fn hears(&self, key: &str, version: &str, now: i64) -> Result<Output, Error> {
        self.hears_by(&self.context(), key, version, now).await
    }

    pub(crate) async fn hears_by(
        &self,
        context: &Context,
        key: &str,
        version: &str,
        now: i64,
    ) -> Result<Output, Error> {
        let event = json!({
            "version": "0",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "time": "2026-11-18T10:26:40Z",
            "detail": { "object": { "key": key, "version-id": version, "size": 1 } },
        });
        let event: Input = serde_json::from_value(event).unwrap();
        handle(context, event, at(now)).await
    }

    /// The same of a file that is dropped just now.
    pub(crate) async fn drops_and_hears(
        &self,
        key: &str,
        bytes: &str,
        now: i64,
    ) -> Result<Output, Error> {
        let version = self.drops(key, bytes);
        self.hears(key, &version, now).await
    }

    pub(crate) fn context(&self) -> Context {
        let config = self.aws.config();
        Context {
            arrivals: Arrivals {
                s3: aws_sdk_s3::Client::new(&config),
                sfn: aws_sdk_sfn::Client::new(&config),
                sqs: aws_sdk_sqs::Client::new(&config),
                bus: self.bus(),
                runs: self.runs(),
                inbox_bucket: INBOX.to_owned(),
                evidence_bucket: EVIDENCE.to_owned(),
                rejections_queue_url: "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
                    .to_owned(),
                state_machine_arn: String::new(),
            },
            waiting: self.waiting.clone(),
            software: step::Software {
                name: "take-answer",
                version: "1.0.0",
            },
        }
    }

    fn bus(&self) -> Bus {
        let bridge = aws_sdk_eventbridge::Client::new(&self.aws.config());
        Bus::new(bridge, "key-ceremony".to_owned())
    }

    fn runs(&self) -> Runs {
        let dynamodb = aws_sdk_dynamodb::Client::new(&self.aws.config());
        Runs::new(dynamodb, "runs".to_owned())
    }

    /// A minute later the queue delivers what was sent to it.
    pub(crate) async fn announces_what_was_gathered(&self) {
        let messages = self.aws.sent().into_iter().enumerate();
        let records = messages
            .map(|(id, body)| json!({ "messageId": id.to_string(), "body": body }))
            .collect::<Vec<Value>>();
        let input: Messages = serde_json::from_value(json!({ "Records": records })).unwrap();
        let context = Announcing {
            bus: self.bus(),
            runs: self.runs(),
        };
        let output = announce_rejections::handle(&context, input, at(NOW + 61)).await;
        assert!(output.batch_item_failures.is_empty(), "{output:?}");
    }

    /// What the state that waited has as its result.
    pub(crate) fn result(&self, token: &str) -> Recorded<Answered> {
        let Some(Task::Succeeded(output)) = self.aws.task(token) else {
            panic!("{:?}", self.aws.task(token));
        };
        assert_eq!(output.as_object().unwrap().len(), 1, "as a Lambda's answer");
        serde_json::from_value(output["Payload"].clone()).unwrap()
    }

    pub(crate) fn only_announcement(&self) -> Announced {
        let announced = self.aws.announced();
        assert_eq!(announced.len(), 1, "{announced:?}");
        announced[0].clone()
    }

    /// That a file was not taken, for this reason.
    pub(crate) fn is_told(&self, key: &str, words: &str) {
        let Announced {
            detail_type,
            detail,
        } = self.only_announcement();
        assert_eq!(detail_type, "Block Not Taken");
        assert_eq!(detail["ceremony"], "kek-import");
        assert_eq!(detail["partner"], "acme");
        assert_eq!(detail["file"], key);
        let reason = detail["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{reason}");
        assert!(!detail["remedy"].as_str().unwrap().is_empty());
        assert!(!detail.to_string().contains(TOKEN));
    }
}

pub(crate) fn waiting(config: &step::aws::SdkConfig) -> Waiting {
    Waiting::new(config, "waiting".to_owned(), KEY.to_owned())
}

/// The ceremony of another folder.
pub(crate) fn another_id() -> CeremonyId {
    let set = CertificateSet::new(Kind::KekImport, &folder_of("other"), Sha256::of(b"x"), []);
    CeremonyId::new(&set, 1)
}
