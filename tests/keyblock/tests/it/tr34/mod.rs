//! Key transport as a caller meets it: messages of this crate's own making, one of the service's,
//! and broken ones.

mod accepted;
mod attributes;
mod forge;
mod hostile;
mod parties;
mod properties;
mod published;
mod round_trips;
mod written;
