//! The scenarios: one story each, told with the actors on a running stack.
//!
//! A new scenario is a file beside this one with a constant [`Scenario`], and a line in
//! [`SCENARIOS`]. `cargo rehearse --scenario` then tells it to people, and the scenario tests tell
//! it on the stack that they share, so a story brings a partner of its own and does not rely on
//! being alone, unless it says so.

mod circle;
mod enrolment;
mod fleet;
mod fleet_tr34;
mod kek_export;
mod kek_import;
mod methods;
pub mod quota;
mod revoked;
mod working_keys;

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, Result};
use workbench::progress::Progress;

use crate::actors::follow::Moment;
use crate::actors::partner::Files;
use crate::actors::{Execution, Folder, Watcher};
use crate::stack::connection::Connection;

/// Every scenario; the first is told when none is asked for.
pub const SCENARIOS: &[Scenario] = &[
    kek_export::SCENARIO,
    enrolment::SCENARIO,
    methods::ECDH,
    quota::SCENARIO,
    revoked::SCENARIO,
    methods::TR34,
    working_keys::SCENARIO,
    kek_import::ECDH,
    kek_import::TR34,
    kek_import::RSA_OAEP,
    kek_import::WORKING_KEYS,
    circle::SCENARIO,
    fleet::THREE,
    fleet::FLEET,
    fleet_tr34::SCENARIO,
];

/// A story that can be told.
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// What happens in it, in a line.
    pub about: &'static str,
    /// The CDK stacks that it happens on.
    pub stacks: &'static [&'static str],
    /// Whether it needs the stack for itself, because it changes what all on it share.
    pub alone: bool,
    /// Does what takes its time and needs no stack; it runs while the stack is started.
    pub prepare: fn(),
    /// Tells it from beginning to end. Ok means that everything it claims is true.
    pub tell: for<'a> fn(&'a Stage<'a>) -> Telling<'a>,
}

/// A story being told.
pub type Telling<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Where a story happens.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    pub connection: &'a Connection,
    pub elsewhere: &'a dyn Elsewhere,
    /// Where it leaves what people may want to look at afterwards.
    pub directory: &'a Path,
    pub progress: Progress,
}

/// Where a second company is at home: on a stack of its own, in another region.
pub trait Elsewhere: fmt::Debug {
    /// The stack comes up when it is first asked for: few stories are about two companies.
    fn connection(&self) -> Pin<Box<dyn Future<Output = Result<&Connection>> + '_>>;
}

impl Scenario {
    pub fn named(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }
}

/// Every CDK stack that some scenario happens on.
pub fn stacks() -> Vec<String> {
    let names = SCENARIOS.iter().flat_map(|scenario| scenario.stacks);
    let mut names: Vec<String> = names.map(|&name| name.to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Each state with the time it took, in the order in which they ended.
type States = Vec<(String, Duration)>;

/// Shows the first execution for a folder as it goes, until it has ended.
async fn follow(
    watcher: &Watcher<'_>,
    folder: &Folder,
    progress: Progress,
) -> Result<(Execution, States)> {
    follow_next(watcher, folder, &[], progress).await
}

/// The same of the next one after those that are known.
async fn follow_next(
    watcher: &Watcher<'_>,
    folder: &Folder,
    known: &[&str],
    progress: Progress,
) -> Result<(Execution, States)> {
    follow_new(watcher, &folder.ceremony_prefix(), known, progress).await
}

/// The same of the first execution whose name begins like that and is not known.
async fn follow_new(
    watcher: &Watcher<'_>,
    prefix: &str,
    known: &[&str],
    progress: Progress,
) -> Result<(Execution, States)> {
    let arn = watcher
        .start_of(prefix, known, START_TIMEOUT)
        .await
        .context("what was dropped was not accepted, or its arrival went unnoticed")?;
    progress.line(&format!("\n  {arn}"));
    let mut states = Vec::new();
    let execution = watcher
        .follow(&arn, |moment| {
            progress.line(&moment.to_string());
            if let Moment::Exited { state, took, .. } = moment {
                states.push((state.clone(), *took));
            }
        })
        .await?;
    Ok((execution, states))
}

/// Writes files into a directory, and removes what was there.
fn save(directory: &Path, files: &Files) -> Result<()> {
    let context = || format!("writing to {}", directory.display());
    if directory.exists() {
        std::fs::remove_dir_all(directory).with_context(context)?;
    }
    for (name, bytes) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(directory)).with_context(context)?;
        std::fs::write(path, bytes).with_context(context)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_scenarios_have_one_name() {
        for scenario in SCENARIOS {
            let named = SCENARIOS.iter().filter(|other| other.name == scenario.name);
            assert_eq!(named.count(), 1, "{}", scenario.name);
        }
    }
}
