//! Are the tools there that a fresh machine must bring along?

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

const PYTHON_PROGRAM: &str = "python3";
const PYTHON: (u32, u32) = (3, 10);
const NODE: (u32, u32) = (20, 0);

/// The tools, found and recent enough.
#[derive(Clone, Debug)]
pub struct Tools {
    pub cargo: PathBuf,
    pub npm: PathBuf,
    /// A line for people: what was found.
    pub summary: String,
}

/// Looks for every tool, and names all that is missing, one sentence each.
pub fn check() -> Result<Tools> {
    // Cargo sets this for what it runs; it is the Cargo of the pinned toolchain.
    let cargo = std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
    let mut missing = Vec::new();
    let rust = require(
        version(&cargo, &["--version"]),
        (1, 0),
        "Rust is missing: install it with rustup (https://rustup.rs).",
        &mut missing,
    );
    let python = require_python(&mut missing);
    let node = require(
        version("node".as_ref(), &["--version"]),
        NODE,
        "Node.js 20 or later is missing: install it (https://nodejs.org).",
        &mut missing,
    );
    if node.is_some() && !succeeds("npm", &["--version"]) {
        missing
            .push("npm is missing: install it (it comes with Node.js; Debian: `apt install npm`).");
    }
    match (rust, python, node) {
        (Some(rust), Some(python), Some(node)) if missing.is_empty() => Ok(Tools {
            cargo,
            npm: "npm".into(),
            summary: format!("cargo {rust}, python {python}, node {node}"),
        }),
        _ => bail!("{}", missing.join("\n")),
    }
}

/// Looks for Python alone.
pub fn python() -> Result<PathBuf> {
    let mut missing = Vec::new();
    require_python(&mut missing);
    match missing.is_empty() {
        true => Ok(PYTHON_PROGRAM.into()),
        false => bail!("{}", missing.join("\n")),
    }
}

fn require_python(missing: &mut Vec<&'static str>) -> Option<String> {
    let python = require(
        version(PYTHON_PROGRAM.as_ref(), &["--version"]),
        PYTHON,
        "Python 3.10 or later is missing: install it (Debian: `apt install python3 python3-venv`).",
        missing,
    );
    // Debian has Python without the two modules that make a virtual environment.
    if python.is_some() && !succeeds(PYTHON_PROGRAM, &["-c", "import venv, ensurepip"]) {
        missing.push(
            "Python's venv module is missing: install it (Debian: `apt install python3-venv`).",
        );
    }
    python
}

fn require(
    found: Option<String>,
    least: (u32, u32),
    sentence: &'static str,
    missing: &mut Vec<&'static str>,
) -> Option<String> {
    let found = found.filter(|text| parse(text).is_some_and(|version| version >= least));
    if found.is_none() {
        missing.push(sentence);
    }
    found
}

/// The version that a tool says it has: the first word that begins like a number.
fn version(program: &std::path::Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace()
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.starts_with(|character: char| character.is_ascii_digit()))
        .map(Into::into)
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(parse("3.9.18").unwrap() < PYTHON);
        assert!(parse("3.10.0").unwrap() >= PYTHON);
        assert!(parse("20.20.2").unwrap() >= NODE);
        assert_eq!(parse("nightly"), None);
    }

    #[test]
    fn an_old_tool_counts_as_missing() {
        let mut missing = Vec::new();
        assert_eq!(
            require(
                Some("18.1.0".into()),
                NODE,
                "Node is missing.",
                &mut missing
            ),
            None
        );
        assert_eq!(missing, ["Node is missing."]);
    }
}
