//! Which key is adopted of those that are there when an alias is found reserved.

use std::sync::Arc;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyAlgorithm, Tag};
use payment_keys::Claim;

use crate::caller::{attributes, claim_with, make};
use crate::line::answered_by;
use crate::service::{ALIAS, Answer, Service, Start};

const OTHER: &str = "alias/key-ceremony/kek/acme/production/pin/fedcba9876543210";

fn reserved() -> (Arc<Service>, Client) {
    let service = Arc::new(Service::starting(Start::Reserved(0)));
    let answering = Arc::clone(&service);
    let client = answered_by(move |request| answering.carry_out(&request));
    (service, client)
}

async fn adopts(client: &Client, key_arn: &str) {
    let expected = Claim::Found(key_arn.to_owned());
    assert_eq!(claim_with(client).await.unwrap(), expected);
    assert_eq!(
        claim_with(client).await.unwrap(),
        expected,
        "the second time"
    );
}

/// Waits for as long as it takes to take over, and makes another.
async fn adopts_nothing(service: &Service, client: &Client) {
    let before = service.keys().len();
    let claim = claim_with(client).await.unwrap();
    assert!(matches!(claim, Claim::Made(_)), "{claim:?}");
    assert_eq!(service.keys().len(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn the_older_of_two_is_adopted() {
    let (_, client) = reserved();
    let older = make(&client, ALIAS).await.unwrap().key_arn;
    make(&client, ALIAS).await.unwrap();
    adopts(&client, &older).await;
}

/// The service does not say in which order it lists them.
#[tokio::test(start_paused = true)]
async fn the_older_of_two_is_adopted_in_whichever_order_they_are_listed() {
    let service = Service::starting(Start::Reserved(2));
    let older = service.keys()[0].clone();
    let client = answered_by(move |request| match service.carry_out(&request) {
        Answer::Served(status, mut body) => {
            if let Some(keys) = body["Keys"].as_array_mut() {
                keys.reverse();
            }
            Answer::Served(status, body)
        }
        lost => lost,
    });
    adopts(&client, &older).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_for_another_alias_is_not_adopted() {
    let (service, client) = reserved();
    make(&client, OTHER).await.unwrap();
    adopts_nothing(&service, &client).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_names_the_alias_in_another_tag_is_not_adopted() {
    let (service, client) = reserved();
    let tag = Tag::builder()
        .key("seen-with")
        .value(ALIAS)
        .build()
        .unwrap();
    creates(&client, KeyAlgorithm::Aes128, vec![tag]).await;
    adopts_nothing(&service, &client).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_marked_as_surplus_is_not_adopted() {
    let (service, client) = reserved();
    let key = make(&client, ALIAS).await.unwrap().key_arn;
    let tag = Tag::builder().key("key-ceremony:purpose").value("surplus");
    let tag = client
        .tag_resource()
        .resource_arn(key)
        .tags(tag.build().unwrap());
    tag.send().await.unwrap();
    adopts_nothing(&service, &client).await;
}

/// Somebody pointed another alias at it.
#[tokio::test(start_paused = true)]
async fn a_key_that_has_another_alias_is_not_adopted() {
    let (service, client) = reserved();
    let key = make(&client, ALIAS).await.unwrap().key_arn;
    let other = client.create_alias().alias_name(OTHER).key_arn(key);
    other.send().await.unwrap();
    adopts_nothing(&service, &client).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_of_another_kind_is_not_adopted() {
    let (service, client) = reserved();
    creates(&client, KeyAlgorithm::Aes256, vec![for_the_alias()]).await;
    adopts_nothing(&service, &client).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_enabled_is_not_adopted() {
    let (service, client) = reserved();
    let key = make(&client, ALIAS).await.unwrap().key_arn;
    let stop = client.stop_key_usage().key_identifier(key);
    stop.send().await.unwrap();
    adopts_nothing(&service, &client).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_being_deleted_is_not_adopted() {
    let (service, client) = reserved();
    let key = make(&client, ALIAS).await.unwrap().key_arn;
    client
        .delete_key()
        .key_identifier(key)
        .send()
        .await
        .unwrap();
    adopts_nothing(&service, &client).await;
}

/// A page has at most a hundred keys.
#[tokio::test(start_paused = true)]
async fn the_key_is_found_among_many() {
    let (_, client) = reserved();
    for _ in 0..120 {
        make(&client, OTHER).await.unwrap();
    }
    let key = make(&client, ALIAS).await.unwrap().key_arn;
    adopts(&client, &key).await;
}

#[tokio::test(start_paused = true)]
async fn the_tag_is_found_among_many() {
    let (_, client) = reserved();
    let many = (0..60).map(|number| {
        Tag::builder()
            .key(format!("cost-centre-{number}"))
            .value("1")
    });
    let mut tags: Vec<Tag> = many.map(|tag| tag.build().unwrap()).collect();
    tags.push(for_the_alias());
    let key = creates(&client, KeyAlgorithm::Aes128, tags).await;
    adopts(&client, &key).await;
}

#[tokio::test(start_paused = true)]
async fn a_search_that_fails_is_an_error_and_no_reason_to_make_a_key() {
    for operation in [
        "ListKeys",
        "ListAliases",
        "ListTagsForResource",
        "GetKey",
        "UpdateAlias",
    ] {
        let service = Arc::new(Service::starting(Start::Reserved(2)));
        let answering = Arc::clone(&service);
        let client = answered_by(move |request| {
            if request.operation == operation {
                return Answer::throttled();
            }
            answering.carry_out(&request)
        });
        let error = claim_with(&client).await.unwrap_err().to_string();
        assert!(error.contains(operation), "{error}");
        assert_eq!(service.keys().len(), 2);
    }
}

fn for_the_alias() -> Tag {
    let tag = Tag::builder().key("key-ceremony:alias").value(ALIAS);
    tag.build().unwrap()
}

async fn creates(client: &Client, algorithm: KeyAlgorithm, tags: Vec<Tag>) -> String {
    let mut attributes = attributes();
    attributes.key_algorithm = algorithm;
    let key = client.create_key().key_attributes(attributes);
    let key = key.exportable(true).set_tags(Some(tags)).send().await;
    key.unwrap().key.unwrap().key_arn
}
