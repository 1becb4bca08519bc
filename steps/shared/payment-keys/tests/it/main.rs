//! `claim` and its companions against Payment Cryptography in this process: real calls of the real
//! SDK, answered by the emulator without a socket, on a clock that the tests move.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod approvals;
mod caller;
mod explore;
mod interleavings;
mod keys;
mod limits;
mod line;
mod log;
mod lost_keys;
mod picture;
mod promise;
mod root;
mod schedule;
mod service;
mod stage;
mod waiting;
