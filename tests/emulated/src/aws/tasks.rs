//! Step Functions: SendTaskSuccess and SendTaskFailure, and the tasks that wait for them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Answer, Call, Service};

/// A task that was given a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Task {
    Waits,
    Succeeded(Value),
    Failed {
        error: String,
        cause: String,
    },
    /// Its time is over, or its execution was stopped.
    Closed,
    /// Nobody knows it any more.
    Forgotten,
}

/// Tasks by their tokens.
#[derive(Debug, Default)]
pub(super) struct Tasks(BTreeMap<String, Task>);

impl Tasks {
    pub(super) fn set(&mut self, token: &str, task: Task) {
        self.0.insert(token.to_owned(), task);
    }

    pub(super) fn get(&self, token: &str) -> Option<Task> {
        self.0.get(token).cloned()
    }

    pub(super) fn answer(&mut self, call: &Call) -> Answer {
        let request = call.json();
        let text = |member: &str| request[member].as_str().unwrap_or_default();
        let after = if call.operation == "SendTaskSuccess" {
            let output = text("output");
            // API reference: at most 262144 characters, of JSON.
            if output.len() > 262_144 {
                return no("ValidationException", "the output is too long");
            }
            match serde_json::from_str(output) {
                Ok(output) => Task::Succeeded(output),
                Err(_) => return no("InvalidOutput", "the output is not JSON"),
            }
        } else {
            let (error, cause) = (text("error").to_owned(), text("cause").to_owned());
            assert!(error.len() <= 256 && cause.len() <= 32_768, "too long");
            Task::Failed { error, cause }
        };
        let token = text("taskToken");
        let Some(task) = self.0.get_mut(token) else {
            // As validation at AWS does, which tells what it refuses.
            return no("InvalidToken", &format!("Invalid token: '{token}'"));
        };
        match task {
            Task::Waits => {
                *task = after;
                Answer::json(&json!({}))
            }
            Task::Forgotten => no("TaskDoesNotExist", "Step Functions says no"),
            // "The task token has either expired or the task associated with the token has already
            // been closed."
            _ => no("TaskTimedOut", "Step Functions says no"),
        }
    }
}

fn no(code: &str, message: &str) -> Answer {
    Answer::error(Service::Sfn, 400, code, message)
}
