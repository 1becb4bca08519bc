//! What a path is held to before anybody is asked about it.

use ceremony::path::CertificatePath;
use ceremony::proof::{PartnerPolicy, Refusal, prove_signer};
use ceremony::revocation::Rules;
use ceremony::utc::Utc;
use ceremony::{enrolment, profile};
use serde::{Deserialize, Serialize};

/// The policy of a ceremony with certificates: the enrolment rules of ours, or what a profile says of a
/// partner's.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Policy {
    Enrolment(enrolment::Policy),
    Partner(PartnerPolicy),
}

impl Policy {
    pub fn revocation(&self) -> Rules {
        match self {
            Self::Enrolment(policy) => policy.revocation,
            Self::Partner(policy) => *policy.revocation(),
        }
    }

    /// The path, if it is proven at that time.
    pub(crate) fn proven(
        &self,
        path: CertificatePath,
        now: Utc,
    ) -> Result<CertificatePath, Refusal> {
        match self {
            Self::Enrolment(policy) => {
                let proof = prove_signer(path, policy, None, now);
                proof.verdict.map(|proven| proven.path().clone())
            }
            Self::Partner(policy) => {
                let proof = policy.prove(path, now);
                proof.verdict.map(|proven| proven.path().clone())
            }
        }
    }
}

impl From<profile::Policy> for Policy {
    fn from(policy: profile::Policy) -> Self {
        Self::Partner(policy.into())
    }
}

impl From<enrolment::Policy> for Policy {
    fn from(policy: enrolment::Policy) -> Self {
        Self::Enrolment(policy)
    }
}
