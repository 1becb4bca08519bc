//! Blocks as partners wrap them for offers as we make them: which become keys, and which do not.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod attempts;
mod inputs;
mod methods;
mod refused;
mod stage;
