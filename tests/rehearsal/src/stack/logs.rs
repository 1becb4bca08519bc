//! What the Lambdas wrote, fetched before the local AWS that holds it is gone.

use std::path::Path;

use crate::stack::Stack;
use workbench::process::{Lifetime, run};
use workbench::progress::Progress;
use workbench::project::Project;

/// Shell, because it is three calls of the AWS CLI and nothing depends on the outcome.
const FETCH: &str = r#"for group in $("$1" logs describe-log-groups \
    --query 'logGroups[].logGroupName' --output text); do
  echo "== $group"
  "$1" logs filter-log-events --log-group-name "$group" \
    --query 'events[].message' --output text
done"#;

/// Writes the Lambdas' logs to `lambda.log` beside the others. Best effort: the reason to look at
/// them is a failure that is reported anyway.
pub async fn collect(project: &Project, stack: &Stack) {
    let aws = project.python().join("bin/aws");
    let mut command = Lifetime::Leashed.command(Path::new("/bin/sh"));
    command
        .args(["-c", FETCH, "sh"])
        .arg(aws)
        .envs(stack.environment());
    let log = stack.logs().join("lambda.log");
    let mut step = Progress::Quiet.step("logs");
    let _ = run("aws logs", &mut command, &log, None, &mut step).await;
}
