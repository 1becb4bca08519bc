//! Is Payment Cryptography in this region?

use step::ServiceError;

use super::super::{Finding, Run};

pub(super) async fn check(run: &Run) -> Finding {
    let answer = run.aws.payment.aliases().await;
    judge(&run.region, answer.map(<[_]>::len))
}

fn judge(region: &str, answer: Result<usize, ServiceError>) -> Finding {
    match answer {
        Ok(_) => Finding::ok(format!("Payment Cryptography answers in {region}.")),
        // A region without the service has no such host, which is a failure to connect.
        Err(ServiceError::ServiceUnavailable { detail, .. }) => Finding::failed(
            format!("Payment Cryptography does not answer in {region}: {detail}."),
            "Look in the service's list of endpoints whether it is offered in this region, and at your network.",
        ),
        Err(error) => Finding::unanswered(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Status;
    use super::*;

    #[test]
    fn a_region_in_which_nothing_answers_is_not_ready() {
        let operation = "payment-cryptography:ListAliases";
        let finding = judge(
            "eu-north-1",
            Err(ServiceError::ServiceUnavailable {
                operation,
                detail: "dns error".to_owned(),
            }),
        );
        assert_eq!(finding.status, Status::Failed);
        assert!(
            finding.seen.contains("eu-north-1: dns error"),
            "{}",
            finding.seen
        );
        assert_eq!(judge("eu-west-1", Ok(0)).status, Status::Ok);
    }

    #[test]
    fn a_denial_says_nothing_of_the_region() {
        let operation = "payment-cryptography:ListAliases";
        let detail = String::new();
        let finding = judge(
            "eu-west-1",
            Err(ServiceError::AccessDenied { operation, detail }),
        );
        assert_eq!(finding.status, Status::NotKnown);
    }
}
