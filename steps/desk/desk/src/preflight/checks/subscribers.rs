//! Is anybody told?

use step::ServiceError;

use super::super::aws::refused;
use super::super::deployment::unnamed;
use super::super::{Finding, Run};

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    const TOPIC: &str = "NOTIFICATION_TOPIC_ARN";
    let Some(topic) = run.deployment.output(TOPIC) else {
        return Ok(unnamed(TOPIC));
    };
    let request = run.aws.sns.list_subscriptions_by_topic().topic_arn(topic);
    let mut pages = request.into_paginator().send();
    let (mut confirmed, mut pending) = (0, 0);
    while let Some(page) = pages.next().await {
        let page = page.map_err(refused("sns:ListSubscriptionsByTopic"))?;
        for subscription in page.subscriptions() {
            if is_confirmed(subscription.subscription_arn().unwrap_or_default()) {
                confirmed += 1;
            } else {
                pending += 1;
            }
        }
    }
    Ok(judge(confirmed, pending))
}

/// Instead of an ARN, SNS says `PendingConfirmation` or `Deleted`.
fn is_confirmed(arn: &str) -> bool {
    arn.starts_with("arn:")
}

fn judge(confirmed: usize, pending: usize) -> Finding {
    let seen =
        format!("The topic has {confirmed} confirmed subscribers, and {pending} that are not.");
    match (confirmed, pending) {
        (0, _) => Finding::failed(
            seen,
            "Nobody is told of failed ceremonies and alarms: subscribe somebody (`notificationEmails`), who has to confirm by the link in the mail.",
        ),
        (_, 0) => Finding::ok(seen),
        _ => Finding::warning(
            seen,
            "Ask those who were subscribed to confirm by the link in the mail; it is valid for two days.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Status;
    use super::*;

    #[test]
    fn somebody_has_to_have_confirmed() {
        assert_eq!(judge(0, 0).status, Status::Failed);
        assert_eq!(judge(0, 2).status, Status::Failed);
        assert_eq!(judge(1, 1).status, Status::Warning);
        assert_eq!(judge(1, 0).status, Status::Ok);
    }

    #[test]
    fn only_an_arn_is_a_confirmed_subscription() {
        assert!(is_confirmed("arn:aws:sns:eu-west-1:111122223333:topic:1"));
        assert!(!is_confirmed("PendingConfirmation"));
        assert!(!is_confirmed("Deleted"));
    }
}
