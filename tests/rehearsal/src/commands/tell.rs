//! `cargo rehearse`: one scenario, told to whoever sits at the terminal, on a stack of its own.

use std::time::Instant;

use anyhow::{Result, bail};
use workbench::progress::Progress;
use workbench::project::Project;

use crate::commands::elsewhere::SecondStack;
use crate::commands::up_down;
use crate::stack::binaries::Profile;
use crate::stack::state::State;
use crate::stack::{Stack, StackOptions, logs, setup};
use crate::stories::{SCENARIOS, Scenario, Stage};

/// The names of the scenarios, and what happens in each.
pub fn list() -> String {
    let width = SCENARIOS.iter().map(|scenario| scenario.name.len()).max();
    let width = width.unwrap_or_default();
    let lines = SCENARIOS
        .iter()
        .map(|Scenario { name, about, .. }| format!("{name:width$}  {about}\n"));
    lines.collect()
}

/// Tells a scenario from nothing to its end; with `keep`, the stack stays up.
pub async fn run(scenario: &Scenario, keep: bool, progress: Progress) -> Result<()> {
    let started = Instant::now();
    let project = Project::locate();
    if keep && let Some(state) = State::load(&project)? {
        if state.is_healthy().await {
            bail!("a stack is up already: `cargo rehearse down` stops it");
        }
        state.stop(&project)?;
    }
    // Nobody waits for this: whoever needs what it makes does.
    std::thread::spawn(scenario.prepare);
    let stacks = scenario.stacks.iter().map(|&name| name.to_owned());
    let options = StackOptions {
        progress,
        stacks: stacks.collect(),
        ..StackOptions::default()
    };
    let mut stack = if keep {
        up_down::start(options).await?
    } else {
        let setup = setup::prepare(progress).await?;
        Stack::start_prepared(&setup, options).await?
    };
    let directory = project.rehearsal();
    let mut second = SecondStack::new(Profile::Dev, progress);
    let stage = Stage {
        connection: stack.connection(),
        elsewhere: &second,
        directory: &directory,
        progress,
    };
    if let Err(error) = (scenario.tell)(&stage).await {
        second.keep_files();
        stack.keep_files();
        logs::collect(&project, &stack).await;
        return Err(error.context(format!("logs are in {}", stack.logs().display())));
    }
    if keep {
        up_down::leave_up(&project, stack)?;
        println!("{}", up_down::hints(&project));
    }
    progress.line(&format!(
        "  Total        {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}
