//! Why a path is refused, in words.

use serde::{Deserialize, Serialize};

use super::check::{Check, CheckName};

/// Why a path is refused.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
    /// [`CheckName::error`] of the check that failed.
    pub error: String,
    /// Every failed check, or as many as there is room for.
    pub what: String,
    pub remedy: String,
}

/// A cause has 32 KiB, in which this stands as JSON within JSON, and people read it.
const MAX_REASONS_BYTES: usize = 4 * 1024;

impl Refusal {
    /// Of the checks that failed, with the remedy of the first in these words.
    pub(super) fn of(checks: &[Check], remedy: fn(CheckName) -> &'static str) -> Option<Self> {
        let failed: Vec<&Check> = checks.iter().filter(|check| check.refuses()).collect();
        // The path check fails for any reason that another check names better.
        let first = failed
            .iter()
            .find(|check| check.check != CheckName::CertificatePath)
            .or(failed.first())?;
        Some(Self {
            error: first.check.error().to_owned(),
            what: format!(
                "{} of {} checks failed: {}.",
                failed.len(),
                checks.len(),
                reasons(&failed)
            ),
            remedy: remedy(first.check).to_owned(),
        })
    }
}

fn reasons(failed: &[&Check]) -> String {
    let mut reasons = String::new();
    for (told, check) in failed.iter().enumerate() {
        let sentence = sentence(check);
        if reasons.len() + sentence.len() > MAX_REASONS_BYTES {
            let more = failed.len() - told;
            return format!("{reasons}; and {more} more, which the record has");
        }
        if told > 0 {
            reasons.push_str("; ");
        }
        reasons.push_str(&sentence);
    }
    reasons
}

/// The name between marks of its own, which cannot stand within it.
fn sentence(check: &Check) -> String {
    match (&check.role, &check.subject) {
        (Some(role), Some(subject)) => {
            format!("{} `{subject}`: {}", role.as_str(), check.detail)
        }
        _ => check.detail.clone(),
    }
}
