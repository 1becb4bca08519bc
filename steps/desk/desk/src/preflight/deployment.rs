//! What was deployed, as CloudFormation knows it.

use std::collections::BTreeMap;

use step::ServiceError;

use super::Finding;
use super::aws::{Aws, refused};
use super::template::Template;
use crate::outputs::{Outputs, describe};

/// The stack, or why it is not known.
pub(crate) struct Deployment {
    pub(crate) stack: String,
    pub(crate) state: Result<State, ServiceError>,
    pub(crate) template: Result<Template, ServiceError>,
    outputs: Outputs,
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
        let described = describe(&aws.cloudformation, stack).await;
        let outputs = described.as_ref().map(Outputs::of).unwrap_or_default();
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
        self.outputs.named(name)
    }
}

/// A check that needs an output which is nowhere.
pub(crate) fn unnamed(name: &str) -> Finding {
    Finding::not_known(
        format!("Neither the stack nor the environment has a {name}."),
        "Name the stack with `--stack`, or set the variable to what `cdk deploy` printed.",
    )
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
