//! The scenarios: one story each, told with the actors on a running stack.
//!
//! A new scenario is a file beside this one with a constant [`Scenario`], and a line in
//! [`SCENARIOS`]. `cargo rehearse --scenario` then tells it to people, and the scenario tests tell
//! it on the stack that they share, so a story brings a partner of its own and does not rely on
//! being alone, unless it says so.

mod kek_export;
pub mod quota;

use std::path::Path;
use std::pin::Pin;

use anyhow::Result;
use workbench::progress::Progress;

use crate::stack::connection::Connection;

/// Every scenario; the first is told when none is asked for.
pub const SCENARIOS: &[Scenario] = &[kek_export::SCENARIO, quota::SCENARIO];

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
#[derive(Debug)]
pub struct Stage<'a> {
    pub connection: &'a Connection,
    /// Where it leaves what people may want to look at afterwards.
    pub directory: &'a Path,
    pub progress: Progress,
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
