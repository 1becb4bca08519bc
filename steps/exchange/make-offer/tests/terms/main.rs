//! What partners are offered, by every method, and for whom nothing is made.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod made;
mod refused;
mod stage;
