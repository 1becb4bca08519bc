//! One retry policy per kind of state, and one failure path: identical in every machine by rule.
//!
//! The machines stay plain JSON that is deployed as it stands. Instead of a generator there are
//! these constants, the test that holds every machine to them, and `UPDATE_MACHINES=1`, which
//! writes them into the machines' text.

use serde_json::{Value, json};

use crate::machine::{Machine, State};
use crate::steps::Step;

/// What kind of state it is decides what is tried again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A Lambda that calls AWS.
    LambdaWithAws,
    /// A Lambda that computes.
    LambdaAlone,
    /// An event for the bus; it may be announced twice.
    Announcement,
    /// Waits for people or partners, by a task token. Tried again is only what kept the token from being
    /// stored: not a wait that has ended, by its deadline or by its own time limit.
    Wait,
    /// Waits for a machine of its own, which is not begun again: what it has done is kept.
    Map,
    /// Must never happen twice, whatever it costs: its Comment begins with [`AT_MOST_ONCE`].
    AtMostOnce,
    /// Neither a Task nor retried: Pass, Choice, Succeed, Fail.
    Plain,
}

pub const AT_MOST_ONCE: &str = "At most once: ";

impl Kind {
    pub fn of(state: &State<'_>) -> Self {
        if state.kind() != "Task" {
            return Self::Plain;
        }
        if state.comment().starts_with(AT_MOST_ONCE) {
            return Self::AtMostOnce;
        }
        match state.resource() {
            resource if resource.ends_with(".waitForTaskToken") => Self::Wait,
            "arn:aws:states:::events:putEvents" => Self::Announcement,
            "arn:aws:states:::states:startExecution.sync:2" => Self::Map,
            "arn:aws:states:::lambda:invoke" if Step::of(state.name).calls_aws() => {
                Self::LambdaWithAws
            }
            "arn:aws:states:::lambda:invoke" => Self::LambdaAlone,
            other => panic!(
                "{} {}: no kind of state has {other}",
                state.machine, state.name
            ),
        }
    }

    /// The value of `Retry` as it stands in the file; `None` where there must be none.
    pub fn retry(self) -> Option<&'static str> {
        match self {
            Self::LambdaWithAws => Some(LAMBDA_WITH_AWS),
            Self::LambdaAlone => Some(LAMBDA_ALONE),
            Self::Announcement => Some(ANNOUNCEMENT),
            Self::Wait => Some(WAIT),
            Self::Map | Self::AtMostOnce | Self::Plain => None,
        }
    }
}

/// Throttles pass when others are done: that is waited for, a quarter of an hour on average (with
/// full jitter, sixty delays of half their maximum each). Lost answers pass by themselves; a
/// process that died is tried twice more.
const LAMBDA_WITH_AWS: &str = r#"[
        {
          "ErrorEquals": ["ServiceThrottled", "Lambda.TooManyRequestsException"],
          "IntervalSeconds": 2,
          "MaxAttempts": 60,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        },
        {
          "ErrorEquals": [
            "ServiceUnavailable",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.ClientExecutionTimeoutException"
          ],
          "IntervalSeconds": 1,
          "MaxAttempts": 6,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        },
        {
          "ErrorEquals": ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"],
          "IntervalSeconds": 2,
          "MaxAttempts": 2,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        }
      ]"#;

const LAMBDA_ALONE: &str = r#"[
        {
          "ErrorEquals": ["Lambda.TooManyRequestsException"],
          "IntervalSeconds": 2,
          "MaxAttempts": 60,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        },
        {
          "ErrorEquals": [
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.ClientExecutionTimeoutException"
          ],
          "IntervalSeconds": 1,
          "MaxAttempts": 6,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        },
        {
          "ErrorEquals": ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"],
          "IntervalSeconds": 2,
          "MaxAttempts": 2,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        }
      ]"#;

/// As of a Lambda that calls AWS, but for what would begin the wait once more when its time was over.
const WAIT: &str = r#"[
        {
          "ErrorEquals": ["ServiceThrottled", "Lambda.TooManyRequestsException"],
          "IntervalSeconds": 2,
          "MaxAttempts": 60,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        },
        {
          "ErrorEquals": [
            "ServiceUnavailable",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.ClientExecutionTimeoutException"
          ],
          "IntervalSeconds": 1,
          "MaxAttempts": 6,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        },
        {
          "ErrorEquals": ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"],
          "IntervalSeconds": 2,
          "MaxAttempts": 2,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        }
      ]"#;

const ANNOUNCEMENT: &str = r#"[
        {
          "ErrorEquals": ["States.ALL"],
          "IntervalSeconds": 1,
          "MaxAttempts": 5,
          "BackoffRate": 2,
          "MaxDelaySeconds": 30,
          "JitterStrategy": "FULL"
        }
      ]"#;

/// Every machine ends its failures in these states, each the same everywhere.
pub const FAILURE_PATH: [&str; 3] = ["RecordFailure", "AnnounceFailure", "Failed"];

/// What whoever sweeps the waits ends one with whose deadline has come (`steps/shared/waiting`).
pub const DEADLINE_PASSED: &str = "WaitDeadlinePassed";

/// The catcher of a state before the failure path: whatever is wrong is recorded.
fn catch_all(state: &str) -> Value {
    json!({
        "ErrorEquals": ["States.ALL"],
        "Assign": { "failure": { "step": state, "error": "{% $states.errorOutput %}" } },
        "Output": {},
        "Next": "RecordFailure",
    })
}

/// What is wrong with the catchers of a state. One that waits has another before the one that all have:
/// that nobody has answered in time is for the machine to judge, and goes to a state of its own.
fn wrong_catchers(state: &State<'_>) -> Option<&'static str> {
    let catchers = state.definition["Catch"].as_array();
    let catchers = catchers.map_or(&[][..], Vec::as_slice);
    let rest = match (Kind::of(state), catchers) {
        (Kind::Wait, [deadline, rest @ ..]) => {
            let next = &deadline["Next"];
            let expected = json!({
                "ErrorEquals": [DEADLINE_PASSED], "Output": {}, "Next": next,
            });
            if *deadline != expected || next == "RecordFailure" {
                return Some("its first catcher is not that of a deadline which has passed");
            }
            rest
        }
        (_, all) => all,
    };
    (*rest != [catch_all(state.name)])
        .then_some("its Catch does not record the failure under its own name")
}

/// What is wrong with a machine by these rules, each as a sentence.
pub fn violations(machine: &Machine) -> Vec<String> {
    let mut found = Vec::new();
    for state in machine.states() {
        let mut fault = |what: &str| found.push(format!("{} {}: {what}", machine.name, state.name));
        if state.definition.get("Branches").is_some() || state.kind() == "Parallel" {
            fault("a Parallel state loses what its other branches had done when one fails");
        }
        let policy = Kind::of(&state)
            .retry()
            .map(|text| serde_json::from_str::<Value>(text).expect("a policy is JSON"));
        if state.definition.get("Retry") != policy.as_ref() {
            fault("its Retry is not the one of its kind (UPDATE_MACHINES=1 writes it)");
        }
        let on_failure_path = FAILURE_PATH.contains(&state.name);
        if state.kind() == "Task"
            && !on_failure_path
            && let Some(what) = wrong_catchers(&state)
        {
            fault(what);
        }
    }
    found
}

/// The states of the failure path that are not the same in two machines.
pub fn unequal_failure_paths(one: &Machine, other: &Machine) -> Vec<&'static str> {
    let differs = |name: &&str| one.state(name).definition != other.state(name).definition;
    FAILURE_PATH.into_iter().filter(differs).collect()
}

/// The machine's text with the `Retry` of every state's kind. It relies on how the files are laid
/// out: a state's name at four spaces, its members at six.
pub fn with_policies(machine: &Machine) -> String {
    let mut text = machine.text.clone();
    for state in machine.states() {
        let Some(policy) = Kind::of(&state).retry() else {
            continue;
        };
        let start = text
            .find(&format!("\n    \"{}\": {{\n", state.name))
            .unwrap_or_else(|| panic!("{} is not laid out as the others", state.name));
        let end = start + text[start..].find("\n    }").expect("the end of a state");
        let retry = text[start..end].find("\n      \"Retry\": ").map(|at| {
            let from = start + at + "\n      \"Retry\": ".len();
            let length = text[from..end].find("\n      ]").expect("the end of Retry");
            from..from + length + "\n      ]".len()
        });
        match retry {
            Some(range) => text.replace_range(range, policy),
            None => {
                let at = start
                    + text[start..end]
                        .find(",\n      \"Catch\"")
                        .expect("a Catch");
                text.insert_str(at, &format!(",\n      \"Retry\": {policy}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        named("kek-export")
    }

    fn named(name: &str) -> Machine {
        let mut all = Machine::all().into_iter();
        all.find(|machine| machine.name == name)
            .expect("the machine")
    }

    fn changed(from: &str, to: &str) -> Machine {
        changed_in(machine(), from, to)
    }

    fn changed_in(mut machine: Machine, from: &str, to: &str) -> Machine {
        assert!(machine.text.contains(from), "{from}");
        machine.text = machine.text.replacen(from, to, 1);
        machine.definition = serde_json::from_str(&machine.text).expect("JSON");
        machine
    }

    #[test]
    fn another_number_of_attempts_is_noticed_and_put_right() {
        let wrong = changed("\"MaxAttempts\": 6", "\"MaxAttempts\": 7");
        assert_eq!(violations(&wrong).len(), 1, "{:?}", violations(&wrong));
        assert_eq!(with_policies(&wrong), machine().text);
    }

    #[test]
    fn a_retry_that_is_missing_is_noticed_and_put_in() {
        let policy = format!("\n      \"Retry\": {ANNOUNCEMENT},");
        let wrong = changed(&policy, "");
        assert_eq!(violations(&wrong).len(), 1, "{:?}", violations(&wrong));
        assert_eq!(with_policies(&wrong), machine().text);
    }

    #[test]
    fn a_state_that_must_happen_at_most_once_has_no_retry() {
        let comment = machine().state("WrapRsa").comment().to_owned();
        let wrong = changed(&comment, &format!("{AT_MOST_ONCE}{comment}"));
        assert_eq!(violations(&wrong).len(), 1, "{:?}", violations(&wrong));
    }

    #[test]
    fn a_failure_under_another_states_name_is_noticed() {
        let wrong = changed("{\"step\": \"WrapRsa\"", "{\"step\": \"Sign\"");
        assert_eq!(violations(&wrong).len(), 1, "{:?}", violations(&wrong));
    }

    #[test]
    fn a_wait_that_is_begun_again_when_its_time_is_over_is_noticed() {
        let retried = "\"Sandbox.Timedout\"]";
        let wrong = changed_in(
            named("kek-import"),
            retried,
            "\"Sandbox.Timedout\", \"States.Timeout\"]",
        );
        assert_eq!(violations(&wrong).len(), 1, "{:?}", violations(&wrong));
        assert_eq!(with_policies(&wrong), named("kek-import").text);
    }

    #[test]
    fn a_wait_whose_deadline_nobody_catches_or_a_failure_is_noticed() {
        let catcher = format!("{{\"ErrorEquals\": [\"{DEADLINE_PASSED}\"]");
        for (from, to) in [
            (catcher.as_str(), "{\"ErrorEquals\": [\"WaitWithdrawn\"]"),
            (
                "\"Output\": {}, \"Next\": \"WaitEnded\"",
                "\"Output\": {}, \"Next\": \"RecordFailure\"",
            ),
        ] {
            let wrong = changed_in(named("kek-import"), from, to);
            assert_eq!(violations(&wrong).len(), 1, "{:?}", violations(&wrong));
        }
    }

    #[test]
    fn a_failure_path_of_its_own_is_noticed() {
        let other = changed(
            "\"DetailType\": \"Ceremony Failed\"",
            "\"DetailType\": \"Other\"",
        );
        assert_eq!(
            unequal_failure_paths(&machine(), &other),
            ["AnnounceFailure"]
        );
        assert!(unequal_failure_paths(&machine(), &machine()).is_empty());
    }
}
