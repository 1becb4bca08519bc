//! What a partner does at a terminal: programs that share nothing with this project.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Puts the package and the leaf's private key into a folder and runs every command of the
/// package's README there, in order. Returns what they printed.
pub fn follow_the_readme(files: &BTreeMap<String, Vec<u8>>, leaf_key_pem: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("a file of the package");
    }
    std::fs::write(folder.path().join("leaf.key"), leaf_key_pem).expect("the private key");
    let readme = String::from_utf8(files["README.md"].clone()).expect("text");
    commands(&readme)
        .iter()
        .map(|command| run(folder.path(), command))
        .collect()
}

/// The indented blocks that start with a program's name; the others show data.
fn commands(readme: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut block = String::new();
    for line in readme.lines().chain([""]) {
        match line.strip_prefix("    ") {
            Some(code) => block = block + code + "\n",
            None if block.is_empty() => {}
            None => commands.push(std::mem::take(&mut block)),
        }
    }
    let programs = ["cat ", "head ", "openssl ", "shred "];
    commands.retain(|block| programs.iter().any(|program| block.starts_with(program)));
    commands
}

fn run(folder: &Path, command: &str) -> String {
    let output = Command::new("sh")
        .args(["-euc", command])
        .current_dir(folder)
        .output()
        .expect("sh is needed to follow the README");
    assert!(
        output.status.success(),
        "`{command}` failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

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
