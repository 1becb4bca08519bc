//! The Lambda binaries and the programs beside them, as Cargo builds them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use workbench::process::{Lifetime, run};
use workbench::progress::{Progress, Step};
use workbench::project::Project;
use workbench::tools::Tools;

/// The binary of the Payment Cryptography emulator.
const EMULATOR: &str = "apc-emulator";
/// The binary of the partners' OCSP responder and CRLs, of the package `partner`.
const REVOCATION_SERVICES: &str = "revocation-services";

/// What was built, and where it lies.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// One directory per step with its `bootstrap`: what the CDK app's `lambdaDir` wants.
    pub lambdas: PathBuf,
    /// The steps, each with its binary.
    pub steps: BTreeMap<String, PathBuf>,
    pub emulator: PathBuf,
    pub revocation_services: PathBuf,
}

/// A Cargo profile. Both are built from the same code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    /// That of the tests, so that nothing is compiled twice: what is rehearsed.
    Dev,
    /// What goes to AWS, small and quick to start: what is measured.
    Release,
}

/// Builds the emulator and the revocation services, in dev, and the binary of every step, in
/// `profile`.
pub async fn build(
    project: &Project,
    tools: &Tools,
    profile: Profile,
    progress: Progress,
) -> Result<Binaries> {
    let mut step = progress.step("Lambda binaries");
    let cargo = Cargo { project, tools };
    // The whole workspace, although the steps and the emulator would do: Cargo unites the features
    // of what it builds together, so this and `cargo rehearse` share every compiled dependency. And
    // neither builds `desk`, which brings SDKs of its own and no feature of anybody's.
    let workspace = ["--workspace", "--exclude", "desk"].map(str::to_owned);
    let mut built = cargo.build(&workspace, &mut step).await?;
    let emulator = taken(&mut built, EMULATOR)?;
    let revocation_services = taken(&mut built, REVOCATION_SERVICES)?;
    let names = steps(&project.root.join("steps"))?;
    let lambdas = match profile {
        Profile::Dev => project.lambdas(),
        Profile::Release => {
            let mut selection = vec!["--release".to_owned()];
            selection.extend(names.iter().flat_map(|name| ["-p".into(), name.clone()]));
            built = cargo.build(&selection, &mut step).await?;
            project.rehearsal().join("lambda-release")
        }
    };
    let mut binaries = Binaries {
        lambdas,
        steps: BTreeMap::new(),
        emulator,
        revocation_services,
    };
    for name in names {
        let bootstrap = binaries.lambdas.join(&name).join("bootstrap");
        install(&taken(&mut built, &name)?, &bootstrap)?;
        binaries.steps.insert(name, bootstrap);
    }
    step.done(&format!("{} steps", binaries.steps.len()));
    Ok(binaries)
}

struct Cargo<'a> {
    project: &'a Project,
    tools: &'a Tools,
}

impl Cargo<'_> {
    /// Builds the binaries of a selection. Returns where each lies, by name.
    async fn build(
        &self,
        selection: &[String],
        step: &mut Step,
    ) -> Result<BTreeMap<String, PathBuf>> {
        let log = self.project.rehearsal().join("setup-cargo.log");
        let artifacts = self.project.rehearsal().join("setup-cargo.json");
        let mut command = Lifetime::Leashed.command(&self.tools.cargo);
        command
            .args(["build", "--bins"])
            .args(selection)
            .arg("--message-format=json-render-diagnostics")
            .current_dir(&self.project.root);
        run("cargo build", &mut command, &log, Some(&artifacts), step).await?;
        let messages = std::fs::read_to_string(&artifacts).context("reading Cargo's messages")?;
        Ok(executables(&messages))
    }
}

fn taken(built: &mut BTreeMap<String, PathBuf>, name: &str) -> Result<PathBuf> {
    built
        .remove(name)
        .with_context(|| format!("Cargo built no binary called {name}"))
}

/// What the CDK calls the architecture of this machine, which the binaries are built for.
pub fn architecture() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("x86_64"),
        "aarch64" => Ok("arm64"),
        other => bail!("AWS Lambda does not run on {other}, so neither does the rehearsal"),
    }
}

/// The crates that are Lambdas: those in a phase's folder that have a `main.rs`. The shared
/// libraries have none.
fn steps(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for phase in folders(folder)? {
        for step in folders(&phase)? {
            if step.join("src/main.rs").is_file() {
                names.extend(
                    step.file_name()
                        .map(|name| name.to_string_lossy().into_owned()),
                );
            }
        }
    }
    names.sort();
    Ok(names)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || format!("reading {}", folder.display());
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    Ok(folders)
}

/// The binaries named in Cargo's messages (one JSON document per line).
fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect()
}

/// Copies a binary to its place when it is not there yet. A running Lambda may have the old file
/// open, so it is replaced and never written into.
fn install(built: &Path, place: &Path) -> Result<()> {
    let new = std::fs::read(built).with_context(|| format!("reading {}", built.display()))?;
    if std::fs::read(place).is_ok_and(|present| present == new) {
        return Ok(());
    }
    let context = || format!("installing {}", place.display());
    let directory = place.parent().context("a bootstrap lies in a directory")?;
    std::fs::create_dir_all(directory).with_context(context)?;
    // Not in the step's directory, which is packed as a whole.
    let temporary = directory.with_extension("new");
    std::fs::copy(built, &temporary).with_context(context)?;
    std::fs::rename(&temporary, place).with_context(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_every_phase_are_lambdas_and_the_shared_libraries_are_not() {
        let steps = steps(&Project::locate().root.join("steps")).unwrap();
        for step in ["intake", "validate", "wrap-rsa", "publish", "signing-csr"] {
            assert!(steps.contains(&step.to_owned()), "{steps:?}");
        }
        assert!(!steps.contains(&"ceremony".to_owned()), "{steps:?}");
    }

    #[test]
    fn only_executables_are_taken_from_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"intake"},"executable":"/t/intake"}
{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"build-finished","success":true}"#;
        let expected = BTreeMap::from([("intake".to_owned(), PathBuf::from("/t/intake"))]);
        assert_eq!(executables(messages), expected);
    }
}
