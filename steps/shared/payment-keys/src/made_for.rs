//! Keys that were made for an alias, whether or not they became its key.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyAttributes, KeyState};
use step::ServiceError;

use crate::{ALIAS_TAG, service_error};

/// The oldest usable key with these attributes that is tagged as made for the alias.
pub(crate) async fn oldest_made_for(
    client: &Client,
    alias: &str,
    attributes: &KeyAttributes,
) -> Result<Option<String>, ServiceError> {
    let mut found = Vec::new();
    let mut pages = client
        .list_keys()
        .key_state(KeyState::CreateComplete)
        .into_paginator()
        .items()
        .send();
    while let Some(key) = pages.next().await {
        let key = key.map_err(service_error("payment-cryptography:ListKeys"))?;
        if key.enabled
            && key.key_attributes.as_ref() == Some(attributes)
            && is_tagged_for(client, &key.key_arn, alias).await?
        {
            let details = crate::inspect(client, &key.key_arn).await?;
            found.push((details.created_at, key.key_arn));
        }
    }
    Ok(found.into_iter().min().map(|(_, key_arn)| key_arn))
}

async fn is_tagged_for(client: &Client, key_arn: &str, alias: &str) -> Result<bool, ServiceError> {
    let mut pages = client
        .list_tags_for_resource()
        .resource_arn(key_arn)
        .into_paginator()
        .items()
        .send();
    while let Some(tag) = pages.next().await {
        let tag = tag.map_err(service_error("payment-cryptography:ListTagsForResource"))?;
        if tag.key == ALIAS_TAG && tag.value.as_deref() == Some(alias) {
            return Ok(true);
        }
    }
    Ok(false)
}
