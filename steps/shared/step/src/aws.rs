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
                "The message is the service's own; correct what it names and drop the leaf again."
            }
            Self::ServiceThrottled { .. } => {
                "It was retried with backoff and stayed throttled: look for other users of the \
                 account's rate limit, then drop the leaf again."
            }
            Self::ServiceUnavailable { .. } => {
                "It was retried with backoff: look at the AWS Health Dashboard and the network \
                 path of the function, then drop the leaf again."
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
