//! Child processes that never outlive their purpose.
//!
//! Every child is the leader of its own process group, so that what it starts in turn (Lambdas,
//! a compiler) is stopped with it. A *leashed* child's group also dies when this process ends in
//! any way, even by SIGKILL: a small shell beside it waits for the end of a pipe that only this
//! process holds open.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpgid};
use std::os::unix::process::CommandExt;

use crate::progress::Step;

/// How long a process may take to end itself before it is killed. Nothing that runs here has
/// anything to save.
pub const GRACE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(25);

/// Run by `sh -c`: leaves the watching shell behind and becomes the program. The watcher ignores
/// SIGTERM, which also keeps the group's id from being given to anybody else until the group is
/// killed.
const LEASH: &str = "exec 3<&0 </dev/null
( trap '' TERM; read -r _ <&3; kill -TERM 0; sleep 1; kill -KILL 0 ) &
exec 3<&-
exec \"$@\"";

/// How long a child may live.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lifetime {
    /// Not longer than this process.
    Leashed,
    /// Until somebody stops it.
    Detached,
}

impl Lifetime {
    /// A command for `program` with that lifetime, to be started by [`Group::spawn`].
    pub fn command(self, program: &Path) -> Command {
        match self {
            Self::Detached => {
                let mut command = Command::new(program);
                command.stdin(Stdio::null());
                command
            }
            Self::Leashed => {
                let mut command = Command::new("/bin/sh");
                command
                    .args(["-c", LEASH, "sh"])
                    .arg(program)
                    .stdin(Stdio::piped());
                command
            }
        }
    }
}

/// A running process group; it is stopped when this is dropped.
#[derive(Debug)]
pub struct Group {
    name: String,
    // Holds the leash: its stdin is the pipe that the watcher reads.
    child: Child,
    log: PathBuf,
    detached: bool,
}

impl Group {
    /// Starts `command` (from [`Lifetime::command`]) with its output going to the file `log`.
    pub fn spawn(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let errors = output.try_clone().context("sharing a log file")?;
        command.stdout(output);
        Self::spawn_with_stdout(name, command.stderr(errors), log)
    }

    fn spawn_with_stdout(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        adopt_orphans();
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        Ok(Self {
            name: name.into(),
            child,
            log: log.into(),
            detached: false,
        })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The exit status, once the leader has ended.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("waiting for {}", self.name))
    }

    /// Fails, with the end of the log, when the process has ended although it should not have.
    pub fn must_be_running(&mut self) -> Result<()> {
        if let Some(status) = self.exited()? {
            bail!("{} ended ({status}){}", self.name, log_tail(&self.log));
        }
        Ok(())
    }

    /// Leaves the group running when this is dropped.
    pub fn detach(&mut self) {
        self.detached = true;
    }

    /// Asks the group to end, and kills what is left after a while.
    pub fn stop(&mut self) {
        // The group may be gone already: nothing to do then.
        let group = Pid::from_child(&self.child);
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process_group(group, Signal::TERM);
            let asked = Instant::now();
            while asked.elapsed() < GRACE && matches!(self.child.try_wait(), Ok(None)) {
                thread::sleep(POLL);
            }
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
        // The orphans that it leaves, once killed, are ours to bury; see `adopt_orphans`.
        while let Ok(Some(_)) = waitpgid(group, WaitOptions::empty()) {}
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.detached {
            self.stop();
        }
    }
}

/// Makes this process the one that orphaned grandchildren are given to. Otherwise they go to the
/// first process of the system, which in a container may be one that never buries the dead.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Runs a tool to its end, showing its last line of output as progress. Standard output goes to
/// `stdout` when given, all else to `log`. Dropping the future stops the tool.
pub async fn run(
    name: &str,
    command: &mut Command,
    log: &Path,
    stdout: Option<&Path>,
    step: &mut Step,
) -> Result<()> {
    let mut group = match stdout {
        None => Group::spawn(name, command, log)?,
        Some(path) => {
            let create = |path: &Path| {
                File::create(path).with_context(|| format!("creating {}", path.display()))
            };
            command.stdout(create(path)?).stderr(create(log)?);
            Group::spawn_with_stdout(name, command, log)?
        }
    };
    loop {
        if let Some(status) = group.exited()? {
            if status.success() {
                return Ok(());
            }
            bail!("{name} failed ({status}){}", log_tail(log));
        }
        if let Some(line) = last_lines(log, 1).pop() {
            step.at(&line);
        }
        tokio::time::sleep(POLL * 2).await;
    }
}

/// The end of a log, ready to be put behind an error message.
pub fn log_tail(log: &Path) -> String {
    let lines = last_lines(log, 30);
    if lines.is_empty() {
        return format!("; its log {} is empty", log.display());
    }
    format!(
        "; the end of {}:\n    {}",
        log.display(),
        lines.join("\n    ")
    )
}

fn last_lines(log: &Path, count: usize) -> Vec<String> {
    // Logs are small, except the ones that nobody reads while they grow.
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<String> = text
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .take(count)
        .map(Into::into)
        .collect();
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;

    fn scratch(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("rehearsal-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        directory.join(name)
    }

    fn shell(script: &str) -> Command {
        let mut command = Lifetime::Leashed.command(Path::new("/bin/sh"));
        command.args(["-c", script]);
        command
    }

    fn alive(pid: i32) -> bool {
        rustix::process::test_kill_process(Pid::from_raw(pid).unwrap()).is_ok()
    }

    fn wait_for_pid(log: &Path) -> i32 {
        for _ in 0..200 {
            if let Some(Ok(pid)) = last_lines(log, 1).pop().map(|line| line.trim().parse()) {
                return pid;
            }
            thread::sleep(POLL);
        }
        panic!("no process id in {}", log.display());
    }

    #[tokio::test]
    async fn a_failing_tool_shows_the_end_of_its_output() {
        let log = scratch("failing.log");
        let mut step = Progress::Quiet.step("x");
        let mut command = shell("echo one; echo two >&2; exit 3");
        let error = run("tool", &mut command, &log, None, &mut step)
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("tool failed") && text.contains("one\n    two"),
            "{text}"
        );
    }

    #[test]
    fn a_dropped_group_takes_its_grandchildren_along() {
        let log = scratch("grandchild.log");
        let group = Group::spawn("x", &mut shell("sleep 60 & echo $!; wait"), &log).unwrap();
        let grandchild = wait_for_pid(&log);
        assert!(alive(grandchild));
        drop(group);
        // It may stay as a zombie until the init process has seen it: give it a moment.
        for _ in 0..100 {
            if !alive(grandchild) || zombie(grandchild) {
                return;
            }
            thread::sleep(POLL);
        }
        panic!("the grandchild still runs");
    }

    #[test]
    fn a_group_dies_when_the_pipe_to_it_closes() {
        let log = scratch("leash.log");
        let mut group = Group::spawn("x", &mut shell("echo $$; exec sleep 60"), &log).unwrap();
        let pid = wait_for_pid(&log);
        assert!(alive(pid));
        // What the system does when this process is killed.
        drop(group.child.stdin.take());
        let started = Instant::now();
        while group.exited().unwrap().is_none() {
            assert!(started.elapsed() < GRACE, "the leash did not hold");
            thread::sleep(POLL);
        }
    }

    fn zombie(pid: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    }
}
