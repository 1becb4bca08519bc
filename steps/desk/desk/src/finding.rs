//! What a check has found, in words for people.

use std::fmt::Write;

use serde::Serialize;
use step::ServiceError;

/// How it stands. The later, the graver.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Ok,
    NotKnown,
    Warning,
    Failed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotKnown => "not known",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What was seen, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub status: Status,
    pub seen: String,
    /// Nothing is to be done if there is nothing here.
    pub to_do: Option<String>,
    /// The single things that were looked at, where there are many.
    pub details: Vec<Detail>,
}

/// One of the things that a check looks at.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    pub about: String,
    pub status: Status,
    pub seen: String,
    /// What to do about this one, where what is said of all of them does not tell.
    pub to_do: Option<String>,
}

impl Detail {
    pub(crate) fn new(about: impl Into<String>, status: Status, seen: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            status,
            seen: seen.into(),
            to_do: None,
        }
    }

    pub(crate) fn with_to_do(self, to_do: impl Into<String>) -> Self {
        Self {
            to_do: Some(to_do.into()),
            ..self
        }
    }

    pub(crate) fn unanswered(about: impl Into<String>, error: &ServiceError) -> Self {
        Self::new(about, Status::NotKnown, sentence(error))
    }
}

impl Finding {
    pub(crate) fn ok(seen: impl Into<String>) -> Self {
        Self::new(Status::Ok, seen, None)
    }

    pub(crate) fn not_known(seen: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::new(Status::NotKnown, seen, Some(to_do.into()))
    }

    pub(crate) fn warning(seen: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::new(Status::Warning, seen, Some(to_do.into()))
    }

    pub(crate) fn failed(seen: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::new(Status::Failed, seen, Some(to_do.into()))
    }

    /// As grave as the gravest of many things; `what` are they, in the plural.
    pub(crate) fn of_many(what: &str, details: Vec<Detail>, to_do: &str) -> Self {
        let status = details.iter().map(|detail| detail.status).max();
        let status = status.unwrap_or(Status::Ok);
        let good = details.iter().filter(|detail| detail.status == Status::Ok);
        Self {
            status,
            seen: format!("{} of {} {what}.", good.count(), details.len()),
            to_do: (status != Status::Ok).then(|| to_do.to_owned()),
            details,
        }
    }

    /// A question that was not answered is not answered with yes.
    pub(crate) fn unanswered(error: &ServiceError) -> Self {
        let to_do = match error {
            ServiceError::AccessDenied { operation, .. } => format!(
                "Run it as the operator role, or allow `{operation}`, and look for a service control policy or a resource policy that denies it."
            ),
            ServiceError::ServiceRefused { .. } => {
                "The message is the service's own: correct what it names, and run it again.".into()
            }
            ServiceError::ServiceThrottled { .. } => {
                "Run it again when there is less going on in the account.".into()
            }
            ServiceError::ServiceUnavailable { .. } => {
                "Look at the AWS Health Dashboard and at your network, and run it again.".into()
            }
        };
        Self::not_known(sentence(error), to_do)
    }

    fn new(status: Status, seen: impl Into<String>, to_do: Option<String>) -> Self {
        Self {
            status,
            seen: seen.into(),
            to_do,
            details: Vec::new(),
        }
    }
}

/// A finding, and which check made it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    pub check: &'static str,
    #[serde(flatten)]
    pub finding: Finding,
}

pub(crate) fn any_failed(findings: &[Checked]) -> bool {
    let mut findings = findings.iter();
    findings.any(|checked| checked.finding.status == Status::Failed)
}

/// One row for each finding, with what belongs to it below, and how many there are of each kind.
pub(crate) fn rows(findings: &[Checked]) -> String {
    let mut text = String::new();
    for Checked { check, finding } in findings {
        let status = finding.status.as_str();
        // Writing to a String does not fail.
        let _ = writeln!(text, "{status:<9}  {check:<12}  {}", finding.seen);
        for detail in &finding.details {
            let status = detail.status.as_str();
            let _ = writeln!(
                text,
                "{:25}- {}: {status}: {}",
                "", detail.about, detail.seen
            );
            if let Some(to_do) = &detail.to_do {
                let _ = writeln!(text, "{:27}What to do: {to_do}", "");
            }
        }
        if let Some(to_do) = &finding.to_do {
            let _ = writeln!(text, "{:25}What to do: {to_do}", "");
        }
    }
    let count = |status| {
        let findings = findings.iter();
        findings
            .filter(|checked| checked.finding.status == status)
            .count()
    };
    let _ = writeln!(
        text,
        "\n{} ok, {} warnings, {} failed, {} not known",
        count(Status::Ok),
        count(Status::Warning),
        count(Status::Failed),
        count(Status::NotKnown)
    );
    text
}

fn sentence(error: &ServiceError) -> String {
    format!("{}.", error.to_string().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_call_is_not_known_and_names_the_permission() {
        let finding = Finding::unanswered(&ServiceError::AccessDenied {
            operation: "sns:ListSubscriptionsByTopic",
            detail: "no identity-based policy allows it".to_owned(),
        });
        assert_eq!(finding.status, Status::NotKnown);
        let to_do = finding.to_do.unwrap();
        assert!(
            to_do.contains("allow `sns:ListSubscriptionsByTopic`"),
            "{to_do}"
        );
    }

    #[test]
    fn many_things_are_as_grave_as_the_gravest() {
        let detail = |status| Detail::new("x", status, "y");
        let of = |statuses: &[Status]| {
            let details = statuses.iter().copied().map(detail).collect();
            Finding::of_many("things are right", details, "Mend them.")
        };
        let mixed = of(&[Status::Ok, Status::Failed, Status::Warning]);
        assert_eq!(mixed.status, Status::Failed);
        assert_eq!(mixed.seen, "1 of 3 things are right.");
        assert_eq!(mixed.to_do.as_deref(), Some("Mend them."));
        assert_eq!(of(&[Status::Ok, Status::NotKnown]).status, Status::NotKnown);
        assert_eq!(of(&[Status::Ok]).to_do, None);
    }
}
