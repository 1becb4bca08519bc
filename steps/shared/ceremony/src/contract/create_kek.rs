//! `CreateKek`: there is exactly one KEK for a leaf.

use super::document;
use super::import_ca::Origin;
use crate::algorithms::{KcvAlgorithm, KekAlgorithm};
use crate::digest::Sha256;
use crate::identifiers::Ceremony;

document! {
    pub struct Input {
        pub ceremony: Ceremony,
        /// Fingerprint of the validated leaf, after which the KEK's alias is named.
        pub leaf_sha256: Sha256,
        pub algorithm: KekAlgorithm,
        /// The profile's KEK, or null.
        pub key_arn: Option<String>,
    }
}

document! {
    pub struct Output {
        pub key_arn: String,
        pub algorithm: KekAlgorithm,
        /// Key check value, hex.
        pub kcv: String,
        pub kcv_algorithm: KcvAlgorithm,
        pub origin: Origin,
    }
}
