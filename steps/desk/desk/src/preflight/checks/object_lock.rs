//! Is evidence locked?

use aws_sdk_s3::types::{DefaultRetention, ObjectLockConfiguration, ObjectLockRetentionMode};
use step::ServiceError;

use super::super::aws::refused;
use super::super::deployment::unnamed;
use super::super::{Finding, Run};

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    const BUCKET: &str = "EVIDENCE_BUCKET";
    let Some(bucket) = run.deployment.output(BUCKET) else {
        return Ok(unnamed(BUCKET));
    };
    let request = run.aws.s3.get_object_lock_configuration().bucket(&bucket);
    let answer = request.send().await;
    match answer.map_err(refused("s3:GetBucketObjectLockConfiguration")) {
        Ok(answer) => Ok(judge(&bucket, answer.object_lock_configuration())),
        Err(ServiceError::ServiceRefused { code, .. })
            if code == "ObjectLockConfigurationNotFoundError" =>
        {
            Ok(judge(&bucket, None))
        }
        Err(error) => Err(error),
    }
}

fn judge(bucket: &str, lock: Option<&ObjectLockConfiguration>) -> Finding {
    let retention = lock.and_then(ObjectLockConfiguration::rule);
    let retention = retention.and_then(|rule| rule.default_retention());
    let Some(retention) = retention else {
        return Finding::failed(
            format!(
                "{bucket} locks nothing: evidence can be deleted by whoever may delete objects."
            ),
            "Find out who turned Object Lock's default retention off, and deploy again.",
        );
    };
    let time = time(retention);
    match retention.mode() {
        Some(ObjectLockRetentionMode::Compliance) => Finding::ok(format!(
            "{bucket} locks evidence for {time} in COMPLIANCE mode: nobody can delete it."
        )),
        Some(mode) => Finding::ok(format!(
            "{bucket} locks evidence for {time} in {mode} mode: who has `s3:BypassGovernanceRetention`, which nothing here grants, can delete it. `evidenceLockMode` COMPLIANCE is for production."
        )),
        None => Finding::failed(
            format!("{bucket} locks evidence for {time}, but in no mode."),
            "Deploy again, so that `evidenceLockMode` is set.",
        ),
    }
}

fn time(retention: &DefaultRetention) -> String {
    match (retention.years(), retention.days()) {
        (Some(years), _) => format!("{years} years"),
        (None, Some(days)) => format!("{days} days"),
        (None, None) => "no time".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::ObjectLockRule;

    use super::super::super::Status;
    use super::*;

    fn locked(mode: ObjectLockRetentionMode) -> Finding {
        let retention = DefaultRetention::builder().mode(mode).years(7).build();
        let rule = ObjectLockRule::builder().default_retention(retention);
        let lock = ObjectLockConfiguration::builder()
            .rule(rule.build())
            .build();
        judge("evidence", Some(&lock))
    }

    #[test]
    fn the_mode_and_the_time_are_told() {
        let compliance = locked(ObjectLockRetentionMode::Compliance);
        assert_eq!(compliance.status, Status::Ok);
        assert!(
            compliance.seen.contains("for 7 years in COMPLIANCE"),
            "{}",
            compliance.seen
        );
        let governance = locked(ObjectLockRetentionMode::Governance);
        assert_eq!(governance.status, Status::Ok);
        assert!(
            governance.seen.contains("BypassGovernanceRetention"),
            "{}",
            governance.seen
        );
    }

    #[test]
    fn a_bucket_that_locks_nothing_fails() {
        assert_eq!(judge("evidence", None).status, Status::Failed);
        let without_rule = ObjectLockConfiguration::builder().build();
        assert_eq!(
            judge("evidence", Some(&without_rule)).status,
            Status::Failed
        );
    }
}
