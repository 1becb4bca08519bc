//! What the stack, or the environment, says of names in the account.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Stack;
use step::ServiceError;

/// The outputs of a stack, by the names that they have in an environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outputs(BTreeMap<String, String>);

impl Outputs {
    pub(crate) fn of(stack: &Stack) -> Self {
        let outputs = stack.outputs().iter();
        let named = outputs.filter_map(|output| {
            let (key, value) = (output.output_key()?, output.output_value()?);
            Some((upper_snake(key), value.to_owned()))
        });
        Self(named.collect())
    }

    /// What an output says; where there is none, what the environment says.
    pub(crate) fn named(&self, name: &str) -> Option<String> {
        let output = self.0.get(name).cloned();
        output.or_else(|| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }
}

/// Asks CloudFormation for the stack.
pub(crate) async fn describe(client: &Client, stack: &str) -> Result<Stack, ServiceError> {
    const ACTION: &str = "cloudformation:DescribeStacks";
    let answer = client.describe_stacks().stack_name(stack).send().await;
    let answer = answer.map_err(|error| ServiceError::new(ACTION, &error))?;
    let stack = answer.stacks.and_then(|stacks| stacks.into_iter().next());
    stack.ok_or_else(|| ServiceError::ServiceUnavailable {
        operation: ACTION,
        detail: "the answer describes no stack".to_owned(),
    })
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
