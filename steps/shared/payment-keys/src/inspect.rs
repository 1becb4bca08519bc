//! What a key is.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::primitives::DateTime;
use aws_sdk_paymentcryptography::types::{KeyAttributes, KeyState};
use step::ServiceError;

use crate::service_error;

/// What GetKey tells of a key.
#[derive(Clone, Debug)]
pub struct KeyFacts {
    pub key_arn: String,
    pub attributes: KeyAttributes,
    pub created_at: DateTime,
    pub enabled: bool,
    pub exportable: bool,
    pub kcv: String,
    pub state: KeyState,
}

/// Asks for a key by its ARN. A key that is not there is `ServiceRefused`.
pub async fn inspect(client: &Client, key_arn: &str) -> Result<KeyFacts, ServiceError> {
    let answer = client
        .get_key()
        .key_identifier(key_arn)
        .send()
        .await
        .map_err(service_error("payment-cryptography:GetKey"))?;
    let incomplete = || ServiceError::ServiceUnavailable {
        operation: "payment-cryptography:GetKey",
        detail: format!("the answer does not describe {key_arn}"),
    };
    // The SDK fills in what an answer lacks.
    let key = answer.key.filter(|key| !key.key_arn.is_empty());
    let key = key.ok_or_else(incomplete)?;
    Ok(KeyFacts {
        attributes: key.key_attributes.ok_or_else(incomplete)?,
        created_at: key.create_timestamp,
        enabled: key.enabled,
        exportable: key.exportable,
        kcv: key.key_check_value,
        key_arn: key.key_arn,
        state: key.key_state,
    })
}
