//! Resource-based policies.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::error::SdkError;
use aws_sdk_paymentcryptography::operation::put_resource_policy::{
    PutResourcePolicyError, PutResourcePolicyOutput,
};
use serde_json::{Value, json};

use crate::support::{CONFLICT, NOT_FOUND, VALIDATION, client, create_kek_arn, exception, start};

#[tokio::test]
async fn a_policy_is_attached_replaced_and_taken_away() {
    let (emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    assert_eq!(get(&client, &arn).await.unwrap_err(), NOT_FOUND);
    assert_eq!(delete(&client, &arn).await.unwrap_err(), NOT_FOUND);

    for resource in ["*", &arn] {
        // Spaces and all: the text comes back as it went in.
        let policy = format!(" {:#} ", policy(json!({ "Resource": resource })));
        let put = put(&client, &arn, &policy).await.unwrap();
        assert_eq!((put.resource_arn(), put.policy()), (&*arn, &*policy));
        assert_eq!(get(&client, &arn).await.unwrap(), policy);
    }
    let inventory = emulator.controls().inventory(None);
    assert!(inventory.keys[0].resource_policy.is_some());

    delete(&client, &arn).await.unwrap();
    assert_eq!(get(&client, &arn).await.unwrap_err(), NOT_FOUND);
    assert_eq!(delete(&client, &arn).await.unwrap_err(), NOT_FOUND);
}

#[tokio::test]
async fn a_public_policy_is_refused_and_the_old_one_stays() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    let private = policy(json!({})).to_string();
    put(&client, &arn, &private).await.unwrap();

    for everybody in [json!("*"), json!({ "AWS": "*" })] {
        let public = policy(json!({ "Principal": everybody })).to_string();
        let refused = put(&client, &arn, &public).await;
        assert_eq!(exception(refused), "PublicPolicyException");
    }
    assert_eq!(get(&client, &arn).await.unwrap(), private);
    let one_organisation = json!({
        "Principal": "*",
        "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-example" } },
    });
    let conditional = policy(one_organisation).to_string();
    put(&client, &arn, &conditional).await.unwrap();
}

#[tokio::test]
async fn what_is_not_a_policy_for_this_key_is_refused() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    let other = create_kek_arn(&client).await;
    let long = format!("{:20481}", policy(json!({})).to_string());
    for wrong in [
        "",
        "no JSON",
        "{}",
        &policy(json!({ "Resource": other })).to_string(),
        &long,
    ] {
        let refused = put(&client, &arn, wrong).await;
        assert_eq!(exception(refused), VALIDATION, "{wrong}");
    }
}

#[tokio::test]
async fn a_policy_needs_a_key_of_this_region_and_account() {
    let (emulator, here) = start().await;
    let there = client(&emulator, "eu-central-1").await;
    let arn = create_kek_arn(&here).await;
    let policy = policy(json!({})).to_string();
    put(&here, &arn, &policy).await.unwrap();
    assert_eq!(exception(put(&there, &arn, &policy).await), NOT_FOUND);
    assert_eq!(get(&there, &arn).await.unwrap_err(), NOT_FOUND);
    assert_eq!(delete(&there, &arn).await.unwrap_err(), NOT_FOUND);
    let foreign = arn.replace("000000000000", "111111111111");
    assert_eq!(exception(put(&here, &foreign, &policy).await), NOT_FOUND);
}

#[tokio::test]
async fn a_policy_ends_with_its_key() {
    let (emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    let policy = policy(json!({})).to_string();
    put(&client, &arn, &policy).await.unwrap();

    client
        .delete_key()
        .key_identifier(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(exception(put(&client, &arn, &policy).await), CONFLICT);
    assert_eq!(delete(&client, &arn).await.unwrap_err(), CONFLICT);
    assert_eq!(get(&client, &arn).await.unwrap(), policy);

    emulator.controls().set_clock_offset(8 * 86_400);
    assert_eq!(get(&client, &arn).await.unwrap_err(), NOT_FOUND);
    assert_eq!(exception(put(&client, &arn, &policy).await), CONFLICT);
}

async fn put(
    client: &Client,
    arn: &str,
    policy: &str,
) -> Result<PutResourcePolicyOutput, SdkError<PutResourcePolicyError>> {
    let put = client.put_resource_policy().resource_arn(arn);
    put.policy(policy).send().await
}

async fn get(client: &Client, arn: &str) -> Result<String, String> {
    match client.get_resource_policy().resource_arn(arn).send().await {
        Ok(output) => {
            assert_eq!(output.resource_arn(), arn);
            Ok(output.policy)
        }
        refused => Err(exception(refused)),
    }
}

async fn delete(client: &Client, arn: &str) -> Result<(), String> {
    let delete = client.delete_resource_policy().resource_arn(arn);
    match delete.send().await {
        Ok(_) => Ok(()),
        refused => Err(exception(refused)),
    }
}

/// A policy for one role in another account, with these members in its statement instead.
fn policy(members: Value) -> Value {
    let mut statement = json!({
        "Sid": "LetThePartnerEncrypt",
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::111122223333:role/Partner" },
        "Action": ["payment-cryptography:EncryptData", "payment-cryptography:DecryptData"],
        "Resource": "*",
    });
    for (name, value) in members.as_object().unwrap() {
        statement[name] = value.clone();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}
