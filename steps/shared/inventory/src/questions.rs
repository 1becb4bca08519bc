//! Which keys have to be asked about: those on which service and evidence disagree.
//!
//! The service lists neither times nor tags, and a call for each of 2,000 keys would take most of an
//! hour. Where a record names a key that is there, nothing is asked.

use std::collections::BTreeMap;

use crate::picture::Picture;
use crate::seen::Seen;

/// What to ask about one key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    pub key_arn: String,
    /// Whether it may be nobody's of ours: when it was made is asked only if its tags are ours.
    pub whose: bool,
}

/// By ARN, so that who has asked some knows where to go on.
pub fn questions(seen: &Seen) -> Vec<Question> {
    let picture = Picture::of(seen);
    let mut asked: BTreeMap<&str, bool> = BTreeMap::new();
    for (key_arn, key) in &picture.keys {
        if picture.is_named(key_arn) {
            if key.waits_for_deletion() {
                asked.insert(key_arn, false);
            }
        } else if picture.is_bare(key_arn) {
            asked.insert(key_arn, true);
        }
    }
    // Whatever an alias of ours says that no record does, whether its key was listed or was made
    // since.
    for alias in seen.aliases.iter().filter(|alias| alias.is_ours()) {
        if let Some(key_arn) = &alias.key_arn
            && !alias.is_of_a_preflight()
            && !picture.is_named(key_arn)
        {
            asked.insert(key_arn, false);
        }
    }
    asked
        .into_iter()
        .map(|(key_arn, whose)| Question {
            key_arn: key_arn.to_owned(),
            whose,
        })
        .collect()
}
