//! Multi-party approval: who must agree, what waits for them, and what comes of it.
//!
//! Associations are kept per account and region. INFERRED: the user guide says "your account", as it
//! does of the default replication regions, which it then says differ by region.

use serde::{Deserialize, Serialize};

use super::{Partition, new_id};
use crate::clock::Timestamp;
use crate::model::identifiers::KeyArn;
use crate::model::key::{Key, KeyState};
use crate::model::limits::RequesterComment;
use crate::model::mpa::{
    AssociationState, MpaOperation, MpaSessionArn, MpaStatus, MpaTeamArn, MpaTeamAssociation,
    SessionStatus,
};
use crate::protocol::error::ServiceError;

/// "Sessions expire 24 hours after the initial request. Expired sessions and non-responses from
/// approvers count as rejections" (Multi-party approval User Guide, "Terms and concepts").
const SESSION_DAYS: i64 = 1;

/// The team of an account in a region, and everything it was ever asked.
#[derive(Default, Deserialize, Serialize)]
pub struct Approvals {
    association: Option<MpaTeamAssociation>,
    sessions: Vec<Session>,
}

/// Something a team is asked to agree to.
#[derive(Deserialize, Serialize)]
pub struct Session {
    pub comment: Option<RequesterComment>,
    pub request: ProtectedRequest,
    pub status: MpaStatus,
    pub team: MpaTeamArn,
}

/// What happens when the team agrees.
#[derive(Clone, Deserialize, Serialize)]
pub enum ProtectedRequest {
    /// Another team takes over.
    Associate(MpaTeamArn),
    /// The protection ends.
    Disassociate,
    /// The key becomes usable.
    ImportRoot(KeyArn),
}

/// What a team decides, or the requester, who can cancel.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    Approve,
    Cancel,
    Reject,
}

impl Session {
    fn new(
        team: &MpaTeamArn,
        request: ProtectedRequest,
        comment: Option<RequesterComment>,
        session: MpaSessionArn,
        now: Timestamp,
    ) -> Self {
        Self {
            comment,
            request,
            status: MpaStatus {
                mpa_session_arn: session,
                status: SessionStatus::Pending,
                initiation_date: now,
                status_message: None,
            },
            team: team.clone(),
        }
    }
}

/// A root import that must wait: made before the key is, so that nothing can fail after it.
pub struct Protection {
    comment: RequesterComment,
    session: MpaSessionArn,
    team: MpaTeamArn,
}

impl Partition {
    /// The team that must agree, if any.
    pub fn association(&self) -> Option<&MpaTeamAssociation> {
        self.approvals.association.as_ref()
    }

    /// Everything a team was ever asked, oldest first.
    pub fn sessions(&self) -> &[Session] {
        &self.approvals.sessions
    }

    /// Sets a team to guard root imports, at once when there is none. INFERRED: a team in place must
    /// agree to its successor, as it must to its removal; the same team again, or a change while
    /// another waits, is a ConflictException.
    pub fn associate(
        &mut self,
        team: MpaTeamArn,
        comment: Option<RequesterComment>,
        now: Timestamp,
    ) -> Result<MpaTeamAssociation, ServiceError> {
        match &self.approvals.association {
            None => {
                let association = MpaTeamAssociation {
                    action: MpaOperation::ImportRootPublicKeyCertificate,
                    mpa_team_arn: team,
                    association_state: AssociationState::Active,
                    mpa_status: None,
                };
                Ok(self.approvals.association.insert(association).clone())
            }
            Some(present) if present.mpa_team_arn == team => Err(ServiceError::Conflict(format!(
                "{team} is associated already"
            ))),
            Some(_) => {
                let request = ProtectedRequest::Associate(team);
                self.change_team(AssociationState::UpdatePending, request, comment, now)
            }
        }
    }

    /// Asks the team to let go of root imports.
    pub fn disassociate(
        &mut self,
        comment: Option<RequesterComment>,
        now: Timestamp,
    ) -> Result<MpaTeamAssociation, ServiceError> {
        let request = ProtectedRequest::Disassociate;
        self.change_team(AssociationState::DeletePending, request, comment, now)
    }

    fn change_team(
        &mut self,
        state: AssociationState,
        request: ProtectedRequest,
        comment: Option<RequesterComment>,
        now: Timestamp,
    ) -> Result<MpaTeamAssociation, ServiceError> {
        let approvals = &mut self.approvals;
        let association = approvals.association.as_mut().ok_or_else(no_team)?;
        if association.association_state != AssociationState::Active {
            return Err(ServiceError::Conflict(format!(
                "the association is in state {}",
                association.association_state
            )));
        }
        let team = association.mpa_team_arn.clone();
        let session = Session::new(&team, request, comment, team.session(&new_id()?), now);
        association.association_state = state;
        association.mpa_status = Some(session.status.clone());
        approvals.sessions.push(session);
        Ok(association.clone())
    }

    /// What a root import needs before it may count: nothing without a team, and with one a comment
    /// for it. The team guards also while its own removal waits. INFERRED: an empty comment is none.
    pub fn protection(
        &self,
        comment: Option<RequesterComment>,
    ) -> Result<Option<Protection>, ServiceError> {
        let Some(association) = &self.approvals.association else {
            return Ok(None);
        };
        let team = association.mpa_team_arn.clone();
        match comment.filter(|comment| !comment.as_str().is_empty()) {
            Some(comment) => Ok(Some(Protection {
                comment,
                session: team.session(&new_id()?),
                team,
            })),
            None => Err(ServiceError::Validation(
                "RequesterComment is required while an approval team is associated".to_owned(),
            )),
        }
    }

    /// Lets a new key wait for the team.
    pub fn await_approval(
        &mut self,
        arn: &KeyArn,
        protection: Protection,
        now: Timestamp,
    ) -> Result<Key, ServiceError> {
        let Protection {
            comment,
            session,
            team,
        } = protection;
        let request = ProtectedRequest::ImportRoot(arn.clone());
        let session = Session::new(&team, request, Some(comment), session, now);
        let record = self.key(arn)?;
        record.state = KeyState::CreateInProgress;
        record.mpa_status = Some(session.status.clone());
        let key = record.to_key();
        self.approvals.sessions.push(session);
        Ok(key)
    }

    /// Ends every session that was begun a day ago, as if the team had said no.
    pub(super) fn expire_sessions(&mut self, now: Timestamp) {
        let over = |session: &Session| {
            session.status.status == SessionStatus::Pending
                && session.status.initiation_date.plus_days(SESSION_DAYS) <= now
        };
        while let Some(position) = self.approvals.sessions.iter().position(over) {
            self.decide(position, Decision::Reject);
        }
    }

    /// Ends the session at this place, and does what was asked if it was approved.
    ///
    /// INFERRED: a cancelled import ends as a rejected one does, in CREATE_FAILED; a team whose
    /// change or removal is not approved is ACTIVE again.
    pub fn decide(&mut self, position: usize, decision: Decision) -> Option<&Session> {
        let session = self.approvals.sessions.get_mut(position)?;
        (session.status.status, session.status.status_message) = match decision {
            Decision::Approve => (SessionStatus::Approved, None),
            Decision::Cancel => (SessionStatus::Cancelled, None),
            Decision::Reject => (
                SessionStatus::Failed,
                Some("Approval session expired or was denied".to_owned()),
            ),
        };
        let status = session.status.clone();
        let approved = decision == Decision::Approve;
        match session.request.clone() {
            ProtectedRequest::ImportRoot(arn) => {
                if let Ok(record) = self.key(&arn) {
                    record.state = if approved {
                        KeyState::CreateComplete
                    } else {
                        KeyState::CreateFailed
                    };
                    record.mpa_status = Some(status);
                }
            }
            ProtectedRequest::Disassociate if approved => self.approvals.association = None,
            request => {
                if let Some(association) = &mut self.approvals.association {
                    association.association_state = AssociationState::Active;
                    association.mpa_status = Some(status);
                    if let (ProtectedRequest::Associate(team), true) = (request, approved) {
                        association.mpa_team_arn = team;
                    }
                }
            }
        }
        self.approvals.sessions.get(position)
    }
}

/// INFERRED: without a team there is nothing to find.
pub fn no_team() -> ServiceError {
    ServiceError::not_found(MpaOperation::ImportRootPublicKeyCertificate)
}
