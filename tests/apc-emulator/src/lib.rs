//! A test double of AWS Payment Cryptography with real cryptography.
//!
//! **Never for production keys**: every key can be read in the clear by design, and no caller is
//! authenticated. What it is for: rehearsing key exchanges with clients
//! written for the real service, and asserting what they did.
//!
//! ```no_run
//! # async fn example() -> Result<(), apc_emulator::StartError> {
//! use apc_emulator::{Config, Emulator, Fault, FaultKind};
//!
//! let emulator = Emulator::start(Config::default()).await?;
//! println!("AWS_ENDPOINT_URL_PAYMENT_CRYPTOGRAPHY={}", emulator.url());
//! let _ = emulator.controls().inject(Fault::once("CreateKey", FaultKind::Throttle));
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | `server` | sockets, TLS, HTTP |
//! | `service` | one request in, one answer out |
//! | `front` | the same without sockets |
//! | `protocol` | awsJson1.0: target, credential scope, errors |
//! | `model` | the service's vocabulary as types that check themselves |
//! | `operations` | one function per operation |
//! | `crypto` | key material, certificates, signatures, OAEP |
//! | `store` | keys and aliases by account and region |
//! | `state_file` | the store in an encrypted file |
//! | `controls`, `approvals`, `management` | what only tests may do, in the process and over HTTP |
//! | `faults`, `quotas`, `latencies`, `clock` | what tests control |
//! | `request_log`, `calls` | what tests look at |
//!
//! What the service does not document and the emulator had to choose is marked INFERRED where it
//! is decided.

#![forbid(unsafe_code)]

mod approvals;
mod calls;
mod clock;
mod config;
mod controls;
mod crypto;
mod emulator;
mod faults;
mod front;
mod latencies;
mod management;
mod model;
mod operations;
mod protocol;
mod quotas;
mod request_log;
mod server;
mod service;
mod state_file;
mod store;

pub use approvals::{Approval, ApprovalView};
pub use calls::{CallCount, Calls};
pub use config::{Config, Refusal, Tls, check_environment};
pub use controls::{AliasView, ClockView, ControlError, Controls, Inventory, KeyView, ScopeView};
pub use emulator::{Emulator, EmulatorHandle, StartError};
pub use faults::{Fault, FaultKind};
pub use front::Front;
pub use latencies::{Latencies, UnreadableLatencies};
pub use model::attributes::{
    KeyAlgorithm, KeyAttributes, KeyCheckValueAlgorithm, KeyClass, KeyModesOfUse, KeyUsage,
};
pub use model::identifiers::{AccountId, AliasName, KeyArn, Region};
pub use model::key::{KeyOrigin, KeyState};
pub use model::mpa::{MpaSessionArn, MpaTeamArn, SessionStatus};
pub use model::replication::MultiRegionKeyType;
pub use model::tags::{TagKey, TagValue};
pub use quotas::{Quotas, UnreadableQuotas};
pub use request_log::LoggedRequest;
pub use server::{BindError, TlsError};
pub use state_file::{StateConfig, StateError, StateKey};
pub use store::Decision;
