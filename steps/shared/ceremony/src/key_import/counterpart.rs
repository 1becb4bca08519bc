//! The certificate of the partner's without which it could not send anything, proven once more: weeks may
//! lie between an offer and the block that is made for it.

use super::offer::Offer;
use super::request::{ImportMethod, ImportRequest};
use crate::digest::Sha256;
use crate::path::CertificatePath;
use crate::profile::Trust;
use crate::proof::{ProvenPath, ProvenSender, Refusal, prove, prove_sender};
use crate::utc::Utc;

/// Who the partner is, as far as the method needs to know.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Counterpart {
    /// Whose key agrees with ours.
    Agrees(ProvenPath),
    /// Nobody: what comes is not the partner's by any certificate, and its check value decides.
    Nobody,
    /// Whose key signs blocks.
    Signs(ProvenSender),
}

impl Counterpart {
    /// Proves, at `now`, the path of the certificate that lay beside the request.
    pub fn prove(
        path: Option<CertificatePath>,
        request: &ImportRequest,
        trust: &Trust,
        now: Utc,
    ) -> Result<Self, Unproven> {
        let method = request.method;
        match (method.needs_a_certificate(), path) {
            (false, None) => Ok(Self::Nobody),
            (false, Some(_)) => Err(Unproven::NotNeeded { method }),
            (true, None) => Err(Unproven::Missing { method }),
            (true, Some(path)) if method == ImportMethod::Tr34 => {
                let proof = prove_sender(path, trust, now);
                Ok(Self::Signs(proof.verdict?))
            }
            (true, Some(path)) => {
                let proof = prove(path, trust, request.load(), now);
                Ok(Self::Agrees(proof.verdict?))
            }
        }
    }

    /// Whether the offer was made to it.
    pub fn is_of(&self, offer: &Offer) -> Result<(), Unproven> {
        let proven = self.path().map(|path| path.leaf.sha256());
        if proven.as_ref() == offer.terms.partner_certificate_sha256() {
            return Ok(());
        }
        Err(Unproven::OtherCertificate { proven })
    }

    fn path(&self) -> Option<&CertificatePath> {
        match self {
            Self::Agrees(proven) => Some(proven.path()),
            Self::Nobody => None,
            Self::Signs(proven) => Some(proven.path()),
        }
    }
}

/// Why no block can be believed, whatever is in it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unproven {
    #[error("a certificate of the partner's is needed by {method}, and there is none")]
    Missing { method: ImportMethod },
    #[error("no certificate of the partner's is needed by {method}, and there is one")]
    NotNeeded { method: ImportMethod },
    #[error(
        "the offer was made to another certificate than {}",
        proven.as_ref().map_or("none".to_owned(), Sha256::to_string)
    )]
    OtherCertificate { proven: Option<Sha256> },
    #[error("{}", .0.what)]
    Refused(Refusal),
}

impl From<Refusal> for Unproven {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
