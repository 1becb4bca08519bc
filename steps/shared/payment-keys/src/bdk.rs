//! Base derivation keys: whether a key is the one that a profile describes.

use aws_sdk_paymentcryptography::types::KeyState;
use ceremony::fleet::bdk::BDK_USAGE;
use ceremony::fleet::{BdkAlgorithm, UnfitBdk};

use crate::inspect::KeyFacts;

/// Whether initial keys can be derived from the key, and leave.
pub fn is_bdk(facts: &KeyFacts, algorithm: BdkAlgorithm) -> Result<(), UnfitBdk> {
    let usage = facts.attributes.key_usage.as_str();
    if usage != BDK_USAGE {
        return Err(UnfitBdk::Usage(usage.to_owned()));
    }
    let found = facts.attributes.key_algorithm.as_str();
    if found != algorithm.as_str() {
        return Err(UnfitBdk::Algorithm {
            found: found.to_owned(),
            expected: algorithm,
        });
    }
    if facts.state != KeyState::CreateComplete || !facts.enabled {
        return Err(UnfitBdk::NotReady(facts.state.as_str().to_owned()));
    }
    if !facts.exportable {
        return Err(UnfitBdk::NotExportable);
    }
    Ok(())
}
