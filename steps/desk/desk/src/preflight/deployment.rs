//! What was deployed, as CloudFormation knows it.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;
use step::ServiceError;

use super::Finding;
use super::aws::{Aws, refused};
use super::template::Template;

/// The stack, or why it is not known.
pub(crate) struct Deployment {
    pub(crate) stack: String,
    pub(crate) state: Result<State, ServiceError>,
    pub(crate) template: Result<Template, ServiceError>,
    outputs: BTreeMap<String, String>,
}

/// How the last deployment ended.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) status: String,
    /// When it began, in seconds since 1970.
    pub(crate) at: Option<i64>,
}

impl Deployment {
    pub(crate) async fn read(aws: &Aws, stack: &str) -> Self {
        let described = describe(aws, stack).await;
        let outputs = described.as_ref().map(outputs).unwrap_or_default();
        let state = described.map(|stack| State {
            status: stack
                .stack_status()
                .map(|status| status.as_str().to_owned())
                .unwrap_or_default(),
            at: stack
                .last_updated_time()
                .or(stack.creation_time())
                .map(aws_smithy_types::DateTime::secs),
        });
        let template = match &state {
            Ok(_) => read_template(aws, stack).await,
            Err(error) => Err(error.clone()),
        };
        Self {
            stack: stack.to_owned(),
            state,
            template,
            outputs,
        }
    }

    /// What an output of the stack says; without the stack, what the environment says.
    pub(crate) fn output(&self, name: &str) -> Option<String> {
        let output = self.outputs.get(name).cloned();
        output.or_else(|| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }
}

/// A check that needs an output which is nowhere.
pub(crate) fn unnamed(name: &str) -> Finding {
    Finding::not_known(
        format!("Neither the stack nor the environment has a {name}."),
        "Name the stack with `--stack`, or set the variable to what `cdk deploy` printed.",
    )
}

async fn describe(aws: &Aws, stack: &str) -> Result<Stack, ServiceError> {
    const ACTION: &str = "cloudformation:DescribeStacks";
    let answer = aws.cloudformation.describe_stacks().stack_name(stack);
    let answer = answer.send().await.map_err(refused(ACTION))?;
    let stack = answer.stacks.and_then(|stacks| stacks.into_iter().next());
    stack.ok_or_else(|| incomplete(ACTION, "the answer describes no stack"))
}

fn outputs(stack: &Stack) -> BTreeMap<String, String> {
    let outputs = stack.outputs().iter();
    let named = outputs.filter_map(|output| {
        let (key, value) = (output.output_key()?, output.output_value()?);
        Some((upper_snake(key), value.to_owned()))
    });
    named.collect()
}

async fn read_template(aws: &Aws, stack: &str) -> Result<Template, ServiceError> {
    const ACTION: &str = "cloudformation:GetTemplate";
    let answer = aws.cloudformation.get_template().stack_name(stack);
    let answer = answer.send().await.map_err(refused(ACTION))?;
    let document = serde_json::from_str(answer.template_body().unwrap_or_default());
    let document = document.map_err(|error| incomplete(ACTION, &format!("no JSON: {error}")))?;
    let mut physical = BTreeMap::new();
    let request = aws.cloudformation.list_stack_resources().stack_name(stack);
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(refused("cloudformation:ListStackResources"))?;
        let resources = page.stack_resource_summaries().iter();
        physical.extend(resources.filter_map(|resource| {
            let logical = resource.logical_resource_id()?.to_owned();
            Some((logical, resource.physical_resource_id()?.to_owned()))
        }));
    }
    Ok(Template { document, physical })
}

fn incomplete(operation: &'static str, detail: &str) -> ServiceError {
    ServiceError::ServiceUnavailable {
        operation,
        detail: detail.to_owned(),
    }
}

/// `InboxBucket` is called `INBOX_BUCKET` in an environment.
fn upper_snake(pascal: &str) -> String {
    let mut name = String::new();
    for (index, letter) in pascal.chars().enumerate() {
        if index > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_the_names_of_the_environment() {
        assert_eq!(
            upper_snake("NotificationTopicArn"),
            "NOTIFICATION_TOPIC_ARN"
        );
    }
}
