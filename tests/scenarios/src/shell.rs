//! What a partner does at a terminal: programs that share nothing with this project.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `openssl` on some input; returns all that it printed.
pub fn openssl(arguments: &[&str], input: &[u8]) -> String {
    let (out, err) = pipe(Command::new("openssl").args(arguments), input);
    out + &err
}

/// SHA-256 over JSON with sorted members and without white space, as Python writes it.
pub fn json_digest_by_python(python: &Path, document: &str) -> String {
    let script = "
import hashlib, json, sys
text = json.dumps(json.load(sys.stdin), sort_keys=True, separators=(',', ':'), ensure_ascii=False)
print(hashlib.sha256(text.encode()).hexdigest())
";
    let mut python = Command::new(python.join("python"));
    pipe(python.args(["-c", script]), document.as_bytes()).0
}

/// The key check value of an AES key as Python's `cryptography` computes it. The key goes by a
/// pipe: arguments are everybody's to read.
pub fn kcv_by_python(python: &Path, key_hex: &str) -> String {
    let script = "
import sys
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
mac = CMAC(AES(bytes.fromhex(sys.stdin.read())))
mac.update(bytes(16))
print(mac.finalize()[:3].hex().upper())
";
    let mut python = Command::new(python.join("python"));
    pipe(python.args(["-c", script]), key_hex.as_bytes()).0
}

fn pipe(command: &mut Command, input: &[u8]) -> (String, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input)
        .expect("the program reads its input");
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{command:?}: {err}");
    (out, err)
}
