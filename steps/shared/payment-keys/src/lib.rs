//! Keys in AWS Payment Cryptography that are found by their alias and made once.
//!
//! CreateKey and ImportKey have no idempotency token. [`claim`] makes them idempotent by an alias;
//! [`inspect`] tells what a key is, so that one named by a profile is checked before it is used.

mod alias;
mod claim;
mod inspect;
mod made_for;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_paymentcryptography::types::{Key, Tag};
use ceremony::id::Ceremony;
use step::ServiceError;

pub use claim::{Claim, ClaimError, claim};
pub use inspect::{KeyFacts, inspect};

/// The tags of every key a ceremony makes: who asked for it, for whom, what it is, and the alias
/// by which it is to be found, so that a key whose maker died before the alias was set is not lost.
pub fn tags(ceremony: &Ceremony, purpose: &str, alias: &str) -> Vec<Tag> {
    [
        ("key-ceremony:ceremony-id", ceremony.ceremony_id.as_str()),
        ("key-ceremony:partner", ceremony.partner.as_str()),
        ("key-ceremony:purpose", purpose),
        (ALIAS_TAG, alias),
    ]
    .into_iter()
    .filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok())
    .collect()
}

/// Names the alias a key was made for.
const ALIAS_TAG: &str = "key-ceremony:alias";

/// A client whose calls are not repeated behind the caller's back: a CreateKey that was carried
/// out but whose answer was lost must not be sent again before the key has been looked for. The
/// state machine retries the step.
pub fn client(config: &step::aws::SdkConfig) -> Client {
    let config = aws_sdk_paymentcryptography::config::Builder::from(config)
        .retry_config(aws_sdk_paymentcryptography::config::retry::RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// The ARN of the key that CreateKey or ImportKey answered with. The SDK fills in what an answer
/// lacks: an ARN without a character is none.
pub fn made(operation: &'static str, key: Option<Key>) -> Result<String, ServiceError> {
    key.map(|key| key.key_arn)
        .filter(|key_arn| !key_arn.is_empty())
        .ok_or_else(|| ServiceError::ServiceUnavailable {
            operation,
            detail: "the answer names no key".to_owned(),
        })
}

fn service_error<E>(
    operation: &'static str,
) -> impl Fn(SdkError<E, aws_sdk_paymentcryptography::config::http::HttpResponse>) -> ServiceError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    move |error| ServiceError::new(operation, &error)
}
