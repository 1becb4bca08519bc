//! psec opens the blocks and Python's `cryptography` derives the keys: neither shares anything with what is
//! written here. Keys pass through the pipes only.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};

use serde_json::{Value, json};
use workbench::spawn_python;

pub(crate) struct Outside {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Outside {
    pub(crate) async fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleets/outside.py");
        let mut process = spawn_python(&script).await.unwrap();
        Self {
            questions: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    /// The check values of the keys in the blocks, if each is the one that is derived.
    pub(crate) fn opens(&mut self, json_lines: &str, kek: &str, bdk: &str) -> Vec<String> {
        let lines = json_lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<Value> = lines.collect();
        let question = json!({ "lines": lines, "kek": kek, "bdk": bdk });
        writeln!(self.questions, "{question}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("it said: {answer}"))
    }

    pub(crate) fn ends(mut self) {
        drop(self.questions);
        assert!(self.process.wait().unwrap().success());
    }
}
