//! Base derivation keys that are what the profile says of them, and others.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::fleet::{AllowedBdk, BdkAlgorithm, Exchange, FleetAsked, Inventory, Receiver, Under};
use ceremony::utc::Utc;
use ceremony::working_keys::order::EstablishedKek;
use ceremony::working_keys::place::AskedBy;
use ceremony::working_keys::plan::{EstablishedKekFacts, OrderFacts};
use emulated::fleet::{ByTr34, by_tr34, creates_bdk, serial_numbers};
use emulated::{Emulated, ceremony};
use find_bdk::{Error, Input, Output, handle};
use partner::KeyKind;
use step::{Journal, StepError};

fn input(key_arn: &str, algorithm: BdkAlgorithm, kek: KekAlgorithm) -> Input {
    Input {
        ceremony: ceremony(),
        request: OrderFacts {
            name: "may".to_owned(),
            asked_by: AskedBy::Requester,
            object: DroppedObject {
                key: "acme/production/cardholder/orders/may.json".to_owned(),
                version_id: "1".to_owned(),
                bytes: 1,
                sha256: Sha256::of(b"order"),
            },
        },
        initial_keys: FleetAsked {
            bdk: AllowedBdk {
                key_arn: key_arn.to_owned(),
                algorithm,
                exchange: Exchange::Tr31,
                key_set: None,
                serial_number_in_block: true,
                max_terminals: 10,
            },
            inventory: Inventory::Listed(serial_numbers(algorithm, 2)),
        },
        kek: Some(EstablishedKekFacts {
            established: EstablishedKek::Current,
            alias: "alias/kek".to_owned(),
            key_arn: "arn:kek".to_owned(),
            algorithm: kek,
            kcv: "000000".to_owned(),
            kcv_algorithm: KcvAlgorithm::CMAC,
        }),
        receiver: None,
    }
}

async fn finds(emulated: &Emulated, input: Input) -> Result<Output, Error> {
    handle(&emulated.client, input, &Journal::default()).await
}

#[tokio::test]
async fn a_bdk_as_the_profile_says_makes_a_run() {
    let emulated = Emulated::start().await;
    let bdk = creates_bdk(&emulated.client, BdkAlgorithm::AES_128).await;
    let asked = input(&bdk.key_arn, bdk.algorithm, KekAlgorithm::AES_256);
    let run = finds(&emulated, asked).await.unwrap().0;
    assert_eq!(run.derivation.bdk, bdk);
    assert_eq!(run.derivation.kek().unwrap().key_arn, "arn:kek");
    assert_eq!(run.request_sha256, Sha256::of(b"order"));
    assert!(run.derivation.serial_number_in_block);
}

#[tokio::test]
async fn a_key_that_is_no_such_bdk_is_refused() {
    let emulated = Emulated::start().await;
    let bdk = creates_bdk(&emulated.client, BdkAlgorithm::AES_128).await;
    let usage = KeyUsage::Tr31D0SymmetricDataEncryptionKey;
    let other = emulated.operator_creates(usage, KeyAlgorithm::Aes128, true);
    let other = other.await;
    let (aes, tdes) = (BdkAlgorithm::AES_128, BdkAlgorithm::TDES_2KEY);
    for (asked, words) in [
        (
            input(&other, aes, KekAlgorithm::AES_256),
            "TR31_B0_BASE_DERIVATION_KEY is needed",
        ),
        (
            input(&bdk.key_arn, tdes, KekAlgorithm::AES_256),
            "the profile says TDES_2KEY",
        ),
    ] {
        let error = finds(&emulated, asked).await.unwrap_err();
        assert_eq!(error.name(), "BdkUnsuitable");
        assert!(error.to_string().contains(words), "{error}");
    }
    let stop = emulated
        .client
        .stop_key_usage()
        .key_identifier(&bdk.key_arn);
    stop.send().await.unwrap();
    let asked = input(&bdk.key_arn, aes, KekAlgorithm::AES_256);
    let error = finds(&emulated, asked).await.unwrap_err();
    assert!(error.to_string().contains("disabled"), "{error}");
}

/// Before anything is asked of the service.
#[tokio::test]
async fn initial_keys_never_leave_under_a_weaker_kek() {
    let emulated = Emulated::start().await;
    let bdk = creates_bdk(&emulated.client, BdkAlgorithm::AES_256).await;
    let before = emulated.calls().len();
    for kek in [KekAlgorithm::AES_128, KekAlgorithm::TDES_3KEY] {
        let asked = input(&bdk.key_arn, BdkAlgorithm::AES_256, kek);
        let error = finds(&emulated, asked).await.unwrap_err();
        assert!(error.to_string().contains("is weaker than"), "{error}");
    }
    assert_eq!(emulated.calls().len(), before);
}

/// What the profile says of this BDK is tr34: it leaves under the receiver's leaf, and under no KEK.
fn by_the_leaf(mut input: Input, receiver: Receiver) -> Input {
    input.initial_keys.bdk.exchange = Exchange::Tr34;
    input.initial_keys.bdk.serial_number_in_block = false;
    input.kek = None;
    input.receiver = Some(receiver);
    input
}

#[tokio::test]
async fn by_tr34_a_run_is_made_of_the_leaf_and_of_who_signs() {
    let emulated = Emulated::start().await;
    let fleet = by_tr34(&emulated, BdkAlgorithm::AES_128, KeyKind::Rsa3072).await;
    let bdk = &fleet.derivation.bdk;
    let asked = input(&bdk.key_arn, bdk.algorithm, KekAlgorithm::AES_256);
    let mut asked = by_the_leaf(asked, fleet.receiver.clone());
    asked.initial_keys.bdk.max_terminals = 1_000_000;
    let run = finds(&emulated, asked).await.unwrap().0;
    assert_eq!(run.derivation, fleet.derivation);
    assert_eq!(run.max_terminals, 100_000, "as long as a package may be");
    let Under::Leaf(leaf) = &run.derivation.under else {
        panic!("{run:?}");
    };
    assert_eq!(leaf.sha256, fleet.receiver.path.leaf.sha256());
    assert_eq!(leaf.key_algorithm, "RSA_3072");
}

/// Before anything is asked of the service.
#[tokio::test]
async fn no_run_begins_under_a_leaf_that_is_weak_unproven_or_may_be_revoked() {
    let emulated = Emulated::start().await;
    let fleet = by_tr34(&emulated, BdkAlgorithm::AES_128, KeyKind::Rsa2048).await;
    let strong = by_tr34(&emulated, BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048).await;
    let before = emulated.calls().len();
    let of = |fleet: &ByTr34, change: fn(&mut Receiver)| {
        let bdk = &fleet.derivation.bdk;
        let mut receiver = fleet.receiver.clone();
        change(&mut receiver);
        let asked = input(&bdk.key_arn, bdk.algorithm, KekAlgorithm::AES_256);
        by_the_leaf(asked, receiver)
    };
    for (asked, name) in [
        (of(&fleet, |_| {}), "PathNotProven"),
        (
            of(&strong, |it| it.policy.trust.identity.push('x')),
            "PathNotProven",
        ),
        (
            of(&strong, |it| it.revocation.findings.clear()),
            "RevocationNotProven",
        ),
        (
            of(&strong, |it| {
                it.revocation.asked_at = Utc::now().plus_seconds(-2 * 60 * 60);
            }),
            "RevocationNotProven",
        ),
    ] {
        let error = finds(&emulated, asked).await.unwrap_err();
        assert_eq!(error.name(), name, "{error}");
    }
    assert_eq!(emulated.calls().len(), before);
}

#[tokio::test]
async fn what_does_not_go_with_the_exchange_is_refused() {
    let emulated = Emulated::start().await;
    let fleet = by_tr34(&emulated, BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048).await;
    let bdk = &fleet.derivation.bdk;
    let by_kek = input(&bdk.key_arn, bdk.algorithm, KekAlgorithm::AES_256);
    let mut both = by_the_leaf(by_kek.clone(), fleet.receiver.clone());
    both.kek.clone_from(&by_kek.kek);
    let mut neither = by_kek.clone();
    neither.kek = None;
    for asked in [both, neither] {
        let error = finds(&emulated, asked).await.unwrap_err();
        assert_eq!(error.name(), "OtherExchange");
    }
}
