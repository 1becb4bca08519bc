//! AssociateMpaTeam, DisassociateMpaTeam and GetMpaTeamAssociation.
//!
//! The team itself is not looked up: any ARN of the right form is one. Its members decide on the
//! management port.

use serde::{Deserialize, Serialize};

use crate::model::limits::RequesterComment;
use crate::model::mpa::{MpaOperation, MpaTeamArn, MpaTeamAssociation};
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;
use crate::store::no_team;

/// Lets root imports wait for a team from now on.
pub fn associate_mpa_team(
    call: &mut Call<'_>,
    input: AssociateMpaTeamInput,
) -> Result<MpaTeamOutput, ServiceError> {
    let AssociateMpaTeamInput {
        action: MpaOperation::ImportRootPublicKeyCertificate,
        mpa_team_arn,
        requester_comment,
    } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    Ok(MpaTeamOutput {
        mpa_team_association: partition.associate(mpa_team_arn, requester_comment, call.now)?,
    })
}

/// Asks the team to end its part.
pub fn disassociate_mpa_team(
    call: &mut Call<'_>,
    input: DisassociateMpaTeamInput,
) -> Result<MpaTeamOutput, ServiceError> {
    let DisassociateMpaTeamInput {
        action: MpaOperation::ImportRootPublicKeyCertificate,
        requester_comment,
    } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    Ok(MpaTeamOutput {
        mpa_team_association: partition.disassociate(requester_comment, call.now)?,
    })
}

/// Shows the team.
pub fn get_mpa_team_association(
    call: &mut Call<'_>,
    input: GetMpaTeamAssociationInput,
) -> Result<MpaTeamOutput, ServiceError> {
    let GetMpaTeamAssociationInput {
        action: MpaOperation::ImportRootPublicKeyCertificate,
    } = input;

    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    Ok(MpaTeamOutput {
        mpa_team_association: partition.association().ok_or_else(no_team)?.clone(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssociateMpaTeamInput {
    action: MpaOperation,
    mpa_team_arn: MpaTeamArn,
    requester_comment: Option<RequesterComment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DisassociateMpaTeamInput {
    action: MpaOperation,
    requester_comment: Option<RequesterComment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMpaTeamAssociationInput {
    action: MpaOperation,
}

/// The output of all three.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MpaTeamOutput {
    mpa_team_association: MpaTeamAssociation,
}
