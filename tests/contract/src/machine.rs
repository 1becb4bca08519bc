//! The state machines, as far as the contract is about them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::expression::holds;

/// One `statemachine/NAME.asl.json`.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The ceremony's name, or of what is no ceremony.
    pub name: String,
    pub path: PathBuf,
    pub text: String,
    pub definition: Value,
}

impl Machine {
    /// Every machine there is, by name, but for [`Machine::maps`].
    pub fn all() -> Vec<Self> {
        let machines = Self::of_folder().into_iter();
        machines.filter(|machine| !machine.is_map()).collect()
    }

    /// The machines that are called `…-map`: a Distributed Map each, which another machine waits for.
    pub fn maps() -> Vec<Self> {
        let machines = Self::of_folder().into_iter();
        machines.filter(Self::is_map).collect()
    }

    fn is_map(&self) -> bool {
        self.name.ends_with("-map")
    }

    fn of_folder() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../statemachine");
        let entries = std::fs::read_dir(&folder).expect("the folder of the state machines");
        let mut machines: Vec<Self> = entries
            .filter_map(|entry| {
                let path = entry.expect("an entry of the folder").path();
                let name = path.file_name()?.to_str()?.strip_suffix(".asl.json")?;
                Some(Self::read(name, &path))
            })
            .collect();
        machines.sort_by(|one, other| one.name.cmp(&other.name));
        assert!(!machines.is_empty(), "no state machine in {folder:?}");
        machines
    }

    fn read(name: &str, path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let definition = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            text,
            definition,
        }
    }

    /// Its states, in no order. There is no nesting: a branch of a Parallel state would lose what
    /// its sibling had done when it fails.
    pub fn states(&self) -> impl Iterator<Item = State<'_>> {
        let states = self.definition["States"].as_object();
        states
            .into_iter()
            .flatten()
            .map(|(name, definition)| State {
                machine: &self.name,
                name,
                definition,
            })
    }

    /// The states that a map has for each of its items.
    pub fn item_states(&self) -> impl Iterator<Item = State<'_>> {
        let maps = self.states().filter(|state| state.kind() == "Map");
        maps.flat_map(|map| {
            let states = map.definition["ItemProcessor"]["States"].as_object();
            states
                .into_iter()
                .flatten()
                .map(|(name, definition)| State {
                    machine: &self.name,
                    name,
                    definition,
                })
        })
    }

    pub fn state(&self, name: &str) -> State<'_> {
        self.states()
            .find(|state| state.name == name)
            .unwrap_or_else(|| panic!("{} has no state {name}", self.name))
    }

    pub fn start(&self) -> &str {
        self.definition["StartAt"].as_str().unwrap_or_default()
    }
}

/// A state of a machine.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    pub machine: &'a str,
    pub name: &'a str,
    pub definition: &'a Value,
}

impl<'a> State<'a> {
    pub fn kind(&self) -> &'a str {
        self.definition["Type"].as_str().unwrap_or_default()
    }

    pub fn comment(&self) -> &'a str {
        self.definition["Comment"].as_str().unwrap_or_default()
    }

    /// What it assigns when it has ended well, and the state that follows, if any; of a Choice, by
    /// the first choice whose condition holds.
    pub fn outcome(&self, variables: &Value) -> Result<(&'a Value, Option<&'a str>), String> {
        let choices = self.definition["Choices"].as_array().into_iter().flatten();
        for choice in choices {
            if holds(&choice["Condition"], variables)? {
                return Ok((&choice["Assign"], choice["Next"].as_str()));
            }
        }
        let next = match self.kind() {
            "Choice" => &self.definition["Default"],
            _ => &self.definition["Next"],
        };
        Ok((&self.definition["Assign"], next.as_str()))
    }

    pub fn resource(&self) -> &'a str {
        self.definition["Resource"].as_str().unwrap_or_default()
    }

    pub fn is_lambda(&self) -> bool {
        self.resource()
            .starts_with("arn:aws:states:::lambda:invoke")
    }

    pub fn payload(&self) -> &'a Value {
        &self.definition["Arguments"]["Payload"]
    }

    pub fn function(&self) -> &'a str {
        self.definition["Arguments"]["FunctionName"]
            .as_str()
            .unwrap_or_default()
    }

    /// The events that it puts on the bus.
    pub fn events(&self) -> impl Iterator<Item = &'a Value> {
        let entries = self.definition["Arguments"]["Entries"].as_array();
        entries.into_iter().flatten()
    }

    /// Every error name its retriers match.
    pub fn retried(&self) -> Vec<&'a str> {
        let retriers = self.definition["Retry"].as_array().into_iter().flatten();
        retriers
            .flat_map(|retrier| retrier["ErrorEquals"].as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .collect()
    }
}
