//! `intake`, and `announce-rejections` behind it, against services in this process.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod folders;
mod inbox;
mod overlaps;
mod rejections;
mod runs;
