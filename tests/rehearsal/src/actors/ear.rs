//! An ear on the bus `key-ceremony`: a rule of its own, and a queue behind it.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::stack::connection::{ACCOUNT, Connection};

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

/// Every event since it began to listen.
#[derive(Clone, Debug)]
pub struct Ear {
    heard: Arc<Mutex<Vec<Event>>>,
}

impl Ear {
    /// Listens until this and its clones are dropped. The name is that of rule and queue.
    pub async fn listen(connection: &Connection, name: &str) -> Result<Self> {
        let config = connection.sdk_config()?;
        let arn = format!("arn:aws:sqs:{}:{ACCOUNT}:{name}", connection.region);
        let queue = Self::queue(&config, name, &arn).await?;
        let bridge = aws_sdk_eventbridge::Client::new(&config);
        let bus = connection.output("EVENT_BUS_NAME")?;
        bridge
            .put_rule()
            .name(name)
            .event_bus_name(bus)
            .event_pattern(json!({ "source": ["key-ceremony"] }).to_string())
            .send()
            .await
            .context("making a rule")?;
        let target = Target::builder().id(name).arn(&arn).build()?;
        bridge
            .put_targets()
            .rule(name)
            .event_bus_name(bus)
            .targets(target)
            .send()
            .await
            .context("giving the rule a target")?;

        let heard = Arc::new(Mutex::new(Vec::new()));
        let (connection, ours) = (connection.clone(), Arc::downgrade(&heard));
        // A runtime of its own: those of the tests end with them.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let outcome = runtime
                .context("a runtime")
                .and_then(|runtime| runtime.block_on(collect(&connection, &queue, &ours)));
            // Whoever listens no more may have stopped the stack.
            if let Err(error) = outcome
                && ours.strong_count() > 0
            {
                eprintln!("the event queue went silent: {error:#}");
            }
        });
        Ok(Self { heard })
    }

    /// Those that name a partner.
    pub fn about(&self, partner: &str) -> Vec<Event> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard
            .iter()
            .filter(|event| event.detail["partner"] == partner)
            .cloned()
            .collect()
    }

    pub fn without_partner(&self) -> Vec<Event> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard
            .iter()
            .filter(|event| event.detail["partner"].is_null())
            .cloned()
            .collect()
    }

    /// Waits for an event of that type of which something is true.
    pub async fn hears(
        &self,
        detail_type: &str,
        patience: Duration,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<Event> {
        let waiting = Instant::now();
        loop {
            let found = {
                let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
                let mut heard = heard.iter();
                heard
                    .find(|event| event.detail_type == detail_type && is_it(event))
                    .cloned()
            };
            if let Some(event) = found {
                return Ok(event);
            }
            if waiting.elapsed() > patience {
                bail!("no event `{detail_type}` within {} s", patience.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn queue(config: &aws_config::SdkConfig, name: &str, arn: &str) -> Result<String> {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "events.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }],
        });
        let answer = aws_sdk_sqs::Client::new(config)
            .create_queue()
            .queue_name(name)
            .attributes(QueueAttributeName::Policy, policy.to_string())
            .send()
            .await
            .context("making a queue")?;
        answer.queue_url.context("the queue has no URL")
    }
}

async fn collect(
    connection: &Connection,
    queue: &str,
    heard: &Weak<Mutex<Vec<Event>>>,
) -> Result<()> {
    let sqs = aws_sdk_sqs::Client::new(&connection.sdk_config()?);
    loop {
        let answer = sqs
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(10)
            .wait_time_seconds(1)
            .send()
            .await?;
        let Some(heard) = heard.upgrade() else {
            return Ok(());
        };
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
