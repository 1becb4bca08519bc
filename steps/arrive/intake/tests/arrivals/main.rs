//! `intake`, and `announce-rejections` behind it, against services in this process.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod folders;
mod hostile_files;
mod inbox;
mod leaves;
mod nonces;
mod object_keys;
mod overlaps;
mod rejections;
mod runs;
