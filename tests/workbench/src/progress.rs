//! What the person at the terminal sees while long work goes on.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a step says that it is still going on when the output is not a terminal.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// How much of a line of progress is shown.
const WIDTH: usize = 60;

/// Whether and how steps are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// Nothing is shown: the tests.
    Quiet,
    /// One line per step, and a sign of life now and then: a log file, a CI run.
    Plain,
    /// One line per step that changes in place.
    Terminal,
}

impl Progress {
    pub fn detect() -> Self {
        if io::stdout().is_terminal() {
            Self::Terminal
        } else {
            Self::Plain
        }
    }

    pub fn step(self, name: &str) -> Step {
        let now = Instant::now();
        let step = Step {
            progress: self,
            name: name.into(),
            started: now,
            shown: now,
        };
        step.live("");
        step
    }

    /// A line of its own, between steps.
    pub fn line(self, text: &str) {
        if self != Self::Quiet {
            println!("{text}");
        }
    }
}

/// One piece of work; it counts as failed unless [`Step::done`] is called.
#[derive(Debug)]
pub struct Step {
    progress: Progress,
    name: String,
    started: Instant,
    shown: Instant,
}

impl Step {
    /// Shows what the work is at, for instance the last line that a tool wrote.
    pub fn at(&mut self, detail: &str) {
        match self.progress {
            Progress::Quiet => {}
            Progress::Plain if self.shown.elapsed() < SIGN_OF_LIFE => {}
            Progress::Plain => {
                println!(
                    "  … {} ({}): {}",
                    self.name,
                    seconds(self.started),
                    clip(detail)
                );
                self.shown = Instant::now();
            }
            Progress::Terminal => self.live(detail),
        }
    }

    /// The work is done; `outcome` says with what result.
    pub fn done(mut self, outcome: &str) -> Duration {
        self.finish("✓", outcome);
        self.started.elapsed()
    }

    fn live(&self, detail: &str) {
        if self.progress == Progress::Terminal {
            print!(
                "\r\x1b[2K  … {} {} {}",
                self.name,
                seconds(self.started),
                clip(detail)
            );
            // A progress line that cannot be written is no reason to stop.
            let _ = io::stdout().flush();
        }
    }

    fn finish(&mut self, mark: &str, outcome: &str) {
        let clear = if self.progress == Progress::Terminal {
            "\r\x1b[2K"
        } else {
            ""
        };
        if self.progress != Progress::Quiet {
            let elapsed = seconds(self.started);
            println!("{clear}  {mark} {:<32} {elapsed:>8}  {outcome}", self.name);
        }
        // Said once: the drop that follows stays silent.
        self.progress = Progress::Quiet;
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.finish("✗", "");
    }
}

fn seconds(since: Instant) -> String {
    format!("{:.1} s", since.elapsed().as_secs_f64())
}

fn clip(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(WIDTH)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_tools_never_reach_the_terminal() {
        assert_eq!(clip("a\x1b[31mb\r\n"), "a[31mb");
        assert_eq!(clip(&"é".repeat(100)).chars().count(), WIDTH);
    }
}
