//! `ceremony check`: what would a ceremony say to these files?
//!
//! The files are read as `intake` reads a drop folder, and judged by the functions that the steps
//! call. Nothing is asked of AWS: what only an account knows (roots that earlier ceremonies have
//! proven, keys, quotas) is not known here. [`order`] is the same for requests and orders of working
//! keys.

mod drop;
pub mod order;
mod report;
mod services;
mod table;

use std::path::PathBuf;

use ceremony::path::CertificatePath;
use ceremony::profile::Profile;
use ceremony::proof::{ProvenPath, prove};
use ceremony::utc::Utc;
use revocation::Fetch;

use crate::files::Unreadable;
use drop::Drop;

pub use drop::SameName;
pub use report::{FileSeen, NotCounted, OnPath, Problem, Report, Revocation, Travels};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The files of one drop folder.
    pub files: Vec<PathBuf>,
    /// What is, or is to be, in the parameter of that folder.
    pub profile: PathBuf,
    /// When the ceremony happens.
    pub at: Utc,
}

/// Looks at the files. Whether certificates are revoked is asked only of `services`, and only if
/// nothing else stands in the way: what a certificate says that nobody has vouched for is no reason
/// to call anybody.
pub async fn run(options: &Options, services: Option<&impl Fetch>) -> Result<Report, NotRun> {
    let profile = crate::profile::read(&options.profile)?;
    let drop = Drop::read(&options.files)?;
    let mut report = Report::new(options.at, &drop);
    report.problems = drop.rejections();
    let judged = match Profile::read(&profile) {
        Ok(profile) => judge(&mut report, &drop, profile, services).await,
        Err(error) => Err(Problem::profile_malformed(&error)),
    };
    report.problems.extend(judged.err());
    report.goes_on = report.problems.is_empty();
    Ok(report)
}

/// From the files to what the services say of the certificates, or to what ends it before.
async fn judge(
    report: &mut Report,
    drop: &Drop,
    profile: Profile,
    services: Option<&impl Fetch>,
) -> Result<(), Problem> {
    report.folder = Some(profile.folder().prefix());
    report.exchange = profile.kek_export.as_ref().map(|section| Travels {
        kek: section.kek.algorithm,
        method: section.exchange.method(),
    });
    let chosen = drop.path(&profile, report.at)?;
    report.problems.extend(drop.nonce(&profile));
    report.problems.extend(drop.ambiguity(&chosen));
    report.on_path(&chosen);
    let proven = proven(report, chosen.path, &profile)?;
    let nothing_else = report.problems.is_empty();
    let Some(services) = services.filter(|_| nothing_else) else {
        return Ok(());
    };
    let rules = profile.revocation;
    let asked = services::ask(services, &proven, rules).await;
    let problem = services::problem(&asked, &rules);
    report.revocation = Some(asked);
    problem.map_or(Ok(()), Err)
}

/// What `fetch-certs` and `validate` do with a path.
fn proven(
    report: &mut Report,
    path: CertificatePath,
    profile: &Profile,
) -> Result<ProvenPath, Problem> {
    // Which version of the parameter it is makes no difference.
    let policy = profile.clone().kek_export_policy(0);
    let policy = policy.map_err(|error| Problem::not_allowed(&error))?;
    let proof = prove(path, &policy.trust, policy.load(), report.at);
    report.checks = proof.checks;
    proof.verdict.map_err(Problem::refused)
}

/// Why nothing was looked at.
#[derive(Debug, thiserror::Error)]
pub enum NotRun {
    #[error(transparent)]
    SameName(#[from] SameName),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}
