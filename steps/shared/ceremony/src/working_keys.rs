//! Working keys that leave under an established KEK: who asks, for which, and what may be asked.
//!
//! | module | holds |
//! | --- | --- |
//! | [`order`] | the document of a request or an order |
//! | [`place`] | where it is dropped, which says who asks |
//! | [`attributes`] | usage, mode of use and exportability, as ANSI X9.143 writes them |
//! | [`rules`] | what a profile allows, and why an order is not allowed |
//! | [`plan`] | what the steps of `working-key-export` hand on |
//!
//! A *request* is the partner's and an *order* is ours; the document is the same, and called an order
//! wherever it makes no difference.

pub mod attributes;
mod malformed;
pub mod order;
pub mod place;
pub mod plan;
pub mod rules;

pub use malformed::MalformedOrder;

/// Algorithm of a working key. Working keys have the algorithms that KEKs have: TDES and AES.
pub use crate::algorithms::KekAlgorithm as Algorithm;
