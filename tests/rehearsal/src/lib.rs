//! The whole of Key Ceremony on one machine.
//!
//! | module | holds |
//! | --- | --- |
//! | [`stack`] | the local AWS over TLS with IAM enforced, and the unmodified CDK app deployed into it |
//! | [`actors`] | who acts on it: the operator, the partner, and whoever watches |
//! | [`stories`] | one story per scenario, told with them from the first drop to the last check |
//! | [`commands`] | what `cargo rehearse` does with stacks and stories |
//! | [`acme`] | the reference partner |
//!
//! The scenario tests tell longer stories with the same actors on the same kind of stack.

pub mod acme;
pub mod actors;
pub mod commands;
pub mod stack;
pub mod stories;

pub use actors::Execution;
pub use stack::connection::{ACCOUNT, Connection, REGION};
pub use stack::logs;
pub use stack::management::{Fault, Management};
pub use stack::setup::{Setup, prepare};
pub use stack::{Stack, StackOptions};
