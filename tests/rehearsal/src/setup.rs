//! Everything that has to be there before a stack can start. Done once for all: a second process
//! that asks at the same time waits for the first.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::binaries::{self, Binaries};
use crate::progress::Progress;
use crate::project::Project;
use crate::{node, python, tools};

/// What a stack is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    pub project: Project,
    /// Where `ministack` and `aws` are.
    pub python: PathBuf,
    /// Where `cdk` is.
    pub node: PathBuf,
    pub binaries: Binaries,
}

/// Installs and builds what is not there yet.
pub async fn prepare(progress: Progress) -> Result<Setup> {
    let project = Project::locate();
    let step = progress.step("Tools");
    let tools = tools::check()?;
    step.done(&tools.summary);
    let python = prepare_python(progress).await?;
    let _lock = lock(&project, progress).await?;
    Ok(Setup {
        python,
        node: node::install(&project, &tools, progress).await?,
        binaries: binaries::build(&project, &tools, progress).await?,
        project,
    })
}

/// Installs the Python packages and nothing else, unless they are there: for tests that need no
/// stack. Returns the directory with the programs, `python` among them.
pub async fn prepare_python(progress: Progress) -> Result<PathBuf> {
    let project = Project::locate();
    if let Some(programs) = python::installed(&project)? {
        progress.step("Python packages").done("up to date");
        return Ok(programs);
    }
    let interpreter = tools::python()?;
    let _lock = lock(&project, progress).await?;
    python::install(&project, &interpreter, progress).await
}

/// The lock of everything that is done once for all. It ends with the process or with the value,
/// whichever is first.
async fn lock(project: &Project, progress: Progress) -> Result<File> {
    let directory = project.rehearsal();
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("creating {}", directory.display()))?;
    let path = directory.join("setup.lock");
    let context = || format!("locking {}", path.display());
    let file = File::create(&path).with_context(context)?;
    let mut waiting = None;
    loop {
        match file.try_lock() {
            Ok(()) => {
                if let Some(step) = waiting {
                    crate::progress::Step::done(step, "");
                }
                return Ok(file);
            }
            Err(TryLockError::WouldBlock) => {
                waiting
                    .get_or_insert_with(|| progress.step("Waiting for another set-up"))
                    .at("");
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(context),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
