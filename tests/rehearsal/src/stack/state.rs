//! The stack that was left running: which one it is, and how to stop it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use serde::{Deserialize, Serialize};

use crate::stack::Stack;
use crate::stack::connection::Connection;
use workbench::process::GRACE;
use workbench::project::Project;

/// What `state.json` says.
#[derive(Debug, Deserialize, Serialize)]
pub struct State {
    pub connection: Connection,
    processes: Vec<Process>,
}

/// A process that leads its group. Its start time tells it from a later one with the same id.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Process {
    name: String,
    id: u32,
    started: String,
}

impl State {
    /// Records a stack that is to be left running.
    pub fn save(project: &Project, stack: &Stack) -> Result<()> {
        let processes = stack.processes().map(|(name, id)| {
            let started = start_time(id).with_context(|| format!("{name} does not run"))?;
            Ok(Process {
                name: name.into(),
                id,
                started,
            })
        });
        let processes = processes.collect::<Result<_>>()?;
        let state = Self {
            connection: stack.connection().clone(),
            processes,
        };
        let text = serde_json::to_string_pretty(&state).context("the state as JSON")?;
        let path = path(project);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    }

    /// The stack that was left running last, if it was not stopped since.
    pub fn load(project: &Project) -> Result<Option<Self>> {
        let path = path(project);
        match fs::read(&path) {
            Ok(bytes) => {
                let context = || format!("reading {}", path.display());
                Ok(Some(serde_json::from_slice(&bytes).with_context(context)?))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    pub async fn is_healthy(&self) -> bool {
        self.processes.iter().all(Process::runs) && self.connection.check().await.is_ok()
    }

    /// Stops what still runs and forgets it. Returns the names of what was stopped.
    pub fn stop(self, project: &Project) -> Result<Vec<String>> {
        let mut stopped = Vec::new();
        for process in self.processes {
            if process.stop() {
                stopped.push(process.name);
            }
        }
        for file in [path(project), environment(project)] {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("removing {}", file.display()));
                }
                _ => {}
            }
        }
        Ok(stopped)
    }
}

impl Process {
    fn runs(&self) -> bool {
        start_time(self.id).is_some_and(|started| started == self.started)
    }

    /// Whether there was something to stop.
    fn stop(&self) -> bool {
        let id = i32::try_from(self.id).ok().and_then(Pid::from_raw);
        let Some(group) = id.filter(|_| self.runs()) else {
            return false;
        };
        // A failure means that the group has ended meanwhile.
        let _ = kill_process_group(group, Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < GRACE && test_kill_process_group(group).is_ok() {
            thread::sleep(Duration::from_millis(25));
        }
        let _ = kill_process_group(group, Signal::KILL);
        true
    }
}

/// The file for shells to read.
pub fn environment(project: &Project) -> PathBuf {
    project.rehearsal().join("env")
}

fn path(project: &Project) -> PathBuf {
    project.rehearsal().join("state.json")
}

/// When a process started, in whatever form this system tells it; None when it does not run.
fn start_time(id: u32) -> Option<String> {
    if let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) {
        // The second field, a name in brackets, may hold anything: count behind it. A zombie has
        // ended, and only waits for its parent to look.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        return (fields.next()? != "Z").then(|| fields.nth(18).map(Into::into))?;
    }
    let output = Command::new("ps")
        .args(["-o", "lstart=", "-p", &id.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_id_alone_is_no_reason_to_kill() {
        let id = std::process::id();
        let started = start_time(id).unwrap();
        assert!(
            Process {
                name: "x".into(),
                id,
                started
            }
            .runs()
        );
        let other = Process {
            name: "x".into(),
            id,
            started: "long ago".into(),
        };
        assert!(!other.stop());
    }

    #[test]
    fn a_process_that_has_ended_has_no_start_time() {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert_eq!(start_time(child.id()), None);
    }
}
