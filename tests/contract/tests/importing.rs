//! Where `kek-import` goes when it was answered wrongly or not at all: what comes back to a state that it
//! has been in before.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::announcement::Announcement;
use contract::{Examples, Machine, State, Step, policies, resolve};
use serde_json::{Map, Value, json};

/// The machine on its way, by its examples, but for the outputs that a test says.
struct Import {
    machine: Machine,
    examples: Examples,
    variables: Map<String, Value>,
    /// Where it is.
    at: String,
    events: Vec<Value>,
}

impl Import {
    /// Where it is before it enters that state for the first time.
    fn before(state: &str) -> Self {
        let mut all = Machine::all().into_iter();
        let machine = all.find(|machine| machine.name == "kek-import").unwrap();
        let mut import = Self {
            at: machine.start().to_owned(),
            machine,
            examples: Examples::new(),
            variables: Map::new(),
            events: Vec::new(),
        };
        import.goes_on_to(state);
        import
    }

    fn goes_on_to(&mut self, state: &str) {
        for _ in 0..50 {
            if self.at == state {
                return;
            }
            let output = self.example(&self.at, "output");
            self.leaves_with(output);
        }
        panic!("it never comes to {state}");
    }

    /// Leaves the state that it is in; a step has this output.
    fn leaves_with(&mut self, output: Value) {
        let machine = self.machine.clone();
        let state = machine.state(&self.at);
        let mut states = self.states();
        states["result"] = json!({ "Payload": output });
        let before = self.with(states);
        for event in state.events() {
            let detail = resolve(&event["Detail"], &before).unwrap();
            self.events
                .push(json!({ "detail-type": event["DetailType"], "detail": detail }));
        }
        let (assigned, next) = state.outcome(&before).unwrap();
        self.assign(assigned, &before);
        next.unwrap().clone_into(&mut self.at);
    }

    /// The state ends with an error that its first catcher is for.
    fn is_told_that_the_deadline_has_passed(&mut self) {
        let machine = self.machine.clone();
        let catcher = &machine.state(&self.at).definition["Catch"][0];
        assert_eq!(catcher["ErrorEquals"], json!([policies::DEADLINE_PASSED]));
        let next = catcher["Next"].as_str().unwrap();
        next.clone_into(&mut self.at);
    }

    /// To the next step, or to the end, by states that call nothing.
    fn passes_on(&mut self) {
        let calls = |state: State<'_>| state.is_lambda() || state.kind() == "Succeed";
        while !calls(self.machine.clone().state(&self.at)) {
            self.leaves_with(Value::Null);
        }
    }

    /// What the step is called with, of its form.
    fn payload(&self) -> Value {
        let state = self.machine.state(&self.at);
        let payload = resolve(state.payload(), &self.with(self.states())).unwrap();
        (Step::of(&self.at).input)(payload).unwrap()
    }

    fn assign(&mut self, template: &Value, before: &Value) {
        for (name, value) in template.as_object().into_iter().flatten() {
            let value = resolve(value, before).unwrap();
            self.variables.insert(name.clone(), value);
        }
    }

    fn with(&self, states: Value) -> Value {
        let mut all = self.variables.clone();
        all.insert("states".to_owned(), states);
        Value::Object(all)
    }

    fn states(&self) -> Value {
        let start = self.example("RecordFailure", "input");
        json!({ "context": {
            "Execution": {
                "Id": start["execution"]["arn"],
                "Input": start["input"],
                "StartTime": start["execution"]["startedAt"],
            },
            "State": { "EnteredTime": start["failedAt"], "RetryCount": 0 },
            "Task": { "Token": "a token of this task" },
        }})
    }

    fn example(&self, state: &str, side: &str) -> Value {
        if Examples::has(&self.machine.name, state, side) {
            self.examples.load(&self.machine.name, state, side)
        } else {
            Value::Null
        }
    }

    /// The example's output with something else as its result.
    fn output_of(&self, state: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut output = self.example(state, "output");
        change(&mut output["result"]);
        output
    }

    fn failure(&self) -> &Value {
        &self.variables["failure"]
    }

    fn pieces_of_evidence(&self) -> usize {
        self.variables["evidence"].as_array().unwrap().len()
    }
}

fn refusal() -> Value {
    json!({ "error": "BlockHeaderDiffers", "what": "it is B1.", "remedy": "Send a K0." })
}

/// How many files are refused before the ceremony fails.
const REFUSED: u64 = 20;

#[test]
fn an_offer_that_had_its_time_is_followed_by_the_next_as_often_as_the_profile_says() {
    let mut import = Import::before("AwaitAnswer");
    let fresh = import.variables["fetchImport"]["policy"]["freshOffers"].as_u64();
    assert_eq!(fresh, Some(2));
    for number in 2..=3_u64 {
        import.is_told_that_the_deadline_has_passed();
        import.passes_on();
        assert_eq!(import.at, "CheckRevocation", "its issuers are asked again");
        let previous = import.payload()["previous"].clone();
        assert_eq!(previous, import.variables["revocation"]);
        import.goes_on_to("MakeOffer");
        assert_eq!(import.payload()["number"], number);
        let id = format!("{number:016x}");
        let made = import.output_of("MakeOffer", |made| {
            made["id"] = json!(id);
            made["offer"]["number"] = json!(number);
        });
        import.leaves_with(made);
        import.goes_on_to("AwaitAnswer");
        assert_eq!(import.payload()["subject"], *id);
        let Some(Ok(Announcement::OfferPublished(published))) =
            import.events.pop().map(serde_json::from_value)
        else {
            panic!("every offer is announced");
        };
        assert_eq!(u64::from(published.number), number);
    }
    // A block is held to the last one, and may name one of the others.
    let output = import.example("AwaitAnswer", "output");
    import.leaves_with(output);
    import.passes_on();
    let block = import.payload();
    assert_eq!(block["offer"]["number"], 3);
    assert_eq!(
        block["earlierOffers"],
        json!(["a1b2c3d4e5f60718", "0000000000000002"])
    );

    "AwaitAnswer".clone_into(&mut import.at);
    import.is_told_that_the_deadline_has_passed();
    import.goes_on_to("RecordFailure");
    assert_eq!(import.failure()["step"], "AwaitAnswer");
    assert_eq!(import.failure()["error"]["Error"], "NoBlockInTime");
}

#[test]
fn without_a_certificate_the_next_offer_is_made_at_once() {
    let mut import = Import::before("FetchImport");
    let oaep = import.example("FetchImport", "output.oaep");
    import.leaves_with(oaep);
    import.goes_on_to("AwaitAnswer");
    import.is_told_that_the_deadline_has_passed();
    import.passes_on();
    assert_eq!(import.at, "MakeOffer");
    assert_eq!(import.payload()["path"], Value::Null);
}

#[test]
fn a_refused_block_is_announced_recorded_and_waited_on_until_there_are_too_many() {
    for refused_by in ["CheckBlock", "ImportKek"] {
        let mut import = Import::before("AwaitAnswer");
        for number in 1..=REFUSED + 1 {
            import.goes_on_to(refused_by);
            let before = import.pieces_of_evidence();
            let output = import.output_of(refused_by, |result| {
                result["refused"] = refusal();
                result["checked"] = Value::Null;
            });
            let output = match refused_by {
                "ImportKek" => import.output_of(refused_by, |result| {
                    result["refused"] = refusal();
                    result["imported"] = Value::Null;
                }),
                _ => output,
            };
            import.leaves_with(output);
            assert_eq!(import.pieces_of_evidence(), before + 1);
            import.events.clear();
            if number > REFUSED {
                break;
            }
            import.goes_on_to("AwaitAnswer");
            let [event] = &import.events[..] else {
                panic!("one event for one block");
            };
            let Announcement::AnswerRejected(rejected) =
                serde_json::from_value(event.clone()).unwrap()
            else {
                panic!("{event}");
            };
            assert_eq!(rejected.error, "BlockHeaderDiffers");
            assert_eq!(rejected.file, import.variables["rejected"]["object"]["key"]);
            // It is the same offer, and the next block is looked at from the beginning.
            assert_eq!(import.payload()["awaited"], "block");
            assert_eq!(import.payload()["subject"], "a1b2c3d4e5f60718");
        }
        import.goes_on_to("RecordFailure");
        assert_eq!(import.failure()["error"]["Error"], "TooManyBlocks");
    }
}

#[test]
fn what_confirms_nothing_is_told_so_and_silence_ends_the_ceremony() {
    let mut import = Import::before("PackageReceipt");
    let receipt = import.example("PackageReceipt", "output.confirmed");
    import.leaves_with(receipt);
    import.goes_on_to("AwaitAnswer");
    let wait = import.payload();
    assert_eq!(wait["awaited"], "confirmation");
    assert_eq!(
        wait["deadline"],
        import.variables["packageReceipt"]["confirmation"]["until"]
    );
    let output = import.example("AwaitAnswer", "output.confirmed.again");
    import.leaves_with(output);
    import.goes_on_to("CheckConfirmation");
    let output = import.output_of("CheckConfirmation", |result| {
        result["confirmed"] = json!(false);
        result["refused"] = refusal();
    });
    import.leaves_with(output);
    import.events.clear();
    import.goes_on_to("AwaitAnswer");
    assert_eq!(import.events[0]["detail-type"], "Answer Rejected");
    assert_eq!(import.payload(), wait);

    import.is_told_that_the_deadline_has_passed();
    import.goes_on_to("RecordFailure");
    assert_eq!(import.failure()["error"]["Error"], "NotConfirmedInTime");
}

#[test]
fn a_key_that_was_replaced_is_settled_by_an_order_or_when_its_time_is_over() {
    let mut import = Import::before("SwitchKek");
    let replaced = import.example("SwitchKek", "output.replaced");
    import.leaves_with(replaced);
    import.goes_on_to("AwaitAnswer");
    assert_eq!(import.payload()["awaited"], "rollback");
    import.is_told_that_the_deadline_has_passed();
    import.passes_on();
    assert_eq!(import.at, "SettleKek");
    assert_eq!(import.payload()["order"], Value::Null);
    import.goes_on_to("SignPackage");
    let signed = import.payload();
    assert_eq!(
        signed["publication"],
        import.variables["settleKek"]["publication"]
    );
    import.goes_on_to("PublishPart");
    let part = import.payload();
    assert_eq!(part["part"], "settled");
    assert_eq!(part["answers"], Value::Null);
    import.events.clear();
    import.goes_on_to("Succeeded");
    assert_eq!(import.events[0]["detail-type"], "Kek Settled");
}
