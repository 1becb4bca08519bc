//! psec in a Python process of its own, asked and answering by lines of JSON. Keys pass through the
//! pipes only.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};

use keyblock::ClearKey;
use keyblock::tr31::{Header, LengthMasking, OptionalBlocks};
use serde_json::{Value, json};
use workbench::spawn_python;

use crate::support::Case;

pub(crate) struct Psec {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What psec read from a block.
pub(crate) struct Opened {
    pub(crate) key: Vec<u8>,
    pub(crate) header: Header,
}

impl Psec {
    pub(crate) async fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/psec/peer.py");
        let mut process = spawn_python(&script).await.unwrap();
        Self {
            questions: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    /// Lets psec wrap the key of a case, with its header.
    pub(crate) fn wrap(&mut self, case: &Case) -> String {
        let header = &case.header;
        let text = |field: &'static str| field.to_owned();
        let answer = self.ask(&json!({
            "task": "wrap",
            "protectionKey": hex::encode(case.protection_key.bytes().expose()),
            "key": hex::encode(case.key.bytes().expose()),
            "masked": case.masking == LengthMasking::Maximum,
            "header": [
                text(header.version.into()),
                text(header.key_usage.into()),
                text(header.algorithm.into()),
                text(header.mode_of_use.into()),
                header.key_version.to_string(),
                text(header.exportability.into()),
            ],
            "optionalBlocks": header
                .optional_blocks
                .iter()
                .map(|(id, data)| (id.to_string(), data))
                .collect::<Vec<_>>(),
        }));
        answer["block"]
            .as_str()
            .unwrap_or_else(|| panic!("psec did not wrap: {}", answer["refused"]))
            .to_owned()
    }

    /// Lets psec open a block.
    pub(crate) fn unwrap(&mut self, protection_key: &ClearKey, block: &str) -> Opened {
        let answer = self.ask_to_unwrap(protection_key, block);
        let Some(key) = answer["key"].as_str() else {
            panic!("psec did not open {block}: {}", answer["refused"]);
        };
        Opened {
            key: hex::decode(key).unwrap(),
            header: header(&answer),
        }
    }

    /// Whether psec refuses to open a block.
    pub(crate) fn refuses(&mut self, protection_key: &ClearKey, block: &str) -> bool {
        self.ask_to_unwrap(protection_key, block)["refused"].is_string()
    }

    /// Ends the process, which must have had nothing to complain about.
    pub(crate) fn finish(self) {
        let Self {
            mut process,
            questions,
            ..
        } = self;
        drop(questions);
        assert!(process.wait().unwrap().success());
    }

    fn ask_to_unwrap(&mut self, protection_key: &ClearKey, block: &str) -> Value {
        self.ask(&json!({
            "task": "unwrap",
            "protectionKey": hex::encode(protection_key.bytes().expose()),
            "block": block,
        }))
    }

    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.questions, "{question}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

/// The header in psec's words, as one of ours.
fn header(answer: &Value) -> Header {
    let field = |position: usize| answer["header"][position].as_str().unwrap();
    let mut optional_blocks = OptionalBlocks::new();
    for block in answer["optionalBlocks"].as_array().unwrap() {
        let (id, data) = (block[0].as_str().unwrap(), block[1].as_str().unwrap());
        optional_blocks.push(id.parse().unwrap(), data).unwrap();
    }
    Header {
        version: field(0).parse().unwrap(),
        key_usage: field(1).parse().unwrap(),
        algorithm: field(2).parse().unwrap(),
        mode_of_use: field(3).parse().unwrap(),
        key_version: field(4).parse().unwrap(),
        exportability: field(5).parse().unwrap(),
        optional_blocks,
    }
}
