//! How a step fails: with a name the state machine can match, and words its readers can use.

use ceremony::evidence::Deed;
use lambda_runtime::Diagnostic;
use serde::{Deserialize, Serialize};

/// An error of a step.
///
/// `Display` says what was wrong and where; [`StepError::remedy`] says what to do about it;
/// [`StepError::name`] is the contract with the state machine (`Retry`, `Catch`). How to run the
/// ceremony again is not among them: the machine says that, once, for all its steps.
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

/// The form in which an error leaves a Lambda: `errorType` is its name, `errorMessage` an
/// [`Explanation`] as JSON.
pub fn to_diagnostic(error: &dyn StepError, done: Vec<Deed>) -> Diagnostic {
    let explanation = Explanation {
        what: format!("{error}."),
        remedy: error.remedy().to_owned(),
        done,
    };
    Diagnostic {
        error_type: error.name().to_owned(),
        error_message: explanation.to_json(),
    }
}

/// What went wrong, what to do about it, and what had been done before.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Explanation {
    pub what: String,
    pub remedy: String,
    /// What the step had done by then and cannot undo.
    pub done: Vec<Deed>,
}

impl Explanation {
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and deeds are JSON")
    }

    /// Reads what [`to_diagnostic`] wrote; `None` for any other message.
    pub fn parse(message: &str) -> Option<Self> {
        serde_json::from_str(message).ok()
    }
}

/// [`StepError::name`] and [`StepError::names`] of an enum of which some variants stand for errors that
/// have names of their own, and whose other variants stand for themselves. Without arguments the one
/// variant is `Service`, and the error a [`crate::aws::ServiceError`].
#[cfg(feature = "aws")]
#[macro_export]
macro_rules! step_error_names {
    () => {
        $crate::step_error_names!(Service, ServiceError);
    };
    ($($variant:ident, $of:ty);+) => {
        fn name(&self) -> &'static str {
            match self {
                $(Self::$variant(error) => error.name(),)+
                other => other.into(),
            }
        }

        fn names() -> Vec<&'static str> {
            let own = <Self as strum::VariantNames>::VARIANTS.iter().copied();
            let mut names: Vec<&'static str> = own
                .filter(|name| ![$(stringify!($variant)),+].contains(name))
                $(.chain(<$of>::names()))+
                .collect();
            // Two of them may stand for errors of the same service.
            let mut known = std::collections::HashSet::new();
            names.retain(|name| known.insert(*name));
            names
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the KCV of `CN=x\" What to do: Send it.` is 000000, expected 9A1B2A")]
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

    /// A certificate's name may hold anything, and must not become the remedy.
    #[test]
    fn what_remedy_and_deeds_survive_the_way_through_the_state_machine() {
        let deed = Deed::Signed {
            key_arn: "arn".to_owned(),
        };
        let diagnostic = to_diagnostic(&Mismatch, vec![deed.clone()]);
        assert_eq!(diagnostic.error_type, "Mismatch");
        let explanation = Explanation::parse(&diagnostic.error_message).unwrap();
        assert_eq!(explanation.what, format!("{Mismatch}."));
        assert_eq!(explanation.remedy, "Compare both.");
        assert_eq!(explanation.done, [deed]);
    }

    #[test]
    fn any_other_message_is_no_explanation() {
        for message in ["", "out of memory", r#"{"what":"x"}"#] {
            assert_eq!(Explanation::parse(message), None);
        }
    }
}
