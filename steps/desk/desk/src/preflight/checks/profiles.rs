//! Can the profiles be used, and do the keys that they name still live?

mod may_leave;
mod named_keys;

use aws_sdk_paymentcryptography::types::KeyState;
use aws_sdk_ssm::types::Parameter;
use ceremony::identifiers::Folder;
use ceremony::profile::Profile;
use payment_keys::KeyFacts;
use step::ServiceError;

use super::super::aws::refused;
use super::super::{Detail, Finding, Run, Status};
use crate::lifetime::lifetime;
use named_keys::Keys;

const PARAMETERS: &str = "/key-ceremony/partners";

pub(super) async fn check(run: &Run) -> Result<Finding, ServiceError> {
    let request = run.aws.ssm.get_parameters_by_path().path(PARAMETERS);
    let request = request.recursive(true).with_decryption(true);
    let mut pages = request.into_paginator().send();
    let mut details = Vec::new();
    let mut keys = Keys::new(&run.aws.payment);
    while let Some(page) = pages.next().await {
        let page = page.map_err(refused("ssm:GetParametersByPath"))?;
        for parameter in page.parameters() {
            details.extend(look_at(run, &mut keys, parameter).await);
        }
    }
    if details.is_empty() {
        return Ok(Finding::warning(
            format!("There are no profiles below {PARAMETERS}."),
            "Onboard a partner: write the profile of each of its folders.",
        ));
    }
    Ok(Finding::of_many(
        "profiles, and what they name, are usable",
        details,
        "Correct the profile, or the key that it names, before the next ceremony of that folder.",
    ))
}

/// A profile, and then each thing that it names.
async fn look_at(run: &Run, keys: &mut Keys<'_>, parameter: &Parameter) -> Vec<Detail> {
    let name = parameter.name().unwrap_or_default();
    let about = name.strip_prefix(PARAMETERS).unwrap_or(name);
    let about = about.trim_start_matches('/');
    let profile = match parse(about, parameter.value().unwrap_or_default()) {
        Ok(profile) => profile,
        Err(reason) => return vec![Detail::new(about, Status::Failed, format!("{reason}."))],
    };
    let mut details = vec![Detail::new(about, Status::Ok, "It parses.")];
    for root in &profile.root_certificates {
        let sha256 = root.sha256();
        let seen = lifetime(root.not_before(), root.not_after(), run.now);
        details.push(Detail::new(
            format!("{about}: root {}", sha256.short()),
            seen.0,
            seen.1,
        ));
    }
    for (certificate, key) in &profile.ca_key_arns {
        let about = format!("{about}: CA {}, {key}", certificate.short());
        details.push(match run.aws.payment.key(key).await {
            Ok(key) => usable(about, &key),
            Err(error) => gone(about, &error),
        });
    }
    let section = profile.kek_export.as_ref();
    if let Some(key) = section.and_then(|section| section.kek.key_arn.as_deref()) {
        details.push(kek(run, format!("{about}: KEK {key}"), &profile, key).await);
    }
    if let Some(section) = &profile.working_key_export {
        details.extend(keys.named_by(about, section).await);
    }
    details
}

fn parse(folder: &str, text: &str) -> Result<Profile, String> {
    let folder = Folder::of_inbox_key(&format!("{folder}/profile"))?;
    Profile::parse(text, &folder).map_err(|error| error.to_string())
}

fn gone(about: String, error: &ServiceError) -> Detail {
    if is_missing(error) {
        Detail::new(about, Status::Failed, "There is no such key.")
    } else {
        Detail::unanswered(about, error)
    }
}

fn is_missing(error: &ServiceError) -> bool {
    matches!(error, ServiceError::ServiceRefused { code, .. } if code == "ResourceNotFoundException")
}

fn usable(about: String, key: &KeyFacts) -> Detail {
    let state = &key.state;
    if *state != KeyState::CreateComplete {
        return Detail::new(about, Status::Failed, format!("The key is {state}."));
    }
    if !key.enabled {
        return Detail::new(about, Status::Failed, "The key is disabled.");
    }
    Detail::new(about, Status::Ok, "The key is enabled.")
}

async fn kek(run: &Run, about: String, profile: &Profile, key: &str) -> Detail {
    let facts = match run.aws.payment.key(key).await {
        Ok(facts) => facts,
        Err(error) => return gone(about, &error),
    };
    let detail = usable(about, &facts);
    if detail.status != Status::Ok {
        return detail;
    }
    let tags = match run.aws.payment.tags(key).await {
        Ok(tags) => tags,
        Err(error) => return Detail::unanswered(detail.about, &error),
    };
    let tags: Vec<(&str, &str)> = tags
        .iter()
        .map(|tag| (tag.key(), tag.value().unwrap_or_default()))
        .collect();
    fit(detail.about, profile, facts.exportable, &tags)
}

/// `wrap-rsa` exports only what may leave, and carries the tags of this folder's KEK.
fn fit(about: String, profile: &Profile, exportable: bool, tags: &[(&str, &str)]) -> Detail {
    if !exportable {
        return Detail::new(about, Status::Failed, "The key is not exportable.");
    }
    for (name, expected) in [
        ("purpose", "kek"),
        ("partner", profile.partner.as_str()),
        ("environment", profile.environment.as_str()),
        ("data-type", profile.data_type.as_str()),
    ] {
        let name = format!("key-ceremony:{name}");
        let tag = tags.iter().find(|(key, _)| *key == name);
        if tag.map(|(_, value)| *value) != Some(expected) {
            let there = tag.map_or("not there", |(_, value)| value);
            let seen = format!("Its tag {name} is {there}; {expected} is expected.");
            return Detail::new(about, Status::Failed, seen);
        }
    }
    Detail::new(
        about,
        Status::Ok,
        "The key is enabled, exportable and tagged.",
    )
}

#[cfg(test)]
mod tests {
    use emulated::{Emulated, chain, profile};

    use super::*;

    #[test]
    fn a_profile_is_held_to_its_folder() {
        let text = profile(&chain()).to_string();
        assert!(parse("acme/production/cardholder", &text).is_ok());
        let reason = parse("acme/production/pin", &text).unwrap_err();
        assert!(reason.contains("acme/production/pin"), "{reason}");
        assert!(parse("acme/production", &text).is_err());
        assert!(parse("acme/production/cardholder", "{").is_err());
    }

    #[test]
    fn a_kek_needs_the_tags_of_its_folder() {
        let profile = parse("acme/production/cardholder", &profile(&chain()).to_string()).unwrap();
        let mut tags = vec![
            ("key-ceremony:purpose", "kek"),
            ("key-ceremony:partner", "acme"),
            ("key-ceremony:environment", "production"),
            ("key-ceremony:data-type", "cardholder"),
        ];
        let fit = |exportable, tags: &[_]| fit("KEK".to_owned(), &profile, exportable, tags);
        assert_eq!(fit(true, &tags).status, Status::Ok);
        assert_eq!(fit(false, &tags).status, Status::Failed);
        tags[1].1 = "globex";
        let other = fit(true, &tags);
        assert_eq!(other.status, Status::Failed);
        assert!(
            other.seen.contains("is globex; acme is expected"),
            "{}",
            other.seen
        );
        assert!(fit(true, &[]).seen.contains("not there"));
    }

    #[tokio::test]
    async fn a_key_that_is_disabled_or_deleted_is_not_usable() {
        let emulated = Emulated::start().await;
        let (arn, _) = emulated.creates_kek().await;
        let facts = async || {
            let answer = emulated.client.get_key().key_identifier(&arn).send().await;
            KeyFacts::of_answer("GetKey", answer.unwrap().key).unwrap()
        };
        let look = async || usable("KEK".to_owned(), &facts().await);
        assert_eq!(look().await.status, Status::Ok);
        let request = emulated.client.stop_key_usage().key_identifier(&arn);
        request.send().await.unwrap();
        assert_eq!(look().await.seen, "The key is disabled.");
        let request = emulated.client.delete_key().key_identifier(&arn);
        request.send().await.unwrap();
        assert_eq!(look().await.seen, "The key is DELETE_PENDING.");
    }
}
