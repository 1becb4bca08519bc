//! One running system: both emulators and the partners' revocation services up, the CDK app
//! deployed.

pub mod binaries;
pub mod connection;
pub mod deploy;
pub mod emulator;
pub mod http;
pub mod logs;
pub mod management;
pub mod ministack;
pub mod revocation;
pub mod setup;
pub mod state;
pub mod tls;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

use self::connection::{Connection, ELSEWHERE, REGION};
use self::http::Trust;
use self::setup::Setup;
use self::tls::Tls;
use workbench::process::{Group, Lifetime};
use workbench::progress::Progress;

/// The CDK stack that holds every ceremony.
pub const KEY_CEREMONY: &str = "KeyCeremony";

/// How a stack is started.
#[derive(Clone, Debug)]
pub struct StackOptions {
    /// Where its files and logs go; what is there is removed. None: a directory of its own, which
    /// is removed again when the stack stops.
    pub directory: Option<PathBuf>,
    pub lifetime: Lifetime,
    pub progress: Progress,
    /// By how much Step Functions' waits and retry intervals are stretched or shortened.
    pub wait_scale: f64,
    /// The CDK stacks to deploy; their outputs become one map.
    pub stacks: Vec<String>,
    /// More context values for the CDK app.
    pub context: Vec<(String, String)>,
    pub region: String,
}

/// What a second company has chosen otherwise: another kind of key signs its packages.
const CHOSEN_ELSEWHERE: [(&str, &str); 2] = [
    ("signingKeySpec", "ECC_NIST_P256"),
    ("csrSubject", "CN=Payments Signing,O=Example,C=BR"),
];

impl StackOptions {
    /// The same for a second company, which is in another region.
    pub fn elsewhere(self) -> Self {
        let chosen = CHOSEN_ELSEWHERE.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            context: self.context.into_iter().chain(chosen).collect(),
            region: ELSEWHERE.to_owned(),
            ..self
        }
    }
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            directory: None,
            lifetime: Lifetime::Leashed,
            progress: Progress::Quiet,
            wait_scale: 1.0,
            stacks: vec![KEY_CEREMONY.into()],
            context: Vec::new(),
            region: REGION.to_owned(),
        }
    }
}

/// A running stack; dropping it stops everything that it started.
///
/// It may live in a static: then nothing drops it, and the leash on its processes ends them with
/// this process.
#[derive(Debug)]
pub struct Stack {
    connection: Connection,
    directory: PathBuf,
    // In the order in which they are stopped.
    groups: Vec<Group>,
    temporary: bool,
}

impl Stack {
    /// Prepares what is missing and starts a stack.
    pub async fn start(options: StackOptions) -> Result<Self> {
        let setup = setup::prepare(options.progress).await?;
        Self::start_prepared(&setup, options).await
    }

    /// Starts a stack from what [`setup::prepare`] has prepared.
    pub async fn start_prepared(setup: &Setup, options: StackOptions) -> Result<Self> {
        let temporary = options.directory.is_none();
        let directory = options
            .directory
            .clone()
            .unwrap_or_else(|| own_directory(setup));
        let logs = directory.join("logs");
        // One by one, because the directory may also hold what the set-up shares.
        for stale in ["cdk.out", "home", "logs", "revocation", "tmp"] {
            let _ = std::fs::remove_dir_all(directory.join(stale));
        }
        for needed in [&logs, &directory.join("home")] {
            std::fs::create_dir_all(needed)
                .with_context(|| format!("creating {}", needed.display()))?;
        }

        let mut step = options.progress.step("Local AWS");
        let tls = Tls::create(&directory)?;
        let pem = std::fs::read_to_string(&tls.ca).context("reading the throw-away CA")?;
        let trust = Trust::pem(&pem)?;
        let log = logs.join("apc-emulator.log");
        let program = &setup.binaries.emulator;
        let (region, lifetime) = (options.region.as_str(), options.lifetime);
        let (emulator, addresses) = emulator::start(program, region, &log, &tls, lifetime).await?;
        let (partners, revocation) = revocation::start(
            &setup.binaries.revocation_services,
            &directory.join("revocation"),
            &logs.join("revocation-services.log"),
            options.lifetime,
        )
        .await?;
        let settings = ministack::Settings {
            python: &setup.python.join("python"),
            script: &setup
                .project
                .root
                .join("tests/rehearsal/ministack/start.py"),
            directory: &directory,
            logs: &logs.join("ministack.log"),
            tls: &tls,
            payment_cryptography: &addresses.service,
            region,
            wait_scale: options.wait_scale,
            lifetime: options.lifetime,
        };
        let (ministack, aws) = ministack::start(&settings, &trust, &mut step).await?;
        step.done(&format!(
            "{aws}, Payment Cryptography at {}",
            addresses.service
        ));

        let connection = Connection {
            region: region.to_owned(),
            aws,
            payment_cryptography: addresses,
            revocation,
            ca: tls.ca,
            ca_bundle: tls.bundle,
            outputs: BTreeMap::new(),
        };
        // From here on, dropping this value stops what runs.
        let groups = vec![ministack, emulator, partners];
        let mut stack = Self {
            connection,
            directory,
            groups,
            temporary: false,
        };
        let deployment = deploy::Deployment {
            setup,
            connection: &stack.connection,
            directory: &stack.directory,
            stacks: &options.stacks,
            context: &options.context,
        };
        stack.connection.outputs = deployment.run(&logs, options.progress).await?;
        // Not before: the logs of a stack that did not come up are worth more than a tidy disk.
        stack.temporary = temporary;
        Ok(stack)
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub fn logs(&self) -> PathBuf {
        self.directory.join("logs")
    }

    /// The processes, each with its id, which is also its group's.
    pub fn processes(&self) -> impl Iterator<Item = (&str, u32)> {
        self.groups.iter().map(|group| (group.name(), group.id()))
    }

    /// Leaves everything running when this value is dropped.
    pub fn detach(&mut self) {
        for group in &mut self.groups {
            group.detach();
        }
        self.temporary = false;
    }

    /// Leaves the files, with the logs, where they are when this value is dropped.
    pub fn keep_files(&mut self) {
        self.temporary = false;
    }
}

impl Deref for Stack {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // The groups stop as they are dropped; their files must stay until then.
        self.groups.clear();
        if self.temporary && !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// A directory that no other stack uses. Those of processes that are gone, and could not clean up
/// after themselves, are removed on the way.
fn own_directory(setup: &Setup) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let parent = setup.project.rehearsal().join("stacks");
    let entries = std::fs::read_dir(&parent).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.split('-').next().and_then(|pid| pid.parse().ok());
        if owner
            .and_then(rustix::process::Pid::from_raw)
            .is_some_and(|pid| !runs(pid))
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    parent.join(format!("{}-{count}", std::process::id()))
}

fn runs(pid: rustix::process::Pid) -> bool {
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}
