//! The one stack that every story of a run happens on.

use std::path::PathBuf;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_eventbridge::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_paymentcryptography::types::MpaOperation;
use rehearsal::actors::{Ear, Event};
use rehearsal::{ACCOUNT, Stack, StackOptions, prepare};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use workbench::{Lifetime, Progress, Project};

/// A running stack, and an ear on its event bus.
pub struct World {
    pub stack: Stack,
    pub(crate) events: Ear,
    /// Where the pinned Python packages are.
    pub python: PathBuf,
}

/// Retry intervals of the state machine, shortened: a story about five retries need not take a
/// minute.
const WAIT_SCALE: f64 = 0.1;

impl World {
    /// The world, created by whoever comes first. It ends with this process.
    pub async fn get() -> &'static Self {
        static WORLD: OnceCell<World> = OnceCell::const_new();
        WORLD.get_or_init(|| Self::create(&[])).await
    }

    /// Another one, for stories with faults: those strike whoever calls next.
    pub async fn with_faults() -> &'static Self {
        static WORLD: OnceCell<World> = OnceCell::const_new();
        WORLD.get_or_init(|| Self::create(&[])).await
    }

    /// One for a story that needs all of it for itself, while that story is told.
    pub async fn alone() -> Self {
        Self::create(&[]).await
    }

    /// One in an account where an approval team guards the import of roots, which all of its stories
    /// have to wait for.
    pub async fn with_approval_team() -> &'static Self {
        static WORLD: OnceCell<World> = OnceCell::const_new();
        WORLD
            .get_or_init(|| async {
                let world = Self::create(&[]).await;
                let associated = world.associate_team().await;
                associated.unwrap_or_else(|error| panic!("no team: {error:#}"));
                world
            })
            .await
    }

    /// That of a second company: in another region, with another signing key and another subject for its
    /// certificate.
    pub async fn elsewhere() -> &'static Self {
        static WORLD: OnceCell<World> = OnceCell::const_new();
        WORLD
            .get_or_init(|| Self::start(options(&[]).elsewhere()))
            .await
    }

    /// One that was deployed with roles for an operator and an auditor, which the account's root user
    /// may assume, and that stories may break.
    pub async fn with_people() -> &'static Self {
        const ROOT: &str = r#"["arn:aws:iam::000000000000:root"]"#;
        static WORLD: OnceCell<World> = OnceCell::const_new();
        WORLD
            .get_or_init(|| Self::create(&[("operators", ROOT), ("auditors", ROOT)]))
            .await
    }

    async fn associate_team(&self) -> Result<()> {
        let connection = self.stack.connection();
        connection
            .payment_cryptography_client()?
            .associate_mpa_team()
            .action(MpaOperation::ImportRootPublicKeyCertificate)
            .mpa_team_arn("arn:aws:mpa:us-east-1:111122223333:approval-team/custodians")
            .send()
            .await
            .context("associating a team")?;
        Ok(())
    }

    async fn create(context: &[(&str, &str)]) -> Self {
        Self::start(options(context)).await
    }

    async fn start(options: StackOptions) -> Self {
        Self::try_start(options)
            .await
            .unwrap_or_else(|error| panic!("no stack: {error:#}"))
    }

    async fn try_start(options: StackOptions) -> Result<Self> {
        let setup = prepare(Progress::Quiet).await?;
        let stack = Stack::start_prepared(&setup, options).await?;
        let events = Ear::listen(stack.connection(), "scenarios").await?;
        Ok(Self {
            stack,
            events,
            python: setup.python,
        })
    }
}

fn options(context: &[(&str, &str)]) -> StackOptions {
    StackOptions {
        lifetime: Lifetime::Leashed,
        wait_scale: WAIT_SCALE,
        stacks: rehearsal::stories::stacks(),
        context: context
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..StackOptions::default()
    }
}

impl World {
    /// Invokes the intake function directly, and returns its answer.
    pub(crate) async fn invoke_intake(&self, event: &Value) -> Value {
        self.invoke("KekExportintake", event).await
    }

    /// The same of the intake of requests and orders.
    pub async fn invoke_intake_request(&self, event: &Value) -> Value {
        self.invoke("intakerequest", event).await
    }

    /// Every event that names no partner so far.
    pub fn events_without_partner(&self) -> Vec<Event> {
        self.events.without_partner()
    }

    /// Invokes the function that makes the signing request, as CloudFormation does.
    pub async fn invoke_signing_csr(&self, event: &Value) -> Value {
        self.invoke("signingcsr", event).await
    }

    /// Invokes the function that watches controls, as EventBridge does.
    pub async fn invoke_watch_controls(&self, event: &Value) -> Value {
        self.invoke("watchcontrols", event).await
    }

    /// Invokes the function that looks at the certificates of our signing keys, as the clock does.
    pub async fn invoke_remind_expiry(&self) -> Value {
        self.invoke("remindexpiry", &json!({})).await
    }

    /// The deployed name of the one function that has this in its name, which is made of the ids of
    /// the constructs around it.
    pub async fn function(&self, part: &str) -> String {
        let query = format!("Functions[?contains(FunctionName, '{part}')].FunctionName");
        let names = self
            .aws(&["lambda", "list-functions", "--query", &query])
            .await;
        let mut names: Vec<String> = serde_json::from_str(&names).expect("names of functions");
        assert_eq!(
            names.len(),
            1,
            "functions with {part} in the name: {names:?}"
        );
        names.remove(0)
    }

    async fn invoke(&self, function: &str, event: &Value) -> Value {
        let folder = tempfile::tempdir().expect("a folder");
        let answer = folder.path().join("answer.json");
        let function = self.function(function).await;
        self.aws(&[
            "lambda",
            "invoke",
            "--function-name",
            &function,
            "--payload",
            &event.to_string(),
            &answer.display().to_string(),
        ])
        .await;
        serde_json::from_slice(&std::fs::read(answer).expect("an answer")).expect("JSON")
    }

    /// What a session of a new role is configured with, which may call these actions and no others.
    pub async fn session_of(&self, role: &str, actions: &str) -> SdkConfig {
        let all = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        self.session_with(role, &[all]).await
    }

    /// The same of one whose policy has these statements.
    pub async fn session_with(&self, role: &str, statements: &[Value]) -> SdkConfig {
        let document = |statements: &[Value]| {
            json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
        };
        let trust = document(&[json!({
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
            "Action": "sts:AssumeRole",
        })]);
        let policy = document(statements);
        let create = ["iam", "create-role", "--role-name", role];
        let document = ["--assume-role-policy-document", &trust];
        self.aws(&[&create[..], &document].concat()).await;
        let put = ["iam", "put-role-policy", "--role-name", role];
        let document = ["--policy-name", "test", "--policy-document", &policy];
        self.aws(&[&put[..], &document].concat()).await;
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
        let assume = ["sts", "assume-role", "--role-arn", &arn];
        let session = ["--role-session-name", "test"];
        let answer = self.aws(&[&assume[..], &session].concat()).await;
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let member = |name: &str| answer["Credentials"][name].as_str().expect(name).to_owned();
        let credentials = Credentials::new(
            member("AccessKeyId"),
            member("SecretAccessKey"),
            Some(member("SessionToken")),
            None,
            "test",
        );
        let config = self.stack.connection().sdk_config();
        let config = config.expect("a configuration").into_builder();
        config
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    /// What the Lambdas have logged so far.
    pub async fn lambda_logs(&self) -> String {
        rehearsal::logs::collect(&Project::locate(), &self.stack).await;
        let log = std::fs::read(self.stack.logs().join("lambda.log")).expect("the Lambdas' logs");
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Runs a command that people are told to type, as the account's root user.
    pub async fn shell(&self, command: &str) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        let output = tokio::process::Command::new("bash")
            .args(["-c", command])
            .envs(self.stack.environment())
            .env("PATH", format!("{}:{path}", self.python.display()))
            .output()
            .await
            .expect("bash");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.is_empty(), "{command}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs the AWS CLI as the account's root user.
    pub async fn aws(&self, arguments: &[&str]) -> String {
        let output = tokio::process::Command::new(self.python.join("aws"))
            .args(arguments)
            .args(["--output", "json"])
            .envs(self.stack.environment())
            .output()
            .await
            .expect("the pinned AWS CLI");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws {arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }
}
