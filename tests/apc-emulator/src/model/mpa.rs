//! Multi-party approval: teams, sessions, and how far they are.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::attributes::wire_enum;
use super::identifiers::{is_all, text_newtype};
use crate::clock::Timestamp;

wire_enum! {
    /// What a team can be asked to approve. Ending the protection is protected too.
    MpaOperation {
        ImportRootPublicKeyCertificate = "IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE",
    }
}

wire_enum! {
    /// How a team stands to an operation.
    AssociationState {
        Active = "ACTIVE",
        DeletePending = "DELETE_PENDING",
        UpdatePending = "UPDATE_PENDING",
    }
}

wire_enum! {
    /// How far an approval is.
    SessionStatus {
        Approved = "APPROVED",
        Cancelled = "CANCELLED",
        Failed = "FAILED",
        Pending = "PENDING",
    }
}

/// `arn:aws(-[^:]+)?:mpa:[a-z0-9-]{1,20}:[0-9]{12}:approval-team/[a-zA-Z0-9._-]+`, 20 to 2048
/// characters. The user guide's commands have `team/` there, which the model does not allow.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct MpaTeamArn(String);

impl MpaTeamArn {
    /// The ARN of a session of this team, as the user guide's log records have it:
    /// `…:session/TEAM/ID`.
    pub fn session(&self, id: &str) -> MpaSessionArn {
        let session = self.0.replacen(":approval-team/", ":session/", 1);
        MpaSessionArn(format!("{session}/{id}"))
    }
}

impl TryFrom<String> for MpaTeamArn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match mpa_resource(&text).and_then(|resource| resource.strip_prefix("approval-team/")) {
            Some(name) if is_all(name, is_name) => Ok(Self(text)),
            _ => Err(
                "value must match arn:aws(-[^:]+)?:mpa:[a-z0-9-]{1,20}:[0-9]{12}:\
                 approval-team/[a-zA-Z0-9._-]+"
                    .to_owned(),
            ),
        }
    }
}

/// `arn:aws(-[^:]+)?:mpa:[a-z0-9-]{1,20}:[0-9]{12}:session/[a-zA-Z0-9._-]+/[a-zA-Z0-9_-]+`, 20 to
/// 2048 characters.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct MpaSessionArn(String);

impl TryFrom<String> for MpaSessionArn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let session = mpa_resource(&text).and_then(|resource| resource.strip_prefix("session/"));
        match session.and_then(|session| session.split_once('/')) {
            Some((team, id)) if is_all(team, is_name) && is_all(id, |c| c != '.' && is_name(c)) => {
                Ok(Self(text))
            }
            _ => Err("value must be the ARN of an approval session".to_owned()),
        }
    }
}

text_newtype!(MpaSessionArn, MpaTeamArn);

/// How far the approval of a key or of a change of teams is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MpaStatus {
    pub mpa_session_arn: MpaSessionArn,
    pub status: SessionStatus,
    pub initiation_date: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
}

/// A team and what it approves.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MpaTeamAssociation {
    pub action: MpaOperation,
    pub mpa_team_arn: MpaTeamArn,
    pub association_state: AssociationState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mpa_status: Option<MpaStatus>,
}

/// What follows `arn:aws…:mpa:REGION:ACCOUNT:`.
fn mpa_resource(text: &str) -> Option<&str> {
    if !(20..=2048).contains(&text.len()) {
        return None;
    }
    let mut parts = text.splitn(6, ':');
    let (Some("arn"), Some(partition), Some("mpa"), Some(region), Some(account), Some(resource)) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return None;
    };
    let partition_fits = match partition.strip_prefix("aws-") {
        Some(rest) => !rest.is_empty(),
        None => partition == "aws",
    };
    let region_fits = region.len() <= 20
        && is_all(region, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        });
    let account_fits = account.len() == 12 && is_all(account, |c| c.is_ascii_digit());
    (partition_fits && region_fits && account_fits).then_some(resource)
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_has_sessions() {
        let team: MpaTeamArn = TEAM.parse().unwrap();
        let session = team.session("kwapwa6qaifllw2h");
        let expected = "arn:aws:mpa:us-east-1:111122223333:session/custodians/kwapwa6qaifllw2h";
        assert_eq!(session.to_string(), expected);
        assert_eq!(expected.parse(), Ok(session));
    }

    #[test]
    fn arns_of_teams_follow_their_pattern() {
        for right in [TEAM, "arn:aws-cn:mpa:x:111122223333:approval-team/A.b_c-9"] {
            assert!(right.parse::<MpaTeamArn>().is_ok(), "{right}");
        }
        let long = format!("{TEAM}{}", "x".repeat(2048));
        for wrong in [
            "",
            "arn:aws:mpa:us-east-1:111122223333:team/custodians",
            "arn:aws:mpa:us-east-1:111122223333:approval-team/",
            "arn:aws:mpa:us-east-1:111122223333:approval-team/a/b",
            "arn:aws:mpa:us-east-1:11112222333:approval-team/custodians",
            "arn:aws:mpa::111122223333:approval-team/custodians",
            "arn:aws-:mpa:us-east-1:111122223333:approval-team/custodians",
            "arn:aws:sts:us-east-1:111122223333:approval-team/custodians",
            &long,
        ] {
            assert!(wrong.parse::<MpaTeamArn>().is_err(), "{wrong}");
            assert!(wrong.parse::<MpaSessionArn>().is_err(), "{wrong}");
        }
    }

    const TEAM: &str = "arn:aws:mpa:us-east-1:111122223333:approval-team/custodians";
}
