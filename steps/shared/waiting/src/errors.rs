//! What services say no with, and how much of it is repeated.

use aws_sdk_sfn::config::http::HttpResponse;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use step::ServiceError;

/// As [`ServiceError::new`] sorts it, but without the words of the service: they may repeat what
/// they refuse, and that is a task token here.
pub(crate) fn without_words<E>(
    operation: &'static str,
    error: &SdkError<E, HttpResponse>,
) -> ServiceError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let sorted = ServiceError::new(operation, error);
    let Some(answer) = error.as_service_error() else {
        return sorted;
    };
    let code = answer.code().unwrap_or("an error without a code");
    let detail = format!("{code} (its words may repeat a task token, and are left out)");
    match sorted {
        ServiceError::AccessDenied { .. } => ServiceError::AccessDenied { operation, detail },
        ServiceError::ServiceRefused { code, .. } => ServiceError::ServiceRefused {
            operation,
            code,
            detail: "its words may repeat a task token, and are left out".to_owned(),
        },
        ServiceError::ServiceThrottled { .. } => {
            ServiceError::ServiceThrottled { operation, detail }
        }
        ServiceError::ServiceUnavailable { .. } => {
            ServiceError::ServiceUnavailable { operation, detail }
        }
    }
}

/// Others were faster each time.
pub(crate) fn contended() -> ServiceError {
    ServiceError::ServiceThrottled {
        operation: "dynamodb:PutItem",
        detail: "others changed the same item each time".to_owned(),
    }
}

/// An item that nothing of ours has written: nothing is done on the strength of it.
pub(crate) fn unreadable(id: &str) -> ServiceError {
    ServiceError::ServiceRefused {
        operation: "dynamodb:GetItem",
        code: "UnreadableItem".to_owned(),
        detail: format!(
            "the item `{id}` of the table `waiting` is not of the form that it must have"
        ),
    }
}
