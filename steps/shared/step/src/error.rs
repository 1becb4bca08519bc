//! How a step fails: with a name the state machine can match, and words its readers can use.

use lambda_runtime::Diagnostic;
use serde::{Deserialize, Serialize};

/// An error of a step.
///
/// `Display` says what was wrong and where; [`StepError::remedy`] says what to do about it;
/// [`StepError::name`] is the contract with the state machine (`Retry`, `Catch`).
pub trait StepError: std::error::Error {
    /// Stable CamelCase name: the variant's.
    fn name(&self) -> &'static str;

    /// One or two sentences for the person who is told of the failure.
    fn remedy(&self) -> &'static str;

    /// Every name this step can fail with, so that a test can hold the state machine to them.
    fn names() -> Vec<&'static str>
    where
        Self: Sized;
}

/// The Lambda runtime's name for an input document that is not of the step's form.
pub const BAD_INPUT: &str = "&lambda_runtime::deserializer::DeserializeError";

/// The Lambda runtime's name for a panic.
pub const PANIC: &str = "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>";

const SEPARATOR: &str = " What to do: ";

/// The form in which an error leaves a Lambda: `errorType` is its name, `errorMessage` its words
/// followed by the remedy. [`Explanation::parse`] takes them apart again.
pub fn to_diagnostic(error: &dyn StepError) -> Diagnostic {
    Diagnostic {
        error_type: error.name().to_owned(),
        error_message: format!("{error}.{SEPARATOR}{}", error.remedy()),
    }
}

/// What went wrong and what to do about it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Explanation {
    pub what: String,
    pub remedy: Option<String>,
}

impl Explanation {
    /// Takes a message made by [`to_diagnostic`] apart; any other message is all `what`.
    pub fn parse(message: &str) -> Self {
        match message.split_once(SEPARATOR) {
            Some((what, remedy)) => Self {
                what: what.to_owned(),
                remedy: Some(remedy.to_owned()),
            },
            None => Self {
                what: message.to_owned(),
                remedy: None,
            },
        }
    }
}

/// [`StepError::name`] and [`StepError::names`] of an enum whose variant `Service` stands for a
/// [`crate::aws::ServiceError`], and whose other variants stand for themselves.
#[cfg(feature = "aws")]
#[macro_export]
macro_rules! step_error_names {
    () => {
        fn name(&self) -> &'static str {
            match self {
                Self::Service(error) => error.name(),
                other => other.into(),
            }
        }

        fn names() -> Vec<&'static str> {
            let own = <Self as strum::VariantNames>::VARIANTS.iter().copied();
            own.filter(|name| *name != "Service")
                .chain(ServiceError::names())
                .collect()
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the KCV is 000000, expected 9A1B2A")]
    struct Mismatch;

    impl StepError for Mismatch {
        fn name(&self) -> &'static str {
            "Mismatch"
        }
        fn remedy(&self) -> &'static str {
            "Compare both."
        }
        fn names() -> Vec<&'static str> {
            vec!["Mismatch"]
        }
    }

    #[test]
    fn what_and_remedy_survive_the_way_through_the_state_machine() {
        let diagnostic = to_diagnostic(&Mismatch);
        assert_eq!(diagnostic.error_type, "Mismatch");
        let explanation = Explanation::parse(&diagnostic.error_message);
        assert_eq!(explanation.what, "the KCV is 000000, expected 9A1B2A.");
        assert_eq!(explanation.remedy.as_deref(), Some("Compare both."));
    }
}
