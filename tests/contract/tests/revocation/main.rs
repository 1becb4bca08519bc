//! What an inquiry makes of every way in which services answer, and fail to: in process, with the
//! client that the product has, over HTTP.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod answers;
mod asking;
mod support;
