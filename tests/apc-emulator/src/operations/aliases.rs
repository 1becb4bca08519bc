//! CreateAlias, GetAlias, UpdateAlias, DeleteAlias and ListAliases.

use serde::{Deserialize, Serialize};

use crate::model::identifiers::{AliasName, KeyArn};
use crate::model::limits::{MaxResults, NextToken};
use crate::operations::call::{Call, EmptyOutput};
use crate::operations::paging::page;
use crate::protocol::error::ServiceError;
use crate::store::Partition;

/// Makes an alias, with or without a key. Not idempotent: the second of two callers gets a
/// ConflictException, whatever they ask for.
pub fn create_alias(call: &mut Call<'_>, input: AliasInput) -> Result<AliasOutput, ServiceError> {
    let AliasInput {
        alias_name,
        key_arn,
    } = input;
    call.touch_alias(&alias_name);

    if alias_name.is_reserved() {
        return Err(ServiceError::Validation(format!(
            "{alias_name} is reserved"
        )));
    }
    let mut state = call.store.lock();
    let quotas = state.quotas;
    let partition = state.partition(&call.scope, call.now);
    check_target(call, partition, key_arn.as_ref())?;
    if partition.aliases().contains_key(&alias_name) {
        return Err(ServiceError::Conflict(format!(
            "{alias_name} exists already"
        )));
    }
    partition.check_room_for_alias(quotas)?;

    partition
        .aliases_mut()
        .insert(alias_name.clone(), key_arn.clone());
    Ok(AliasOutput {
        alias: Alias {
            alias_name,
            key_arn,
        },
    })
}

/// Shows an alias. `KeyArn` is absent while it has no key.
pub fn get_alias(call: &mut Call<'_>, input: AliasNameInput) -> Result<AliasOutput, ServiceError> {
    let AliasNameInput { alias_name } = input;
    call.touch_alias(&alias_name);

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let key_arn = partition
        .aliases()
        .get(&alias_name)
        .ok_or_else(|| ServiceError::not_found(&alias_name))?
        .clone();
    if let Some(arn) = &key_arn {
        call.touch_key(arn);
    }
    Ok(AliasOutput {
        alias: Alias {
            alias_name,
            key_arn,
        },
    })
}

/// Points an alias at another key, or at none when no key is given.
pub fn update_alias(call: &mut Call<'_>, input: AliasInput) -> Result<AliasOutput, ServiceError> {
    let AliasInput {
        alias_name,
        key_arn,
    } = input;
    call.touch_alias(&alias_name);

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    check_target(call, partition, key_arn.as_ref())?;
    let target = partition
        .aliases_mut()
        .get_mut(&alias_name)
        .ok_or_else(|| ServiceError::not_found(&alias_name))?;

    target.clone_from(&key_arn);
    Ok(AliasOutput {
        alias: Alias {
            alias_name,
            key_arn,
        },
    })
}

/// Removes an alias; its key stays.
pub fn delete_alias(
    call: &mut Call<'_>,
    input: AliasNameInput,
) -> Result<EmptyOutput, ServiceError> {
    let AliasNameInput { alias_name } = input;
    call.touch_alias(&alias_name);

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    match partition.aliases_mut().remove(&alias_name) {
        Some(_) => Ok(EmptyOutput {}),
        None => Err(ServiceError::not_found(&alias_name)),
    }
}

/// Lists aliases by name, all of them or those of one key.
pub fn list_aliases(
    call: &mut Call<'_>,
    input: ListAliasesInput,
) -> Result<ListAliasesOutput, ServiceError> {
    let ListAliasesInput {
        key_arn,
        next_token,
        max_results,
    } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    if let Some(arn) = &key_arn {
        call.key(partition, arn)?;
    }
    let aliases = partition
        .aliases()
        .iter()
        .filter(|(_, target)| key_arn.is_none() || **target == key_arn)
        .map(|(name, target)| {
            let alias = Alias {
                alias_name: name.clone(),
                key_arn: target.clone(),
            };
            (name.to_string(), alias)
        });
    let page = page("aliases", aliases, next_token.as_ref(), max_results)?;
    Ok(ListAliasesOutput {
        aliases: page.items,
        next_token: page.next_token,
    })
}

/// The input of CreateAlias and UpdateAlias.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AliasInput {
    alias_name: AliasName,
    key_arn: Option<KeyArn>,
}

/// The input of GetAlias and DeleteAlias.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AliasNameInput {
    alias_name: AliasName,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAliasesInput {
    key_arn: Option<KeyArn>,
    next_token: Option<NextToken>,
    max_results: Option<MaxResults>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AliasOutput {
    alias: Alias,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAliasesOutput {
    aliases: Vec<Alias>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Alias {
    alias_name: AliasName,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_arn: Option<KeyArn>,
}

/// An alias can point at any key that is not being deleted.
fn check_target(
    call: &mut Call<'_>,
    partition: &mut Partition,
    target: Option<&KeyArn>,
) -> Result<(), ServiceError> {
    match target {
        None => Ok(()),
        Some(arn) => call.key(partition, arn)?.check_complete(),
    }
}
