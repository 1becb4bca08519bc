//! What is said to Step Functions with a token, and what its answers mean.

use aws_sdk_sfn::config::http::HttpResponse;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use serde_json::Value;
use step::ServiceError;

use crate::errors::without_words;
use crate::token::TaskToken;
use crate::{End, Waiting};

/// What an execution is told.
#[derive(Clone)]
pub enum Answer {
    /// The output of the state that waits.
    Success(Value),
    /// The error that the state ends in, for its `Catch`.
    Failure { error: String, cause: String },
}

/// What Step Functions makes of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sent {
    /// The execution goes on with this.
    Accepted,
    /// No task waits with this token: it was answered, or has ended otherwise.
    Closed,
}

impl End {
    /// What the execution is told by whoever ended its wait.
    pub(crate) fn failure(self) -> Answer {
        let (error, cause) = match self {
            Self::Withdrawn => ("WaitWithdrawn", "what it waited for is not wanted any more"),
            _ => (
                "WaitDeadlinePassed",
                "nobody brought what it waited for in time",
            ),
        };
        Answer::Failure {
            error: error.to_owned(),
            cause: cause.to_owned(),
        }
    }
}

impl Waiting {
    pub(crate) async fn send(
        &self,
        token: &TaskToken,
        answer: &Answer,
    ) -> Result<Sent, ServiceError> {
        match answer {
            Answer::Success(output) => {
                let request = self
                    .sfn
                    .send_task_success()
                    .task_token(token.expose())
                    .output(output.to_string());
                sorted("states:SendTaskSuccess", request.send().await)
            }
            Answer::Failure { error, cause } => {
                let request = self
                    .sfn
                    .send_task_failure()
                    .task_token(token.expose())
                    .error(error)
                    .cause(cause);
                sorted("states:SendTaskFailure", request.send().await)
            }
        }
    }
}

/// Tells apart what is over from what may be tried again, and both from what was refused.
fn sorted<T, E>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Sent, ServiceError>
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let Err(error) = answer else {
        return Ok(Sent::Accepted);
    };
    let code = error.as_service_error().and_then(|error| error.code());
    match code {
        // Closed, forgotten, or nothing that Step Functions has ever given out.
        Some("InvalidToken" | "TaskDoesNotExist" | "TaskTimedOut") => Ok(Sent::Closed),
        // Of the key that encrypts the execution's data.
        Some("KmsThrottlingException") => Err(ServiceError::ServiceThrottled {
            operation,
            detail: "KmsThrottlingException".to_owned(),
        }),
        Some("KmsAccessDeniedException") => Err(ServiceError::AccessDenied {
            operation,
            detail: "KmsAccessDeniedException: the key of the execution's data".to_owned(),
        }),
        _ => Err(without_words(operation, &error)),
    }
}
