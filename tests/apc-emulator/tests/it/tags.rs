//! Tags.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{KeyAlgorithm, Tag};

use crate::support::{NOT_FOUND, VALIDATION, create_kek_arn, exception, kek, start};

#[tokio::test]
async fn tags_are_set_at_creation_replaced_and_removed() {
    let (_emulator, client) = start().await;
    let create = client
        .create_key()
        .key_attributes(kek(KeyAlgorithm::Aes128))
        .exportable(true);
    let create = create
        .tags(tag("key-ceremony:partner", "acme"))
        .tags(tag("b", "1"));
    let arn = create.send().await.unwrap().key.unwrap().key_arn;
    assert_eq!(
        list(&client, &arn).await,
        [tag("b", "1"), tag("key-ceremony:partner", "acme")]
    );

    let more = client
        .tag_resource()
        .resource_arn(&arn)
        .tags(tag("b", "2"))
        .tags(tag("c", "3"));
    more.send().await.unwrap();
    // A tag that is not there is no error.
    let less = client
        .untag_resource()
        .resource_arn(&arn)
        .tag_keys("c")
        .tag_keys("never-there");
    less.send().await.unwrap();
    assert_eq!(
        list(&client, &arn).await,
        [tag("b", "2"), tag("key-ceremony:partner", "acme")]
    );
}

#[tokio::test]
async fn tags_are_listed_over_pages() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    let tags: Vec<_> = (0..5)
        .map(|number| tag(&format!("k{number}"), "v"))
        .collect();
    client
        .tag_resource()
        .resource_arn(&arn)
        .set_tags(Some(tags.clone()))
        .send()
        .await
        .unwrap();
    let pages = client
        .list_tags_for_resource()
        .resource_arn(&arn)
        .max_results(2);
    let mut pages = pages.into_paginator().items().send();
    let mut listed = Vec::new();
    while let Some(tag) = pages.next().await {
        listed.push(tag.unwrap());
    }
    assert_eq!(listed, tags);
}

#[tokio::test]
async fn tags_need_a_key_and_have_limits() {
    let (_emulator, client) = start().await;
    let unknown = "arn:aws:payment-cryptography:eu-west-1:000000000000:key/aaaaaaaaaaaaaaaa";
    let missing = client
        .tag_resource()
        .resource_arn(unknown)
        .tags(tag("a", "b"))
        .send()
        .await;
    assert_eq!(exception(missing), NOT_FOUND);
    let arn = create_kek_arn(&client).await;
    let many: Vec<_> = (0..201)
        .map(|number| tag(&format!("k{number}"), "v"))
        .collect();
    let refused = client
        .tag_resource()
        .resource_arn(&arn)
        .set_tags(Some(many))
        .send()
        .await;
    assert_eq!(exception(refused), VALIDATION);
    let many: Vec<_> = (0..200)
        .map(|number| tag(&format!("k{number}"), "v"))
        .collect();
    client
        .tag_resource()
        .resource_arn(&arn)
        .set_tags(Some(many))
        .send()
        .await
        .unwrap();
    let one_more = client
        .tag_resource()
        .resource_arn(&arn)
        .tags(tag("new", "v"))
        .send()
        .await;
    assert_eq!(exception(one_more), "ServiceQuotaExceededException");
}

async fn list(client: &Client, arn: &str) -> Vec<Tag> {
    client
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .unwrap()
        .tags
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}
