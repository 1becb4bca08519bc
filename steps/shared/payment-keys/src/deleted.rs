//! Keys that an alias had before they were deleted.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyState, KeySummary, KeyUsage};
use step::ServiceError;

use crate::listing::keys_in;
use crate::made_for::is_tagged_for;
use crate::{Pace, inspect};

/// The key that the alias had last, if it has been deleted or waits for that.
///
/// A key that is deleted leaves its aliases without a key, so that its own tag is all that tells
/// whose it was. It takes a page for every hundred keys that wait or are deleted, two at least, and a
/// call for each of that usage. What a responder marked as one too many never was the alias's.
pub async fn deleted_key_of(
    client: &Client,
    alias: &str,
    usage: &KeyUsage,
    pace: &Pace,
) -> Result<Option<String>, ServiceError> {
    let mut dated = Vec::new();
    for state in [KeyState::DeletePending, KeyState::DeleteComplete] {
        for KeySummary {
            key_arn,
            key_attributes,
            ..
        } in keys_in(client, &state, pace).await?
        {
            if key_attributes.is_none_or(|attributes| attributes.key_usage != *usage) {
                continue;
            }
            // INFERRED: while a key waits for its deletion, its tags can be read. Once it is deleted
            // they may be gone, with all else that was known of it: then nobody can tell.
            match is_tagged_for(client, &key_arn, alias, pace).await {
                Ok(false) | Err(ServiceError::ServiceRefused { .. }) => {}
                Ok(true) => {
                    let facts = inspect(client, &key_arn, pace).await?;
                    dated.push((facts.created_at, key_arn));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(dated.into_iter().max().map(|(_, key_arn)| key_arn))
}
