//! A desk: a folder with files, and the program.

use std::path::PathBuf;
use std::process::Command;

use partner::{KeyKind, Pki, PkiBuilder};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Desk(TempDir);

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Puts a file on the desk.
    pub(crate) fn put(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let file = self.0.path().join(name);
        std::fs::write(&file, contents).unwrap();
        file
    }

    /// Runs the program there, with nothing in its environment: it must not need an account.
    pub(crate) fn ceremony(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_ceremony"))
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .output()
            .unwrap();
        let ran = Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        for text in [&ran.out, &ran.err] {
            let acts = |c: char| c.is_control() && c != '\n';
            assert!(!text.contains(acts), "{text:?}");
        }
        ran
    }
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A chain whose keys are made quickly, and whose leaf may carry AES-128.
pub(crate) fn chain() -> PkiBuilder {
    Pki::builder(emulated::UID)
        .named("desk")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP256])
        .leaf_key(KeyKind::Rsa3072)
}
