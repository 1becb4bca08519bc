//! TagResource, UntagResource and ListTagsForResource.

use serde::{Deserialize, Serialize};

use crate::model::identifiers::KeyArn;
use crate::model::limits::{MaxResults, NextToken};
use crate::model::tags::{MAXIMUM, Tag, TagKeys, Tags};
use crate::operations::call::{Call, EmptyOutput};
use crate::operations::paging::page;
use crate::protocol::error::ServiceError;

/// Adds tags to a key; a tag key that is there already gets the new value.
///
/// INFERRED: too many tags in all are a ServiceQuotaExceededException.
pub fn tag_resource(
    call: &mut Call<'_>,
    input: TagResourceInput,
) -> Result<EmptyOutput, ServiceError> {
    let TagResourceInput { resource_arn, tags } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let key = call.key(partition, &resource_arn)?;
    key.check_changeable()?;
    let mut all = key.tags.clone();
    all.extend(tags.into_map());
    if all.len() > MAXIMUM {
        let message = format!("a key has at most {MAXIMUM} tags");
        return Err(ServiceError::ServiceQuotaExceeded(message));
    }

    key.tags = all;
    state.synchronize(&call.scope, &resource_arn, call.now);
    Ok(EmptyOutput {})
}

/// Removes tags from a key; one that is not there is no error.
pub fn untag_resource(
    call: &mut Call<'_>,
    input: UntagResourceInput,
) -> Result<EmptyOutput, ServiceError> {
    let UntagResourceInput {
        resource_arn,
        tag_keys,
    } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let key = call.key(partition, &resource_arn)?;
    key.check_changeable()?;

    for tag_key in tag_keys.iter() {
        key.tags.remove(tag_key);
    }
    state.synchronize(&call.scope, &resource_arn, call.now);
    Ok(EmptyOutput {})
}

/// Lists the tags of a key by tag key.
pub fn list_tags_for_resource(
    call: &mut Call<'_>,
    input: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, ServiceError> {
    let ListTagsForResourceInput {
        resource_arn,
        next_token,
        max_results,
    } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let tags = call
        .key(partition, &resource_arn)?
        .tags
        .iter()
        .map(|(key, value)| {
            (
                key.as_str().to_owned(),
                Tag {
                    key: key.clone(),
                    value: value.clone(),
                },
            )
        });
    let page = page("tags", tags, next_token.as_ref(), max_results)?;
    Ok(ListTagsForResourceOutput {
        tags: page.items,
        next_token: page.next_token,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagResourceInput {
    resource_arn: KeyArn,
    tags: Tags,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagResourceInput {
    resource_arn: KeyArn,
    tag_keys: TagKeys,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResourceInput {
    resource_arn: KeyArn,
    next_token: Option<NextToken>,
    max_results: Option<MaxResults>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResourceOutput {
    tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}
