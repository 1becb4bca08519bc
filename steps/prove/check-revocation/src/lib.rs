//! `CheckRevocation`: whether a certificate of the path has been revoked, before any key is touched,
//! and once more right before the KEK leaves; or before a certificate of ours is installed.
//!
//! Of the leaf and every intermediate, the services that the certificate names are asked, and what
//! they have signed is verified (crate `revocation`). Every answer that a finding rests on is left in
//! the evidence folder, as it came. A service that cannot be reached may be reached later: that is
//! the step's answer then, and the machine calls again with it for as long as the profile says. A
//! certificate that is revoked, or of which nothing can be proven, is a result too, which the machine
//! turns into a failure: the evidence has every finding either way.

mod kept;
mod look;
mod policy;
mod view;
mod waiting;

use std::time::Duration;

use ceremony::certificate::Certificate;
use ceremony::clearance::Clearance;
use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::id::AnyCeremony;
use ceremony::path::CertificatePath;
use ceremony::revocation::{Finding, Requirement, refusal, refusal_of_unavailable};
use ceremony::utc::Utc;
use revocation::{Fetch, Found, Inquiry};
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use storage::{StorageError, WriteError};
use strum::{IntoStaticStr, VariantNames};

pub use ceremony::proof::Refusal;
pub use policy::Policy;
pub use waiting::Awaited;

/// How long all certificates together may take: Lambda's own limit (infra-cdk/lib/steps/prove.ts)
/// leaves room beyond it to write down what was found. What is not reached is asked the next time.
pub const BUDGET: Duration = Duration::from_secs(80);

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: AnyCeremony,
    pub path: CertificatePath,
    pub policy: Policy,
    /// What the last call answered, if a service could not be reached.
    pub awaited: Option<Awaited>,
    /// What this execution has proven before, right before the KEK leaves.
    pub previous: Option<Clearance>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Output {
    Proven(Proven),
    Refused(Refused),
    Pending(Pending),
}

/// As much is proven as the profile demands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proven {
    pub proven: Clearance,
    /// Whether anybody was asked: not if the profile does not want it, nor if the proof made earlier
    /// in this execution is young enough.
    pub asked: bool,
}

/// Nothing may be sent under this leaf.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refused {
    pub refused: Refusal,
    pub findings: Vec<Finding>,
}

/// A service has to be asked again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pending {
    pub pending: Awaited,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        view::View::of(self)
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub evidence_bucket: String,
}

/// Who is asked about one certificate after the other: an [`Inquiry`].
pub trait Ask {
    fn ask(
        &mut self,
        subject: &Certificate,
        issuer: &Certificate,
        now: Utc,
    ) -> impl Future<Output = Found>;
}

impl<F: Fetch> Ask for Inquiry<'_, F> {
    async fn ask(&mut self, subject: &Certificate, issuer: &Certificate, now: Utc) -> Found {
        Inquiry::ask(self, subject, issuer, now).await
    }
}

pub async fn handle(
    context: &Context,
    inquiry: &mut impl Ask,
    input: Input,
    journal: &Journal,
) -> Result<Output, Error> {
    let Input {
        ceremony,
        path,
        policy,
        awaited,
        previous,
    } = input;
    let (rules, started) = (policy.revocation(), Utc::now());
    // Once more, from the certificates themselves: only what a pinned root stands for says whom to ask.
    let path = &policy
        .proven(path, started)
        .map_err(|refusal| Error::PathNotProven(refusal.what))?;
    if rules.policy == Requirement::Off {
        let proven = Clearance::new(path, &rules, started, Vec::new());
        let asked = false;
        return Ok(Output::Proven(Proven { proven, asked }));
    }
    let is_enough = |it: &Clearance| {
        it.covers(path, &rules).is_ok() && it.is_recent(&rules, started, 0).is_ok()
    };
    if let Some(proven) = previous.filter(is_enough) {
        let asked = false;
        return Ok(Output::Proven(Proven { proven, asked }));
    }
    let kept = awaited
        .as_ref()
        .map(|awaited| awaited.kept(&rules, started));
    let mut look = look::Look::new(context, &ceremony, journal);
    let findings = look.at(path, inquiry, kept.unwrap_or_default()).await?;
    let asked_at = look.oldest(awaited.as_ref(), started);
    if let Some(refused) = refusal(&findings, &rules) {
        return Ok(Output::Refused(Refused { refused, findings }));
    }
    if !waiting::is_needed(&findings) {
        let proven = Clearance::new(path, &rules, asked_at, findings);
        let asked = true;
        return Ok(Output::Proven(Proven { proven, asked }));
    }
    let asked_again = awaited.is_some();
    let since = awaited.map_or(started, |awaited| awaited.since);
    let pending = waiting::Waiting::new(findings, asked_at, since, &rules, Utc::now());
    if pending.is_over {
        let Awaited {
            findings,
            since,
            until,
            ..
        } = pending.awaited;
        let refused =
            refusal_of_unavailable(&findings, &rules, asked_again.then_some((since, until)));
        return Ok(Output::Refused(Refused { refused, findings }));
    }
    let pending = pending.awaited;
    Ok(Output::Pending(Pending { pending }))
}

/// Why the step came to no result.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    /// Files are named by their digest: other bytes under that name were not written by this step.
    #[error("{0}")]
    EvidenceExists(String),
    /// Not to be expected: every proof comes with what it rests on.
    #[error("the answer with SHA-256 {response_sha256} about `{subject}` is missing")]
    EvidenceMissing {
        subject: String,
        response_sha256: Sha256,
    },
    #[error("the certificate path is not proven (any more): {0}")]
    PathNotProven(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        error.told_as(Self::EvidenceExists)
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::EvidenceExists(_) => "Find out who wrote it.",
            Self::EvidenceMissing { .. } => {
                "This is a defect of the software: report it with the record."
            }
            Self::PathNotProven(_) => {
                "Compare with the checks of the state Validate in the record: a certificate may have \
                 expired since, or somebody invoked this step by hand."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
