//! PutResourcePolicy, GetResourcePolicy and DeleteResourcePolicy.
//!
//! Policies are kept and shown, never evaluated: nobody is kept out by one, and nobody let in.

use serde::{Deserialize, Serialize};

use crate::model::identifiers::KeyArn;
use crate::model::policy::PolicyDocument;
use crate::operations::call::{Call, EmptyOutput};
use crate::protocol::error::ServiceError;

/// Attaches a policy to a key, in place of the one that may be there.
pub fn put_resource_policy(
    call: &mut Call<'_>,
    input: PutResourcePolicyInput,
) -> Result<ResourcePolicyOutput, ServiceError> {
    let PutResourcePolicyInput {
        resource_arn,
        policy,
    } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let key = call.key(partition, &resource_arn)?;
    key.check_changeable()?;
    if !policy.applies_to(&resource_arn) {
        return Err(ServiceError::Validation(format!(
            "Policy: Resource must be * or {resource_arn}"
        )));
    }
    if policy.is_public() {
        return Err(ServiceError::PublicPolicy(resource_arn.to_string()));
    }

    let text = policy.as_str().to_owned();
    key.policy = Some(policy);
    Ok(ResourcePolicyOutput {
        resource_arn,
        policy: text,
    })
}

/// Shows the policy of a key, also of one that waits for its deletion.
///
/// INFERRED: that a key without a policy gives a ResourceNotFoundException.
pub fn get_resource_policy(
    call: &mut Call<'_>,
    input: ResourceInput,
) -> Result<ResourcePolicyOutput, ServiceError> {
    let ResourceInput { resource_arn } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let key = call.key(partition, &resource_arn)?;
    match &key.policy {
        Some(policy) => Ok(ResourcePolicyOutput {
            policy: policy.as_str().to_owned(),
            resource_arn,
        }),
        None => Err(no_policy(&resource_arn)),
    }
}

/// Takes the policy of a key away. INFERRED: a key without one gives a ResourceNotFoundException.
pub fn delete_resource_policy(
    call: &mut Call<'_>,
    input: ResourceInput,
) -> Result<EmptyOutput, ServiceError> {
    let ResourceInput { resource_arn } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let key = call.key(partition, &resource_arn)?;
    key.check_changeable()?;
    match key.policy.take() {
        Some(_) => Ok(EmptyOutput {}),
        None => Err(no_policy(&resource_arn)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutResourcePolicyInput {
    resource_arn: KeyArn,
    policy: PolicyDocument,
}

/// The input of GetResourcePolicy and DeleteResourcePolicy.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceInput {
    resource_arn: KeyArn,
}

/// The output of PutResourcePolicy and GetResourcePolicy.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourcePolicyOutput {
    resource_arn: KeyArn,
    policy: String,
}

fn no_policy(key: &KeyArn) -> ServiceError {
    ServiceError::not_found(format_args!("the policy of {key}"))
}
