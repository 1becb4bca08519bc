//! An ear on the bus `key-ceremony`: a rule of its own, and a queue behind it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use rehearsal::{ACCOUNT, Connection, REGION};
use serde_json::{Value, json};

/// One event as it was announced.
#[derive(Clone, Debug)]
pub struct Event {
    pub detail_type: String,
    pub detail: Value,
}

impl Event {
    /// Whether it is about a file, alone or among others.
    pub fn names(&self, key: &str) -> bool {
        let mut files = self.detail["files"].as_array().into_iter().flatten();
        self.detail["file"] == key || files.any(|rejected| rejected["file"] == key)
    }
}

/// Every event since the stack was started.
#[derive(Clone)]
pub(crate) struct Events {
    heard: Arc<Mutex<Vec<Event>>>,
}

const NAME: &str = "scenarios";

impl Events {
    pub(crate) async fn listen(connection: &Connection) -> Result<Self> {
        let config = connection.sdk_config()?;
        let queue = Self::queue(&config).await?;
        let bridge = aws_sdk_eventbridge::Client::new(&config);
        let bus = connection.output("EVENT_BUS_NAME")?;
        bridge
            .put_rule()
            .name(NAME)
            .event_bus_name(bus)
            .event_pattern(json!({ "source": ["key-ceremony"] }).to_string())
            .send()
            .await
            .context("making a rule")?;
        let target = Target::builder().id(NAME).arn(queue_arn()).build()?;
        bridge
            .put_targets()
            .rule(NAME)
            .event_bus_name(bus)
            .targets(target)
            .send()
            .await
            .context("giving the rule a target")?;

        let heard = Arc::new(Mutex::new(Vec::new()));
        let (connection, ours) = (connection.clone(), Arc::clone(&heard));
        // A runtime of its own: those of the tests end with them.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let outcome = runtime
                .context("a runtime")
                .and_then(|runtime| runtime.block_on(collect(&connection, &queue, &ours)));
            if let Err(error) = outcome {
                eprintln!("the event queue went silent: {error:#}");
            }
        });
        Ok(Self { heard })
    }

    pub(crate) fn about(&self, partner: &str) -> Vec<Event> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard
            .iter()
            .filter(|event| event.detail["partner"] == partner)
            .cloned()
            .collect()
    }

    pub(crate) fn without_partner(&self) -> Vec<Event> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard
            .iter()
            .filter(|event| event.detail["partner"].is_null())
            .cloned()
            .collect()
    }

    async fn queue(config: &aws_config::SdkConfig) -> Result<String> {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "events.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": queue_arn(),
            }],
        });
        let answer = aws_sdk_sqs::Client::new(config)
            .create_queue()
            .queue_name(NAME)
            .attributes(QueueAttributeName::Policy, policy.to_string())
            .send()
            .await
            .context("making a queue")?;
        answer.queue_url.context("the queue has no URL")
    }
}

fn queue_arn() -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}")
}

async fn collect(connection: &Connection, queue: &str, heard: &Mutex<Vec<Event>>) -> Result<()> {
    let sqs = aws_sdk_sqs::Client::new(&connection.sdk_config()?);
    loop {
        let answer = sqs
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(10)
            .wait_time_seconds(1)
            .send()
            .await?;
        for message in answer.messages() {
            let event: Value = serde_json::from_str(message.body().unwrap_or_default())?;
            let event = Event {
                detail_type: event["detail-type"].as_str().unwrap_or_default().to_owned(),
                detail: event["detail"].clone(),
            };
            heard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(event);
            if let Some(handle) = message.receipt_handle() {
                sqs.delete_message()
                    .queue_url(queue)
                    .receipt_handle(handle)
                    .send()
                    .await?;
            }
        }
        if answer.messages().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
