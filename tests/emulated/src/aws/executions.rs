//! Step Functions: StartExecution and DescribeExecution of standard machines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Answer, Call, Service};

/// An execution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Started {
    pub name: String,
    pub input: String,
    pub started: i64,
    pub stopped: Option<i64>,
    /// `RUNNING`, or how it has ended.
    pub status: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Executions {
    /// What time it is.
    pub(super) now: i64,
    by_name: BTreeMap<String, Started>,
}

impl Executions {
    pub(super) fn all(&self) -> Vec<Started> {
        self.by_name.values().cloned().collect()
    }

    pub(super) fn end(&mut self, name: &str, status: &'static str) {
        let execution = self.by_name.get_mut(name).expect("an execution");
        execution.stopped = Some(self.now);
        execution.status = status;
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.by_name.remove(name).expect("an execution");
    }

    pub(super) fn answer(&mut self, call: &Call) -> Answer {
        let request = call.json();
        match call.operation.as_str() {
            "DescribeExecution" => self.describe(&request),
            "StartExecution" => self.start(&request),
            other => panic!("{other} is not emulated"),
        }
    }

    /// "If you call StartExecution with the same name and input as a running execution, the call
    /// succeeds and return the same response as the original request. If the execution is closed or
    /// if the input is different, it returns a 400 ExecutionAlreadyExists error."
    fn start(&mut self, request: &Value) -> Answer {
        let text = |member: &str| request[member].as_str().expect("a text").to_owned();
        let (name, input) = (text("name"), text("input"));
        assert!(name.len() <= 80, "an execution's name has 80 characters");
        if let Some(there) = self.by_name.get(&name)
            && (there.stopped.is_some() || there.input != input)
        {
            return no("ExecutionAlreadyExists");
        }
        let arn = execution_arn(&text("stateMachineArn"), &name);
        let started = self.by_name.entry(name.clone()).or_insert(Started {
            name,
            input,
            started: self.now,
            stopped: None,
            status: "RUNNING",
        });
        Answer::json(&json!({ "executionArn": arn, "startDate": started.started }))
    }

    fn describe(&self, request: &Value) -> Answer {
        let arn = request["executionArn"].as_str().expect("an ARN");
        // The rest is encrypted with a key that callers may not use.
        assert_eq!(request["includedData"], "METADATA_ONLY", "not emulated");
        let (machine, name) = arn.rsplit_once(':').expect("an ARN");
        let Some(execution) = self.by_name.get(name) else {
            return no("ExecutionDoesNotExist");
        };
        let machine = machine.replace(":execution:", ":stateMachine:");
        assert_eq!(arn, execution_arn(&machine, name), "an execution's ARN");
        let mut answer = json!({
            "executionArn": arn,
            "stateMachineArn": machine,
            "startDate": execution.started,
            "status": execution.status,
        });
        if let Some(stopped) = execution.stopped {
            answer["stopDate"] = json!(stopped);
        }
        Answer::json(&answer)
    }
}

fn execution_arn(machine: &str, name: &str) -> String {
    assert!(machine.contains(":stateMachine:"), "{machine}");
    format!(
        "{}:{name}",
        machine.replace(":stateMachine:", ":execution:")
    )
}

fn no(code: &str) -> Answer {
    Answer::error(Service::Sfn, 400, code, "Step Functions says no")
}
