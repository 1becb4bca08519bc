//! `Wrap`: the KEK under the validated leaf.

use super::validate::ValidatedPath;
use super::{create_kek, document};
use crate::algorithms::OaepHash;
use crate::identifiers::Ceremony;

document! {
    pub struct Input {
        pub ceremony: Ceremony,
        pub validated: ValidatedPath,
        pub issuing_ca_key_arn: String,
        pub kek: create_kek::Output,
        pub hash: OaepHash,
    }
}

document! {
    pub struct Output {
        /// The RSA block, upper-case hex; as long as the leaf's modulus.
        pub cryptogram: String,
        pub hash: OaepHash,
    }
}
