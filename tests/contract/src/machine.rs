//! The state machine, as far as the contract is about it.

use serde_json::Value;

const DEFINITION: &str = include_str!("../../../statemachine/kek-export.asl.json");

pub struct Machine {
    pub definition: Value,
}

/// A state, wherever it stands: at the top or in a branch.
pub struct Task<'a> {
    pub name: &'a str,
    pub state: &'a Value,
    pub in_branch: bool,
}

impl Machine {
    pub fn load() -> Self {
        Self {
            definition: serde_json::from_str(DEFINITION).expect("the definition is JSON"),
        }
    }

    /// Every state, those of branches included.
    pub fn states(&self) -> Vec<Task<'_>> {
        let mut found = Vec::new();
        collect(&self.definition, false, &mut found);
        found
    }

    /// The states that invoke a Lambda.
    pub fn lambda_tasks(&self) -> impl Iterator<Item = Task<'_>> {
        self.states()
            .into_iter()
            .filter(|task| task.state["Resource"] == "arn:aws:states:::lambda:invoke")
    }

    pub fn state(&self, name: &str) -> &Value {
        self.states()
            .into_iter()
            .find(|task| task.name == name)
            .unwrap_or_else(|| panic!("there is no state {name}"))
            .state
    }
}

impl Task<'_> {
    pub fn payload(&self) -> &Value {
        &self.state["Arguments"]["Payload"]
    }

    pub fn function(&self) -> &str {
        self.state["Arguments"]["FunctionName"]
            .as_str()
            .unwrap_or_default()
    }

    /// Every error name its retriers match.
    pub fn retried(&self) -> Vec<&str> {
        names(&self.state["Retry"])
    }

    /// Every error name its catchers match.
    pub fn caught(&self) -> Vec<&str> {
        names(&self.state["Catch"])
    }
}

fn names(matchers: &Value) -> Vec<&str> {
    let matchers = matchers.as_array().into_iter().flatten();
    matchers
        .flat_map(|matcher| matcher["ErrorEquals"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect()
}

fn collect<'a>(machine: &'a Value, in_branch: bool, found: &mut Vec<Task<'a>>) {
    for (name, state) in machine["States"].as_object().into_iter().flatten() {
        found.push(Task {
            name,
            state,
            in_branch,
        });
        for branch in state["Branches"].as_array().into_iter().flatten() {
            collect(branch, true, found);
        }
    }
}
