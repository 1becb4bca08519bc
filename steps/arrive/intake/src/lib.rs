//! `intake`: an S3 event becomes one execution per certificate set.
//!
//! Takes an EventBridge `Object Created` event of the inbox, reads the drop folder at its newest
//! versions, and decides: complete (start the execution), incomplete (announce what is missing),
//! or unusable (announce the reason and the file). Needs to read the inbox, the partner's profile
//! and the proven roots; leaves behind an execution whose name is the ceremony id, or an event.
//!
//! Events come more than once and in any order. Every one of them looks at the whole folder, and
//! the ceremony id depends on what lies there alone, so that one set is one execution.

mod decide;
mod folder;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use ceremony::announcement::{Announcement, FilesNotTaken, SOURCE};
use ceremony::execution::Start;
use ceremony::id::Kind;
use ceremony::identifiers::Folder;
use serde::{Deserialize, Serialize};
use step::ServiceError;
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

pub use decide::Decision;

/// The event's detail, as far as it is asked. S3 adds fields; they are not errors.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ObjectCreated {
    pub object: CreatedObject,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct CreatedObject {
    pub key: String,
}

pub type Input = EventBridgeEvent<ObjectCreated>;

/// What the event led to; for the log and the tests, nobody waits for it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// A folder marker, which is no file.
    Ignored,
    Incomplete,
    Rejected,
    Started,
    /// Another event of this set was here first.
    AlreadyStarted,
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub sfn: aws_sdk_sfn::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub event_bridge: aws_sdk_eventbridge::Client,
    pub inbox_bucket: String,
    pub evidence_bucket: String,
    pub state_machine_arn: String,
    pub event_bus_name: String,
}

pub async fn handle(context: &Context, event: Input) -> Result<Output, Error> {
    let key = event.detail.object.key;
    if key.ends_with('/') {
        return Ok(Output::Ignored);
    }
    let folder = match Folder::of_inbox_key(&key) {
        Ok(folder) => folder,
        Err(reason) => {
            let remedy = "Put the file at <partner>/<environment>/<data-type>/<file>.";
            let detail = FilesNotTaken::new(None, reason, Some(key), remedy);
            return announce(context, Announcement::CertificatesRejected(detail)).await;
        }
    };
    let of = Some((Kind::KekExport, &folder));
    match decide::decide(context, &folder, &key).await? {
        Decision::Complete(input) => start(context, &input).await,
        Decision::Incomplete { missing } => {
            let remedy = "Drop the missing certificate into the same folder.";
            let detail = FilesNotTaken::new(of, missing, None, remedy);
            announce(context, Announcement::CertificatesIncomplete(detail)).await
        }
        Decision::Unusable { reason, file } => {
            let remedy = "Correct the file and drop it again; nothing has been started.";
            let detail = FilesNotTaken::new(of, reason, file, remedy);
            announce(context, Announcement::CertificatesRejected(detail)).await
        }
    }
}

async fn start(context: &Context, input: &Start) -> Result<Output, Error> {
    let document =
        serde_json::to_string(input).map_err(|error| Error::Unwritable(error.to_string()))?;
    let answer = context
        .sfn
        .start_execution()
        .state_machine_arn(&context.state_machine_arn)
        .name(input.ceremony.ceremony_id.as_str())
        .input(document)
        .send()
        .await;
    match answer {
        Ok(_) => Ok(Output::Started),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_execution_already_exists()) =>
        {
            Ok(Output::AlreadyStarted)
        }
        Err(error) => Err(ServiceError::new("states:StartExecution", &error).into()),
    }
}

async fn announce(context: &Context, announcement: Announcement) -> Result<Output, Error> {
    let document = announcement
        .detail()
        .map_err(|error| Error::Unwritable(error.to_string()))?;
    tracing::info!(
        verdict = announcement.detail_type(),
        detail = document.as_str()
    );
    let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
        .event_bus_name(&context.event_bus_name)
        .source(SOURCE)
        .detail_type(announcement.detail_type())
        .detail(document)
        .build();
    let answer = context
        .event_bridge
        .put_events()
        .entries(entry)
        .send()
        .await
        .map_err(|error| ServiceError::new("events:PutEvents", &error))?;
    if answer.failed_entry_count > 0 {
        let entry = answer.entries.unwrap_or_default().into_iter().next();
        let message = entry
            .and_then(|entry| entry.error_message)
            .unwrap_or_default();
        return Err(Error::EventNotAccepted(message));
    }
    Ok(match announcement {
        Announcement::CertificatesIncomplete(_) => Output::Incomplete,
        _ => Output::Rejected,
    })
}

/// Why an event could not be dealt with. Lambda tries it again, then it goes to the dead-letter
/// queue, which has an alarm.
#[derive(Debug, IntoStaticStr, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("EventBridge did not accept the announcement: {0}")]
    EventNotAccepted(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("a document could not be written: {0}")]
    Unwritable(String),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::EventNotAccepted(_) => {
                "Look at the event bus and its policy, then redrive the dead-letter queue."
            }
            Self::Service(error) => error.remedy(),
            Self::Unwritable(_) => "This is a defect of the software: report it with the event.",
        }
    }
}
