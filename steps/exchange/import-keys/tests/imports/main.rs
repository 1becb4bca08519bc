//! The partner's blocks, sealed by other code than the service's, and what becomes of each.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod attempts;
mod keys;
mod refusals;
mod stage;
