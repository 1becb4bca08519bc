//! What a step has done so far, so that its failure does not forget it.

use std::sync::{Mutex, PoisonError};

use ceremony::evidence::Deed;

/// The deeds of one call of a step, in the order in which they happened.
///
/// A step notes a deed as soon as it is certain. If it fails later, the deeds go with its error
/// into the record of the failure; if it is killed, nobody knows, and the record says so.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Deed>>);

impl Journal {
    pub fn note(&self, deed: Deed) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(deed);
    }

    pub fn deeds(&self) -> Vec<Deed> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_are_kept_in_their_order() {
        let journal = Journal::default();
        assert_eq!(journal.deeds(), []);
        let signed = |key: &str| Deed::Signed {
            key_arn: key.to_owned(),
        };
        journal.note(signed("one"));
        journal.note(signed("two"));
        assert_eq!(journal.deeds(), [signed("one"), signed("two")]);
    }
}
