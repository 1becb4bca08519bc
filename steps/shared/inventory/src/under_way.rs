//! The ceremonies that wait for a partner, and what they explain that no record names yet.
//!
//! A key of theirs has the ceremony's id among its tags, and the alias that it was made for. What no wait
//! explains stays a finding: a key without its alias, an alias that names a KEK before it is confirmed, and
//! the deletion of a KEK that was taken.

use std::collections::BTreeSet;

use ceremony::utc::Utc;
use ceremony::working_keys::order::EstablishedKek;

use crate::records::Recorded;
use crate::seen::Asked;

/// For how long after its time a ceremony may be under way: it waits for revocation and approvals too, for
/// a week in all at most, and then makes another offer or ends.
const OTHER_WAITS: i64 = 8 * 24 * 60 * 60;

pub(crate) struct UnderWay<'a> {
    /// By their ids.
    ceremonies: BTreeSet<&'a str>,
    /// Below these the KEKs of their blocks have their aliases.
    received: BTreeSet<String>,
    /// The aliases of KEKs that were taken, as receipts say.
    taken: BTreeSet<&'a str>,
}

impl<'a> UnderWay<'a> {
    pub(crate) fn of(recorded: &'a Recorded, now: Utc) -> Self {
        let mut under_way = Self {
            ceremonies: BTreeSet::new(),
            received: BTreeSet::new(),
            taken: BTreeSet::new(),
        };
        for wait in &recorded.waits {
            under_way.taken.extend(wait.kek_alias.as_deref());
            let has_ended = recorded.ended.contains(wait.ceremony_id.as_str());
            if has_ended || now > wait.until.plus_seconds(OTHER_WAITS) {
                continue;
            }
            under_way.ceremonies.insert(wait.ceremony_id.as_str());
            let folder = wait.ceremony_id.folder();
            let received = folder.map(|it| it.established_kek_alias(EstablishedKek::Received));
            under_way.received.extend(received);
        }
        under_way
    }

    /// Whether one of them has made the key for this alias, or is just establishing it as received.
    pub(crate) fn explains(&self, asked: &Asked, alias: &str) -> bool {
        let own = asked.made_for().unwrap_or_default();
        let establishes = asked.is_being_established()
            && self.received.contains(alias)
            && parent(own) == Some(alias);
        self.have_made(asked) && (own == alias || establishes)
    }

    /// Whether one of them has refused the key that came in a block, and had it deleted.
    pub(crate) fn have_refused(&self, asked: &Asked) -> bool {
        self.have_made(asked) && asked.made_for().is_some_and(|own| self.may_be_empty(own))
    }

    /// Whether it may be the alias of a block whose key was refused, or that an attempt is at work on.
    pub(crate) fn may_be_empty(&self, alias: &str) -> bool {
        parent(alias).is_some_and(|it| self.received.contains(it)) && !self.taken.contains(alias)
    }

    fn have_made(&self, asked: &Asked) -> bool {
        let maker = asked.tag("key-ceremony:ceremony-id");
        maker.is_some_and(|maker| self.ceremonies.contains(maker))
    }
}

fn parent(alias: &str) -> Option<&str> {
    alias.rsplit_once('/').map(|(parent, _)| parent)
}
