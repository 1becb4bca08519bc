//! What the services that the certificates name say of them.

use ceremony::proof::ProvenPath;
use ceremony::revocation::{Finding, Requirement, Rules, Status};
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

pub(super) fn problem(asked: &Revocation, rules: &Rules) -> Option<Problem> {
    let bad = asked.findings.iter().find(|finding| match finding.status {
        Status::NotRevoked { .. } => false,
        Status::NoService => rules.policy == Requirement::Required,
        _ => true,
    })?;
    Some(Problem::failed(
        "CertificateRevoked",
        format!("{bad:?}"),
        "X",
    ))
}
