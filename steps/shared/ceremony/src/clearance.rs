//! That no revocation stands in the way of using a path: what was found, and when it was asked.
//!
//! Made by `check-revocation`, demanded by the steps that import CAs or wrap under a leaf. The signed
//! answers it rests on are evidence and do not travel: whoever demands it compares what was found
//! with the certificates, and its age with what the profile allows.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::path::{CertificatePath, Role};
use crate::revocation::{Finding, Requirement, Rules, Status};
use crate::utc::Utc;

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Clearance {
    pub summary: Summary,
    /// When the oldest of the findings was made.
    pub asked_at: Utc,
    /// Of the leaf and every intermediate; empty where the profile asks for none.
    pub findings: Vec<Finding>,
}

/// What people are told of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "RevocationSummary"))]
pub struct Summary {
    /// What the profile asked for.
    pub policy: Requirement,
    /// Fingerprints of the certificates that were used although nothing says that they are not
    /// revoked: the profile lets them pass. Empty under `required`.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub not_proven: Vec<Sha256>,
}

impl Clearance {
    /// From what was found; whether that is enough, [`Self::covers`] says.
    pub fn new(
        path: &CertificatePath,
        rules: &Rules,
        asked_at: Utc,
        findings: Vec<Finding>,
    ) -> Self {
        let proven = |sha256: &Sha256| {
            let about = |it: &&Finding| it.certificate_sha256 == *sha256;
            let finding = findings.iter().find(about);
            finding.is_some_and(|it| matches!(it.status, Status::NotRevoked { .. }))
        };
        let not_proven = revocable(path)
            .map(|(_, certificate)| certificate.sha256())
            .filter(|sha256| !proven(sha256))
            .collect();
        Self {
            summary: Summary {
                policy: rules.policy,
                not_proven,
            },
            asked_at,
            findings,
        }
    }

    /// Whether the findings are what the rules demand of every certificate of the path.
    pub fn covers(&self, path: &CertificatePath, rules: &Rules) -> Result<(), NotCleared> {
        if rules.policy == Requirement::Off {
            return Ok(());
        }
        for (role, certificate) in revocable(path) {
            let sha256 = certificate.sha256();
            let mut about = self
                .findings
                .iter()
                .filter(|it| it.certificate_sha256 == sha256)
                .peekable();
            // Of two findings about one certificate, the good one does not make up for the other.
            if about.peek().is_none() || !about.all(|it| is_enough(&it.status, rules.policy)) {
                return Err(NotCleared::NotProven {
                    role: role.as_str(),
                    subject: certificate.subject().to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Whether it is younger than the rules let it be when the KEK is wrapped, and no answer that it
    /// rests on has had its time. The age may be so many seconds more, the time of an answer
    /// [`AFTER_NEXT_UPDATE`] at most.
    pub fn is_recent(&self, rules: &Rules, now: Utc, grace: i64) -> Result<(), NotCleared> {
        let oldest = i64::from(rules.max_proof_age_minutes) * 60 + grace;
        let past = |time: Utc| now > time.plus_seconds(grace.min(AFTER_NEXT_UPDATE));
        let outdated = self.findings.iter().any(|finding| match &finding.status {
            Status::NotRevoked { proof } => proof.next_update.is_some_and(past),
            _ => false,
        });
        // A time to come is no proof that it is young.
        let is_young = now < self.asked_at.plus_seconds(oldest)
            && self.asked_at <= now.plus_seconds(CLOCKS_DIFFER);
        if rules.policy == Requirement::Off || (is_young && !outdated) {
            return Ok(());
        }
        Err(NotCleared::TooOld {
            asked_at: self.asked_at,
            minutes: rules.max_proof_age_minutes,
        })
    }
}

impl Clearance {
    /// Whether the last look was no longer ago than so many seconds: for what goes on for hours after it
    /// was [`Self::is_recent`], and would otherwise go on without an end.
    pub fn is_younger_than(&self, seconds: i64, rules: &Rules, now: Utc) -> Result<(), NotCleared> {
        let is_young = now < self.asked_at.plus_seconds(seconds)
            && self.asked_at <= now.plus_seconds(CLOCKS_DIFFER);
        if rules.policy == Requirement::Off || is_young {
            return Ok(());
        }
        Err(NotCleared::LongAgo {
            asked_at: self.asked_at,
            hours: seconds / 3600,
        })
    }
}

/// Seconds by which an answer may be past its nextUpdate when the KEK is wrapped: the five minutes by
/// which its issuer's clock may differ from ours, and as much again from the look to the export.
pub const AFTER_NEXT_UPDATE: i64 = 10 * 60;

/// Between two functions of one account, in seconds.
const CLOCKS_DIFFER: i64 = 60;

/// Every certificate that somebody could have revoked: a root is trusted because it is pinned.
pub fn revocable(
    path: &CertificatePath,
) -> impl Iterator<Item = (Role, &crate::certificate::Certificate)> {
    path.certificates().filter(|(role, _)| *role != Role::Root)
}

fn is_enough(status: &Status, policy: Requirement) -> bool {
    match status {
        Status::NotRevoked { .. } => true,
        Status::NoService => policy != Requirement::Required,
        _ => false,
    }
}

/// Why a path may not be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotCleared {
    #[error(
        "the proof that nothing is revoked is of {asked_at}, and a run may rely on it for {hours} hours"
    )]
    LongAgo { asked_at: Utc, hours: i64 },
    #[error("it is not proven that the {role} `{subject}` is not revoked")]
    NotProven { role: &'static str, subject: String },
    #[error(
        "the proof that nothing is revoked, of {asked_at}, is older than the {minutes} minutes of \
         `revocation.maxProofAgeMinutes`, or an answer that it rests on has had its time"
    )]
    TooOld { asked_at: Utc, minutes: u32 },
}
