//! `ceremony preflight`: is this account ready for ceremonies?
//!
//! Each module of [`checks`] asks one question, with calls that only read; the single exception is
//! [`checks::alias`]. What was seen is a [`Finding`], which never says more than that: a call that
//! was denied is "not known", and names the permission.

mod aws;
pub mod checks;
mod deployment;
mod policy;
mod report;
mod template;

use std::path::PathBuf;

use aws_config::SdkConfig;
use ceremony::utc::Utc;
use step::ServiceError;
use tokio::sync::watch;

use aws::{Aws, Caller};
use checks::Check;
use deployment::Deployment;

pub use crate::finding::{Checked, Detail, Finding, Status};
pub use report::Report;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the CloudFormation stack.
    pub stack: String,
    /// The folder `cdk.out` of the deployment.
    pub code: Option<PathBuf>,
}

/// Becomes true when somebody wants it all to end.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub fn new(receiver: watch::Receiver<bool>) -> Self {
        Self(receiver)
    }

    /// Returns when it is wanted; never, if whoever could want it is gone.
    async fn wanted(&self) {
        if self.0.clone().wait_for(|wanted| *wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn is_wanted(&self) -> bool {
        *self.0.borrow()
    }
}

/// What all checks of a run share.
pub(crate) struct Run {
    aws: Aws,
    caller: Caller,
    region: String,
    now: Utc,
    deployment: Deployment,
    code: Option<PathBuf>,
    stop: Stop,
}

/// Makes all checks, one after the other.
pub async fn run(
    config: &SdkConfig,
    options: &Options,
    stop: Stop,
    progress: &mut dyn FnMut(&str),
) -> Result<Report, NotRun> {
    let region = config.region().map(ToString::to_string);
    let region = region.filter(|region| !region.is_empty());
    let region = region.ok_or(NotRun::NoRegion)?;
    let aws = Aws::new(config);
    let start = async {
        let caller = aws.caller().await.map_err(NotRun::NoCaller)?;
        let deployment = Deployment::read(&aws, &options.stack).await;
        Ok((caller, deployment))
    };
    let (caller, deployment) = tokio::select! {
        started = start => started?,
        () = stop.wanted() => return Err(NotRun::Stopped),
    };
    let run = Run {
        aws,
        caller,
        region,
        now: Utc::now(),
        deployment,
        code: options.code.clone(),
        stop,
    };
    let mut findings = Vec::new();
    for check in Check::ALL {
        progress(check.name());
        let finding = match check {
            // It has something to remove first.
            Check::Alias => checks::alias::check(&run).await,
            other => tokio::select! {
                answer = other.ask(&run) => answer.unwrap_or_else(|error| Finding::unanswered(&error)),
                () = run.stop.wanted() => return Err(NotRun::Stopped),
            },
        };
        if run.stop.is_wanted() {
            return Err(NotRun::Stopped);
        }
        findings.push(Checked {
            check: check.name(),
            finding,
        });
    }
    Ok(Report::new(&run, findings))
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NotRun {
    #[error("no region is set; set AWS_REGION to the region in which the ceremonies are to happen")]
    NoRegion,
    #[error("nobody knows who is asking ({0}); set credentials as steps/desk/README.md says")]
    NoCaller(ServiceError),
    #[error(
        "stopped; nothing of its own is left in Payment Cryptography, or the next run removes it"
    )]
    Stopped,
}
