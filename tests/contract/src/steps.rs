//! The steps as the state machine knows them.

use ceremony::contract;
use ceremony::evidence::Proven;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use step::StepError;

/// A state that is a step, and what its crate says of itself.
pub struct Step {
    pub state: &'static str,
    pub crate_name: &'static str,
    pub errors: fn() -> Vec<&'static str>,
    /// Reads a document as the step's input and writes it again.
    pub input: fn(Value) -> Result<Value, String>,
    /// The same for what the step returns.
    pub output: fn(Value) -> Result<Value, String>,
}

macro_rules! step {
    ($state:literal, $krate:ident, $module:ident) => {
        Step {
            state: $state,
            crate_name: stringify!($krate),
            errors: $krate::Error::names,
            input: round_trip::<contract::$module::Input>,
            output: round_trip::<Proven<contract::$module::Output>>,
        }
    };
}

pub const STEPS: [Step; 8] = [
    step!("CreateKek", create_kek, create_kek),
    step!("FetchCerts", fetch_certs, fetch_certs),
    step!("ImportCa", import_ca, import_ca),
    step!("Publish", publish, publish),
    step!("RecordFailure", record_failure, record_failure),
    step!("Sign", sign, sign),
    step!("Validate", validate, validate),
    step!("Wrap", wrap, wrap),
];

impl Step {
    /// The four spellings: crate `create-kek`, module `create_kek`, state `CreateKek`,
    /// substitution `${CreateKekFunctionArn}`.
    pub fn folder(&self) -> String {
        self.crate_name.replace('_', "-")
    }

    pub fn state_from_crate(&self) -> String {
        self.crate_name
            .split('_')
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect()
    }
}

fn round_trip<T: DeserializeOwned + Serialize>(document: Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(document).map_err(|error| error.to_string())?;
    serde_json::to_value(typed).map_err(|error| error.to_string())
}
