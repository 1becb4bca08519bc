//! `Validate`: a certificate path is proven, or every reason why not is named.
//!
//! Needs nothing but its input and the time; calls nothing, creates nothing. The proof itself is
//! the domain's ([`ceremony::proof`]): the steps that rely on it make it again.

use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::id::Ceremony;
use ceremony::path::CertificatePath;
use ceremony::proof::{Check, PartnerPolicy, Refusal};
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use step::StepError;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub path: CertificatePath,
    pub policy: PartnerPolicy,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// Every check with its result, in the order made.
    pub checks: Vec<Check>,
    /// Fingerprint of the leaf, whatever became of it.
    pub leaf_sha256: Sha256,
    /// Null where no check failed but those that only note something.
    pub refused: Option<Refusal>,
}

impl Output {
    /// What is to be told of the certificates although nothing is refused for it.
    pub fn notes(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.is_note())
    }
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// Validates at `now`.
pub fn handle(input: Input, now: Utc) -> Result<Output, Error> {
    let leaf_sha256 = input.path.leaf.sha256();
    let proof = input.policy.prove(input.path, now);
    Ok(Output {
        checks: proof.checks,
        leaf_sha256,
        refused: proof.verdict.err(),
    })
}

/// The validation has no errors of its own: what is wrong with certificates is its result.
#[derive(Debug, thiserror::Error)]
pub enum Error {}

impl StepError for Error {
    fn name(&self) -> &'static str {
        match *self {}
    }

    fn remedy(&self) -> &'static str {
        match *self {}
    }

    fn names() -> Vec<&'static str> {
        Vec::new()
    }
}
