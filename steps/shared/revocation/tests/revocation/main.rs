//! What services may answer, and what is made of it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod crls;
mod forge;
mod http;
mod large;
mod named;
mod openssl;
mod order;
mod requests;
mod responders;
mod responses;
mod scopes;
