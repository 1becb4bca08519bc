//! How a step starts, fails and answers.
//!
//! | module | holds |
//! | --- | --- |
//! | [`serve`] | the one `main` that all steps share |
//! | [`error`] | errors with a name for the state machine, and words and a remedy for people |
//! | [`journal`] | what a step has done so far, for the record of its failure |
//! | [`metrics`] | what the alarms count |
//! | `aws` (feature) | SDK configuration and the sorting of SDK errors; no service SDK |

#[cfg(feature = "aws")]
pub mod aws;
pub mod error;
pub mod journal;
pub mod metrics;
pub mod serve;

#[cfg(feature = "aws")]
pub use aws::{ServiceError, sdk_config};
pub use ceremony::evidence::Software;
pub use error::StepError;
pub use journal::Journal;
pub use serve::{required_variable, serve, serve_unrecorded};
