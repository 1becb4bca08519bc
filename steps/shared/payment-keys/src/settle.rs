//! What becomes of a key that another one has replaced.

use aws_sdk_paymentcryptography::Client;
use step::ServiceError;

use crate::alias::{Alias, assign, look_up};
use crate::pace::Pace;
use crate::service_error;

/// What became of an alias that was to name the key from before again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PutBack {
    /// It names it.
    Done,
    /// It names another key than the one that had replaced it, or none, and was left so.
    Elsewhere(Option<String>),
}

/// Points the alias from the key that it names now back to the one from before, and from no other.
///
/// The service has no write that depends on what is there: of two that change the alias between this
/// look and this write, the last one wins.
pub async fn put_back(
    client: &Client,
    alias: &str,
    from: &str,
    to: &str,
    pace: &Pace,
) -> Result<PutBack, ServiceError> {
    match look_up(client, alias, pace).await? {
        Alias::Assigned(there) if there == to => Ok(PutBack::Done),
        Alias::Assigned(there) if there == from => {
            assign(client, alias, to, pace).await?;
            Ok(PutBack::Done)
        }
        Alias::Assigned(there) => Ok(PutBack::Elsewhere(Some(there))),
        Alias::Absent | Alias::Reserved => Ok(PutBack::Elsewhere(None)),
    }
}

/// Has the key deleted so many days from now, until when it can be restored. Its aliases lose it at once.
///
/// It may be called again: the service answers that the key waits for its deletion already, by
/// ConflictException.
pub async fn schedule_deletion(
    client: &Client,
    key_arn: &str,
    days: u32,
    pace: &Pace,
) -> Result<(), ServiceError> {
    pace.repeat(async || {
        let request = client.delete_key().key_identifier(key_arn);
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        match request.delete_key_in_days(days).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conflict_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(service_error("payment-cryptography:DeleteKey")(error)),
        }
    })
    .await
}
