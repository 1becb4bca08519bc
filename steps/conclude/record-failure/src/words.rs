//! What Step Functions knows of a failure, in words.

use ceremony::contract::record_failure::Failure;
use serde::Deserialize;
use step::error::{BAD_INPUT, Explanation, PANIC};

/// A failure as people are told of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    pub step: String,
    pub error: String,
    pub what: String,
    pub remedy: String,
}

/// The cause of a failed branch: the step's name, and the cause it had.
#[derive(Deserialize)]
struct BranchCause {
    step: String,
    cause: Option<String>,
}

/// The cause of a failed Lambda.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LambdaCause {
    error_message: String,
}

/// Peels the cause: a branch's around a Lambda's around the step's own words.
pub fn put_into_words(failure: &Failure) -> Words {
    let mut step = failure.step.clone();
    let mut cause = failure.error.cause.clone().unwrap_or_default();
    if let Ok(branch) = serde_json::from_str::<BranchCause>(&cause) {
        step = branch.step;
        cause = branch.cause.unwrap_or_default();
    }
    if let Ok(lambda) = serde_json::from_str::<LambdaCause>(&cause) {
        cause = lambda.error_message;
    }
    let name = failure
        .error
        .error
        .clone()
        .unwrap_or_else(|| "Unknown".to_owned());
    let Explanation { what, remedy } = Explanation::parse(&cause);
    let (error, own_remedy) = of_the_platform(&name);
    let what = match what.is_empty() {
        true => "no cause was given".to_owned(),
        false => what,
    };
    Words {
        step,
        error: error.to_owned(),
        what,
        remedy: remedy.unwrap_or_else(|| own_remedy.to_owned()),
    }
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
            "This is a defect of the software: report it with the function's log.",
        ),
        "States.Timeout" | "Sandbox.Timedout" => (
            error,
            "The step took too long and was retried: look at the function's log for the call that \
             hangs, then drop the leaf again.",
        ),
        "Lambda.Unknown" | "Runtime.ExitError" => (
            error,
            "The function's process ended in the middle and was tried again: look at its log and \
             its memory, then drop the leaf again.",
        ),
        _ => (
            error,
            "Look at the function's log and the execution's history; then drop the leaf again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use ceremony::contract::record_failure::ErrorOutput;

    use super::*;

    fn words(step: &str, error: &str, cause: Option<&str>) -> Words {
        put_into_words(&Failure {
            step: step.to_owned(),
            error: ErrorOutput {
                error: Some(error.to_owned()),
                cause: cause.map(str::to_owned),
            },
            checks: None,
        })
    }

    #[test]
    fn a_steps_own_words_and_remedy_come_out_of_the_lambdas_json() {
        let cause =
            r#"{"errorType":"KcvMismatch","errorMessage":"the KCV is wrong. What to do: Stop."}"#;
        let words = words("Wrap", "KcvMismatch", Some(cause));
        assert_eq!(words.what, "the KCV is wrong.");
        assert_eq!(words.remedy, "Stop.");
    }

    #[test]
    fn a_failed_branch_is_named_by_its_step() {
        let cause = serde_json::json!({
            "step": "CreateKek",
            "cause": r#"{"errorType":"KekUnsuitable","errorMessage":"no. What to do: Yes."}"#,
        });
        let words = words("ImportAndCreate", "KekUnsuitable", Some(&cause.to_string()));
        assert_eq!(
            (words.step.as_str(), words.what.as_str()),
            ("CreateKek", "no.")
        );
    }

    #[test]
    fn a_branch_that_timed_out_without_a_cause_is_still_put_into_words() {
        let words = words(
            "ImportAndCreate",
            "States.Timeout",
            Some(r#"{"step":"ImportCa"}"#),
        );
        assert_eq!(
            (words.step.as_str(), words.error.as_str()),
            ("ImportCa", "States.Timeout")
        );
        assert_eq!(words.what, "no cause was given");
        assert!(words.remedy.contains("too long"));
    }

    #[test]
    fn the_runtimes_own_error_names_become_readable() {
        assert_eq!(words("Sign", BAD_INPUT, None).error, "StepInputMalformed");
        assert_eq!(words("Sign", PANIC, None).error, "StepPanicked");
    }

    #[test]
    fn plain_text_is_passed_on_as_it_is() {
        let words = words("Wrap", "Lambda.Unknown", Some("The function was killed."));
        assert_eq!(words.what, "The function was killed.");
        assert!(!words.remedy.is_empty());
    }
}
