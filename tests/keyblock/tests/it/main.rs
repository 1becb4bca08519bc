//! Key blocks as a caller meets them: published ones, random ones, and broken ones.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(unreachable_pub, reason = "nobody depends on a test")]

mod domain;
mod hostile;
mod noise;
mod properties;
mod published;
mod support;
mod tr34;
mod vectors;
