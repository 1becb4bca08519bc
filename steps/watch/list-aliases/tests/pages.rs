//! A page of aliases, with and without keys.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use aws_sdk_s3::Client;
use ceremony::execution::Execution;
use ceremony::utc::Utc;
use emulated::Emulated;
use emulated::aws::Aws;
use inventory::{ListedAlias, Parts, Place, Progress};
use list_aliases::{Context, Input, handle};
use step::Journal;

#[tokio::test]
async fn aliases_are_listed_with_their_keys_and_reservations_without() {
    let (emulated, aws) = (Emulated::start().await, Aws::default());
    let (key_arn, _) = emulated.creates_kek().await;
    let reserve = |name: &str| emulated.client.create_alias().alias_name(name);
    reserve("alias/a").key_arn(&key_arn).send().await.unwrap();
    reserve("alias/b").send().await.unwrap();
    let context = Context {
        payment_cryptography: emulated.client.clone(),
        s3: Client::new(&aws.config()),
        parts_bucket: "parts".to_owned(),
        pause: Duration::ZERO,
    };
    let input = Input {
        execution: Execution {
            arn: "arn:aws:states:eu-west-1:111122223333:execution:reconciliation:x".to_owned(),
            started_at: Utc::now(),
        },
        so_far: Progress::default(),
    };
    let progress = handle(&context, input.clone(), &Journal::default())
        .await
        .unwrap();
    assert_eq!((progress.pages, progress.next), (1, None));

    let parts = Parts::new(&context.s3, "parts", &input.execution);
    let mut pages: Vec<Vec<ListedAlias>> = parts.read(Place::Aliases, 1).await.unwrap();
    pages[0].sort_by(|one, other| one.name.cmp(&other.name));
    let listed = |name: &str, key_arn: Option<String>| ListedAlias {
        name: name.to_owned(),
        key_arn,
    };
    assert_eq!(
        pages[0],
        [listed("alias/a", Some(key_arn)), listed("alias/b", None)]
    );
}
