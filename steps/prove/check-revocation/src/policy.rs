//! What a path is held to before anybody is asked about it.

use ceremony::path::CertificatePath;
use ceremony::proof::{Refusal, prove, prove_signer};
use ceremony::revocation::Rules;
use ceremony::utc::Utc;
use ceremony::{enrolment, profile};
use serde::{Deserialize, Serialize};

/// The policy of a ceremony with certificates: what a profile says of a partner's, or the enrolment
/// rules of ours.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Policy {
    Enrolment(enrolment::Policy),
    Profile(profile::Policy),
}

impl Policy {
    pub fn revocation(&self) -> Rules {
        match self {
            Self::Enrolment(policy) => policy.revocation,
            Self::Profile(policy) => policy.revocation,
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
            Self::Profile(policy) => {
                let proof = prove(path, &policy.trust, policy.load(), now);
                proof.verdict.map(|proven| proven.path().clone())
            }
        }
    }
}

impl From<profile::Policy> for Policy {
    fn from(policy: profile::Policy) -> Self {
        Self::Profile(policy)
    }
}

impl From<enrolment::Policy> for Policy {
    fn from(policy: enrolment::Policy) -> Self {
        Self::Enrolment(policy)
    }
}
