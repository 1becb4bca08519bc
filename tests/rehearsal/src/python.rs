//! The virtual environment with ministack and the AWS CLI, every file of it pinned by digest.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::{Lifetime, run};
use crate::progress::Progress;
use crate::project::Project;
use crate::stamp::Stamp;
use crate::tools::Tools;

/// Installs what `requirements.txt` names, unless that is already there. Returns the directory
/// with the programs.
pub async fn install(project: &Project, tools: &Tools, progress: Progress) -> Result<PathBuf> {
    let mut step = progress.step("Python packages");
    let environment = project.python();
    let programs = environment.join("bin");
    let stamp = Stamp::new(
        environment.join("requirements.sha256"),
        &project.requirements(),
    )?;
    if stamp.is_current() && programs.join("ministack").exists() {
        step.done("up to date");
        return Ok(programs);
    }
    if environment.exists() {
        std::fs::remove_dir_all(&environment)
            .with_context(|| format!("removing {}", environment.display()))?;
    }
    let log = project.rehearsal().join("setup-python.log");
    let mut command = Lifetime::Leashed.command(&tools.python);
    run(
        "python3 -m venv",
        command.args(["-m", "venv"]).arg(&environment),
        &log,
        None,
        &mut step,
    )
    .await?;
    let mut command = Lifetime::Leashed.command(&programs.join("python"));
    command
        .args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--require-hashes",
        ])
        .arg("--requirement")
        .arg(project.requirements());
    run("pip install", &mut command, &log, None, &mut step).await?;
    stamp.set()?;
    step.done("installed");
    Ok(programs)
}
