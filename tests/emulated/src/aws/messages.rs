//! EventBridge: PutEvents. SQS: SendMessage.

use serde_json::{Value, json};

use super::call::{Answer, Call};

/// An event on the bus.
#[derive(Clone, Debug)]
pub struct Announced {
    pub detail_type: String,
    pub detail: Value,
}

#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) announced: Vec<Announced>,
    pub(super) sent: Vec<String>,
}

impl Messages {
    pub(super) fn answer(&mut self, call: &Call) -> Answer {
        let request = call.json();
        match call.operation.as_str() {
            "PutEvents" => self.put(&request),
            "SendMessage" => {
                let body = request["MessageBody"].as_str().expect("a body");
                self.sent.push(body.to_owned());
                Answer::json(&json!({ "MessageId": self.sent.len().to_string() }))
            }
            other => panic!("{other} is not emulated"),
        }
    }

    fn put(&mut self, request: &Value) -> Answer {
        let entries = request["Entries"].as_array().expect("entries");
        for entry in entries {
            let text = |member: &str| entry[member].as_str().expect("a text");
            let bytes = text("Detail").len();
            assert!(bytes < 250 * 1024, "an entry has at most 256 KiB");
            self.announced.push(Announced {
                detail_type: text("DetailType").to_owned(),
                detail: serde_json::from_str(text("Detail")).expect("JSON"),
            });
        }
        let ids: Vec<_> = entries.iter().map(|_| json!({ "EventId": "1" })).collect();
        Answer::json(&json!({ "FailedEntryCount": 0, "Entries": ids }))
    }
}
