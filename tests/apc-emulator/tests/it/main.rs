//! The emulator over its real socket, driven by the AWS SDK for Rust and by hand-made requests.
//!
//! One program with a module per subject, so that the SDK is linked once.

mod aliases;
mod calls;
mod certificates;
mod every_operation;
mod exchange;
mod exports;
mod faults;
mod key_blocks;
mod keys;
mod latencies;
mod mpa;
mod policies;
mod program;
mod protocol;
mod quotas;
mod replication;
mod round_trips;
mod state;
mod support;
mod tags;
mod tokens;
