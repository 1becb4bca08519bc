//! Why nothing may be sent under a leaf, in words.

use super::{Finding, Requirement, Rules, Status};
use crate::proof::Refusal;
use crate::text::shown;
use crate::utc::Utc;

/// The refusal for what no waiting changes, if there is any: of every certificate that stands in the
/// way, which it is, who was asked, and what they said. What is unavailable besides is said too.
pub fn refusal(findings: &[Finding], rules: &Rules) -> Option<Refusal> {
    let reasons = findings
        .iter()
        .filter_map(|it| Reason::of(&it.status, rules.policy));
    let worst = reasons.min()?;
    (worst != Reason::Unavailable).then(|| of(worst, findings, rules, None))
}

/// The refusal for what is unavailable; `waited` says since when and until when it was asked again,
/// if it was.
pub fn refusal_of_unavailable(
    findings: &[Finding],
    rules: &Rules,
    waited: Option<(Utc, Utc)>,
) -> Refusal {
    of(Reason::Unavailable, findings, rules, waited)
}

fn of(worst: Reason, findings: &[Finding], rules: &Rules, waited: Option<(Utc, Utc)>) -> Refusal {
    let bad = |it: &&Finding| Reason::of(&it.status, rules.policy).is_some();
    let sentences: Vec<String> = findings.iter().filter(bad).map(sentence).collect();
    let waited = waited
        .map(|(since, until)| format!(" (asked again since {since} until {until})"))
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
                "Tell the partner's CA what its service answers, on which nobody can rely; if it is \
                 not asked because of `revocation.order`, have an operator choose another order."
            }
            Self::Unavailable => {
                "Ask the partner when the service of its CA is back; have an operator raise \
                 `revocation.waitMinutes` of the profile if that is to be waited for."
            }
        }
    }
}

fn sentence(finding: &Finding) -> String {
    let certificate = format!(
        "the {} `{}`",
        finding.role.as_str(),
        shown(&finding.subject)
    );
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
                shown(&proof.signer),
                shown(&proof.url),
                proof.this_update
            )
        }
        Status::Unknown { proof } => format!(
            "{certificate} is not known to the responder `{}` at `{}` as of {}",
            shown(&proof.signer),
            shown(&proof.url),
            proof.this_update
        ),
        Status::NoService => {
            format!("{certificate} names neither an OCSP responder nor a CRL")
        }
        Status::Unavailable { reasons } => {
            format!("of {certificate} there was no answer: {}", some(reasons))
        }
        Status::Unusable { reasons } => {
            format!("of {certificate} nothing is proven: {}", some(reasons))
        }
    }
}

/// The findings have all of them.
fn some(reasons: &[String]) -> String {
    let told: Vec<&str> = reasons.iter().take(2).map(String::as_str).collect();
    match reasons.len() - told.len() {
        0 => told.join(", "),
        more => format!("{}, and {more} more", told.join(", ")),
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
    use crate::digest::Sha256;
    use crate::path::Role;
    use crate::revocation::{Proof, Source};

    fn at(seconds: i64) -> Utc {
        Utc::of_unix_seconds(seconds).unwrap()
    }

    fn proof() -> Proof {
        Proof {
            source: Source::Ocsp,
            url: "http://ocsp.example".to_owned(),
            signer: "CN=Responder".to_owned(),
            produced_at: Some(at(0)),
            this_update: at(0),
            next_update: Some(at(60)),
            response_sha256: Sha256::of(b"response"),
            response_bytes: 8,
            responder_crl_sha256: None,
        }
    }

    fn found(status: Status) -> Finding {
        Finding {
            role: Role::Leaf,
            certificate_sha256: Sha256::of(b"leaf"),
            subject: "CN=Leaf".to_owned(),
            status,
        }
    }

    fn revoked() -> Status {
        Status::Revoked {
            proof: proof(),
            revoked_at: at(0),
            reason: Some("keyCompromise".to_owned()),
        }
    }

    fn no_answer() -> Status {
        let reasons = vec!["http://ocsp.example: too slow".to_owned()];
        Status::Unavailable { reasons }
    }

    #[test]
    fn every_status_has_its_refusal_or_none() {
        let reasons = || vec!["http://ocsp.example: a redirect".to_owned()];
        for (status, error, when_available) in [
            (Status::NotRevoked { proof: proof() }, None, None),
            (Status::NoService, Some("RevocationServiceMissing"), None),
            (
                revoked(),
                Some("CertificateRevoked"),
                Some("CertificateRevoked"),
            ),
            (
                Status::Unknown { proof: proof() },
                Some("CertificateUnknownToIssuer"),
                Some("CertificateUnknownToIssuer"),
            ),
            (
                Status::Unusable { reasons: reasons() },
                Some("RevocationProofUnusable"),
                Some("RevocationProofUnusable"),
            ),
            // Not before it has been waited for.
            (no_answer(), None, None),
        ] {
            for (policy, expected) in [
                (Requirement::Required, error),
                (Requirement::WhenAvailable, when_available),
            ] {
                let rules = Rules {
                    policy,
                    ..Rules::default()
                };
                let refused = refusal(&[found(status.clone())], &rules);
                let refused = refused.map(|refusal| refusal.error);
                assert_eq!(refused.as_deref(), expected, "{status:?} {policy:?}");
            }
        }
    }

    #[test]
    fn the_worst_gives_the_name_and_all_are_told() {
        let good = Status::NotRevoked { proof: proof() };
        let findings = [found(no_answer()), found(revoked()), found(good)];
        let refused = refusal(&findings, &Rules::default()).unwrap();
        assert_eq!(refused.error, "CertificateRevoked");
        assert!(
            refused.what.starts_with("2 of 3 certificates"),
            "{}",
            refused.what
        );
        assert!(refused.what.contains("key compromise"), "{}", refused.what);
        assert!(refused.what.contains("too slow"), "{}", refused.what);
    }

    #[test]
    fn what_was_waited_for_is_told_with_its_times() {
        let findings = [found(no_answer())];
        let told = |waited| refusal_of_unavailable(&findings, &Rules::default(), waited);
        let refused = told(Some((at(0), at(3600))));
        assert_eq!(refused.error, "RevocationUnavailable");
        assert!(
            refused
                .what
                .contains("since 1970-01-01T00:00:00Z until 1970-01-01T01:00:00Z"),
            "{}",
            refused.what
        );
        assert!(!told(None).what.contains("asked again"));
    }

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
