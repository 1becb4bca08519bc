//! What partners drop for an offer, made by the partner's own code: which of it may go to the service, and
//! what is said of the rest.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod oaep;
mod places;
mod story;
mod tr31;
mod tr34;
