//! The bus `key-ceremony`, as steps announce on it that no state machine calls.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use ceremony::announcement::{Announcement, SOURCE};
use step::ServiceError;
use step::StepError;
use strum::{IntoStaticStr, VariantNames};

/// The bus, and how it is reached.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Announces, and logs what was announced.
    pub async fn announce(&self, announcement: &Announcement) -> Result<(), Error> {
        let document = announcement
            .detail()
            .map_err(|error| Error::Unwritable(error.to_string()))?;
        tracing::info!(
            verdict = announcement.detail_type(),
            detail = document.as_str()
        );
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(announcement.detail_type())
            .detail(document)
            .build();
        let answer = self
            .client
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
        Ok(())
    }
}

/// Why what came from a queue or a bus could not be dealt with. It is tried again, and then it goes
/// to a dead-letter queue, which has an alarm.
#[derive(Debug, IntoStaticStr, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("EventBridge did not accept the announcement: {0}")]
    EventNotAccepted(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("a document could not be written or read: {0}")]
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
