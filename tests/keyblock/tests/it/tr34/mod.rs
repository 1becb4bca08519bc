//! Key transport as a caller meets it: messages of this crate's own making, one of the service's,
//! and broken ones.

mod parties;
mod round_trips;
