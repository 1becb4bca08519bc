//! Condition keys on which policies of ours turn and that the rehearsal fills by itself: each with an Allow
//! and a Deny that hang on it. Were a key missing, no Allow of one value would match, and no Deny.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kms::primitives::Blob;
use scenarios::World;
use serde_json::{Value, json};

fn statement(effect: &str, actions: &str, condition: Value) -> Value {
    json!({ "Effect": effect, "Action": actions, "Resource": "*", "Condition": condition })
}

fn outcome<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> Result<(), String> {
    answer
        .map(drop)
        .map_err(|error| error.code().unwrap_or("no code").to_owned())
}

fn denied() -> Result<(), String> {
    Err("AccessDeniedException".to_owned())
}

/// One that may do it if the condition holds, and one that may do it unless it does.
async fn sessions(
    world: &World,
    name: &str,
    actions: &str,
    condition: Value,
) -> (SdkConfig, SdkConfig) {
    let only = [statement("Allow", actions, condition.clone())];
    let unless = [
        json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }),
        statement("Deny", actions, condition),
    ];
    (
        world.session_with(&format!("{name}-only"), &only).await,
        world.session_with(&format!("{name}-unless"), &unless).await,
    )
}

#[tokio::test]
async fn an_encryption_context_decides_who_may_encrypt() {
    let world = World::get().await;
    let condition = json!({
        "StringEquals": { "kms:EncryptionContext:key-ceremony:awaited": "block" },
    });
    let (only, unless) = sessions(world, "context", "kms:Encrypt", condition).await;
    let owner = world.stack.connection().sdk_config();
    let key = aws_sdk_kms::Client::new(&owner.expect("a configuration"))
        .create_key()
        .send()
        .await
        .expect("a key")
        .key_metadata
        .expect("a key")
        .arn
        .expect("an ARN");
    for (awaited, of_only, of_unless) in [
        (Some("block"), Ok(()), denied()),
        (Some("approval"), denied(), Ok(())),
        (None, denied(), Ok(())),
    ] {
        for (session, expected) in [(&only, of_only), (&unless, of_unless)] {
            let request = aws_sdk_kms::Client::new(session)
                .encrypt()
                .key_id(&key)
                .plaintext(Blob::new("no token"));
            let request = match awaited {
                Some(awaited) => request.encryption_context("key-ceremony:awaited", awaited),
                None => request,
            };
            assert_eq!(outcome(request.send().await), expected, "{awaited:?}");
        }
    }
}

#[tokio::test]
async fn an_items_key_decides_who_may_read_and_write_it() {
    let world = World::get().await;
    let condition = json!({
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": "wait#*#block" },
    });
    let (only, unless) = sessions(world, "leading", "dynamodb:*Item", condition).await;
    let table = "conditions-of-the-test";
    world
        .aws(&[
            "dynamodb",
            "create-table",
            "--table-name",
            table,
            "--attribute-definitions",
            "AttributeName=id,AttributeType=S",
            "--key-schema",
            "AttributeName=id,KeyType=HASH",
            "--billing-mode",
            "PAY_PER_REQUEST",
        ])
        .await;
    for (id, of_only, of_unless) in [
        ("wait#acme#block", Ok(()), denied()),
        ("wait#acme#approval", denied(), Ok(())),
    ] {
        for (session, expected) in [(&only, of_only), (&unless, of_unless)] {
            let items = aws_sdk_dynamodb::Client::new(session);
            let value = || AttributeValue::S(id.to_owned());
            let put = items.put_item().table_name(table).item("id", value());
            assert_eq!(outcome(put.send().await), expected, "{id}");
            let get = items.get_item().table_name(table).key("id", value());
            assert_eq!(outcome(get.send().await), expected, "{id}");
        }
    }
}
