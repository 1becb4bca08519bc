//! What the members of approval teams do, which is no operation of the service: look at what waits
//! for them, and decide.

use serde::Serialize;

use crate::controls::{ControlError, Controls, ScopeView};
use crate::model::identifiers::KeyArn;
use crate::model::mpa::{MpaSessionArn, MpaTeamArn, SessionStatus};
use crate::protocol::operation::Operation;
use crate::service::Service;
use crate::store::{Decision, ProtectedRequest, Session};

impl Controls {
    /// Everything that approval teams were ever asked, by account and region, oldest first.
    pub fn approvals(&self) -> Vec<ApprovalView> {
        let now = self.service.clock.now();
        let mut approvals = Vec::new();
        let mut state = self.service.store.lock();
        for scope in state.scopes() {
            let sessions = state.partition(&scope, now).sessions();
            let scope = ScopeView::of(&scope);
            let views = sessions
                .iter()
                .map(|session| ApprovalView::new(scope.clone(), session));
            approvals.extend(views);
        }
        approvals
    }

    /// Decides for the team. What was asked happens, or does not, before this returns.
    pub fn decide(
        &self,
        approval: &Approval,
        decision: Decision,
    ) -> Result<ApprovalView, ControlError> {
        let decided = decide(&self.service, approval, decision)?;
        self.save()?;
        Ok(decided)
    }
}

pub(crate) fn decide(
    service: &Service,
    approval: &Approval,
    decision: Decision,
) -> Result<ApprovalView, ControlError> {
    let now = service.clock.now();
    let mut state = service.store.lock();
    for scope in state.scopes() {
        let partition = state.partition(&scope, now);
        let mut sessions = partition.sessions().iter().enumerate();
        let Some((position, session)) = sessions.find(|(_, session)| approval.is(session)) else {
            continue;
        };
        if session.status.status != SessionStatus::Pending {
            return Err(ControlError::Decided);
        }
        return partition
            .decide(position, decision)
            .map(|session| ApprovalView::new(ScopeView::of(&scope), session))
            .ok_or(ControlError::UnknownApproval);
    }
    Err(ControlError::UnknownApproval)
}

/// Which approval: the one of a key, or any by its session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Approval {
    Key(KeyArn),
    Session(MpaSessionArn),
}

impl Approval {
    fn is(&self, session: &Session) -> bool {
        match self {
            Self::Key(arn) => {
                matches!(&session.request, ProtectedRequest::ImportRoot(key) if key == arn)
            }
            Self::Session(arn) => session.status.mpa_session_arn == *arn,
        }
    }
}

/// Something an approval team was asked.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalView {
    #[serde(flatten)]
    pub scope: ScopeView,
    pub mpa_session_arn: MpaSessionArn,
    /// The team that is asked.
    pub mpa_team_arn: MpaTeamArn,
    /// The operation that waits.
    pub operation: String,
    /// The key that waits, for ImportKey.
    pub key_arn: Option<KeyArn>,
    /// The team that is to take over, for AssociateMpaTeam.
    pub next_team_arn: Option<MpaTeamArn>,
    pub requester_comment: Option<String>,
    pub initiated_at: String,
    pub status: SessionStatus,
}

impl ApprovalView {
    fn new(scope: ScopeView, session: &Session) -> Self {
        let (operation, key_arn, next_team_arn) = match session.request.clone() {
            ProtectedRequest::Associate(team) => (Operation::AssociateMpaTeam, None, Some(team)),
            ProtectedRequest::Disassociate => (Operation::DisassociateMpaTeam, None, None),
            ProtectedRequest::ImportRoot(key) => (Operation::ImportKey, Some(key), None),
        };
        let comment = session.comment.as_ref();
        Self {
            scope,
            mpa_session_arn: session.status.mpa_session_arn.clone(),
            mpa_team_arn: session.team.clone(),
            operation: operation.to_string(),
            key_arn,
            next_team_arn,
            requester_comment: comment.map(|comment| comment.as_str().to_owned()),
            initiated_at: session.status.initiation_date.to_rfc3339(),
            status: session.status.status,
        }
    }
}
