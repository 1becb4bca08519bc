//! The errors of the control plane.

use keyblock::as2805::As2805Error;
use keyblock::tr31::Tr31Error;
use keyblock::tr34::Tr34Error;
use serde_json::{Value, json};

use crate::crypto::certificates::CertificateError;
use crate::crypto::issuing::IssuingError;
use crate::crypto::material::GenerationFailed;
use crate::crypto::oaep::WrapFailed;
use crate::model::key_block::KeyBlockError;
use crate::model::key_block_headers::KeyBlockHeadersError;
use crate::model::legality::IllegalAttributes;
use crate::model::strength::TooWeak;
use crate::state_file::StateError;

/// Everything an operation can answer instead of its output. No text of the real service's
/// ValidationExceptions is published, so the messages are the emulator's own.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ServiceError {
    /// The resource is not in a state that allows the operation, or exists already.
    #[error("{0}")]
    Conflict(String),
    /// The credential scope of the request cannot be read.
    #[error("{0}")]
    IncompleteSignature(String),
    /// The emulator itself failed, or was told to.
    #[error("{0}")]
    InternalServer(String),
    /// The policy would let everybody use the key.
    #[error("the policy would grant public access to {0}")]
    PublicPolicy(String),
    /// No such key or alias in this account and region.
    #[error("{resource_id} was not found")]
    ResourceNotFound { resource_id: String },
    /// The body is not a JSON object.
    #[error("{0}")]
    Serialization(String),
    /// A quota is used up.
    #[error("{0}")]
    ServiceQuotaExceeded(String),
    /// Too many requests: the rate is used up, or a fault was injected.
    #[error("Rate exceeded")]
    Throttling,
    /// The target is not an operation of the service.
    #[error("{0} is not an operation of this service")]
    UnknownOperation(String),
    /// The request breaks a rule.
    #[error("{0}")]
    Validation(String),
}

impl ServiceError {
    pub fn not_found(resource_id: impl ToString) -> Self {
        Self::ResourceNotFound {
            resource_id: resource_id.to_string(),
        }
    }

    /// For operations that have no ConflictException.
    pub fn without_conflict(self) -> Self {
        match self {
            Self::Conflict(message) => Self::Validation(message),
            other => other,
        }
    }

    /// The name of the exception, as in `__type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "ConflictException",
            Self::IncompleteSignature(_) => "IncompleteSignatureException",
            Self::InternalServer(_) => "InternalServerException",
            Self::PublicPolicy(_) => "PublicPolicyException",
            Self::ResourceNotFound { .. } => "ResourceNotFoundException",
            Self::Serialization(_) => "SerializationException",
            Self::ServiceQuotaExceeded(_) => "ServiceQuotaExceededException",
            Self::Throttling => "ThrottlingException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Validation(_) => "ValidationException",
        }
    }

    /// The HTTP status: on the control plane everything a client can cause is 400.
    pub fn status(&self) -> u16 {
        match self {
            Self::InternalServer(_) => 500,
            _ => 400,
        }
    }

    /// The body. ResourceNotFoundException has `ResourceId` in the model and no `Message`; both
    /// SDKs show a `Message` all the same when there is one.
    pub fn body(&self) -> Value {
        let mut body = json!({ "__type": self.name(), "Message": self.to_string() });
        if let Self::ResourceNotFound { resource_id } = self {
            body["ResourceId"] = Value::from(resource_id.as_str());
        }
        body
    }
}

impl From<CertificateError> for ServiceError {
    fn from(error: CertificateError) -> Self {
        Self::Validation(error.to_string())
    }
}

impl From<GenerationFailed> for ServiceError {
    fn from(error: GenerationFailed) -> Self {
        Self::InternalServer(error.to_string())
    }
}

impl From<IllegalAttributes> for ServiceError {
    fn from(error: IllegalAttributes) -> Self {
        Self::Validation(error.to_string())
    }
}

impl From<IssuingError> for ServiceError {
    fn from(error: IssuingError) -> Self {
        Self::InternalServer(error.to_string())
    }
}

impl From<KeyBlockError> for ServiceError {
    fn from(error: KeyBlockError) -> Self {
        Self::Validation(error.to_string())
    }
}

impl From<KeyBlockHeadersError> for ServiceError {
    fn from(error: KeyBlockHeadersError) -> Self {
        Self::Validation(error.to_string())
    }
}

impl From<As2805Error> for ServiceError {
    fn from(error: As2805Error) -> Self {
        Self::Validation(format!("AS 2805 cryptogram: {error}"))
    }
}

impl From<StateError> for ServiceError {
    fn from(error: StateError) -> Self {
        Self::InternalServer(error.to_string())
    }
}

impl From<TooWeak> for ServiceError {
    fn from(error: TooWeak) -> Self {
        Self::Validation(error.to_string())
    }
}

impl From<Tr31Error> for ServiceError {
    fn from(error: Tr31Error) -> Self {
        Self::Validation(format!("key block: {error}"))
    }
}

impl From<Tr34Error> for ServiceError {
    fn from(error: Tr34Error) -> Self {
        Self::Validation(format!("key block: {error}"))
    }
}

impl From<WrapFailed> for ServiceError {
    fn from(error: WrapFailed) -> Self {
        Self::Validation(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_resource_is_named() {
        let error = ServiceError::not_found("alias/x");
        assert_eq!(error.status(), 400);
        assert_eq!(
            error.body(),
            json!({
                "__type": "ResourceNotFoundException",
                "Message": "alias/x was not found",
                "ResourceId": "alias/x",
            })
        );
    }
}
