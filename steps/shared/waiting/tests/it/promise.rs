//! What a wait promises, whatever happened. That nobody uses a token that is not its own is checked
//! at every call, by the schedule.

use emulated::aws::Task;
use serde_json::Value;
use waiting::{Delivery, Refusal, Telling};

use crate::actor::{Actor, Errand, Said};
use crate::schedule::{Schedule, long_passes};
use crate::world::{answered_by, deadline_passed, id};

impl Schedule<'_> {
    /// When all is over, whoever has failed comes once more, and then a sweep; nothing goes wrong any
    /// more, and the promise is looked at.
    pub(crate) async fn conclude(mut self) {
        let failed = |actor: &Actor| actor.has_failed() && !actor.followed;
        while let Some(number) = self.actors.iter().position(failed) {
            let last = self.follows(number);
            self.runs_to_its_end(last);
        }
        long_passes().await;
        let sweep = self.one_comes(Errand::Sweep);
        self.runs_to_its_end(sweep);
        assert!(self.actors[sweep].said().is_some(), "the last sweep failed");

        let item = self.aws.item(&id().to_string()).expect("an item");
        self.the_execution_has_one_answer(&item);
        self.everybody_was_told_the_truth();
        nothing_is_left_to_do(&item);
    }

    fn the_execution_has_one_answer(&self, item: &Value) {
        let end = item["end"]["S"].as_str().expect("an end");
        let taker = item["taker"]["S"].as_str();
        let task = self.task();
        if task == deadline_passed() {
            // `closed`, if whoever told it died before that was written.
            assert!(["closed", "deadline-passed"].contains(&end), "{end}");
            return;
        }
        let taker = taker.expect("a taker");
        assert_eq!(task, answered_by(taker));
        assert!(["answered", "closed"].contains(&end), "{end}");
        // One fault is all that a schedule has; the write that says so may be what was lost.
        if self.left.faults > 0 {
            assert_eq!(end, "answered", "nothing went wrong");
        }
    }

    fn everybody_was_told_the_truth(&self) {
        let task = self.task();
        for (errand, said) in self.said() {
            match (errand, said) {
                (Errand::Answer(name), Said::Delivery(Delivery::Delivered)) => {
                    assert_eq!(task, answered_by(name));
                }
                (Errand::Answer(name), Said::Refused(Refusal::Replayed)) => {
                    assert_eq!(task, answered_by(name));
                }
                (Errand::Answer(name), Said::Refused(Refusal::Duplicate { of })) => {
                    assert_ne!(of.as_str(), name, "a duplicate of itself");
                }
                (Errand::Sweep, Said::Swept(tellings)) => {
                    let told = tellings.contains(&Telling::Told);
                    assert!(!told || task == deadline_passed(), "{task:?}");
                    assert!(!tellings.contains(&Telling::Forged), "there is no forger");
                }
                _ => {}
            }
        }
    }

    fn task(&self) -> Task {
        self.aws.task(self.live).expect("a task")
    }

    fn said(&self) -> impl Iterator<Item = (Errand, &Said)> {
        let actors = self.actors.iter();
        actors.filter_map(|actor| Some((actor.errand, actor.said()?)))
    }
}

fn nothing_is_left_to_do(item: &Value) {
    assert_eq!(item["state"]["S"], "ended");
    assert!(item.get("token").is_none(), "a token is left");
    assert!(item.get("dueAt").is_none(), "a sweep finds it again");
    assert!(item.get("expires").is_some(), "it never goes");
}
