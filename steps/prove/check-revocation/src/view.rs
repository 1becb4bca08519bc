//! What may be recorded: everything, and where each answer lies.

use std::borrow::Cow;

use ceremony::clearance::Summary;
use ceremony::revocation::{Finding, Source, Status};
use ceremony::utc::Utc;
use serde::Serialize;

use crate::kept::{file, proof_of};
use crate::{Awaited, Output, Pending, Proven, Refusal, Refused};

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(crate) enum View<'a> {
    Proven {
        #[serde(flatten)]
        summary: &'a Summary,
        asked: bool,
        asked_at: Utc,
        /// Those of a proof that was young enough stand in the evidence already.
        #[serde(skip_serializing_if = "Option::is_none")]
        findings: Option<Vec<FindingView<'a>>>,
    },
    Refused {
        refused: &'a Refusal,
        findings: Vec<FindingView<'a>>,
    },
    Pending {
        since: Utc,
        until: Utc,
        findings: Vec<FindingView<'a>>,
    },
}

#[derive(Serialize)]
pub(crate) struct FindingView<'a> {
    #[serde(flatten)]
    finding: Cow<'a, Finding>,
    /// The answer, in this ceremony's folder; null where there is none.
    file: Option<String>,
    /// The CRL by which its responder was checked; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "responderFile")]
    responder_file: Option<String>,
}

impl<'a> View<'a> {
    pub(crate) fn of(output: &'a Output) -> Self {
        match output {
            Output::Proven(Proven { proven, asked }) => Self::Proven {
                summary: &proven.summary,
                asked: *asked,
                asked_at: proven.asked_at,
                findings: asked.then(|| views(&proven.findings)),
            },
            Output::Refused(Refused { refused, findings }) => Self::Refused {
                refused,
                findings: views(findings),
            },
            Output::Pending(Pending { pending }) => {
                let Awaited {
                    since,
                    until,
                    findings,
                    ..
                } = pending;
                Self::Pending {
                    since: *since,
                    until: *until,
                    findings: findings.iter().map(|it| view(shortened(it))).collect(),
                }
            }
        }
    }
}

fn views(findings: &[Finding]) -> Vec<FindingView<'_>> {
    findings.iter().map(|it| view(Cow::Borrowed(it))).collect()
}

fn view(finding: Cow<'_, Finding>) -> FindingView<'_> {
    let proof = proof_of(&finding.status);
    let crl = proof.and_then(|proof| proof.responder_crl_sha256.as_ref());
    FindingView {
        file: proof.map(|proof| file(proof.source, &proof.response_sha256)),
        responder_file: crl.map(|sha256| file(Source::Crl, sha256)),
        finding,
    }
}

/// With the first reason of several: what comes of the wait is recorded in full.
fn shortened(finding: &Finding) -> Cow<'_, Finding> {
    let mut finding = finding.clone();
    if let Status::Unavailable { reasons } | Status::Unusable { reasons } = &mut finding.status {
        reasons.truncate(1);
    }
    Cow::Owned(finding)
}
