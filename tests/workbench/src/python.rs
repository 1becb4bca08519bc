//! The virtual environment with ministack, the AWS CLI and what Python tests import, every file of it
//! pinned by digest.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::lock::lock;
use crate::process::{Lifetime, run};
use crate::progress::Progress;
use crate::project::Project;
use crate::stamp::Stamp;
use crate::tools;

/// Installs the Python packages and nothing else, unless they are there. Returns the directory with
/// the programs, `python` among them.
pub async fn prepare_python(progress: Progress) -> Result<PathBuf> {
    let project = Project::locate();
    if let Some(programs) = installed(&project)? {
        progress.step("Python packages").done("up to date");
        return Ok(programs);
    }
    let interpreter = tools::python()?;
    let _lock = lock(&project, progress).await?;
    install(&project, &interpreter, progress).await
}

/// A test's program in Python: isolated from the machine's modules, and silent about the age of TDES.
pub async fn python_program(program: &Path) -> Result<Command> {
    let programs = prepare_python(Progress::Quiet).await?;
    let mut command = Command::new(programs.join("python"));
    command.args(["-I", "-B", "-W", "ignore"]).arg(program);
    Ok(command)
}

/// Starts one, to be asked on its standard input and heard on its standard output.
pub async fn spawn_python(program: &Path) -> Result<Child> {
    let mut command = python_program(program).await?;
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", program.display()))
}

/// The directory with the programs, if all that `requirements.txt` names is there.
fn installed(project: &Project) -> Result<Option<PathBuf>> {
    let programs = project.python().join("bin");
    let complete = stamp(project)?.is_current() && programs.join("ministack").exists();
    Ok(complete.then_some(programs))
}

/// Installs what `requirements.txt` names, unless that is already there. Returns the directory
/// with the programs.
async fn install(project: &Project, interpreter: &Path, progress: Progress) -> Result<PathBuf> {
    let mut step = progress.step("Python packages");
    if let Some(programs) = installed(project)? {
        step.done("up to date");
        return Ok(programs);
    }
    let environment = project.python();
    let programs = environment.join("bin");
    if environment.exists() {
        std::fs::remove_dir_all(&environment)
            .with_context(|| format!("removing {}", environment.display()))?;
    }
    let log = project.rehearsal().join("setup-python.log");
    let mut command = Lifetime::Leashed.command(interpreter);
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
    stamp(project)?.set()?;
    step.done("installed");
    Ok(programs)
}

fn stamp(project: &Project) -> Result<Stamp> {
    Stamp::new(
        project.python().join("requirements.sha256"),
        &project.requirements(),
    )
}
