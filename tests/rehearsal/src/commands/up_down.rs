//! `cargo rehearse up` and `cargo rehearse down`: a stack for people to work with.

use anyhow::{Context, Result, bail};

use crate::acme;
use crate::actors::Operator;
use crate::stack::setup;
use crate::stack::state::{State, environment};
use crate::stack::{Stack, StackOptions};
use workbench::process::Lifetime;
use workbench::progress::Progress;
use workbench::project::Project;

/// Starts a stack that stays up, unless there is one.
pub async fn up(progress: Progress) -> Result<()> {
    let project = Project::locate();
    if let Some(state) = State::load(&project)? {
        if state.is_healthy().await {
            println!("A stack is up already, at {}.", state.connection.aws);
            println!("{}", hints(&project));
            return Ok(());
        }
        progress.line("The stack of last time is not well: stopping what is left of it.");
        state.stop(&project)?;
    }
    let options = StackOptions {
        progress,
        ..StackOptions::default()
    };
    let stack = start(options).await?;
    let step = progress.step("Onboarding the partner");
    let (folder, pki) = (acme::folder(), acme::pki(&stack)?);
    acme::write(&pki, &project.rehearsal().join("partner"))?;
    let profile = acme::profile(&folder, &pki);
    Operator::new(&stack).put_profile(&folder, &profile).await?;
    step.done(acme::PARTNER);
    leave_up(&project, stack)?;
    println!("{}", hints(&project));
    Ok(())
}

/// Stops the stack that is up.
pub fn down(progress: Progress) -> Result<()> {
    let project = Project::locate();
    let Some(state) = State::load(&project)? else {
        println!("No stack is up.");
        return Ok(());
    };
    let step = progress.step("Stopping");
    let stopped = state.stop(&project)?;
    step.done(&stopped.join(", "));
    Ok(())
}

/// Starts a stack that can be left up; it stops with this process as long as it was not.
pub async fn start(options: StackOptions) -> Result<Stack> {
    let project = Project::locate();
    if State::load(&project)?.is_some() {
        bail!("a stack is up already: `cargo rehearse down` stops it");
    }
    let setup = setup::prepare(options.progress).await?;
    let options = StackOptions {
        directory: Some(project.rehearsal()),
        lifetime: Lifetime::Detached,
        ..options
    };
    Stack::start_prepared(&setup, options).await
}

/// Leaves a stack up for good.
pub fn leave_up(project: &Project, mut stack: Stack) -> Result<()> {
    let environment = environment(project);
    std::fs::write(&environment, stack.shell())
        .with_context(|| format!("writing {}", environment.display()))?;
    State::save(project, &stack)?;
    stack.detach();
    Ok(())
}

/// What to type next.
pub fn hints(project: &Project) -> String {
    let aws = project.python().join("bin/aws");
    format!(
        "
  Work with it from a shell (the pinned AWS CLI is {aws}):
    source {environment}
    aws s3 cp {partner} s3://$INBOX_BUCKET/{folder}/ --recursive --exclude '*' --include '*.pem'
    aws stepfunctions list-executions --state-machine-arn $KEK_EXPORT_STATE_MACHINE_ARN
    aws s3 cp s3://$OUTBOX_BUCKET/{folder}/ {package} --recursive
  The leaf's private key is {partner}/leaf.key; the package's README says what to do with it.
  Revoke the leaf before you drop it:
    echo leaf.pem keyCompromise >> {revoked}
  Logs: {logs}
  Stop it: cargo rehearse down",
        aws = aws.display(),
        environment = environment(project).display(),
        folder = acme::folder(),
        logs = project.rehearsal().join("logs").display(),
        package = project.rehearsal().join("package").display(),
        partner = project.rehearsal().join("partner").display(),
        revoked = project
            .rehearsal()
            .join("revocation")
            .join(acme::PARTNER)
            .join("revoked")
            .display(),
    )
}
