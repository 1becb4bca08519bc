//! The whole of Key Ceremony on one machine.
//!
//! [`Stack::start`] brings up the local AWS over TLS with IAM enforced, deploys the unmodified CDK
//! app with the release binaries, and says how to reach it all. The binary, `cargo rehearse`, runs
//! a ceremony on such a stack; the scenario tests tell longer stories on it.

pub mod acme;
pub mod actions;
pub mod binaries;
pub mod connection;
pub mod demo;
pub mod deploy;
pub mod emulator;
pub mod follow;
pub mod http;
pub mod logs;
pub mod measure;
pub mod ministack;
pub mod setup;
pub mod stack;
pub mod state;
pub mod tls;
pub mod up_down;

pub use actions::Execution;
pub use connection::{ACCOUNT, Connection, REGION};
pub use emulator::{Fault, Management};
pub use setup::{Setup, prepare};
pub use stack::{Stack, StackOptions};
