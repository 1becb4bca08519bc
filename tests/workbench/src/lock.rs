//! One set-up at a time: a second process that asks meanwhile waits for the first.

use std::fs::{File, TryLockError};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::progress::{Progress, Step};
use crate::project::Project;

/// The lock of everything that is done once for all. It ends with the process or with the value,
/// whichever is first.
pub async fn lock(project: &Project, progress: Progress) -> Result<File> {
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
                    Step::done(step, "");
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
