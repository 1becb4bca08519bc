//! Task tokens: seen by nobody, and stored under encryption that binds them to their wait.
//!
//! Whoever holds a token speaks for the outside: it moves the execution on, with whatever output. A
//! [`TaskToken`] is read from a step's input and can be written nowhere: it has no `Serialize` and no
//! `Display`, and its `Debug` says nothing.
//!
//! KMS encrypts it with an encryption context of the wait's id, ceremony, kind, subject and attempt.
//! Whoever can write the table cannot have one wait answered by another's answer: a token that was
//! copied from another item, kept from an earlier attempt, or put under another subject does not
//! decrypt. The context is in CloudTrail in clear; there is nothing in it that the evidence does not say.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::primitives::Blob;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use step::ServiceError;
use zeroize::Zeroizing;

use crate::Waiting;
use crate::errors::without_words;
use crate::names::{Attempt, Subject, WaitId};
use crate::record::Record;

/// The token of a task that waits.
pub struct TaskToken(Zeroizing<String>);

/// As Step Functions bounds it (API reference, SendTaskSuccess).
const MAX_CHARACTERS: usize = 2048;

impl TaskToken {
    /// For the one call that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TaskToken {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = Zeroizing::new(text);
        if text.is_empty() || text.len() > MAX_CHARACTERS {
            return Err(format!("a task token has 1 to {MAX_CHARACTERS} characters"));
        }
        Ok(Self(text))
    }
}

impl<'de> Deserialize<'de> for TaskToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken(not shown)")
    }
}

/// An encrypted token.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Sealed(pub(crate) Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(not shown)")
    }
}

impl Waiting {
    pub(crate) async fn seal(
        &self,
        id: &WaitId,
        subject: &Subject,
        attempt: Attempt,
        token: &TaskToken,
    ) -> Result<Sealed, ServiceError> {
        let answer = self
            .kms
            .encrypt()
            .key_id(&self.key_arn)
            .plaintext(Blob::new(token.expose()))
            .set_encryption_context(Some(context(id, subject, attempt)))
            .send()
            .await
            .map_err(|error| without_words("kms:Encrypt", &error))?;
        let sealed = answer.ciphertext_blob.map(Blob::into_inner);
        sealed.map(Sealed).ok_or(ServiceError::ServiceUnavailable {
            operation: "kms:Encrypt",
            detail: "an answer without a ciphertext".to_owned(),
        })
    }

    /// `None` if what is stored is not the token of this wait.
    pub(crate) async fn unseal(&self, record: &Record) -> Result<Option<TaskToken>, ServiceError> {
        let sealed = record.token().map(|sealed| sealed.0.as_slice());
        let answer = self
            .kms
            .decrypt()
            .key_id(&self.key_arn)
            .ciphertext_blob(Blob::new(sealed.unwrap_or_default()))
            .set_encryption_context(Some(context(&record.id, &record.subject, record.attempt)))
            .send()
            .await;
        let plaintext = match answer {
            Ok(answer) => answer.plaintext.map(Blob::into_inner),
            Err(error) if error.as_service_error().is_some_and(is_another) => None,
            Err(error) => return Err(ServiceError::new("kms:Decrypt", &error)),
        };
        let text = plaintext.and_then(|bytes| String::from_utf8(bytes).ok());
        let token = text.and_then(|text| TaskToken::try_from(text).ok());
        if token.is_none() {
            tracing::error!(wait = %record.id, "what is stored is not the token of this wait");
        }
        Ok(token)
    }
}

/// Changed, of another context, or encrypted with another key.
fn is_another(error: &DecryptError) -> bool {
    error.is_invalid_ciphertext_exception() || error.is_incorrect_key_exception()
}

fn context(id: &WaitId, subject: &Subject, attempt: Attempt) -> HashMap<String, String> {
    let Attempt { entered_at, retry } = attempt;
    let of = |name: &str, value: String| (format!("key-ceremony:{name}"), value);
    HashMap::from([
        of("wait", id.to_string()),
        of("ceremony-id", id.ceremony_id.to_string()),
        of("awaited", id.awaited.to_string()),
        of("subject", subject.as_str().to_owned()),
        of("attempt", format!("{entered_at}/{retry}")),
    ])
}
