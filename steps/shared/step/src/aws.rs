//! What a step that calls AWS needs of the SDK, whichever service it calls.

use std::time::Duration;

use aws_config::BehaviorVersion;
pub use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use strum::{IntoStaticStr, VariantNames};

use crate::error::StepError;

/// Region, credentials and endpoints from the environment, as the Lambda service sets them.
///
/// Every attempt has a time limit well under the function's own, so that a service that does not
/// answer ends in a named error and not in a killed function.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(8))
        .operation_timeout(Duration::from_secs(20))
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .load()
        .await
}

/// A call to an AWS service that did not succeed.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum ServiceError {
    /// The role lacks a permission, or a resource policy denies.
    #[error("{operation} was denied: {detail}")]
    AccessDenied {
        operation: &'static str,
        detail: String,
    },
    /// The service understood and said no.
    #[error("{operation} was refused with {code}: {detail}")]
    ServiceRefused {
        operation: &'static str,
        code: String,
        detail: String,
    },
    /// Over a rate limit; nothing was done. Transient.
    #[error("{operation} was throttled: {detail}")]
    ServiceThrottled {
        operation: &'static str,
        detail: String,
    },
    /// No answer, or an answer that the service itself is at fault. It may have been done.
    /// Transient.
    #[error("{operation} had no usable answer: {detail}")]
    ServiceUnavailable {
        operation: &'static str,
        detail: String,
    },
}

impl ServiceError {
    /// Sorts an SDK error. `operation` is for the reader: `ssm:GetParameter`, say.
    pub fn new<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let SdkError::ServiceError(answer) = error else {
            return Self::ServiceUnavailable {
                operation,
                detail: chain(error),
            };
        };
        let code = answer.err().code().unwrap_or("an error without a code");
        let detail = answer.err().message().unwrap_or("no message").to_owned();
        let status = answer.raw().status().as_u16();
        if THROTTLING.contains(&code) || status == 429 {
            Self::ServiceThrottled {
                operation,
                detail: format!("{code}: {detail}"),
            }
        } else if code.starts_with("AccessDenied") || code == "UnauthorizedOperation" {
            Self::AccessDenied { operation, detail }
        } else if status >= 500 {
            Self::ServiceUnavailable {
                operation,
                detail: format!("{code}: {detail}"),
            }
        } else {
            Self::ServiceRefused {
                operation,
                code: code.to_owned(),
                detail,
            }
        }
    }

    /// Whether the call is certain to have changed nothing.
    pub fn changed_nothing(&self) -> bool {
        !matches!(self, Self::ServiceUnavailable { .. })
    }
}

impl StepError for ServiceError {
    fn name(&self) -> &'static str {
        self.into()
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::AccessDenied { .. } => {
                "Compare the step's role with the table in infra-cdk/README.md, and look for a \
                 service control policy, bucket policy or key policy that denies."
            }
            Self::ServiceRefused { .. } => {
                "The message is the service's own: correct what it names."
            }
            Self::ServiceThrottled { .. } => {
                "It was retried with backoff and stayed throttled: look for other users of the \
                 account's rate limit."
            }
            Self::ServiceUnavailable { .. } => {
                "It was retried with backoff: look at the AWS Health Dashboard and the network \
                 path of the function."
            }
        }
    }

    fn names() -> Vec<&'static str> {
        Self::VARIANTS.to_vec()
    }
}

/// Codes by which AWS services say "too fast".
const THROTTLING: [&str; 7] = [
    "LimitExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// An error with its causes, which the SDK keeps apart.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("an answer")]
    struct Answer(ErrorMetadata);

    impl ProvideErrorMetadata for Answer {
        fn meta(&self) -> &ErrorMetadata {
            &self.0
        }
    }

    fn sorted(status: u16, code: Option<&str>) -> ServiceError {
        let mut meta = ErrorMetadata::builder().message("words");
        if let Some(code) = code {
            meta = meta.code(code);
        }
        let status = StatusCode::try_from(status).expect("a status");
        let response = HttpResponse::new(status, SdkBody::empty());
        let error = SdkError::service_error(Answer(meta.build()), response);
        ServiceError::new("test:Call", &error)
    }

    #[test]
    fn every_way_to_say_too_fast_is_a_throttle() {
        for code in THROTTLING {
            assert_eq!(sorted(400, Some(code)).name(), "ServiceThrottled", "{code}");
        }
        assert_eq!(sorted(429, None).name(), "ServiceThrottled");
        assert_eq!(sorted(503, Some("SlowDown")).name(), "ServiceThrottled");
    }

    #[test]
    fn a_denial_is_not_a_refusal() {
        for code in [
            "AccessDenied",
            "AccessDeniedException",
            "UnauthorizedOperation",
        ] {
            assert_eq!(sorted(403, Some(code)).name(), "AccessDenied", "{code}");
        }
        let refused = sorted(400, Some("ValidationException"));
        assert_eq!(
            refused.to_string(),
            "test:Call was refused with ValidationException: words"
        );
    }

    #[test]
    fn the_services_own_fault_may_have_been_carried_out() {
        let fault = sorted(500, Some("InternalServerException"));
        assert_eq!(fault.name(), "ServiceUnavailable");
        assert!(!fault.changed_nothing());
        let timeout: SdkError<Answer, HttpResponse> =
            SdkError::timeout_error(std::io::Error::other("slow"));
        let timeout = ServiceError::new("test:Call", &timeout);
        assert_eq!(timeout.name(), "ServiceUnavailable");
        assert!(timeout.to_string().contains("slow"), "{timeout}");
        assert!(!timeout.changed_nothing());
        for status in [400, 403, 429] {
            assert!(sorted(status, Some("AccessDenied")).changed_nothing());
        }
    }

    #[test]
    fn no_remedy_tells_how_to_run_again() {
        for (status, code) in [(403, "AccessDenied"), (400, "X"), (429, "X"), (500, "X")] {
            let remedy = sorted(status, Some(code)).remedy();
            assert!(remedy.len() > 20 && !remedy.contains("leaf"), "{remedy}");
        }
    }
}
