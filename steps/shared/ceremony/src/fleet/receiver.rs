//! By TR-34: the partner's certificate, under whose key initial keys leave.
//!
//! It is proven as the leaf of a `kek-export` is, by the same steps; with what is found on the way it
//! travels to those that rely on it, each of which proves it once more.

use serde::{Deserialize, Serialize};

use super::run::Leaf;
use crate::clearance::{Clearance, NotCleared};
use crate::digest::Sha256;
use crate::enrolment::Installed;
use crate::evidence::Recordable;
use crate::exchange::Tr34Signer;
use crate::path::{CertificateFacts, CertificatePath};
use crate::profile::{Exchange, Policy};
use crate::proof::{ProvenPath, Refusal, prove};
use crate::utc::Utc;

/// Whose key initial keys are to leave under, by names and signatures only; and who is to sign them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Addressee {
    pub path: CertificatePath,
    /// Its `kek` has the algorithm of the initial keys.
    pub policy: Policy,
    /// The key of ours that signs the blocks, where one does.
    pub signer: Option<Installed>,
}

/// Facts instead of certificates: the certificates themselves lie in `certificates.pem`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    certificates: Vec<CertificateFacts>,
    policy: &'a Policy,
    signer_sha256: Option<&'a Sha256>,
}

impl Recordable for Addressee {
    fn recordable(&self) -> impl Serialize {
        let signer = self.signer.as_ref();
        View {
            certificates: self.path.facts(),
            policy: &self.policy,
            signer_sha256: signer.map(|signer| &signer.certificate_sha256),
        }
    }
}

/// The same, once the service knows its CAs and nothing on the path is revoked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receiver {
    pub path: CertificatePath,
    pub policy: Policy,
    pub signer: Option<Installed>,
    /// The key in Payment Cryptography of the CA that issued the leaf.
    pub issuing_ca_key_arn: String,
    pub revocation: Clearance,
}

/// How long after the last look at revocation a batch may still be exported, in seconds. A run that
/// takes longer stops, and the next one of the same order looks again and goes on.
pub const LONGEST_AFTER_THE_LOOK: i64 = 24 * 60 * 60;

impl Receiver {
    /// For a run that is about to begin: the proof of revocation must be as young as the profile says.
    pub fn proven_for_run(&self, now: Utc) -> Result<ProvenPath, Unproven> {
        let proven = self.proven(now)?;
        self.revocation.is_recent(&self.policy.revocation, now, 0)?;
        Ok(proven)
    }

    /// For a batch of a run that has begun with this leaf.
    pub fn proven_for_batch(&self, leaf: &Leaf, now: Utc) -> Result<ProvenPath, Unproven> {
        if *leaf != self.leaf()? {
            return Err(Unproven::OtherLeaf);
        }
        let proven = self.proven(now)?;
        let rules = &self.policy.revocation;
        self.revocation
            .is_younger_than(LONGEST_AFTER_THE_LOOK, rules, now)?;
        Ok(proven)
    }

    /// What a run is made of, of all this.
    pub fn leaf(&self) -> Result<Leaf, Unproven> {
        let signer = self.signs()?;
        let installed = match (signer, &self.signer) {
            (Tr34Signer::Service, _) => None,
            (Tr34Signer::Own, Some(installed)) => Some(installed.certificate_sha256.clone()),
            (Tr34Signer::Own, None) => return Err(Unproven::NoSigner),
        };
        let leaf = &self.path.leaf;
        Ok(Leaf {
            sha256: leaf.sha256(),
            key_algorithm: leaf.key_algorithm().to_string(),
            signer,
            signer_sha256: installed,
        })
    }

    /// Whose key signs the blocks.
    pub fn signs(&self) -> Result<Tr34Signer, Unproven> {
        match self.policy.exchange {
            Exchange::Tr34 { signer, .. } => Ok(signer),
            Exchange::RsaOaep { .. } | Exchange::Ecdh { .. } => Err(Unproven::NoSigner),
        }
    }

    /// From the certificates themselves, since a document can say anything.
    fn proven(&self, now: Utc) -> Result<ProvenPath, Unproven> {
        let Policy {
            trust, revocation, ..
        } = &self.policy;
        let proof = prove(self.path.clone(), trust, self.policy.load(), now);
        let proven = proof.verdict.map_err(Unproven::Path)?;
        self.revocation.covers(proven.path(), revocation)?;
        Ok(proven)
    }
}

/// Why nothing may leave under the leaf (any more).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unproven {
    #[error("the profile does not say whose key signs, or no certificate is installed for it")]
    NoSigner,
    #[error("the run was begun for another certificate, or with another signer")]
    OtherLeaf,
    #[error("the certificate path is not proven (any more): {}", .0.what)]
    Path(Refusal),
    #[error(transparent)]
    Revocation(#[from] NotCleared),
}
