//! All that matters of a state: where two schedules get the same picture, they go on alike.
//!
//! What a caller does next follows from what it heard and when. Keys go by their age, times by how
//! long ago they were: more than any limit is long ago. The callers are alike, so it does not
//! matter which of them is which, nor what those went through who are gone.

use crate::caller::{Caller, Errand, State};
use crate::schedule::Schedule;
use crate::service::Alias;

const LONG_AGO: u64 = 30;

impl Schedule<'_> {
    pub(crate) fn picture(&self) -> String {
        let callers = self.callers.iter().enumerate();
        let mut callers: Vec<String> = callers
            .map(|(number, caller)| self.picture_of(number, caller))
            .collect();
        callers.sort();
        let alias = match self.service.alias() {
            Alias::Assigned(key_arn) => self.age(&key_arn).to_string(),
            other => format!("{other:?}"),
        };
        let on_the_way = self.on_the_way.iter();
        let on_the_way: Vec<String> = on_the_way
            .map(|request| self.service.plain_request(request))
            .collect();
        let keys = self.service.keys().clone();
        let surplus: Vec<bool> = keys
            .iter()
            .map(|key| self.log.names_as_surplus(key))
            .collect();
        let takeovers = self.log.takeovers();
        let left = self.left;
        let approvals = match self.service.errand {
            Errand::Kek => Vec::new(),
            Errand::Root => self.service.states(),
        };
        let again = (self.asked_again, self.reserved_anew_unseen);
        format!(
            "{callers:?} {alias} {on_the_way:?} {surplus:?} {takeovers} {left:?} {approvals:?} {again:?}"
        )
    }

    fn picture_of(&self, number: usize, caller: &Caller) -> String {
        let state = match &caller.state {
            State::Asking(request) => self.service.plain_request(request),
            State::Asleep => "asleep".to_owned(),
            State::BackingOff => "backing off".to_owned(),
            State::Stalled { answer, since } => {
                let answer = self.service.plain_answer(answer);
                format!("stalled {} {answer}", self.ago(*since))
            }
            State::Returned(Ok(claim)) => {
                format!("has {} {:?}", self.age(claim.key_arn()), claim.origin())
            }
            State::Returned(Err(_)) | State::Died => "failed".to_owned(),
        };
        let heard = caller.heard.iter();
        let heard: Vec<String> = heard
            .map(|(when, what)| format!("{} {what}", self.ago(*when)))
            .collect();
        let made = self.makers.iter().enumerate();
        let made: Vec<usize> = made
            .filter_map(|(age, maker)| (*maker == Some(number)).then_some(age))
            .collect();
        format!("{state} {heard:?} {made:?}")
    }

    fn ago(&self, then: u64) -> u64 {
        LONG_AGO.min(self.seconds - then)
    }

    fn age(&self, key_arn: &str) -> usize {
        let keys = self.service.keys();
        let age = keys.iter().position(|key| key == key_arn);
        age.expect("a key that was made")
    }
}
