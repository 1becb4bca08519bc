//! What `claim` promises, whatever happened. That the alias never loses a key is checked at every
//! call, by the service.

use ceremony::keys::Origin;

use crate::caller::{Caller, Errand};
use crate::schedule::{Move, SHORT, Schedule};
use crate::service::{Alias, FAILED};

impl Schedule<'_> {
    /// When all is over one more comes, nothing goes wrong any more, and the promise is looked at.
    pub(crate) async fn conclude(mut self) {
        self.on_the_way.clear();
        let last = self.one_comes();
        while !self.callers[last].is_gone() {
            let next = if let Some(age) = self.waiting().first() {
                Move::Approve(*age)
            } else if self.callers[last].is_asleep() {
                Move::Wait(SHORT)
            } else {
                Move::Answer(last)
            };
            self.play(next).await;
        }
        let Alias::Assigned(key_arn) = self.service.alias() else {
            panic!("the alias has no key: {:?}", self.callers[last].state);
        };
        self.everybody_has(&key_arn, last);
        match self.service.errand {
            Errand::Kek => self.no_more_keys_than_takeovers(),
            Errand::Root => self.nobody_was_asked_twice(),
        }
        self.those_too_many_are_named(&key_arn);
    }

    fn everybody_has(&self, key_arn: &str, last: usize) {
        assert!(!self.callers[last].has_failed(), "the last one got no key");
        let claims = self.callers.iter().filter_map(Caller::claim);
        for claim in claims.clone() {
            assert_eq!(claim.key_arn(), key_arn, "somebody has another key");
        }
        let created = claims.filter(|claim| claim.origin() == Origin::Created);
        assert!(created.count() <= 1, "two say that they made the one key");
    }

    /// Whoever does not take over makes a key only where there is none, and where nobody else will.
    fn no_more_keys_than_takeovers(&self) {
        let keys = self.makers.len();
        let takeovers = self.log.takeovers();
        assert!(
            keys <= takeovers.max(self.keys_before).max(1),
            "{keys} keys, and {takeovers} took over"
        );
    }

    /// Unless what was asked before was denied, or several took over at once, or one took over a
    /// reservation that it took for another.
    fn nobody_was_asked_twice(&self) {
        let (again, takeovers) = (self.asked_again, self.log.takeovers());
        let excused = if self.reserved_anew_unseen {
            takeovers
        } else {
            takeovers.saturating_sub(1)
        };
        assert!(
            again <= excused,
            "asked {again} times too often, and {takeovers} took over"
        );
    }

    fn those_too_many_are_named(&self, key_arn: &str) {
        let states = self.service.states();
        let keys = self.service.keys().clone();
        for ((key, maker), state) in keys.iter().zip(&self.makers).zip(states) {
            if state == FAILED {
                assert_ne!(key, key_arn, "the alias has a key that was not approved");
                continue;
            }
            let named = self.log.names_as_surplus(key);
            if key == key_arn {
                assert!(!named, "the alias's own key is to be deleted");
            } else if maker.is_some_and(|maker| !self.callers[maker].has_failed()) {
                assert!(named, "nobody hears of a key that is too many");
            }
        }
    }
}
