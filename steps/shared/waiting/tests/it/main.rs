//! Waits against DynamoDB, KMS and Step Functions in this process: real calls of the real SDKs, on a
//! clock that the tests move.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod actor;
mod answers;
mod explore;
mod interleavings;
mod line;
mod openings;
mod picture;
mod promise;
mod schedule;
mod secrets;
mod services;
mod sweeps;
mod world;
