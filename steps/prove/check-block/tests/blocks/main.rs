//! A block in the inbox, and what is made of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod dropped;
mod taken;
mod waiting;
