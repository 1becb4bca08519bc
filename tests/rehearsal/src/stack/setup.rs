//! Everything that has to be there before a stack can start. Done once for all: a second process
//! that asks at the same time waits for the first.

use std::path::PathBuf;

use anyhow::Result;
use workbench::lock::lock;

use crate::stack::binaries::{self, Binaries, Profile};
use workbench::progress::Progress;
use workbench::project::Project;
use workbench::{node, prepare_python, tools};

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
    prepare_with(Profile::Dev, progress).await
}

/// The same, with the Lambda binaries in the given profile.
pub async fn prepare_with(profile: Profile, progress: Progress) -> Result<Setup> {
    let project = Project::locate();
    let step = progress.step("Tools");
    let tools = tools::check()?;
    step.done(&tools.summary);
    let python = prepare_python(progress).await?;
    let _lock = lock(&project, progress).await?;
    Ok(Setup {
        python,
        node: node::install(&project, &tools, progress).await?,
        binaries: binaries::build(&project, &tools, profile, progress).await?,
        project,
    })
}
