//! Are the policies of our KMS keys those that were deployed?
//!
//! What was deployed is in the stack's template, which CloudFormation keeps; what is in force, KMS
//! says.

use serde_json::Value;
use step::ServiceError;

use super::super::aws::refused;
use super::super::policy::Difference;
use super::super::template::{Place, Resource, Template};
use super::super::{Detail, Finding, Run, Status};

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    let template = run.deployment.template.as_ref().map_err(Clone::clone)?;
    let place = Place {
        // `arn:<partition>:…`
        partition: run.caller.arn.split(':').nth(1).unwrap_or("aws"),
        account: &run.caller.account,
        region: &run.region,
    };
    let mut details = Vec::new();
    for key in template.resources("AWS::KMS::Key") {
        details.push(look_at(run, template, &key, place).await);
    }
    Ok(Finding::of_many(
        "key policies are as deployed",
        details,
        "Look in CloudTrail for who called PutKeyPolicy and why, then put the deployed policy back.",
    ))
}

async fn look_at(run: &Run, template: &Template, key: &Resource<'_>, place: Place<'_>) -> Detail {
    let about = key.construct();
    let Some(id) = key.physical else {
        return Detail::new(about, Status::NotKnown, "CloudFormation names no such key.");
    };
    let deployed = match template.resolve(&key.properties["KeyPolicy"], place) {
        Ok(policy) => policy,
        Err(reason) => {
            let seen = format!("The template cannot be read here: {reason}.");
            return Detail::new(about, Status::NotKnown, seen);
        }
    };
    let answer = run.aws.kms.get_key_policy().key_id(id).send().await;
    match answer.map_err(refused("kms:GetKeyPolicy")) {
        Ok(answer) => judge(about, &deployed, answer.policy().unwrap_or_default()),
        Err(error) => Detail::unanswered(about, &error),
    }
}

fn judge(about: &str, deployed: &Value, there: &str) -> Detail {
    let Ok(there) = serde_json::from_str(there) else {
        return Detail::new(about, Status::NotKnown, "KMS answered with no JSON.");
    };
    let difference = Difference::between(deployed, &there);
    if difference.is_none() {
        return Detail::new(about, Status::Ok, "It is what was deployed.");
    }
    let list = |what: &str, statements: &[String]| {
        let statements = statements.iter();
        statements
            .map(|statement| format!("{what}: {statement}."))
            .collect::<Vec<_>>()
    };
    let mut seen = list("Added", &difference.added);
    seen.extend(list("Missing", &difference.missing));
    Detail::new(about, Status::Failed, seen.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_changed_policy_fails_and_says_what_changed() {
        let deployed = json!({ "Statement": [
            { "Effect": "Allow", "Action": "kms:Sign", "Principal": { "AWS": "signer" } },
        ] });
        assert_eq!(
            judge("SigningKey", &deployed, &deployed.to_string()).status,
            Status::Ok
        );
        let there = json!({ "Statement": [
            { "Effect": "Allow", "Action": "kms:Sign", "Principal": { "AWS": "mallory" } },
        ] });
        let detail = judge("SigningKey", &deployed, &there.to_string());
        assert_eq!(detail.status, Status::Failed);
        for word in [
            "Added: Allow kms:Sign",
            "mallory",
            "Missing: Allow kms:Sign",
            "signer",
        ] {
            assert!(detail.seen.contains(word), "{}", detail.seen);
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_not_known() {
        assert_eq!(judge("SigningKey", &json!({}), "").status, Status::NotKnown);
    }
}
