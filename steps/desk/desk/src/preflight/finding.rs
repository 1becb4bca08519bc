//! What a check has found, in words for people.

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
}

impl Detail {
    pub(crate) fn new(about: impl Into<String>, status: Status, seen: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            status,
            seen: seen.into(),
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
