//! Every state machine and the steps agree.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use ceremony::announcement::{Announcement, SOURCE};
use contract::{Examples, Machine, STEPS, State, Step, policies, resolve};
use serde_json::{Map, Value, json};
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

#[test]
fn every_lambda_state_is_a_step_and_every_step_a_state() {
    let machines = Machine::all();
    let maps = Machine::maps();
    let states = machines.iter().flat_map(Machine::states);
    let states = states.chain(maps.iter().flat_map(Machine::item_states));
    let mut called: Vec<&str> = states
        .filter(State::is_lambda)
        .map(|state| Step::of(state.name).state)
        .collect();
    called.sort_unstable();
    called.dedup();
    let mut steps: Vec<&str> = STEPS.iter().map(|step| step.state).collect();
    steps.sort_unstable();
    assert_eq!(called, steps);
}

#[test]
fn a_step_has_one_name_in_four_spellings() {
    for machine in &Machine::all() {
        for state in machine.states().filter(State::is_lambda) {
            let step = Step::of(state.name);
            assert_eq!(step.state_from_crate(), state.name);
            assert_eq!(state.function(), format!("${{{}FunctionArn}}", state.name));
            let steps = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../steps");
            let main = |phase: std::fs::DirEntry| {
                let step = phase.path().join(step.folder());
                step.join("src/main.rs").exists()
            };
            assert!(
                std::fs::read_dir(steps)
                    .unwrap()
                    .any(|phase| main(phase.unwrap())),
                "{} stands in no phase of steps/",
                step.folder()
            );
        }
    }
}

#[test]
fn every_example_is_of_its_steps_form_and_complete() {
    let examples = Examples::new();
    for machine in &Machine::all() {
        for state in machine.states().filter(State::is_lambda) {
            let step = Step::of(state.name);
            let variants = Examples::variants(&machine.name);
            let variants = variants
                .iter()
                .flat_map(|variant| [format!(".{variant}"), format!(".{variant}.again")]);
            for variant in variants.chain([String::new()]) {
                for (side, read) in [("input", step.input), ("output", step.output)] {
                    let side = format!("{side}{variant}");
                    if !variant.is_empty() && !Examples::has(&machine.name, state.name, &side) {
                        continue;
                    }
                    let document = examples.load(&machine.name, state.name, &side);
                    let again = read(document.clone())
                        .unwrap_or_else(|error| panic!("{}.{side}.json: {error}", state.name));
                    assert_eq!(again, document, "{}.{side}.json", state.name);
                }
            }
        }
    }
}

/// Of a step; of one that has to be called again until something has come; and of one that a machine
/// calls at two places.
const DOCUMENTS: [&str; 6] = [
    ".input.json",
    ".output.json",
    ".output.pending.json",
    ".output.refused.json",
    ".input.again.json",
    ".output.again.json",
];

#[test]
fn every_example_belongs_to_a_state() {
    for machine in &Machine::all() {
        let variants = Examples::variants(&machine.name);
        let calls = variants
            .iter()
            .flat_map(|variant| [variant.clone(), format!("{variant}.again")]);
        let of_variants =
            calls.flat_map(|call| ["input", "output"].map(|side| format!(".{side}.{call}.json")));
        let documents = DOCUMENTS.map(str::to_owned).into_iter();
        let documents: Vec<String> = documents.chain(of_variants).collect();
        for entry in std::fs::read_dir(Examples::folder(&machine.name)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let known = machine.states().filter(State::is_lambda).any(|state| {
                let document = name.strip_prefix(state.name);
                document.is_some_and(|it| documents.iter().any(|known| known == it))
            });
            assert!(known, "{}: {name} belongs to no state", machine.name);
        }
    }
}

/// A step that has to be called again answers in another form than one that is done.
#[test]
fn what_is_pending_is_of_its_steps_form_and_complete() {
    let examples = Examples::new();
    for machine in &Machine::all() {
        for state in pending(machine) {
            let document = examples.load(&machine.name, state.name, "output.pending");
            let again = (Step::of(state.name).output)(document.clone())
                .unwrap_or_else(|error| panic!("{}.output.pending.json: {error}", state.name));
            assert_eq!(again, document, "{}.output.pending.json", state.name);
        }
    }
}

/// The states whose steps have an example of that kind: `output.pending`, say.
fn with_example<'a>(machine: &'a Machine, kind: &'a str) -> impl Iterator<Item = State<'a>> {
    let has_one = move |state: &State<'_>| {
        let example = format!("{}.{kind}.json", state.name);
        Examples::folder(&machine.name).join(example).exists()
    };
    machine.states().filter(State::is_lambda).filter(has_one)
}

/// The states that answer that nothing may go on, in the form of a result.
fn refusing(machine: &Machine) -> impl Iterator<Item = State<'_>> {
    with_example(machine, "output.refused")
}

/// The states whose steps may have to be called again.
fn pending(machine: &Machine) -> impl Iterator<Item = State<'_>> {
    with_example(machine, "output.pending")
}

/// A refusal becomes a failure of that step, with its name and its words, and its evidence is kept.
#[test]
fn what_is_refused_is_a_failure_with_all_findings_recorded() {
    let examples = Examples::new();
    for machine in &Machine::all() {
        for state in refusing(machine) {
            let variants = Examples::variants(&machine.name);
            let mut run = Run::through(machine, &examples, &variants, state.name);
            run.walk_to(state.name);
            let example = examples.load(&machine.name, state.name, "output.refused");
            let again = (Step::of(state.name).output)(example.clone()).unwrap();
            assert_eq!(again, example, "{}.output.refused.json", state.name);
            let mut answer = run.context();
            answer["result"] = json!({ "Payload": example });
            let mut next = run.leave(&state, answer);
            while let Some(name) = next.filter(|name| *name != "RecordFailure") {
                let passed = machine.state(name);
                assert!(!passed.is_lambda(), "{} goes on", state.name);
                next = run.leave(&passed, run.context());
            }
            assert_eq!(next, Some("RecordFailure"), "{}", state.name);
            let failure = &run.variables["failure"];
            assert_eq!(failure["step"], state.name);
            let refused = &example["result"]["refused"];
            assert_eq!(failure["error"]["Error"], refused["error"]);
            let cause = failure["error"]["Cause"].as_str().unwrap();
            assert!(cause.contains("refused.what") && cause.contains("refused.remedy"));
            let evidence = run.variables["evidence"].as_array().unwrap();
            assert_eq!(
                evidence.last(),
                Some(&example["evidence"]),
                "{}",
                state.name
            );
        }
    }
}

/// What Step Functions knows when a state is entered: the variables so far, and its context.
struct Run<'a> {
    machine: &'a Machine,
    examples: &'a Examples,
    variables: Map<String, Value>,
    /// Another way than the machine's first.
    variant: Option<&'a str>,
    /// The states of the first way.
    shared: BTreeSet<&'a str>,
    /// How often each step was called.
    calls: BTreeMap<&'a str, usize>,
}

/// More states than any example goes through.
const ENDLESS: usize = 100;

impl<'a> Run<'a> {
    fn new(machine: &'a Machine, examples: &'a Examples) -> Self {
        Self {
            machine,
            examples,
            variables: Map::new(),
            variant: None,
            shared: BTreeSet::new(),
            calls: BTreeMap::new(),
        }
    }

    /// On the first way of the machine that goes through the state.
    fn through(
        machine: &'a Machine,
        examples: &'a Examples,
        variants: &'a [String],
        state: &str,
    ) -> Self {
        let ways = [None]
            .into_iter()
            .chain(variants.iter().map(|it| Some(it.as_str())));
        let mut ways = ways.map(|variant| {
            let mut run = Self::new(machine, examples);
            run.variant = variant;
            run
        });
        let goes_through = |run: &mut Self| run.states_on_the_way().contains(&state);
        let way = ways.find_map(|mut run| goes_through(&mut run).then_some(run.variant));
        let mut run = Self::new(machine, examples);
        run.variant = way.unwrap_or_else(|| panic!("{} never comes to {state}", machine.name));
        run
    }

    /// From the start to the end, without a look at what is handed on.
    fn states_on_the_way(&mut self) -> Vec<&'a str> {
        let (mut states, mut next) = (Vec::new(), Some(self.machine.start()));
        while let Some(name) = next {
            let state = self.machine.state(name);
            states.push(state.name);
            assert!(states.len() < ENDLESS, "round in circles: {states:?}");
            if state.is_lambda() {
                *self.calls.entry(state.name).or_default() += 1;
            }
            next = self.leave(&state, self.states(&state));
        }
        states
    }

    /// Walks from `start` to the end, checks every payload and event on the way, and assigns what
    /// each state assigns. Returns how many of each it has checked, and the states.
    fn walk(&mut self, start: &'a str) -> (usize, usize, Vec<&'a str>) {
        let (mut payloads, mut events, mut walked) = (0, 0, Vec::new());
        let mut next = Some(start);
        while let Some(name) = next {
            let state = self.machine.state(name);
            walked.push(state.name);
            assert!(walked.len() < ENDLESS, "round in circles: {walked:?}");
            if state.is_lambda() {
                *self.calls.entry(state.name).or_default() += 1;
                self.check_payload(&state);
                payloads += 1;
            }
            for event in state.events() {
                self.check_event(&state, event);
                events += 1;
            }
            next = self.leave(&state, self.states(&state));
        }
        (payloads, events, walked)
    }

    /// Walks to where a state is entered for the first time.
    fn walk_to(&mut self, end: &str) {
        let mut next = Some(self.machine.start());
        while let Some(name) = next.filter(|name| *name != end) {
            let state = self.machine.state(name);
            if state.is_lambda() {
                *self.calls.entry(state.name).or_default() += 1;
            }
            next = self.leave(&state, self.states(&state));
        }
        assert!(next.is_some(), "{} never comes to {end}", self.machine.name);
    }

    /// Walks to where a step answers that something is pending, and on from there until it is called
    /// again. Returns its payload then, and how many events were announced.
    fn walk_round(&mut self, pending: &State<'a>) -> (Value, usize) {
        self.walk_to(pending.name);
        let mut answer = self.context();
        let example = self
            .examples
            .load(&self.machine.name, pending.name, "output.pending");
        answer["result"] = json!({ "Payload": example });
        let (mut next, mut events, mut waited) = (self.leave(pending, answer), 0, 0);
        while let Some(name) = next {
            let state = self.machine.state(name);
            for event in state.events() {
                self.check_event(&state, event);
                events += 1;
            }
            if state.kind() == "Wait" {
                let seconds = resolve(&state.definition["Seconds"], &self.with(self.context()));
                assert!(seconds.is_ok_and(|it| it.is_u64()), "{} waits", state.name);
                waited += 1;
            }
            if state.is_lambda() {
                assert_eq!((state.name, waited), (pending.name, 1));
                let payload = resolve(state.payload(), &self.with(self.context()));
                return (payload.unwrap(), events);
            }
            next = self.leave(&state, self.context());
        }
        panic!("{} is not called again", pending.name);
    }

    /// Assigns what a state assigns; what comes after it.
    fn leave(&mut self, state: &State<'a>, states: Value) -> Option<&'a str> {
        let place = format!("{}: {}", self.machine.name, state.name);
        let outcome = state.outcome(&self.with(states.clone()));
        let (assigned, next) = outcome.unwrap_or_else(|error| panic!("{place}: {error}"));
        self.assign(state, assigned, states);
        next
    }

    /// `$states` of a state that has ended well.
    fn states(&self, state: &State<'_>) -> Value {
        let mut states = self.context();
        if state.is_lambda() {
            let output = self.example(state.name, "output");
            states["result"] = json!({ "Payload": output });
        }
        states
    }

    fn context(&self) -> Value {
        let machine = &self.machine.name;
        let failed = self.examples.load(machine, "RecordFailure", "input");
        json!({ "context": {
            "Execution": {
                "Id": failed["execution"]["arn"],
                "Input": failed["input"],
                "Name": failed["execution"]["arn"].as_str().unwrap().rsplit(':').next(),
                "StartTime": failed["execution"]["startedAt"],
            },
            "State": { "EnteredTime": failed["failedAt"], "RetryCount": 0 },
            "Task": { "Token": "a token of this task" },
        }})
    }

    /// Of the call that is made: a step that is called once more has other documents then.
    fn example(&self, state: &str, side: &str) -> Value {
        if let Some(side) = self.of_variant(state, side) {
            return self.examples.load(&self.machine.name, state, &side);
        }
        let side = match self.calls.get(state) {
            Some(2..) => format!("{side}.again"),
            _ => side.to_owned(),
        };
        self.examples.load(&self.machine.name, state, &side)
    }

    /// The side by which the variant has a document of its own for this call of the state.
    fn of_variant(&self, state: &str, side: &str) -> Option<String> {
        let side = format!("{side}.{}", self.variant?);
        let again = format!("{side}.again");
        let has = |side: &String| Examples::has(&self.machine.name, state, side);
        match self.calls.get(state) {
            Some(2..) if has(&again) => Some(again),
            _ => has(&side).then_some(side),
        }
    }

    fn with(&self, states: Value) -> Value {
        let mut all = self.variables.clone();
        all.insert("states".to_owned(), states);
        Value::Object(all)
    }

    fn check_payload(&self, state: &State<'_>) {
        let (machine, name) = (&self.machine.name, state.name);
        let payload = resolve(state.payload(), &self.with(self.context()))
            .unwrap_or_else(|error| panic!("{machine}: payload of {name}: {error}"));
        let read = Step::of(name).input;
        let typed =
            read(payload).unwrap_or_else(|error| panic!("{machine}: payload of {name}: {error}"));
        // What a variant shares with the first way has other contents there, and the same form.
        let shared = self.variant.is_some() && self.shared.contains(name);
        if shared && self.of_variant(name, "input").is_none() {
            return;
        }
        let example = read(self.example(name, "input")).unwrap();
        assert_eq!(typed, example, "{machine}: payload of {name}");
    }

    fn check_event(&self, state: &State<'_>, event: &Value) {
        let place = format!("{}: the event of {}", self.machine.name, state.name);
        assert_eq!(event["Source"], SOURCE, "{place}");
        let detail = resolve(&event["Detail"], &self.with(self.context()))
            .unwrap_or_else(|error| panic!("{place}: {error}"));
        let event = json!({ "detail-type": event["DetailType"], "detail": detail });
        let announcement: Announcement = serde_json::from_value(event.clone())
            .unwrap_or_else(|error| panic!("{place}: {error}: {event}"));
        assert_eq!(
            serde_json::to_value(announcement).unwrap(),
            event,
            "{place}"
        );
        assert_eq!(event["detail"]["ceremony"], *self.machine.name, "{place}");
    }

    fn assign(&mut self, state: &State<'_>, template: &Value, states: Value) {
        let Some(template) = template.as_object() else {
            return;
        };
        // All of them see the variables as they were before.
        let before = self.with(states);
        for (name, value) in template {
            let value = resolve(value, &before).unwrap_or_else(|error| {
                panic!(
                    "{}: {} assigns {name}: {error}",
                    self.machine.name, state.name
                )
            });
            self.variables.insert(name.clone(), value);
        }
    }
}

/// What each machine hands to each step, given what the steps before it return in the examples, is
/// that step's example input; and what it announces is an event of the schema.
#[test]
fn what_states_hand_on_is_what_steps_and_events_expect() {
    let examples = Examples::new();
    for machine in &Machine::all() {
        let mut run = Run::new(machine, &examples);
        let (payloads, events, _) = run.walk(machine.start());
        assert!(payloads > 0 && events > 0, "{}", machine.name);
    }
}

/// The same on every other way of a machine; and no step is on none.
#[test]
fn whichever_way_a_machine_goes_its_states_agree() {
    let examples = Examples::new();
    for machine in &Machine::all() {
        let mut first = Run::new(machine, &examples);
        let (_, _, walked) = first.walk(machine.start());
        let mut seen: BTreeSet<&str> = walked.iter().copied().collect();
        let variants = Examples::variants(&machine.name);
        for variant in &variants {
            let mut run = Run::new(machine, &examples);
            run.variant = Some(variant);
            run.shared = walked.iter().copied().collect();
            let (_, events, states) = run.walk(machine.start());
            assert!(events > 0, "{} by {variant}", machine.name);
            seen.extend(states);
        }
        let on_no_way = machine
            .states()
            .filter(|state| state.is_lambda() && state.name != "RecordFailure")
            .find(|state| !seen.contains(state.name));
        assert_eq!(on_no_way.map(|state| state.name), None, "{}", machine.name);
    }
}

/// A method that the profile's schema has and this machine has not, say after half a deployment.
#[test]
fn a_method_without_a_step_fails_with_a_name() {
    let (machines, examples) = (Machine::all(), Examples::new());
    let machine = machines.iter().find(|it| it.name == "kek-export").unwrap();
    let mut run = Run::new(machine, &examples);
    run.walk_to("ChooseMethod");
    run.variables.insert("method".into(), json!("by-courier"));
    let mut next = Some("ChooseMethod");
    while let Some(name) = next.filter(|name| *name != "RecordFailure") {
        let state = machine.state(name);
        assert!(!state.is_lambda(), "{name} is called");
        next = run.leave(&state, run.context());
    }
    let failure = &run.variables["failure"];
    assert_eq!(failure["step"], "ChooseMethod");
    assert_eq!(failure["error"]["Error"], "MethodUnknown");
}

/// Who is called again is told what it had answered, and the evidence of the first answer is kept: what
/// fails later must not take it along.
#[test]
fn what_is_pending_is_kept_announced_at_most_once_and_handed_back() {
    let examples = Examples::new();
    for machine in &Machine::all() {
        for state in pending(machine) {
            let variants = Examples::variants(&machine.name);
            let mut run = Run::through(machine, &examples, &variants, state.name);
            let (payload, events) = run.walk_round(&state);
            let example = examples.load(&machine.name, state.name, "output.pending");
            let read = (Step::of(state.name).input)(payload).unwrap();
            assert_eq!(
                read["awaited"], example["result"]["pending"],
                "{}",
                state.name
            );
            let evidence = run.variables["evidence"].as_array().unwrap();
            assert_eq!(
                evidence.last(),
                Some(&example["evidence"]),
                "{}",
                state.name
            );
            assert!(events <= 1, "{} announces {events}", state.name);
        }
    }
}

/// The failure path, entered from where the example of RecordFailure says; and once more with no
/// record written.
#[test]
fn a_failure_is_recorded_and_announced_with_all_that_had_been_done() {
    let examples = Examples::new();
    for machine in &Machine::all() {
        let example = examples.load(&machine.name, "RecordFailure", "input");
        let failed = example["failure"]["step"].as_str().unwrap();
        let mut run = Run::new(machine, &examples);
        run.walk_to(failed);
        let mut states = run.context();
        states["errorOutput"] = example["failure"]["error"].clone();
        let state = machine.state(failed);
        let catchers = state.definition["Catch"].as_array().unwrap();
        let catch_all = catchers.last().unwrap();
        run.assign(&state, &catch_all["Assign"], states.clone());
        let (payloads, events, path) = run.walk("RecordFailure");
        assert_eq!((payloads, events), (1, 1), "{}", machine.name);
        assert_eq!(path, policies::FAILURE_PATH, "{}", machine.name);

        let state = machine.state("RecordFailure");
        run.assign(&state, &state.definition["Catch"][0]["Assign"], states);
        assert_eq!(run.variables["recorded"]["record"], Value::Null);
        let (payloads, events, _) = run.walk("AnnounceFailure");
        assert_eq!((payloads, events), (0, 1), "{}", machine.name);
    }
}

#[test]
fn every_retried_error_is_one_that_the_step_can_fail_with() {
    for machine in &Machine::all() {
        for state in machine.states().filter(State::is_lambda) {
            let own = (Step::of(state.name).errors)();
            for name in state.retried() {
                assert!(
                    own.contains(&name) || PLATFORM.contains(&name),
                    "{} {} retries {name}, which it cannot fail with",
                    machine.name,
                    state.name
                );
            }
        }
    }
}

#[test]
fn transient_errors_are_retried_and_no_others_of_a_step() {
    for machine in &Machine::all() {
        for state in machine.states().filter(State::is_lambda) {
            let retried = state.retried();
            for name in (Step::of(state.name).errors)() {
                assert_eq!(
                    retried.contains(&name),
                    TRANSIENT.contains(&name),
                    "{} {}: {name}",
                    machine.name,
                    state.name
                );
            }
            for name in [BAD_INPUT, PANIC, "States.ALL"] {
                assert!(!retried.contains(&name), "{} retries {name}", state.name);
            }
        }
    }
}

#[test]
fn every_machine_keeps_to_one_policy_per_kind_of_state() {
    for machine in &Machine::all() {
        if std::env::var_os("UPDATE_MACHINES").is_some() {
            std::fs::write(&machine.path, policies::with_policies(machine)).unwrap();
            continue;
        }
        assert_eq!(policies::violations(machine), Vec::<String>::new());
        assert_eq!(policies::with_policies(machine), machine.text);
    }
}

#[test]
fn the_failure_path_is_the_same_everywhere() {
    let machines = Machine::all();
    for machine in &machines {
        let unequal = policies::unequal_failure_paths(&machines[0], machine);
        assert!(unequal.is_empty(), "{}: {unequal:?}", machine.name);
        let next = |state: &str| &machine.state(state).definition["Catch"][0];
        assert_eq!(next("RecordFailure")["Next"], "AnnounceFailure");
        assert_eq!(next("AnnounceFailure")["Next"], "Failed");
        assert_eq!(
            next("AnnounceFailure")["ErrorEquals"],
            json!(["States.ALL"])
        );
    }
}

#[test]
fn every_state_says_why_it_exists() {
    for machine in &Machine::all() {
        for state in machine.states() {
            let comment = state.comment();
            assert!(comment.ends_with('.'), "{}: `{comment}`", state.name);
        }
    }
}

#[test]
fn nothing_that_was_wrapped_or_signed_leaves_the_execution_by_an_event() {
    for machine in &Machine::all() {
        for state in machine.states() {
            for event in state.events() {
                let event = event.to_string();
                for secret in [
                    "$wrapped",
                    "$sign",
                    "$packageKek",
                    "$packageKeys",
                    "cryptogram",
                    "$fetchCerts",
                    "$made.ours",
                    "$checkBlock",
                    "Task.Token",
                    "$exportKeys",
                ] {
                    assert!(!event.contains(secret), "{} announces {secret}", state.name);
                }
            }
        }
    }
}

#[test]
fn every_machine_is_jsonata_throughout() {
    for machine in &Machine::all() {
        assert_eq!(machine.definition["QueryLanguage"], "JSONata");
        for state in machine.states() {
            for field in [
                "InputPath",
                "Parameters",
                "ResultSelector",
                "ResultPath",
                "OutputPath",
            ] {
                assert_eq!(
                    state.definition.get(field),
                    None::<&Value>,
                    "{} {} has {field}",
                    machine.name,
                    state.name
                );
            }
        }
    }
}
