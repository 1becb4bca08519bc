//! `Validate`: a certificate path is proven, or every reason why not is named.
//!
//! Needs nothing but its input and the time; calls nothing, creates nothing. `rustls-webpki`
//! builds and verifies the path (signatures, names, name constraints, dates, critical extensions);
//! what it does not look at, or tells only by its first error, is checked on the certificates one
//! by one. All checks are made and returned, whatever fails.

mod checks;
mod webpki_path;

use ceremony::contract::validate::{Check, CheckName, Refusal, ValidatedPath};
use ceremony::utc::Utc;
use step::StepError;

pub use ceremony::contract::validate::{Input, Output};

/// Validates at `now`.
pub fn handle(input: Input, now: Utc) -> Result<Output, Error> {
    let Input {
        ceremony: _,
        path,
        policy,
    } = input;
    let mut checks = Vec::new();
    checks::root_is_pinned(&path, &policy, &mut checks);
    webpki_path::path_is_valid(&path, &policy, now, &mut checks);
    checks::certificates_are_valid_at(&path, now, &mut checks);
    checks::cas_may_issue(&path, &mut checks);
    checks::leaf_may_receive(&path, &policy, &mut checks);
    let leaf_sha256 = path.leaf.sha256();
    let refused = refusal(&checks);
    let validated = ValidatedPath::new(path, &checks);
    Ok(Output {
        checks,
        validated,
        leaf_sha256,
        refused,
    })
}

fn refusal(checks: &[Check]) -> Option<Refusal> {
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
    // The path check fails for any reason that another check names better.
    let first = failed
        .iter()
        .find(|check| check.check != CheckName::CertificatePathInvalid)
        .or(failed.first())?;
    let reasons: Vec<String> = failed.iter().map(|check| sentence(check)).collect();
    Some(Refusal {
        error: first.check,
        cause: format!(
            "{} of {} checks failed: {}. What to do: {}",
            failed.len(),
            checks.len(),
            reasons.join("; "),
            remedy(first.check)
        ),
    })
}

fn sentence(check: &Check) -> String {
    match (&check.role, &check.subject) {
        (Some(role), Some(subject)) => {
            format!("{} `{subject}`: {}", role.as_str(), check.detail)
        }
        _ => check.detail.clone(),
    }
}

fn remedy(failed: CheckName) -> &'static str {
    match failed {
        CheckName::CertificateExpired => {
            "Ask the partner for a renewed certificate and drop it into the same folder."
        }
        CheckName::CertificateNotYetValid => {
            "Drop the leaf again once the certificate is valid, and compare the partner's clock."
        }
        CheckName::IdentityMismatch => {
            "Find out for whom the certificate was issued: if it is for another environment or \
             data type, drop it there; if the profile is wrong, an operator corrects it. Then drop \
             the leaf again."
        }
        CheckName::LeafKeyTooWeak => {
            "Ask the partner for a certificate with a longer RSA key, or have an operator choose a \
             KEK algorithm that the key may carry."
        }
        CheckName::RootNotPinned => {
            "Compare the fingerprint with the partner over another channel. Only if it is theirs, \
             have an operator add it to `trustAnchors` of the profile and drop the leaf again."
        }
        CheckName::BasicConstraintsWrong
        | CheckName::CertificatePathInvalid
        | CheckName::KeyUsageWrong
        | CheckName::PathTooLong
        | CheckName::UnsuitableCaKey => {
            "Tell the partner's CA: the certificates themselves are wrong and must be issued again."
        }
    }
}

/// The validation has no errors of its own: what is wrong with certificates is its result.
#[derive(Debug, thiserror::Error)]
pub enum Error {}

impl StepError for Error {
    fn name(&self) -> &'static str {
        match *self {}
    }

    fn remedy(&self) -> &'static str {
        match *self {}
    }

    fn names() -> Vec<&'static str> {
        Vec::new()
    }
}
