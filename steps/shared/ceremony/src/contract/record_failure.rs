//! `RecordFailure`: an error becomes a record, and words for the announcement.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document;
use super::publish::{Execution, Location};
use crate::identifiers::Ceremony;
use crate::utc::Utc;

document! {
    pub struct Input {
        pub execution: Execution,
        /// The execution's input, whatever it is: it may be what is wrong.
        pub input: Value,
        pub failure: Failure,
        /// When the failure path was entered.
        pub failed_at: Utc,
    }
}

document! {
    pub struct Failure {
        /// The state that failed; of a Parallel state, its own name: the branch is in the cause.
        pub step: String,
        pub error: ErrorOutput,
        /// The checks, if it was the validation that refused; null otherwise.
        pub checks: Option<Value>,
    }
}

/// `$states.errorOutput`, as Step Functions makes it. The cause is a Lambda's JSON, a branch's
/// JSON, or plain text; some errors have none.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorOutput {
    pub error: Option<String>,
    pub cause: Option<String>,
}

document! {
    pub struct Output {
        /// Null where the execution's input did not say.
        pub ceremony: Option<Ceremony>,
        pub step: String,
        pub error: String,
        /// What was wrong and where.
        pub what: String,
        /// What to do about it.
        pub remedy: String,
        pub record: Location,
    }
}
