//! The state machine and the steps agree.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use contract::{Examples, Machine, STEPS, Step, resolve};
use serde_json::{Value, json};
use step::error::{BAD_INPUT, PANIC};

/// Errors of Lambda and Step Functions that no step names.
const PLATFORM: [&str; 10] = [
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.ALL",
    "States.Timeout",
];

/// Errors of steps that pass by themselves.
const TRANSIENT: [&str; 2] = ["ServiceThrottled", "ServiceUnavailable"];

fn step(state: &str) -> &'static Step {
    STEPS
        .iter()
        .find(|step| step.state == state)
        .unwrap_or_else(|| panic!("no step {state}"))
}

#[test]
fn every_lambda_state_is_a_step_and_every_step_a_state() {
    let machine = Machine::load();
    let mut states: Vec<&str> = machine.lambda_tasks().map(|task| task.name).collect();
    let mut steps: Vec<&str> = STEPS.iter().map(|step| step.state).collect();
    states.sort_unstable();
    steps.sort_unstable();
    assert_eq!(states, steps);
}

#[test]
fn a_step_has_one_name_in_four_spellings() {
    let machine = Machine::load();
    for task in machine.lambda_tasks() {
        let step = step(task.name);
        assert_eq!(step.state_from_crate(), task.name);
        assert_eq!(task.function(), format!("${{{}FunctionArn}}", task.name));
        let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../steps");
        let main = |phase: std::fs::DirEntry| phase.path().join(step.folder()).join("src/main.rs");
        assert!(
            std::fs::read_dir(steps)
                .unwrap()
                .any(|phase| main(phase.unwrap()).exists()),
            "{} stands in no phase of steps/",
            step.folder()
        );
    }
}

#[test]
fn every_example_is_of_its_steps_form_and_complete() {
    let examples = Examples::new();
    for step in &STEPS {
        for (side, read) in [("input", step.input), ("output", step.output)] {
            let document = examples.load(step.state, side);
            let again = read(document.clone())
                .unwrap_or_else(|error| panic!("{}.{side}.json: {error}", step.state));
            assert_eq!(again, document, "{}.{side}.json", step.state);
        }
    }
}

#[test]
fn every_example_belongs_to_a_step() {
    for entry in std::fs::read_dir(Examples::folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = STEPS.iter().any(|step| {
            name == format!("{}.input.json", step.state)
                || name == format!("{}.output.json", step.state)
        });
        assert!(known, "{name} belongs to no step");
    }
}

/// What the state machine would hand to each step, given what the steps before it return in the
/// examples, is that step's example input.
#[test]
fn what_a_state_hands_to_a_step_is_the_steps_input() {
    let (machine, examples) = (Machine::load(), Examples::new());
    let output = |state: &str| examples.load(state, "output");
    let publish = examples.load("Publish", "input");
    let variables = json!({
        "input": examples.load("FetchCerts", "input"),
        "execution": publish["execution"],
        "fetchCerts": output("FetchCerts"),
        "validate": output("Validate"),
        "importCa": output("ImportCa"),
        "createKek": output("CreateKek"),
        "wrap": output("Wrap"),
        "sign": output("Sign"),
        "failure": examples.load("RecordFailure", "input")["failure"],
        "states": { "context": { "State": { "EnteredTime": "2026-11-22T10:00:04Z" } } },
    });
    for task in machine.lambda_tasks() {
        let payload = resolve(task.payload(), &variables)
            .unwrap_or_else(|error| panic!("payload of {}: {error}", task.name));
        let typed = (step(task.name).input)(payload)
            .unwrap_or_else(|error| panic!("payload of {}: {error}", task.name));
        let example = (step(task.name).input)(examples.load(task.name, "input")).unwrap();
        assert_eq!(typed, example, "payload of {}", task.name);
    }
}

/// Every expression of the announcement finds something in what the steps return.
#[test]
fn what_is_announced_is_what_the_steps_return() {
    let (machine, examples) = (Machine::load(), Examples::new());
    let variables = json!({
        "input": examples.load("FetchCerts", "input"),
        "createKek": examples.load("CreateKek", "output"),
        "publish": examples.load("Publish", "output"),
    });
    let announced = resolve(&machine.state("AnnounceSuccess")["Arguments"], &variables).unwrap();
    let detail = &announced["Entries"][0]["Detail"];
    assert_eq!(
        detail["ceremonyId"],
        variables["input"]["ceremony"]["ceremonyId"]
    );
    for member in [
        "kcv",
        "kekKeyArn",
        "package",
        "record",
        "recordSha256",
        "manifestSha256",
    ] {
        assert!(!detail[member].is_null(), "{member}");
    }
}

#[test]
fn every_retried_error_is_one_that_the_step_can_fail_with() {
    let machine = Machine::load();
    for task in machine.lambda_tasks() {
        let own = (step(task.name).errors)();
        for name in task.retried() {
            assert!(
                own.contains(&name) || PLATFORM.contains(&name),
                "{} retries {name}, which it cannot fail with",
                task.name
            );
        }
    }
}

#[test]
fn transient_errors_are_retried_and_no_others_of_a_step() {
    let machine = Machine::load();
    for task in machine.lambda_tasks() {
        let retried = task.retried();
        for name in (step(task.name).errors)() {
            assert_eq!(
                retried.contains(&name),
                TRANSIENT.contains(&name),
                "{}: {name}",
                task.name
            );
        }
        for name in [BAD_INPUT, PANIC, "States.ALL"] {
            assert!(!retried.contains(&name), "{} retries {name}", task.name);
        }
    }
}

#[test]
fn every_error_reaches_the_failure_path() {
    let machine = Machine::load();
    for task in machine.states() {
        if !matches!(task.state["Type"].as_str(), Some("Task" | "Parallel")) {
            continue;
        }
        let caught = task.caught();
        if task.name == "ImportAndCreate" || !task.in_branch {
            assert_eq!(caught, ["States.ALL"], "{}", task.name);
            let next = task.state["Catch"][0]["Next"].as_str().unwrap();
            let expected = match task.name {
                "RecordFailure" => "AnnounceFailure",
                "AnnounceFailure" => "Failed",
                _ => "RecordFailure",
            };
            assert_eq!(next, expected, "{}", task.name);
        } else {
            assert_eq!(
                task.state["Catch"][0]["Next"],
                format!("{}Failed", task.name)
            );
            assert_eq!(
                machine.state(&format!("{}Failed", task.name))["Type"],
                "Fail"
            );
        }
    }
    let failed = machine.state("Failed");
    assert!(failed["Error"].is_string() && failed["Cause"].is_string());
}

#[test]
fn every_state_says_why_it_exists() {
    for task in Machine::load().states() {
        let comment = task.state["Comment"].as_str().unwrap_or_default();
        assert!(
            comment.ends_with('.') || comment.ends_with('"'),
            "{}: `{comment}`",
            task.name
        );
    }
}

#[test]
fn nothing_that_was_wrapped_or_signed_leaves_the_execution_by_an_event() {
    let machine = Machine::load();
    for state in ["AnnounceSuccess", "AnnounceFailure"] {
        let event = machine.state(state)["Arguments"].to_string();
        for secret in ["$wrap", "$sign", "cryptogram", "$fetchCerts"] {
            assert!(!event.contains(secret), "{state} announces {secret}");
        }
    }
}

#[test]
fn the_machine_is_jsonata_throughout() {
    let machine = Machine::load();
    assert_eq!(machine.definition["QueryLanguage"], "JSONata");
    for task in machine.states() {
        for field in [
            "InputPath",
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "OutputPath",
        ] {
            assert_eq!(
                task.state.get(field),
                None::<&Value>,
                "{} has {field}",
                task.name
            );
        }
    }
}
