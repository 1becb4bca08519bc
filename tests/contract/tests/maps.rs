//! Every Distributed Map, its items' steps and the machine that waits for it agree; and it keeps to what
//! runs here as it does on AWS.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::announcement::{Announcement, SOURCE};
use contract::policies::Kind;
use contract::{Examples, Machine, State, Step};
use serde_json::{Map, Value, json};

/// The one state of a machine that maps.
fn map(machine: &Machine) -> State<'_> {
    let maps: Vec<State<'_>> = machine.states().filter(|it| it.kind() == "Map").collect();
    let [map] = maps[..] else {
        panic!("{} has {} maps", machine.name, maps.len());
    };
    map
}

/// An inline map starts all at once; the local AWS ignores the batcher and the writer, does not read
/// expressions, and tells of tolerated failures in another way.
#[test]
fn a_map_has_the_form_that_runs_here_as_on_aws() {
    for machine in &Machine::maps() {
        assert_eq!(machine.definition["QueryLanguage"], "JSONPath");
        let definition = map(machine).definition;
        let config = &definition["ItemProcessor"]["ProcessorConfig"];
        let expected = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
        assert_eq!(*config, expected);
        assert_eq!(
            definition["ItemReader"]["ReaderConfig"]["InputType"],
            "JSONL"
        );
        assert!(
            definition["MaxConcurrency"]
                .as_u64()
                .is_some_and(|it| it > 0)
        );
        assert!(definition["Label"].is_string());
        for field in [
            "ItemBatcher",
            "ResultWriter",
            "ToleratedFailureCount",
            "ToleratedFailurePercentage",
            "Assign",
        ] {
            assert_eq!(definition.get(field), None, "{} has {field}", machine.name);
        }
    }
}

/// What fails must be seen by the machine that waits, which looks at what is there.
#[test]
fn however_a_map_ends_its_machine_ends_well() {
    for machine in &Machine::maps() {
        let map = map(machine).definition;
        assert_eq!(map["Catch"][0]["ErrorEquals"], json!(["States.ALL"]));
        assert_eq!(map["Catch"][0]["Next"], map["Next"]);
        let last = machine.state(map["Next"].as_str().unwrap());
        assert_eq!(last.kind(), "Succeed");
    }
}

#[test]
fn the_states_of_items_have_the_policy_of_their_kind_and_say_why_they_exist() {
    for machine in &Machine::maps() {
        for state in machine.item_states() {
            let policy = Kind::of(&state).retry();
            let policy = policy.map(|text| serde_json::from_str::<Value>(text).unwrap());
            assert_eq!(
                state.definition.get("Retry"),
                policy.as_ref(),
                "{}",
                state.name
            );
        }
        for state in machine.states().chain(machine.item_states()) {
            assert!(state.comment().ends_with('.'), "{}", state.name);
        }
    }
}

/// What a selector or a template makes: paths of the input, of the item, or of a result.
fn selected(template: &Value, input: &Value, item: &Value) -> Value {
    let Some(members) = template.as_object() else {
        return template.clone();
    };
    let members = members
        .iter()
        .map(|(name, value)| match name.strip_suffix(".$") {
            Some(name) => {
                let path = value.as_str().unwrap();
                let (root, path) = match path.strip_prefix("$$.Map.Item.Value.") {
                    Some(path) => (item, path),
                    None => (input, path.strip_prefix("$.").unwrap()),
                };
                let found = path.split('.').fold(root, |value, member| &value[member]);
                (name.to_owned(), found.clone())
            }
            None => (name.clone(), selected(value, input, item)),
        });
    Value::Object(members.collect::<Map<String, Value>>())
}

/// The input that the waiting machine gives, whose members are what its own examples have, becomes that of
/// the step; and what the step tells is an event.
#[test]
fn what_an_item_gets_is_what_its_step_expects() {
    let examples = Examples::new();
    for machine in &Machine::maps() {
        let map = map(machine).definition;
        for state in machine
            .item_states()
            .filter(|it| it.resource().ends_with("lambda:invoke"))
        {
            let parameters = &state.definition["Parameters"];
            assert_eq!(
                parameters["FunctionName"],
                format!("${{{}FunctionArn}}", state.name)
            );
            assert_eq!(parameters["Payload.$"], "$");
            let step = Step::of(state.name);
            let example = examples.load(&machine.name, state.name, "input");
            let item = json!({ "batch": example["batch"] });
            let input = selected(&map["ItemSelector"], &example, &item);
            assert_eq!(input, example, "{}", state.name);
            assert_eq!((step.input)(input.clone()), Ok(input));

            let output = examples.load(&machine.name, state.name, "output");
            assert_eq!((step.output)(output.clone()), Ok(output.clone()));
            let answer = json!({ "Payload": output });
            let told = selected(&state.definition["ResultSelector"], &answer, &item);
            for announcing in machine.item_states() {
                let entries = &announcing.definition["Parameters"]["Entries"];
                for entry in entries.as_array().into_iter().flatten() {
                    let event = selected(entry, &told, &item);
                    assert_eq!(event["Source"], SOURCE);
                    let event =
                        json!({ "detail-type": event["DetailType"], "detail": event["Detail"] });
                    let read: Announcement = serde_json::from_value(event.clone()).unwrap();
                    assert_eq!(serde_json::to_value(read).unwrap(), event);
                }
            }
        }
    }
}

/// The members of the state's `Input` are those that the map selects from.
#[test]
fn every_map_is_waited_for_by_a_machine() {
    let machines = Machine::all();
    for machine in &Machine::maps() {
        let words = machine.name.split('-');
        let words = words.map(|word| word[..1].to_uppercase() + &word[1..]);
        let arn = format!("${{{}StateMachineArn}}", words.collect::<String>());
        let mut states = machines.iter().flat_map(Machine::states);
        let waits = states.find(|it| it.definition["Arguments"]["StateMachineArn"] == arn);
        let waits = waits.unwrap_or_else(|| panic!("nobody waits for {}", machine.name));
        assert_eq!(Kind::of(&waits), Kind::Map);
        let given = waits.definition["Arguments"]["Input"].as_object().unwrap();
        let selector = map(machine).definition["ItemSelector"].as_object().unwrap();
        let paths = selector
            .values()
            .filter_map(|path| path.as_str()?.strip_prefix("$."));
        for path in paths {
            assert!(
                given.contains_key(path),
                "{} is not given {path}",
                machine.name
            );
        }
    }
}
