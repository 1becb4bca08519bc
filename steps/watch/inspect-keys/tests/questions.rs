//! Only keys on which both sides disagree are asked about, and only as much as is needed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use aws_sdk_s3::Client;
use ceremony::execution::Execution;
use ceremony::utc::Utc;
use emulated::aws::Aws;
use emulated::{Emulated, ceremony};
use inspect_keys::{Context, Input, handle};
use inventory::{Asked, ListedAlias, ListedKey, Pages, Parts, Place, Progress, Recorded};
use step::Journal;

struct Setting {
    emulated: Emulated,
    context: Context,
    execution: Execution,
}

impl Setting {
    async fn new() -> Self {
        let emulated = Emulated::start().await;
        let context = Context {
            payment_cryptography: emulated.client.clone(),
            s3: Client::new(&Aws::default().config()),
            parts_bucket: "parts".to_owned(),
            pause: Duration::ZERO,
        };
        Self {
            emulated,
            context,
            execution: Execution {
                arn: "arn:aws:states:eu-west-1:111122223333:execution:reconciliation:x".to_owned(),
                started_at: Utc::now(),
            },
        }
    }

    async fn key(&self) -> String {
        let usage = KeyUsage::Tr31K0KeyEncryptionKey;
        let made = self
            .emulated
            .operator_creates(usage, KeyAlgorithm::Aes128, true);
        made.await
    }

    /// The steps before have listed these.
    async fn listed(&self, keys: &[String], aliases: &[ListedAlias]) {
        let keys: Vec<ListedKey> = keys.iter().map(|key_arn| listed(key_arn)).collect();
        let parts = Parts::new(&self.context.s3, "parts", &self.execution);
        let start = Progress::default();
        let records = Recorded::default();
        parts
            .write(Place::Records, &start, &records, None)
            .await
            .unwrap();
        parts.write(Place::Keys, &start, &keys, None).await.unwrap();
        parts
            .write(Place::Aliases, &start, &aliases, None)
            .await
            .unwrap();
    }

    /// Every page of questions; what was learnt, and which calls that took.
    async fn asks(&self) -> (Vec<Vec<Asked>>, Vec<String>) {
        let before = self.emulated.calls().len();
        let mut so_far = Progress::default();
        loop {
            let input = Input {
                execution: self.execution.clone(),
                seen: Pages {
                    records: 1,
                    keys: 1,
                    aliases: 1,
                },
                so_far,
            };
            so_far = handle(&self.context, input, &Journal::default())
                .await
                .unwrap();
            if so_far.next.is_none() {
                break;
            }
        }
        let parts = Parts::new(&self.context.s3, "parts", &self.execution);
        let asked = parts.read(Place::Asked, so_far.pages).await.unwrap();
        (asked, self.emulated.calls().split_off(before))
    }
}

fn listed(key_arn: &str) -> ListedKey {
    ListedKey {
        key_arn: key_arn.to_owned(),
        state: "CREATE_COMPLETE".to_owned(),
        enabled: true,
        kcv: "9A1B2C".to_owned(),
    }
}

#[tokio::test]
async fn of_a_key_of_ours_tags_and_times_are_learnt_of_others_nothing() {
    let setting = Setting::new().await;
    let (ours, theirs) = (setting.key().await, setting.key().await);
    let tags = payment_keys::tags(&ceremony(), "kek", "alias/key-ceremony/kek/x");
    let request = setting.emulated.client.tag_resource().resource_arn(&ours);
    request.set_tags(Some(tags)).send().await.unwrap();
    setting
        .emulated
        .operator_tags(&theirs, &[("owner", "somebody else")])
        .await;
    setting.listed(&[ours.clone(), theirs.clone()], &[]).await;

    let (pages, mut calls) = setting.asks().await;
    calls.sort_unstable();
    assert_eq!(
        calls,
        ["GetKey", "ListTagsForResource", "ListTagsForResource"]
    );
    let about = |key_arn: &str| {
        let found = pages
            .iter()
            .flatten()
            .find(|asked| asked.key_arn == key_arn);
        found.unwrap().clone()
    };
    assert_eq!(about(&ours).tags["key-ceremony:purpose"], "kek");
    assert!(about(&ours).created_at.is_some());
    assert_eq!(about(&ours).delete_at, None);
    assert!(about(&theirs).tags.is_empty() && about(&theirs).created_at.is_none());
}

#[tokio::test]
async fn a_key_that_only_an_alias_of_ours_names_is_dated_and_may_be_gone() {
    let setting = Setting::new().await;
    let made = setting.key().await;
    let gone = "arn:aws:payment-cryptography:eu-west-1:000000000000:key/aaaaaaaaaaaaaaaa";
    let alias = |name: &str, key_arn: &str| ListedAlias {
        name: format!("alias/key-ceremony/kek/{name}"),
        key_arn: Some(key_arn.to_owned()),
    };
    setting
        .listed(&[], &[alias("a", &made), alias("b", gone)])
        .await;
    let (pages, calls) = setting.asks().await;
    // Its tags say which ceremony it is of, which may still wait.
    assert_eq!(calls, ["ListTagsForResource", "GetKey"].repeat(2));
    for asked in pages.iter().flatten() {
        assert_eq!(asked.created_at.is_some(), asked.key_arn == made);
    }
}

#[tokio::test]
async fn a_deletion_is_dated() {
    let setting = Setting::new().await;
    let (key_arn, client) = (setting.key().await, &setting.emulated.client);
    client
        .delete_key()
        .key_identifier(&key_arn)
        .send()
        .await
        .unwrap();
    let alias = ListedAlias {
        name: "alias/key-ceremony/kek/a".to_owned(),
        key_arn: Some(key_arn),
    };
    setting.listed(&[], &[alias]).await;
    let (pages, _) = setting.asks().await;
    let left = pages[0][0].delete_at.unwrap().unix_seconds() - Utc::now().unix_seconds();
    assert!((6 * 86_400..=8 * 86_400).contains(&left), "{left}");
}

#[tokio::test]
async fn twenty_keys_are_asked_about_at_a_time() {
    let setting = Setting::new().await;
    let mut keys = Vec::new();
    for _ in 0..21 {
        keys.push(setting.key().await);
    }
    setting.listed(&keys, &[]).await;
    let (pages, calls) = setting.asks().await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [20, 1]);
    assert_eq!(calls, ["ListTagsForResource"; 21]);
    let mut asked: Vec<_> = pages.iter().flatten().map(|asked| &asked.key_arn).collect();
    asked.dedup();
    assert_eq!(asked.len(), 21);
}
