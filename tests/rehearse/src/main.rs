//! `cargo rehearse`, from the first second: builds the rehearsal, the Lambda binaries and the
//! emulator with Cargo's own progress on the terminal, then becomes the rehearsal.
//!
//! It has no dependencies, so it is there at once. And it builds everything in *one* call, because
//! Cargo unites the features of what it builds together: two calls for two halves of the workspace
//! would compile the AWS SDKs twice. The profile is that of the tests, for the same reason. Only
//! `desk` is left out: nothing here needs it, and it alone needs four more SDKs. Those bring no
//! feature to anything that is built here (`desk`'s own tests see to that).

use std::io::Error;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// What has to be there besides Cargo, which runs this. Versions are checked by the rehearsal;
/// that a tool is missing altogether should not come out after minutes of compiling.
const TOOLS: [(&str, &str); 3] = [
    (
        "python3",
        "Python 3.10 or later with its venv module (Debian: `apt install python3-venv`)",
    ),
    ("node", "Node.js 20 or later (https://nodejs.org)"),
    (
        "npm",
        "npm (it comes with Node.js; Debian: `apt install npm`)",
    ),
];

fn main() -> ExitCode {
    let missing: Vec<&str> = TOOLS
        .iter()
        .filter(|(tool, _)| !runs(tool))
        .map(|(_, advice)| *advice)
        .collect();
    for advice in &missing {
        eprintln!("cargo rehearse: please install {advice}.");
    }
    if !missing.is_empty() {
        return ExitCode::FAILURE;
    }
    match build().and_then(|()| become_rehearsal()) {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("cargo rehearse: {error}");
            ExitCode::FAILURE
        }
    }
}

fn runs(tool: &str) -> bool {
    let mut command = Command::new(tool);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn build() -> Result<(), Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--workspace", "--exclude", "desk", "--bins"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::other("the build failed"))
    }
}

/// Replaces this process, so that signals and the exit code need no passing on.
fn become_rehearsal() -> Result<std::convert::Infallible, Error> {
    let rehearsal: PathBuf = std::env::current_exe()?.with_file_name("rehearsal");
    Err(Command::new(rehearsal)
        .args(std::env::args_os().skip(1))
        .exec())
}
