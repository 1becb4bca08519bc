//! What is told of a key, what a key is tagged with, and a client that does not repeat itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_paymentcryptography::types::KeyState;
use ceremony::keys::Origin;
use payment_keys::{Claim, KeyFacts, Pace, inspect, tags};
use serde_json::{Value, json};
use step::StepError;

use crate::caller::{attributes, ceremony, claim_with, make};
use crate::line::answered_by;
use crate::service::{ALIAS, Answer, Service};

#[tokio::test]
async fn a_key_is_what_the_service_says_it_is() {
    let service = Arc::new(Service::new());
    let answering = Arc::clone(&service);
    let client = answered_by(move |request| answering.carry_out(&request));
    let made = make(&client, ALIAS).await.unwrap();
    let key_arn = made.key_arn.clone();
    let facts = inspect(&client, &key_arn, &Pace::patient()).await.unwrap();
    assert_eq!(facts, made, "its making says the same");
    let told = client.get_key().key_identifier(&key_arn).send().await;
    let told = told.unwrap().key.unwrap();
    assert_eq!(facts.key_arn, key_arn);
    assert_eq!(facts.attributes, attributes());
    assert_eq!(facts.created_at, told.create_timestamp);
    assert_eq!(facts.kcv, told.key_check_value);
    assert_eq!(facts.kcv.len(), 6);
    assert_eq!(facts.state, KeyState::CreateComplete);
    assert!(facts.enabled && facts.exportable);

    let stop = client.stop_key_usage().key_identifier(&key_arn);
    stop.send().await.unwrap();
    let facts = inspect(&client, &key_arn, &Pace::patient()).await.unwrap();
    assert!(!facts.enabled && facts.exportable);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_refused() {
    let service = Service::new();
    let client = answered_by(move |request| service.carry_out(&request));
    let key_arn = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/aaaaaaaaaaaaaaaa";
    let error = inspect(&client, key_arn, &Pace::patient())
        .await
        .unwrap_err();
    assert_eq!(error.name(), "ServiceRefused");
    assert!(
        error.to_string().contains("ResourceNotFoundException"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_describes_no_key_is_as_good_as_none() {
    let client = answered_by(|_| Answer::Served(200, json!({})));
    let error = inspect(&client, "arn:k", &Pace::patient())
        .await
        .unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
    let error = make(&client, ALIAS).await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable", "{error}");
    let error = KeyFacts::of_answer("payment-cryptography:ImportKey", None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "payment-cryptography:ImportKey had no usable answer: the answer does not describe a key"
    );
}

/// A CreateKey without an answer may have been carried out.
#[tokio::test(start_paused = true)]
async fn no_call_is_repeated() {
    let internal: Value = json!({ "__type": "InternalServerException", "Message": "" });
    for answer in [
        Answer::Lost,
        Answer::throttled(),
        Answer::Served(500, internal),
    ] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let client = answered_by(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            answer.clone()
        });
        make(&client, ALIAS).await.unwrap_err();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn the_tags_say_for_whom_a_key_is_and_what_for() {
    let ceremony = ceremony();
    let tags = tags(&ceremony, "kek", ALIAS);
    let tags: Vec<_> = tags
        .iter()
        .map(|tag| (tag.key(), tag.value().unwrap()))
        .collect();
    let expected = [
        ("key-ceremony:purpose", "kek"),
        ("key-ceremony:partner", "acme"),
        ("key-ceremony:environment", "production"),
        ("key-ceremony:data-type", "pin"),
        ("key-ceremony:ceremony-id", ceremony.ceremony_id.as_str()),
        ("key-ceremony:alias", ALIAS),
    ];
    assert_eq!(tags, expected);
}

#[tokio::test]
async fn a_record_says_whether_the_key_was_made_or_found() {
    let service = Service::new();
    let client = answered_by(move |request| service.carry_out(&request));
    let made = claim_with(&client).await.unwrap();
    let found = claim_with(&client).await.unwrap();
    assert_eq!(made.origin(), Origin::Created);
    assert_eq!(found.origin(), Origin::Found);
    assert_eq!(found, Claim::Found(made.key_arn().to_owned()));
}

/// What goes wrong with the alias is told under the name of the call.
#[tokio::test(start_paused = true)]
async fn a_call_that_fails_is_named() {
    for operation in ["GetAlias", "CreateAlias", "UpdateAlias"] {
        let service = Service::new();
        let client = answered_by(move |request| {
            if request.operation == operation {
                return Answer::throttled();
            }
            service.carry_out(&request)
        });
        let error = claim_with(&client).await.unwrap_err().to_string();
        assert!(
            error.contains(&format!(":{operation} was throttled")),
            "{error}"
        );
    }
}
