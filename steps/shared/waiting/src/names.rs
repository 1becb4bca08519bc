//! What a wait is called, what it is about, and who answers it.

use std::fmt;

use ceremony::announcement::AwaitedAnswer;
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::id::CeremonyId;
use ceremony::utc::Utc;

/// Names a wait: a ceremony waits for one thing of a kind at a time.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct WaitId {
    pub ceremony_id: CeremonyId,
    pub awaited: AwaitedAnswer,
}

/// As the table has it, `wait#<ceremony id>#<what is awaited>`: no id of a ceremony has a `#`.
impl fmt::Display for WaitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ceremony_id,
            awaited,
        } = self;
        write!(f, "wait#{ceremony_id}#{awaited}")
    }
}

/// What an answer has to be about: the id of an offer, or the digest of what is to be approved. An
/// answer about anything else is not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject(String);

impl Subject {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let letter = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        if text.is_empty() || text.len() > 128 || !text.bytes().all(letter) {
            return Err("a subject has 1 to 128 letters, digits, `-`, `.` and `_`".to_owned());
        }
        Ok(Self(text))
    }
}

/// Names an answer that somebody brings: the version of an object, say, or the digest of a signed
/// request.
///
/// It names the answer and not only who brings it: whoever comes again under a name brings the same
/// answer again, after a crash for instance, and nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Taker(String);

impl Taker {
    /// Names an answer that is a file: exactly this version of exactly this object.
    pub fn of_version(object: &DroppedObject) -> Self {
        let DroppedObject {
            key, version_id, ..
        } = object;
        Self(Sha256::of(format!("{key}\n{version_id}").as_bytes()).to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Taker {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() || text.len() > 256 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("a taker's name has 1 to 256 visible ASCII characters".to_owned());
        }
        Ok(Self(text))
    }
}

/// Which token is newer: when its state was entered, and which attempt of the state's task has it.
///
/// Step Functions gives each attempt a token of its own, and a function that was given up may still
/// run. What it writes then must not take the place of the token that is in force. Both are in the
/// context object: `$states.context.State.EnteredTime` and `.RetryCount`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Attempt {
    pub entered_at: Utc,
    pub retry: u32,
}

/// A wait as the step that was given a task token puts it into the table.
#[derive(Clone, Debug)]
pub struct Wait {
    pub id: WaitId,
    pub subject: Subject,
    /// From then on no answer is taken.
    pub deadline: Utc,
    /// When somebody is to be reminded, as long as there is no answer.
    pub reminders: Vec<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_nothing_that_would_be_read_as_something_else() {
        for (text, good) in [
            ("offer-1", true),
            ("a".repeat(128).as_str(), true),
            ("a".repeat(129).as_str(), false),
            ("", false),
            ("a#b", false),
            ("a\nb", false),
            ("ä", false),
        ] {
            assert_eq!(Subject::try_from(text.to_owned()).is_ok(), good, "{text:?}");
        }
        for (text, good) in [
            ("arn:aws:sts::111122223333:assumed-role/approver/anna", true),
            ("a".repeat(256).as_str(), true),
            ("a".repeat(257).as_str(), false),
            ("", false),
            ("a b", false),
            ("a\u{1b}", false),
        ] {
            assert_eq!(Taker::try_from(text.to_owned()).is_ok(), good, "{text:?}");
        }
    }

    #[test]
    fn a_later_entry_is_newer_than_any_attempt_of_an_earlier_one() {
        let attempt = |seconds, retry| Attempt {
            entered_at: Utc::of_unix_seconds(seconds).unwrap(),
            retry,
        };
        assert!(attempt(1, 0) < attempt(1, 1));
        assert!(attempt(1, 9) < attempt(2, 0));
    }
}
