//! The service's vocabulary as types: a value that exists has passed its pattern, enum or limit.
//!
//! Everything here parses from the request and prints into the answer; nothing here knows of state.

pub mod as2805;
pub mod attributes;
pub mod certificate_subject;
pub mod certificate_text;
pub mod exchange_token;
pub mod hex_text;
pub mod identifiers;
pub mod key;
pub mod key_block;
pub mod key_block_headers;
pub mod legality;
pub mod limits;
pub mod mpa;
pub mod policy;
pub mod replication;
pub mod strength;
pub mod tags;
