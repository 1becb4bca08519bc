//! What a key is.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::primitives::DateTime;
use aws_sdk_paymentcryptography::types::{Key, KeyAttributes, KeyState, MpaStatus, SessionStatus};
use step::ServiceError;

use crate::pace::Pace;
use crate::service_error;

/// What the service tells of a key, whether it was asked (GetKey) or has just made it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyFacts {
    pub key_arn: String,
    /// Of a key that an approval team was asked for. Few have one, and facts are handed around.
    pub approval: Option<Box<Approval>>,
    pub attributes: KeyAttributes,
    pub created_at: DateTime,
    /// When it will be deleted, if it waits for that.
    pub delete_at: Option<DateTime>,
    pub enabled: bool,
    pub exportable: bool,
    pub kcv: String,
    pub state: KeyState,
}

/// How far an approval is. The service does not tell who approved: the session's ARN names the team,
/// and whoever may read the session learns the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    pub session_arn: String,
    pub status: SessionStatus,
    pub asked_at: DateTime,
    pub message: Option<String>,
}

impl KeyFacts {
    /// Whether it is not there yet: people have to approve it first.
    pub(crate) fn waits(&self) -> bool {
        self.state == KeyState::CreateInProgress
    }

    /// The key that an operation answered with. The SDK fills in what an answer lacks: an ARN
    /// without a character is none.
    pub fn of_answer(operation: &'static str, key: Option<Key>) -> Result<Self, ServiceError> {
        let incomplete = || ServiceError::ServiceUnavailable {
            operation,
            detail: "the answer does not describe a key".to_owned(),
        };
        let key = key.filter(|key| !key.key_arn.is_empty());
        let key = key.ok_or_else(incomplete)?;
        Ok(Self {
            approval: key.mpa_status.map(Approval::of_answer),
            attributes: key.key_attributes.ok_or_else(incomplete)?,
            created_at: key.create_timestamp,
            delete_at: key.delete_pending_timestamp,
            enabled: key.enabled,
            exportable: key.exportable,
            kcv: key.key_check_value,
            key_arn: key.key_arn,
            state: key.key_state,
        })
    }
}

impl Approval {
    fn of_answer(status: MpaStatus) -> Box<Self> {
        Box::new(Self {
            session_arn: status.mpa_session_arn,
            status: status.status,
            asked_at: status.initiation_date,
            message: status.status_message,
        })
    }
}

/// Asks for a key by its ARN. A key that is not there is `ServiceRefused`.
pub async fn inspect(
    client: &Client,
    key_arn: &str,
    pace: &Pace,
) -> Result<KeyFacts, ServiceError> {
    const OPERATION: &str = "payment-cryptography:GetKey";
    pace.repeat(async || {
        let answer = client.get_key().key_identifier(key_arn).send().await;
        let answer = answer.map_err(service_error(OPERATION))?;
        KeyFacts::of_answer(OPERATION, answer.key)
    })
    .await
}

/// The same of a key that need not be there.
pub async fn inspect_if_there(
    client: &Client,
    identifier: &str,
    pace: &Pace,
) -> Result<Option<KeyFacts>, ServiceError> {
    match inspect(client, identifier, pace).await {
        Ok(facts) => Ok(Some(facts)),
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ResourceNotFoundException" => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
