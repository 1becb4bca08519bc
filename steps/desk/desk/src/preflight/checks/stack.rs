//! Is what was deployed complete?

use ceremony::utc::Utc;
use step::ServiceError;

use super::super::{Finding, Run};

pub(super) fn check(run: &Run) -> Result<Finding, ServiceError> {
    let stack = &run.deployment.stack;
    match &run.deployment.state {
        Ok(state) => {
            let age = state.at.map(|at| run.now.unix_seconds() - at);
            Ok(judge(stack, &state.status, age))
        }
        Err(ServiceError::ServiceRefused { detail, .. }) if detail.contains("does not exist") => {
            Ok(absent(stack, run.now))
        }
        Err(error) => Err(error.clone()),
    }
}

fn absent(stack: &str, now: Utc) -> Finding {
    Finding::failed(
        format!("There is no stack {stack} in this region ({now})."),
        "Deploy it, or name it with `--stack`, or set AWS_REGION to where it is.",
    )
}

const DAY: i64 = 24 * 60 * 60;

fn judge(stack: &str, status: &str, age: Option<i64>) -> Finding {
    let when = age.map_or_else(String::new, |age| match age / DAY {
        ..1 => ", deployed within a day".to_owned(),
        days => format!(", deployed {days} days ago"),
    });
    let seen = format!("The stack {stack} is {status}{when}.");
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" => Finding::ok(seen),
        "UPDATE_ROLLBACK_COMPLETE" => Finding::warning(
            seen,
            "The last deployment was taken back: look at the stack's events for why, and deploy again.",
        ),
        _ if status.ends_with("_IN_PROGRESS") => Finding::warning(
            seen,
            "Wait until the deployment has ended, and run it again.",
        ),
        _ => Finding::failed(
            seen,
            "Look at the stack's events for what went wrong, and deploy again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Status;
    use super::*;

    #[test]
    fn only_a_complete_deployment_is_ok() {
        for (status, expected) in [
            ("CREATE_COMPLETE", Status::Ok),
            ("UPDATE_COMPLETE", Status::Ok),
            ("UPDATE_ROLLBACK_COMPLETE", Status::Warning),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Status::Warning),
            ("ROLLBACK_COMPLETE", Status::Failed),
            ("UPDATE_ROLLBACK_FAILED", Status::Failed),
            ("DELETE_COMPLETE", Status::Failed),
            ("", Status::Failed),
        ] {
            assert_eq!(
                judge("KeyCeremony", status, Some(1)).status,
                expected,
                "{status}"
            );
        }
    }

    #[test]
    fn the_age_of_a_deployment_is_told() {
        let seen = judge("KeyCeremony", "CREATE_COMPLETE", Some(3 * DAY + 1)).seen;
        assert_eq!(
            seen,
            "The stack KeyCeremony is CREATE_COMPLETE, deployed 3 days ago."
        );
    }
}
