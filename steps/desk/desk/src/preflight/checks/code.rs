//! Is the code of the functions what was built here?
//!
//! `cdk deploy` zips each step's folder into `cdk.out/.cache`, and Lambda tells the SHA-256 of the
//! zip it holds. Both are compared for the version that the machine calls; for a function that no
//! machine calls, of the function itself. A zip made anew from the same folder is another zip, so
//! that only the `cdk.out` of the deployment will do.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::digest::Sha256;
use step::ServiceError;

use super::super::aws::refused;
use super::super::template::Resource;
use super::super::{Detail, Finding, Run, Status};

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    let Some(folder) = &run.code else {
        return Ok(Finding::not_known(
            "Nobody said what the code is to be compared with.",
            "Name the folder `cdk.out` of the deployment with `--code`.",
        ));
    };
    let template = run.deployment.template.as_ref().map_err(Clone::clone)?;
    let versions = versions(run).await?;
    let mut details = Vec::new();
    for function in template.resources("AWS::Lambda::Function") {
        let zip = zip(folder, &function);
        details.push(look_at(run, &function, &versions, zip).await);
    }
    Ok(Finding::of_many(
        "functions run the code that was built here",
        details,
        "Find out in CloudTrail who changed the code, or whether it was deployed from another build; then build and deploy again.",
    ))
}

/// Which version of which function the machines call, by the function's name.
async fn versions(run: &Run) -> Result<BTreeMap<String, String>, ServiceError> {
    let mut versions = BTreeMap::new();
    let template = run.deployment.template.as_ref().map_err(Clone::clone)?;
    for machine in template.resources("AWS::StepFunctions::StateMachine") {
        let arn = machine.physical.unwrap_or_default();
        let request = run.aws.sfn.describe_state_machine().state_machine_arn(arn);
        let answer = request.send().await;
        let answer = answer.map_err(refused("states:DescribeStateMachine"))?;
        versions.extend(called(answer.definition()));
    }
    Ok(versions)
}

/// The functions that a definition calls, each ARN ending in `:function:<name>:<version>`.
fn called(definition: &str) -> BTreeMap<String, String> {
    let texts = definition.split('"');
    let arns = texts.filter(|text| text.starts_with("arn:") && text.contains(":lambda:"));
    let functions = arns.filter_map(|arn| {
        let (name, version) = arn.split_once(":function:")?.1.split_once(':')?;
        Some((name.to_owned(), version.to_owned()))
    });
    functions.collect()
}

/// The digest of the zip that was deployed; or why it is not known.
fn zip(folder: &Path, function: &Resource<'_>) -> Result<Sha256, String> {
    let key = function.properties["Code"]["S3Key"].as_str();
    let key = key.ok_or("The template does not name its zip.")?;
    let path = folder.join(".cache").join(key);
    let zip = std::fs::read(&path);
    let zip = zip.map_err(|error| {
        let path = path.display();
        format!("The zip of this deployment is not here ({path}: {error}): deploy from this folder, or name the one that was deployed from.")
    })?;
    Ok(Sha256::of(&zip))
}

async fn look_at(
    run: &Run,
    function: &Resource<'_>,
    versions: &BTreeMap<String, String>,
    zip: Result<Sha256, String>,
) -> Detail {
    let about = function.construct();
    let about = about.strip_suffix("/Function").unwrap_or(about);
    let Some(name) = function.physical else {
        return Detail::new(
            about,
            Status::NotKnown,
            "CloudFormation names no such function.",
        );
    };
    let request = run.aws.lambda.get_function_configuration();
    let request = request.function_name(name);
    let version = versions.get(name);
    let answer = request.set_qualifier(version.cloned()).send().await;
    match answer.map_err(refused("lambda:GetFunctionConfiguration")) {
        Ok(answer) => {
            let version = version.map_or("$LATEST", String::as_str);
            let there = answer.code_sha256().unwrap_or_default();
            judge(about, version, there, zip)
        }
        Err(error) => Detail::unanswered(about, &error),
    }
}

fn judge(about: &str, version: &str, there: &str, zip: Result<Sha256, String>) -> Detail {
    let zip = match zip {
        Ok(zip) => zip,
        Err(reason) => return Detail::new(about, Status::NotKnown, reason),
    };
    // Lambda writes base64, everybody else hexadecimal digits.
    let there = STANDARD.decode(there).unwrap_or_default();
    let there: String = there.iter().map(|byte| format!("{byte:02x}")).collect();
    if there == zip.to_string() {
        let seen = format!("Version {version} is the zip {}.", zip.short());
        return Detail::new(about, Status::Ok, seen);
    }
    let seen = format!("Version {version} has the digest `{there}`, and what was built {zip}.");
    Detail::new(about, Status::Failed, seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_that_a_definition_calls_are_read_out_of_it() {
        let definition = r#"{"States": {
            "Wrap": {"Arguments": {"FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:Stack-wrap:7"}},
            "Sign": {"Arguments": {"FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:Stack-sign:12"}},
            "Tell": {"Resource": "arn:aws:states:::lambda:invoke"}
        }}"#;
        let expected = [("Stack-sign", "12"), ("Stack-wrap", "7")];
        let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
        assert_eq!(called(definition), BTreeMap::from(expected));
    }

    #[test]
    fn code_is_the_same_only_if_its_digest_is() {
        // SHA-256 of no bytes, as Lambda and as everybody else writes it.
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let judge = |there, zip| judge("Steps/wrap", "7", there, zip);
        assert_eq!(judge(empty, Ok(Sha256::of(b""))).status, Status::Ok);
        assert_eq!(
            judge(empty, Ok(Sha256::of(b"other"))).status,
            Status::Failed
        );
        assert_eq!(judge("", Ok(Sha256::of(b""))).status, Status::Failed);
        assert_eq!(
            judge(empty, Err("Not here.".to_owned())).status,
            Status::NotKnown
        );
    }
}
