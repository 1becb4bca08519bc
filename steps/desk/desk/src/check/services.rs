//! What the services that the certificates name say of them.

use ceremony::proof::ProvenPath;
use ceremony::revocation::{Finding, Requirement, Rules, Status, refusal, refusal_of_unavailable};
use ceremony::utc::Utc;
use revocation::{Fetch, Inquiry};

use super::{Problem, Revocation};

/// Asks for the leaf and every intermediate, as `check-revocation` does.
pub(super) async fn ask(services: &impl Fetch, proven: &ProvenPath, rules: Rules) -> Revocation {
    let asked_at = Utc::now();
    let mut findings = Vec::new();
    if rules.policy != Requirement::Off {
        let path = proven.path();
        let mut inquiry = Inquiry::new(services, rules);
        for ((role, subject), issuer) in path.certificates().zip(path.cas()) {
            let found = inquiry.ask(subject, issuer, Utc::now()).await;
            findings.push(Finding {
                role,
                certificate_sha256: subject.sha256(),
                subject: subject.subject().to_owned(),
                status: found.status,
            });
        }
    }
    Revocation { asked_at, findings }
}

/// What the ceremony would end with. It would ask again for as long as the profile says before it
/// gives up on a service; here it is asked once.
pub(super) fn problem(asked: &Revocation, rules: &Rules) -> Option<Problem> {
    let findings = &asked.findings;
    let unavailable = |it: &Finding| matches!(it.status, Status::Unavailable { .. });
    let refused = refusal(findings, rules).or_else(|| {
        let is_any = findings.iter().any(unavailable);
        is_any.then(|| refusal_of_unavailable(findings, rules, None))
    });
    refused.map(Problem::refused)
}
