//! Quotas: the rate of requests, keys and aliases.

use std::time::{Duration, Instant};

use apc_emulator::{AccountId, Fault, FaultKind, Front, KeyView, Quotas, Region};
use aws_sdk_paymentcryptography::error::ProvideErrorMetadata;
use aws_sdk_paymentcryptography::types::KeyAlgorithm;

use crate::support::{
    CONFLICT, Identity, P256, REGION, THROTTLED, authority, client, create, create_kek_arn,
    exactly, exception, inventory, kek, start_with, verifies,
};

const EXCEEDED: &str = "ServiceQuotaExceededException";
const ELSEWHERE: &str = "us-east-1";

#[tokio::test]
async fn one_rate_holds_for_all_operations_of_an_account_in_a_region() {
    // Nothing is added to the burst, so that the machine's speed does not matter.
    let (emulator, here) = start_with(exactly(5)).await;
    let there = client(&emulator, ELSEWHERE).await;
    let key = create_kek_arn(&here).await;
    let alias = here.create_alias().alias_name("alias/kek");
    alias.key_arn(&key).send().await.unwrap();
    here.list_keys().send().await.unwrap();
    here.get_alias()
        .alias_name("alias/kek")
        .send()
        .await
        .unwrap();
    // A request that fails counts too.
    let missing = here.get_alias().alias_name("alias/missing").send().await;
    assert_eq!(exception(missing), "ResourceNotFoundException");

    let refused = here.create_alias().alias_name("alias/late").send().await;
    let error = refused.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 400);
    assert_eq!(error.code(), Some(THROTTLED));
    assert_eq!(error.message(), Some("Rate exceeded"));
    assert_eq!(
        exception(here.get_key().key_identifier(&key).send().await),
        THROTTLED
    );
    assert_eq!(inventory(&emulator).aliases.len(), 1);
    there.list_keys().send().await.unwrap();

    let requests = emulator.controls().requests();
    let throttled: Vec<_> = requests.iter().filter(|one| one.is_throttled()).collect();
    let operations: Vec<_> = throttled.iter().map(|one| one.operation.as_str()).collect();
    assert_eq!(operations, ["CreateAlias", "GetKey"]);
    assert_eq!(throttled[0].region.as_deref(), Some(REGION));
    assert_eq!(throttled[0].account.as_deref(), Some("000000000000"));
    assert_eq!(throttled[0].fault, None);
}

/// Eight callers who never rest: more than the bucket has is never admitted, and nearly all of it is.
#[tokio::test]
async fn the_rate_of_the_quota_is_used_and_kept_under_load() {
    let quotas = Quotas {
        rate: 20,
        burst: 5,
        ..Quotas::default()
    };
    let (emulator, client) = start_with(quotas).await;
    // Connections first, so that the load is a load from its beginning.
    client.list_keys().send().await.unwrap();
    let position = emulator.controls().log_position();
    let began = Instant::now();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                while began.elapsed() < Duration::from_secs(2) {
                    let _ = client.list_keys().send().await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let seconds = began.elapsed().as_secs_f64();
    let calls = emulator.controls().calls_since(position).total();
    let allowed = 5.0 + 20.0 * seconds;
    let admitted = calls.admitted() as f64;
    assert!(admitted <= allowed, "{admitted} of {allowed}");
    assert!(admitted >= 0.8 * 20.0 * 2.0, "{admitted} of {allowed}");
    assert!(calls.throttled > 0);
}

#[tokio::test]
async fn a_fault_is_not_used_up_by_a_request_that_the_quota_refuses() {
    let (emulator, client) = start_with(exactly(0)).await;
    let controls = emulator.controls();
    let fault = Fault::once("CreateKey", FaultKind::DropAfterCommit);
    controls.inject(fault).unwrap();
    assert_eq!(exception(create(&client).await), THROTTLED);
    assert_eq!(controls.faults().len(), 1);
    controls.set_quotas(Some(exactly(1)));
    assert_eq!(exception(create(&client).await), "no answer");
    assert_eq!(inventory(&emulator).keys.len(), 1);
}

#[tokio::test]
async fn the_quota_of_keys_counts_all_that_are_not_deleted() {
    let (emulator, here) = start_with(room(2, 2_000)).await;
    let first = create_kek_arn(&here).await;
    create_kek_arn(&here).await;
    let error = create(&here).await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 400);
    assert_eq!(error.code(), Some(EXCEEDED));
    assert!(error.message().unwrap().contains("at most 2 keys"));
    let root = Identity::self_signed(authority("Root"), &P256);
    let material = root.as_root(verifies(KeyAlgorithm::EccNistP256));
    let import = here.import_key().key_material(material);
    assert_eq!(exception(import.clone().send().await), EXCEEDED);
    create_kek_arn(&client(&emulator, ELSEWHERE).await).await;

    // INFERRED: a key that waits for its deletion is still there.
    let delete = here.delete_key().key_identifier(&first);
    delete.delete_key_in_days(3).send().await.unwrap();
    assert_eq!(exception(create(&here).await), EXCEEDED);
    emulator.controls().set_clock_offset(4 * 86_400);
    import.send().await.unwrap();
    assert_eq!(exception(create(&here).await), EXCEEDED);
}

#[tokio::test]
async fn replicas_count_in_the_quota_of_their_region() {
    let (emulator, here) = start_with(room(2, 2_000)).await;
    let there = client(&emulator, ELSEWHERE).await;
    let replicated = here
        .create_key()
        .key_attributes(kek(KeyAlgorithm::Aes128))
        .exportable(true)
        .replication_regions(ELSEWHERE);
    replicated.clone().send().await.unwrap();
    create_kek_arn(&there).await;
    assert_eq!(exception(create(&there).await), EXCEEDED);

    // There is room here and none there: nothing is made in either.
    assert_eq!(exception(replicated.send().await), EXCEEDED);
    let second = create_kek_arn(&here).await;
    let add = here.add_key_replication_regions().key_identifier(&second);
    let refused = add.replication_regions(ELSEWHERE).send().await;
    assert_eq!(exception(refused), EXCEEDED);
    let region = |key: &KeyView| key.scope.region.clone();
    let regions: Vec<_> = inventory(&emulator).keys.iter().map(region).collect();
    assert_eq!(regions, [REGION, REGION, ELSEWHERE, ELSEWHERE]);
}

#[tokio::test]
async fn the_quota_of_aliases_counts_those_without_a_key() {
    let (emulator, here) = start_with(room(2_000, 1)).await;
    let key = create_kek_arn(&here).await;
    let make = |name: &str| here.create_alias().alias_name(name).send();
    make("alias/one").await.unwrap();
    let error = make("alias/two").await.unwrap_err();
    assert_eq!(error.code(), Some(EXCEEDED));
    assert!(error.message().unwrap().contains("at most 1 aliases"));
    // INFERRED: that it is there already is found first.
    assert_eq!(exception(make("alias/one").await), CONFLICT);
    let update = here.update_alias().alias_name("alias/one");
    update.key_arn(&key).send().await.unwrap();

    let there = client(&emulator, ELSEWHERE).await;
    there
        .create_alias()
        .alias_name("alias/two")
        .send()
        .await
        .unwrap();
    here.delete_alias()
        .alias_name("alias/one")
        .send()
        .await
        .unwrap();
    make("alias/two").await.unwrap();
    emulator.controls().set_quotas(None);
    make("alias/three").await.unwrap();
}

#[tokio::test]
async fn a_reset_brings_the_quotas_of_the_start_back() {
    let (emulator, client) = start_with(exactly(1)).await;
    let controls = emulator.controls();
    create(&client).await.unwrap();
    controls.set_quotas(None);
    controls.reset().unwrap();
    assert_eq!(controls.quotas(), Some(exactly(1)));
    create(&client).await.unwrap();
    assert_eq!(exception(create(&client).await), THROTTLED);
}

#[test]
fn quotas_hold_without_sockets_too() {
    let front = Front::new(AccountId::default(), Region::default());
    let list = || {
        let target = "PaymentCryptographyControlPlane.ListKeys";
        front.answer(Some(target), None, b"{}").0
    };
    front.set_quotas(Some(exactly(1)));
    assert_eq!([list(), list()], [200, 400]);
    front.set_quotas(None);
    assert_eq!(list(), 200);
}

/// Room for so many keys and aliases, at any rate.
fn room(keys: usize, aliases: usize) -> Quotas {
    Quotas {
        rate: 1_000,
        burst: 1_000,
        keys,
        aliases,
    }
}
