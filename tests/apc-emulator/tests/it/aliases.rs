//! Aliases.

use aws_sdk_paymentcryptography::types::Alias;

use crate::support::{
    CONFLICT, NOT_FOUND, VALIDATION, client, create_kek_arn, exception, inventory, start,
};

#[tokio::test]
async fn an_alias_can_be_reserved_before_its_key_exists() {
    let (_emulator, client) = start().await;
    let made = client
        .create_alias()
        .alias_name("alias/key-ceremony/x")
        .send()
        .await
        .unwrap();
    assert_eq!(made.alias, Some(alias("alias/key-ceremony/x", None)));
    // An alias without a key means no key.
    let key = client
        .get_key()
        .key_identifier("alias/key-ceremony/x")
        .send()
        .await;
    assert_eq!(exception(key), NOT_FOUND);

    let arn = create_kek_arn(&client).await;
    let update = client
        .update_alias()
        .alias_name("alias/key-ceremony/x")
        .key_arn(&arn);
    assert_eq!(
        update.send().await.unwrap().alias,
        Some(alias("alias/key-ceremony/x", Some(&arn)))
    );
    let shown = client
        .get_alias()
        .alias_name("alias/key-ceremony/x")
        .send()
        .await
        .unwrap();
    assert_eq!(shown.alias, Some(alias("alias/key-ceremony/x", Some(&arn))));
}

#[tokio::test]
async fn a_key_is_found_by_alias_name_and_by_alias_arn() {
    let (emulator, here) = start().await;
    let arn = create_kek_arn(&here).await;
    here.create_alias()
        .alias_name("alias/kek")
        .key_arn(&arn)
        .send()
        .await
        .unwrap();
    let alias_arn = "arn:aws:payment-cryptography:eu-west-1:000000000000:alias/kek";
    for identifier in ["alias/kek", alias_arn] {
        let key = here
            .get_key()
            .key_identifier(identifier)
            .send()
            .await
            .unwrap()
            .key
            .unwrap();
        assert_eq!(key.key_arn, arn);
    }
    let there = client(&emulator, "us-east-2").await;
    for identifier in ["alias/kek", alias_arn] {
        let missing = there.get_key().key_identifier(identifier).send().await;
        assert_eq!(exception(missing), NOT_FOUND);
    }
}

#[tokio::test]
async fn update_alias_without_a_key_unassigns() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    client
        .create_alias()
        .alias_name("alias/kek")
        .key_arn(&arn)
        .send()
        .await
        .unwrap();
    client
        .update_alias()
        .alias_name("alias/kek")
        .send()
        .await
        .unwrap();
    let shown = client
        .get_alias()
        .alias_name("alias/kek")
        .send()
        .await
        .unwrap();
    assert_eq!(shown.alias, Some(alias("alias/kek", None)));
}

#[tokio::test]
async fn deleting_a_key_unassigns_its_aliases() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    client
        .create_alias()
        .alias_name("alias/kek")
        .key_arn(&arn)
        .send()
        .await
        .unwrap();
    client
        .delete_key()
        .key_identifier("alias/kek")
        .send()
        .await
        .unwrap();
    let shown = client
        .get_alias()
        .alias_name("alias/kek")
        .send()
        .await
        .unwrap();
    assert_eq!(shown.alias, Some(alias("alias/kek", None)));
    // And none can be pointed at it again.
    let update = client
        .update_alias()
        .alias_name("alias/kek")
        .key_arn(&arn)
        .send()
        .await;
    assert_eq!(exception(update), CONFLICT);
}

#[tokio::test]
async fn the_second_of_two_equal_create_alias_calls_conflicts() {
    let (_emulator, client) = start().await;
    client
        .create_alias()
        .alias_name("alias/kek")
        .send()
        .await
        .unwrap();
    assert_eq!(
        exception(client.create_alias().alias_name("alias/kek").send().await),
        CONFLICT
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_concurrent_create_alias_calls_exactly_one_wins() {
    let (emulator, client) = start().await;
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let call = client.create_alias().alias_name("alias/contended").send();
            tokio::spawn(async move { call.await.is_ok() })
        })
        .collect();
    let mut winners = 0;
    for call in calls {
        winners += usize::from(call.await.unwrap());
    }
    assert_eq!(winners, 1);
    let requests = emulator.controls().requests();
    let conflicts = requests
        .iter()
        .filter(|request| request.outcome == CONFLICT)
        .count();
    assert_eq!(conflicts, 31);
}

#[tokio::test]
async fn a_deleted_alias_is_gone_and_its_key_stays() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    client
        .create_alias()
        .alias_name("alias/kek")
        .key_arn(&arn)
        .send()
        .await
        .unwrap();
    client
        .delete_alias()
        .alias_name("alias/kek")
        .send()
        .await
        .unwrap();
    assert_eq!(
        exception(client.get_alias().alias_name("alias/kek").send().await),
        NOT_FOUND
    );
    assert_eq!(
        exception(client.delete_alias().alias_name("alias/kek").send().await),
        NOT_FOUND
    );
    assert_eq!(
        exception(client.update_alias().alias_name("alias/kek").send().await),
        NOT_FOUND
    );
    assert!(client.get_key().key_identifier(&arn).send().await.is_ok());
}

#[tokio::test]
async fn aliases_are_listed_by_name_over_pages_and_by_key() {
    let (_emulator, client) = start().await;
    let arn = create_kek_arn(&client).await;
    for (name, key) in [("c", Some(&arn)), ("a", None), ("b", Some(&arn))] {
        let create = client.create_alias().alias_name(format!("alias/{name}"));
        create.set_key_arn(key.cloned()).send().await.unwrap();
    }
    let mut pages = client
        .list_aliases()
        .max_results(2)
        .into_paginator()
        .items()
        .send();
    let mut names = Vec::new();
    while let Some(alias) = pages.next().await {
        names.push(alias.unwrap().alias_name);
    }
    assert_eq!(names, ["alias/a", "alias/b", "alias/c"]);

    let of_key = client
        .list_aliases()
        .key_arn(&arn)
        .send()
        .await
        .unwrap()
        .aliases;
    assert_eq!(
        of_key,
        [alias("alias/b", Some(&arn)), alias("alias/c", Some(&arn))]
    );
}

#[tokio::test]
async fn an_alias_needs_a_legal_name_and_an_existing_key() {
    let (emulator, client) = start().await;
    for wrong in ["alias/with space", "alias/aws/x", "no-prefix"] {
        assert_eq!(
            exception(client.create_alias().alias_name(wrong).send().await),
            VALIDATION
        );
    }
    let unknown = "arn:aws:payment-cryptography:eu-west-1:000000000000:key/aaaaaaaaaaaaaaaa";
    let create = client
        .create_alias()
        .alias_name("alias/kek")
        .key_arn(unknown)
        .send()
        .await;
    assert_eq!(exception(create), NOT_FOUND);
    assert!(inventory(&emulator).aliases.is_empty());
}

fn alias(name: &str, key_arn: Option<&str>) -> Alias {
    let alias = Alias::builder()
        .alias_name(name)
        .set_key_arn(key_arn.map(str::to_owned));
    alias.build().unwrap()
}
