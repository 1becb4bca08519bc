//! The npm packages of the CDK app, the CDK's command line among them.

use std::path::PathBuf;

use anyhow::Result;

use crate::lock::lock;
use crate::process::{Lifetime, run};
use crate::progress::Progress;
use crate::project::Project;
use crate::stamp::Stamp;
use crate::tools::{self, Tools};

/// Installs the npm packages and nothing else. Returns the directory of the CDK app.
pub async fn prepare_node(progress: Progress) -> Result<PathBuf> {
    let project = Project::locate();
    let tools = tools::check()?;
    let _lock = lock(&project, progress).await?;
    install(&project, &tools, progress).await?;
    Ok(project.infra_cdk())
}

/// Runs `npm ci` in the CDK app, unless that was done for the present lock file. Returns the
/// directory with the programs.
pub async fn install(project: &Project, tools: &Tools, progress: Progress) -> Result<PathBuf> {
    let mut step = progress.step("npm packages");
    let app = project.infra_cdk();
    let programs = app.join("node_modules/.bin");
    let stamp = Stamp::new(
        app.join("node_modules/.installed-lock.sha256"),
        &app.join("package-lock.json"),
    )?;
    if stamp.is_current() && programs.join("cdk").exists() {
        step.done("up to date");
        return Ok(programs);
    }
    let log = project.rehearsal().join("setup-npm.log");
    let mut command = Lifetime::Leashed.command(&tools.npm);
    command
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(&app);
    run("npm ci", &mut command, &log, None, &mut step).await?;
    stamp.set()?;
    step.done("installed");
    Ok(programs)
}
