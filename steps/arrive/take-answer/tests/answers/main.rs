//! Files below `blocks/`: which execution each goes to, and what is said of one that goes to none.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod delivered;
mod not_taken;
mod overlaps;
mod world;
