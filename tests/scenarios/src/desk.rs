//! People at their desks, with `ceremony` and a role of the deployment.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::World;

/// Somebody at a desk.
pub struct Desk {
    pub world: &'static World,
    program: PathBuf,
    environment: Vec<(String, String)>,
}

impl Desk {
    /// Builds the program as Cargo builds it beside the test, and assumes the role of that output.
    pub async fn of(world: &'static World, role: &str) -> Self {
        let role = world.stack.output(role).expect("a role");
        let answer = world
            .aws(&[
                "sts",
                "assume-role",
                "--role-arn",
                role,
                "--role-session-name",
                "jane",
            ])
            .await;
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let session = |name: &str| {
            answer["Credentials"][name]
                .as_str()
                .expect("one")
                .to_owned()
        };
        let mut environment = world.stack.environment();
        environment.extend([
            ("AWS_ACCESS_KEY_ID".to_owned(), session("AccessKeyId")),
            (
                "AWS_SECRET_ACCESS_KEY".to_owned(),
                session("SecretAccessKey"),
            ),
            ("AWS_SESSION_TOKEN".to_owned(), session("SessionToken")),
        ]);
        Self {
            world,
            program: program(),
            environment,
        }
    }

    /// The program, and its arguments, with nothing in its environment but what it needs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().cloned());
        command
    }

    pub async fn runs(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        let run = tokio::task::spawn_blocking(move || command.output());
        run.await.expect("a thread").expect("the program runs")
    }
}

fn program() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--bin", "ceremony"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(built.success());
    let test = std::env::current_exe().expect("this test");
    let folder = test.ancestors().nth(2).expect("the folder of binaries");
    folder.join("ceremony")
}
