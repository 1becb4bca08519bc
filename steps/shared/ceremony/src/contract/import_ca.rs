//! `ImportCa`: the CAs of a validated path become trusted keys in Payment Cryptography.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::document;
use super::validate::ValidatedPath;
use crate::digest::Sha256;
use crate::identifiers::Ceremony;

document! {
    pub struct Input {
        pub ceremony: Ceremony,
        pub validated: ValidatedPath,
        /// Keys that the profile says hold a CA already.
        pub ca_key_arns: BTreeMap<Sha256, String>,
    }
}

document! {
    pub struct Output {
        /// The key of the CA that issued the leaf: what `Wrap` names as the authority.
        pub issuing_ca_key_arn: String,
        /// From the one nearest to the root to the issuing CA.
        pub authorities: Vec<Authority>,
    }
}

document! {
    #[derive(Eq, PartialEq)]
    pub struct Authority {
        pub certificate_sha256: Sha256,
        pub key_arn: String,
        pub origin: Origin,
    }
}

/// Where a key in Payment Cryptography came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Made by this step.
    Created,
    /// Found by its alias, or by its tags where an earlier attempt ended before the alias was set.
    Found,
    /// Named by the profile.
    Profile,
}
