//! Does IAM see the tags of keys?
//!
//! `wrap-rsa` may export only what carries the tag of a KEK. That holds if IAM knows the tags of a key
//! when it decides, and can be seen without a change: the operator role may read the resource policy
//! of a key only if its tag says `kek`. So it has to be let through to a KEK of a ceremony, and to be
//! turned away from a CA.

use payment_keys::PURPOSE_TAG;
use step::ServiceError;

use super::super::{Finding, Run};

/// How IAM decided. Whether the key has a policy does not matter: most have none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Decision {
    LetThrough,
    TurnedAway,
}

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    let payment = &run.aws.payment;
    let kek = payment.key_below("alias/key-ceremony/kek/").await?;
    let ca = payment.key_below("alias/key-ceremony/ca/").await?;
    let (Some(kek), Some(ca)) = (kek, ca) else {
        return Ok(Finding::not_known(
            "No ceremony has made a KEK and a CA key yet, whose tags could be tried.",
            "Run it again after the first ceremony.",
        ));
    };
    for (key, purpose) in [(kek, "kek"), (ca, "ca")] {
        if tag(run, key).await?.as_deref() != Some(purpose) {
            return Ok(untagged(key, purpose));
        }
    }
    let (kek, ca) = (decision(run, kek).await?, decision(run, ca).await?);
    Ok(judge(is_operator(run), kek, ca))
}

async fn tag(run: &Run, key: &str) -> Result<Option<String>, ServiceError> {
    let tags = run.aws.payment.tags(key).await?;
    let tag = tags.into_iter().find(|tag| tag.key() == PURPOSE_TAG);
    Ok(tag.and_then(|tag| tag.value))
}

async fn decision(run: &Run, key: &str) -> Result<Decision, ServiceError> {
    let answer = run
        .aws
        .payment
        .call("payment-cryptography:GetResourcePolicy", async |client| {
            client.get_resource_policy().resource_arn(key).send().await
        });
    match answer.await {
        Ok(_) => Ok(Decision::LetThrough),
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ResourceNotFoundException" => {
            Ok(Decision::LetThrough)
        }
        Err(ServiceError::AccessDenied { .. }) => Ok(Decision::TurnedAway),
        Err(error) => Err(error),
    }
}

fn is_operator(run: &Run) -> bool {
    let role = run.deployment.output("OPERATOR_ROLE_ARN");
    role.is_some_and(|role| is_session_of(&run.caller.arn, &role))
}

/// `…:assumed-role/<role>/<session>` is a session of `…:role/<role>`.
fn is_session_of(caller: &str, role: &str) -> bool {
    let role = role.rsplit('/').next();
    let session = caller.split_once(":assumed-role/");
    role.is_some() && session.and_then(|(_, names)| names.split('/').next()) == role
}

fn untagged(key: &str, purpose: &str) -> Finding {
    Finding::failed(
        format!("{key} has an alias of a ceremony, but not the tag {PURPOSE_TAG} = {purpose}."),
        "Look in CloudTrail for who took the tag away, and treat the key as foreign until that is known.",
    )
}

fn judge(operator: bool, kek: Decision, ca: Decision) -> Finding {
    use Decision::{LetThrough, TurnedAway};
    match (kek, ca) {
        (LetThrough, TurnedAway) => Finding::ok(
            "IAM tells a KEK from a CA by its tag: the one was answered, the other denied.",
        ),
        (TurnedAway, _) if operator => Finding::failed(
            "IAM denies the operator role what it may do with a KEK: it does not see the key's tag, which `wrap-rsa` depends on.",
            "Run it again in some minutes, since tags take time; if it stays so, look for a service control policy, and tell the authors.",
        ),
        (TurnedAway, _) => Finding::not_known(
            "The call was denied, and you are not the operator role, so that the reason may be another.",
            "Run it as the operator role, which has `payment-cryptography:GetResourcePolicy` for KEKs.",
        ),
        (LetThrough, LetThrough) => Finding::not_known(
            "Both keys were answered: whoever asks is not restricted by tags, so that nothing can be seen.",
            "Run it as the operator role and nobody else.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Status;
    use super::*;

    #[test]
    fn it_takes_a_denial_to_see_that_iam_looks_at_tags() {
        use Decision::{LetThrough, TurnedAway};
        for (operator, kek, ca, expected) in [
            (true, LetThrough, TurnedAway, Status::Ok),
            (true, LetThrough, LetThrough, Status::NotKnown),
            (true, TurnedAway, TurnedAway, Status::Failed),
            (false, TurnedAway, TurnedAway, Status::NotKnown),
        ] {
            assert_eq!(judge(operator, kek, ca).status, expected);
        }
    }

    #[test]
    fn a_session_is_told_by_the_name_of_its_role() {
        let role = "arn:aws:iam::111122223333:role/KeyCeremony-Operator";
        for (caller, expected) in [
            (
                "arn:aws:sts::111122223333:assumed-role/KeyCeremony-Operator/jane",
                true,
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/Admin/KeyCeremony-Operator",
                false,
            ),
            ("arn:aws:iam::111122223333:user/KeyCeremony-Operator", false),
        ] {
            assert_eq!(is_session_of(caller, role), expected, "{caller}");
        }
    }
}
