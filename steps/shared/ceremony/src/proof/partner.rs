//! A certificate of the partner's, whatever its key does: keys leave under it, it agrees with one of ours,
//! or it signs what comes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Proof, ProvenPath, ProvenSender, prove, prove_sender};
use crate::digest::Sha256;
use crate::key_import::run::SenderPolicy;
use crate::path::CertificatePath;
use crate::profile::Policy;
use crate::revocation::Rules;
use crate::utc::Utc;

/// What a profile says of such a certificate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PartnerPolicy {
    /// Of a ceremony that sends.
    Receiver(Policy),
    /// Of a ceremony that receives.
    Sender(SenderPolicy),
}

/// The path of such a certificate, of which no check failed that refuses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProvenPartner {
    /// Its key may carry or agree on what is to travel.
    Path(ProvenPath),
    /// Its key signs what comes.
    Sender(ProvenSender),
}

impl ProvenPartner {
    pub fn path(&self) -> &CertificatePath {
        match self {
            Self::Path(proven) => proven.path(),
            Self::Sender(proven) => proven.path(),
        }
    }
}

impl PartnerPolicy {
    pub fn prove(&self, path: CertificatePath, now: Utc) -> Proof<ProvenPartner> {
        match self {
            Self::Receiver(policy) => {
                prove(path, &policy.trust, policy.load(), now).map(ProvenPartner::Path)
            }
            Self::Sender(policy) if policy.signs() => {
                prove_sender(path, &policy.trust, now).map(ProvenPartner::Sender)
            }
            Self::Sender(policy) => {
                prove(path, &policy.trust, policy.load(), now).map(ProvenPartner::Path)
            }
        }
    }

    pub fn revocation(&self) -> &Rules {
        match self {
            Self::Receiver(policy) => &policy.revocation,
            Self::Sender(policy) => &policy.revocation,
        }
    }

    /// The keys of CAs that the profile names.
    pub fn ca_key_arns(&self) -> &BTreeMap<Sha256, String> {
        match self {
            Self::Receiver(policy) => &policy.ca_key_arns,
            Self::Sender(policy) => &policy.ca_key_arns,
        }
    }
}

impl From<Policy> for PartnerPolicy {
    fn from(policy: Policy) -> Self {
        Self::Receiver(policy)
    }
}

impl From<SenderPolicy> for PartnerPolicy {
    fn from(policy: SenderPolicy) -> Self {
        Self::Sender(policy)
    }
}
