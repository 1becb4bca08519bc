//! Base derivation keys that are what the profile says of them, and others.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyUsage};
use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::digest::Sha256;
use ceremony::execution::DroppedObject;
use ceremony::fleet::{AllowedBdk, BdkAlgorithm, FleetAsked, Inventory};
use ceremony::working_keys::order::EstablishedKek;
use ceremony::working_keys::place::AskedBy;
use ceremony::working_keys::plan::{EstablishedKekFacts, OrderFacts};
use emulated::fleet::{creates_bdk, serial_numbers};
use emulated::{Emulated, ceremony};
use find_bdk::{Error, Input, Output, handle};
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
                key_set: None,
                serial_number_in_block: true,
                max_terminals: 10,
            },
            inventory: Inventory::Listed(serial_numbers(algorithm, 2)),
        },
        kek: EstablishedKekFacts {
            established: EstablishedKek::Current,
            alias: "alias/kek".to_owned(),
            key_arn: "arn:kek".to_owned(),
            algorithm: kek,
            kcv: "000000".to_owned(),
            kcv_algorithm: KcvAlgorithm::CMAC,
        },
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
    assert_eq!(run.derivation.kek.key_arn, "arn:kek");
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
