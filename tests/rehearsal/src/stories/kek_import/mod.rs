//! A partner sends its KEK: it asks, is offered a key of ours, drops wrong blocks and a right one, and the
//! KEK that is established as received is its own.
//!
//! | module | holds |
//! | --- | --- |
//! | `sender` | the partner, and what it sees until its key has come |
//! | `outcome` | what is true afterwards: alias, keys, evidence |
//! | `ecdh`, `tr34`, `rsa_oaep` | a story for each way by which a KEK comes |
//! | `working_keys` | and one of what comes under it |

mod ecdh;
mod outcome;
mod rsa_oaep;
mod sender;
mod tr34;
mod working_keys;

pub(super) use ecdh::SCENARIO as ECDH;
pub(super) use rsa_oaep::SCENARIO as RSA_OAEP;
pub(super) use tr34::SCENARIO as TR34;
pub(super) use working_keys::SCENARIO as WORKING_KEYS;

use partner::certificate::KeyUsage;
use partner::{KeyKind, Pki, PkiBuilder};

use super::working_keys::Telling;
use super::{Scenario, Stage, save};
use crate::acme;

/// The chain of a partner that agrees on keys, on the curve that AES-256 takes.
fn agreeing(name: &str) -> PkiBuilder {
    Pki::builder(acme::UID)
        .named(name)
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP521])
        .leaf_key(KeyKind::EccP521)
        .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]))
}
