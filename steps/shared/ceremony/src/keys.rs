//! What is told of keys in Payment Cryptography, from step to step and in evidence. Never the keys.

use serde::{Deserialize, Serialize};

use crate::algorithms::{KcvAlgorithm, KekAlgorithm};
use crate::digest::Sha256;
use crate::utc::Utc;

/// Where a key came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Made by this step.
    Created,
    /// Found by its alias, or by its tags where an earlier attempt ended before the alias was set.
    Found,
    /// Named by an order for working keys.
    Order,
    /// Named by the profile.
    Profile,
}

/// A key-encrypting key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KekFacts {
    pub key_arn: String,
    pub algorithm: KekAlgorithm,
    /// Key check value, hex.
    pub kcv: String,
    pub kcv_algorithm: KcvAlgorithm,
    pub origin: Origin,
    /// The leaf's KEK that was deleted and whose place this one took in this ceremony, if there was
    /// one: who holds that one must not go on using it.
    pub replaces_key_arn: Option<String>,
}

/// The public key of a certificate authority.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authority {
    pub certificate_sha256: Sha256,
    pub key_arn: String,
    pub origin: Origin,
    /// Of a root that this ceremony waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// That an approval team agreed to a root. Who its members are, Payment Cryptography does not tell: the
/// session's ARN names the team, and the session has the answers of each.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    pub session_arn: String,
    pub asked_at: Utc,
    /// When it was seen to be there.
    pub seen_at: Utc,
}
