//! Is an approval team guarding the import of root certificates (AWS's multi-party approval)?

use aws_sdk_paymentcryptography::types::{AssociationState, MpaOperation};
use step::ServiceError;

use super::super::{Finding, Run};

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    let answer = run.aws.payment.call(
        "payment-cryptography:GetMpaTeamAssociation",
        async |client| {
            client
                .get_mpa_team_association()
                .action(MpaOperation::ImportRootPublicKeyCertificate)
                .send()
                .await
        },
    );
    match answer.await {
        Ok(answer) => Ok(match answer.mpa_team_association() {
            Some(team) => guarded(team.mpa_team_arn(), team.association_state()),
            None => unguarded(),
        }),
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ResourceNotFoundException" => {
            Ok(unguarded())
        }
        Err(error) => Err(error),
    }
}

fn guarded(team: &str, state: &AssociationState) -> Finding {
    if *state == AssociationState::Active {
        return Finding::ok(format!("{team} approves every import of a root."));
    }
    Finding::warning(
        format!("{team} approves imports of roots, and that is about to change: {state}."),
        "If nobody of you asked for that, find out who did; else wait until the team has decided.",
    )
}

fn unguarded() -> Finding {
    Finding::warning(
        "No team approves imports of roots: the profile alone says which root is trusted.",
        "If that is intended, nothing. Otherwise associate an approval team with IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Status;
    use super::*;

    #[test]
    fn only_an_association_that_stays_is_ok() {
        for (state, expected) in [
            (AssociationState::Active, Status::Ok),
            (AssociationState::DeletePending, Status::Warning),
            (AssociationState::UpdatePending, Status::Warning),
        ] {
            assert_eq!(guarded("arn:team", &state).status, expected, "{state}");
        }
        assert_eq!(unguarded().status, Status::Warning);
    }
}
