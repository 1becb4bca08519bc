//! The CDK app's own checks, so that `cargo test --workspace` is every test.

use std::process::Command;

use workbench::{Progress, prepare_node};

#[tokio::test]
async fn types_and_tests_of_the_cdk_app_pass() {
    let app = prepare_node(Progress::Quiet)
        .await
        .expect("the set-up succeeds");
    for script in [["run", "build"], ["run", "test"]] {
        let output = Command::new("npm")
            .args(script)
            .current_dir(&app)
            .output()
            .expect("npm runs");
        assert!(
            output.status.success(),
            "npm {}:\n{}{}",
            script.join(" "),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
