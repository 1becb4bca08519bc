//! Why there is no answer yet.

use ceremony::revocation::Status;
use ceremony::text::shown;

use crate::{FetchError, Found};

/// Reasons that are kept: a certificate may name any number of services, and a state holds 256 KiB.
const MAX_REASONS: usize = 8;

/// Characters of what one attempt came to. Everything of ours is far shorter.
const MAX_REASON: usize = 400;

/// What was tried in vain.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    may_pass: bool,
    reasons: Vec<String>,
}

impl Tried {
    /// What became of asking at `url`.
    pub(crate) fn at(&mut self, service: &str, url: &str, error: &FetchError) {
        self.note(error, format!("{service} at `{}`: {error}", shown(url)));
    }

    /// What was not even asked.
    pub(crate) fn without_asking(&mut self, error: &FetchError) {
        self.note(error, error.to_string());
    }

    fn note(&mut self, error: &FetchError, reason: String) {
        self.may_pass |= matches!(error, FetchError::Unavailable(_));
        if self.reasons.len() < MAX_REASONS {
            self.reasons.push(shortened(reason));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// As one error, for whoever needs the answer for another one; `None` if nothing was tried.
    pub(crate) fn into_error(self) -> Option<FetchError> {
        let reason = self.reasons.first()?.clone();
        Some(if self.may_pass {
            FetchError::Unavailable(reason)
        } else {
            FetchError::Unusable(reason)
        })
    }

    /// What may pass comes first: as long as one service may still answer, waiting may help.
    pub(crate) fn into_found(self) -> Found {
        let reasons = self.reasons;
        let status = if reasons.is_empty() {
            Status::NoService
        } else if self.may_pass {
            Status::Unavailable { reasons }
        } else {
            Status::Unusable { reasons }
        };
        Found {
            status,
            response: None,
            responder_crl: None,
        }
    }
}

fn shortened(reason: String) -> String {
    match reason.char_indices().nth(MAX_REASON) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason,
    }
}
