//! Why nothing may be sent under a leaf, in words.

use ceremony::revocation::{Finding, Order, Requirement, Rules, Source, Status};
use serde::{Deserialize, Serialize};

use crate::Awaited;

/// In the form in which `Validate` refuses, too.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
    /// The name of the error that the ceremony ends with.
    pub error: String,
    /// Of every certificate that stands in the way: which it is, who was asked, and what they said.
    pub what: String,
    pub remedy: String,
}

/// The refusal for what no waiting changes, if there is any. What is unavailable besides is said too.
pub(crate) fn of(findings: &[Finding], rules: &Rules) -> Option<Refusal> {
    let reasons = findings
        .iter()
        .filter_map(|it| Some((it, Reason::of(&it.status, rules.policy)?)));
    let worst = reasons.map(|(_, reason)| reason).min()?;
    (worst != Reason::Unavailable).then(|| refusal(worst, findings, rules, None))
}

/// The refusal when what is unavailable has been waited for long enough.
pub(crate) fn of_the_deadline(awaited: &Awaited, rules: &Rules) -> Refusal {
    refusal(Reason::Unavailable, &awaited.findings, rules, Some(awaited))
}

fn refusal(
    worst: Reason,
    findings: &[Finding],
    rules: &Rules,
    awaited: Option<&Awaited>,
) -> Refusal {
    let bad = |it: &&Finding| Reason::of(&it.status, rules.policy).is_some();
    let sentences: Vec<String> = findings
        .iter()
        .filter(bad)
        .map(|it| sentence(it, rules.order))
        .collect();
    let waited = awaited
        .map(|it| format!(" (asked again since {} until {})", it.since, it.until))
        .unwrap_or_default();
    Refusal {
        error: worst.error().to_owned(),
        what: format!(
            "{} of {} certificates must not be relied on{waited}: {}.",
            sentences.len(),
            findings.len(),
            sentences.join("; ")
        ),
        remedy: worst.remedy().to_owned(),
    }
}

/// The worst first: it gives the ceremony's failure its name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Reason {
    Revoked,
    Unknown,
    ServiceMissing,
    Unusable,
    Unavailable,
}

impl Reason {
    fn of(status: &Status, policy: Requirement) -> Option<Self> {
        match status {
            Status::NotRevoked { .. } => None,
            Status::NoService if policy == Requirement::WhenAvailable => None,
            Status::NoService => Some(Self::ServiceMissing),
            Status::Revoked { .. } => Some(Self::Revoked),
            Status::Unknown { .. } => Some(Self::Unknown),
            Status::Unavailable { .. } => Some(Self::Unavailable),
            Status::Unusable { .. } => Some(Self::Unusable),
        }
    }

    fn error(self) -> &'static str {
        match self {
            Self::Revoked => "CertificateRevoked",
            Self::Unknown => "CertificateUnknownToIssuer",
            Self::ServiceMissing => "RevocationServiceMissing",
            Self::Unusable => "RevocationProofUnusable",
            Self::Unavailable => "RevocationUnavailable",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Revoked => {
                "Ask the partner why its certificate was revoked, and for another one in its place; \
                 it belongs into the same folder. Nothing was exported."
            }
            Self::Unknown => {
                "Ask the partner whether its CA has issued this certificate, which its own responder \
                 does not know. Nothing was exported."
            }
            Self::ServiceMissing => {
                "Ask the partner for certificates that name an OCSP responder or a CRL, or have an \
                 operator choose `when-available` as `revocation.policy` of the profile."
            }
            Self::Unusable => {
                "Tell the partner's CA what its service answers, on which nobody can rely."
            }
            Self::Unavailable => {
                "Ask the partner when the service of its CA is back; have an operator raise \
                 `revocation.waitMinutes` of the profile if that is to be waited for."
            }
        }
    }
}

fn sentence(finding: &Finding, order: Order) -> String {
    let certificate = format!("the {} `{}`", finding.role.as_str(), finding.subject);
    match &finding.status {
        Status::NotRevoked { .. } => format!("{certificate} is not revoked"),
        Status::Revoked {
            proof,
            revoked_at,
            reason,
        } => {
            let reason = reason.as_deref().map_or_else(
                || "no reason was given".to_owned(),
                |reason| format!("reason: {}", in_words(reason)),
            );
            format!(
                "{certificate} was revoked on {revoked_at} ({reason}), by `{}` at `{}` as of {}",
                proof.signer, proof.url, proof.this_update
            )
        }
        Status::Unknown { proof } => format!(
            "{certificate} is not known to the responder `{}` at `{}` as of {}",
            proof.signer, proof.url, proof.this_update
        ),
        Status::NoService => format!("{certificate} names {}", missing(order)),
        Status::Unavailable { reasons } => {
            format!(
                "of {certificate} there was no answer: {}",
                reasons.join(", ")
            )
        }
        Status::Unusable { reasons } => {
            format!("of {certificate} nothing is proven: {}", reasons.join(", "))
        }
    }
}

fn missing(order: Order) -> &'static str {
    match order.sources() {
        [Source::Ocsp] => "no OCSP responder",
        [Source::Crl] => "no CRL",
        _ => "neither an OCSP responder nor a CRL",
    }
}

/// `keyCompromise` as RFC 5280 §5.3.1 spells it, for people: `key compromise`.
fn in_words(reason: &str) -> String {
    match reason {
        "cACompromise" => return "CA compromise".to_owned(),
        "aACompromise" => return "AA compromise".to_owned(),
        "removeFromCRL" => return "remove from CRL".to_owned(),
        _ => {}
    }
    let mut words = String::new();
    for letter in reason.chars() {
        if letter.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_said_in_words() {
        for (reason, words) in [
            ("keyCompromise", "key compromise"),
            ("cACompromise", "CA compromise"),
            ("cessationOfOperation", "cessation of operation"),
            ("superseded", "superseded"),
            ("removeFromCRL", "remove from CRL"),
        ] {
            assert_eq!(in_words(reason), words);
        }
    }
}
