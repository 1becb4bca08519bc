//! What Step Functions knows of a failure, in words.

use ceremony::evidence::Deed;
use serde::{Deserialize, Serialize, Serializer};
use step::error::{BAD_INPUT, Explanation, PANIC};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// The state that failed.
    pub step: String,
    pub error: ErrorOutput,
}

/// `$states.errorOutput`, as Step Functions makes it. The cause is a Lambda's JSON, or plain text;
/// some errors have none.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorOutput {
    pub error: Option<String>,
    pub cause: Option<String>,
}

/// A failure as people are told of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    pub step: String,
    pub error: String,
    pub what: String,
    pub remedy: String,
    pub done: Done,
}

/// What the failing step had done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Done {
    Known(Vec<Deed>),
    /// It did not live to tell.
    NotKnown,
}

impl Serialize for Done {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(deeds) => deeds.serialize(serializer),
            Self::NotKnown => serializer.serialize_str("not known"),
        }
    }
}

/// The cause of a failed Lambda.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LambdaCause {
    error_message: String,
}

/// An execution's cause may have 32 KiB, an event 256 KiB; the record has every check besides.
const MAX_WHAT: usize = 8 * 1024;

/// Peels the cause: a Lambda's JSON around the step's own explanation.
pub fn put_into_words(failure: &Failure) -> Words {
    let cause = failure.error.cause.clone().unwrap_or_default();
    let message = match serde_json::from_str::<LambdaCause>(&cause) {
        Ok(lambda) => lambda.error_message,
        Err(_) => cause,
    };
    let name = failure.error.error.as_deref().unwrap_or("Unknown");
    let (error, platforms_remedy) = of_the_platform(name);
    let (what, remedy, done) = match Explanation::parse(&message) {
        Some(Explanation { what, remedy, done }) => (what, remedy, Done::Known(done)),
        // A step that cannot read its input has not begun.
        None if name == BAD_INPUT => (message, platforms_remedy.to_owned(), Done::Known(vec![])),
        None => (message, platforms_remedy.to_owned(), Done::NotKnown),
    };
    Words {
        step: failure.step.clone(),
        error: error.to_owned(),
        what: clip(what),
        remedy,
        done,
    }
}

fn clip(what: String) -> String {
    if what.is_empty() {
        return "no cause was given".to_owned();
    }
    if what.len() <= MAX_WHAT {
        return what;
    }
    let end = (0..=MAX_WHAT).rev().find(|end| what.is_char_boundary(*end));
    format!("{} … (cut here)", &what[..end.unwrap_or_default()])
}

/// Errors that no step names itself: a readable name, and what to do.
fn of_the_platform(error: &str) -> (&str, &'static str) {
    match error {
        BAD_INPUT => (
            "StepInputMalformed",
            "The step did not understand its input. An execution that was started by hand must \
             have the form that intake writes; otherwise deploy state machine and functions of one \
             version.",
        ),
        PANIC => (
            "StepPanicked",
            "This is a defect of the software: report it with the function's log, and look at the \
             aliases that the record names.",
        ),
        "States.Timeout" | "Sandbox.Timedout" => (
            error,
            "The step took too long and was retried: look at the function's log for the call that \
             hangs, and at the aliases that the record names.",
        ),
        "Lambda.Unknown" | "Runtime.ExitError" => (
            error,
            "The function's process ended in the middle and was tried again: look at its log and \
             its memory, and at the aliases that the record names.",
        ),
        _ => (
            error,
            "Look at the function's log and the execution's history, and at the aliases that the \
             record names.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use ceremony::keys::Origin;
    use serde_json::json;

    use super::*;

    fn words(step: &str, error: Option<&str>, cause: Option<&str>) -> Words {
        put_into_words(&Failure {
            step: step.to_owned(),
            error: ErrorOutput {
                error: error.map(str::to_owned),
                cause: cause.map(str::to_owned),
            },
        })
    }

    #[test]
    fn a_steps_own_words_and_deeds_come_out_of_the_lambdas_json() {
        let deed = Deed::HadKey {
            key_arn: "arn".to_owned(),
            alias: None,
            origin: Origin::Created,
        };
        let explanation = json!({ "what": "the KCV is wrong.", "remedy": "Stop.", "done": [deed] });
        let cause = json!({ "errorType": "KcvMismatch", "errorMessage": explanation.to_string() });
        let words = words("WrapRsa", Some("KcvMismatch"), Some(&cause.to_string()));
        assert_eq!(
            (words.step.as_str(), words.error.as_str()),
            ("WrapRsa", "KcvMismatch")
        );
        assert_eq!(
            (words.what.as_str(), words.remedy.as_str()),
            ("the KCV is wrong.", "Stop.")
        );
        assert_eq!(words.done, Done::Known(vec![deed]));
    }

    /// A refusal of the validation is no Lambda's error: the machine passes the explanation itself.
    #[test]
    fn an_explanation_may_come_without_a_lambda_around_it() {
        let cause = json!({ "what": "expired.", "remedy": "Renew.", "done": [] }).to_string();
        let words = words("Validate", Some("CertificateExpired"), Some(&cause));
        assert_eq!(
            (words.what.as_str(), words.remedy.as_str()),
            ("expired.", "Renew.")
        );
        assert_eq!(words.done, Done::Known(vec![]));
    }

    #[test]
    fn of_a_killed_step_nobody_knows_what_it_did() {
        for error in [
            "States.Timeout",
            "Sandbox.Timedout",
            "Lambda.Unknown",
            "Runtime.ExitError",
            "States.Runtime",
            PANIC,
        ] {
            let words = words("ImportCa", Some(error), None);
            assert_eq!(words.done, Done::NotKnown, "{error}");
            assert_eq!(words.what, "no cause was given");
            assert!(
                words.remedy.contains("aliases"),
                "{error}: {}",
                words.remedy
            );
        }
        assert_eq!(serde_json::to_value(Done::NotKnown).unwrap(), "not known");
        assert_eq!(
            serde_json::to_value(Done::Known(vec![])).unwrap(),
            json!([])
        );
    }

    #[test]
    fn the_runtimes_own_error_names_become_readable() {
        let malformed = words(
            "Sign",
            Some(BAD_INPUT),
            Some(r#"{"errorMessage":"no field"}"#),
        );
        assert_eq!(malformed.error, "StepInputMalformed");
        assert_eq!(
            (malformed.what.as_str(), malformed.done),
            ("no field", Done::Known(vec![]))
        );
        assert_eq!(words("Sign", Some(PANIC), None).error, "StepPanicked");
        assert_eq!(words("Sign", None, None).error, "Unknown");
    }

    #[test]
    fn each_way_to_die_has_its_own_remedy() {
        let remedy = |error: &str| words("Sign", Some(error), None).remedy;
        assert!(remedy("States.Timeout").contains("too long"));
        assert!(remedy("Lambda.Unknown").contains("memory"));
        assert!(remedy("States.Runtime").contains("history"));
    }

    #[test]
    fn plain_text_is_passed_on_as_it_is_and_too_much_of_it_is_cut() {
        let killed = words(
            "WrapRsa",
            Some("Lambda.Unknown"),
            Some("The function was killed."),
        );
        assert_eq!(killed.what, "The function was killed.");
        let exactly = "x".repeat(MAX_WHAT);
        assert_eq!(words("WrapRsa", Some("X"), Some(&exactly)).what, exactly);
        let endless = words("WrapRsa", Some("X"), Some(&"é".repeat(MAX_WHAT))).what;
        assert!(endless.ends_with("(cut here)") && endless.len() < MAX_WHAT + 32);
        assert!(endless.len() >= MAX_WHAT);
    }
}
