//! psec opens the blocks, or Python's `cryptography` those that are TR-34, which derives the keys too: neither shares anything with what is
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
        let question = json!({ "lines": values(json_lines), "kek": kek, "bdk": bdk });
        self.answers_to(&question)
    }

    /// The same of TR-34 blocks, with the leaf's private key and the certificates of the hosts in PEM.
    pub(crate) fn opens_tr34(
        &mut self,
        json_lines: &str,
        leaf_key: &str,
        hosts: &str,
        bdk: &str,
    ) -> Vec<String> {
        let lines = values(json_lines);
        let question = json!({ "lines": lines, "leafKey": leaf_key, "hosts": hosts, "bdk": bdk });
        self.answers_to(&question)
    }

    fn answers_to(&mut self, question: &Value) -> Vec<String> {
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

fn values(json_lines: &str) -> Vec<Value> {
    let lines = json_lines.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
