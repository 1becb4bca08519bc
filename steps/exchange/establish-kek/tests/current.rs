//! The alias of the current KEK, whatever it was before.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::keys::{KekFacts, Origin};
use emulated::{Emulated, ceremony};
use establish_kek::{Input, Output, handle};

const ALIAS: &str = "alias/key-ceremony/kek/acme/production/cardholder/current";

async fn establishes(emulated: &Emulated, key_arn: &str) -> Output {
    let input = Input {
        ceremony: ceremony(),
        kek: KekFacts {
            key_arn: key_arn.to_owned(),
            algorithm: KekAlgorithm::AES_128,
            kcv: "000000".to_owned(),
            kcv_algorithm: KcvAlgorithm::CMAC,
            origin: Origin::Created,
            replaces_key_arn: None,
        },
    };
    handle(&emulated.client, input).await.unwrap()
}

async fn current(emulated: &Emulated) -> Option<String> {
    let answer = emulated.client.get_alias().alias_name(ALIAS).send().await;
    answer.unwrap().alias.unwrap().key_arn
}

#[tokio::test]
async fn the_kek_that_was_sent_last_is_the_current_one() {
    let emulated = Emulated::start().await;
    let (first, _) = emulated.creates_kek().await;
    let output = establishes(&emulated, &first).await;
    assert_eq!(output.alias, ALIAS);
    assert_eq!(output.replaces_key_arn, None);
    assert_eq!(current(&emulated).await.as_ref(), Some(&first));

    let again = establishes(&emulated, &first).await;
    assert_eq!(again, output, "another attempt");

    let (second, _) = emulated.creates_kek().await;
    let output = establishes(&emulated, &second).await;
    assert_eq!(output.replaces_key_arn, Some(first));
    assert_eq!(current(&emulated).await, Some(second));
}

#[tokio::test]
async fn an_alias_that_lost_its_key_gets_the_new_one() {
    let emulated = Emulated::start().await;
    let reserve = emulated.client.create_alias().alias_name(ALIAS);
    reserve.send().await.unwrap();
    let (kek, _) = emulated.creates_kek().await;
    assert_eq!(establishes(&emulated, &kek).await.replaces_key_arn, None);
    assert_eq!(current(&emulated).await, Some(kek));
}

#[tokio::test]
async fn it_takes_two_calls_and_one_where_nothing_is_to_be_done() {
    let emulated = Emulated::start().await;
    let (kek, _) = emulated.creates_kek().await;
    let calls = async || {
        let before = emulated.calls().len();
        establishes(&emulated, &kek).await;
        emulated.calls().split_off(before)
    };
    assert_eq!(calls().await, ["GetAlias", "CreateAlias"]);
    assert_eq!(calls().await, ["GetAlias"]);
}

#[tokio::test]
async fn a_throttle_is_waited_out() {
    let emulated = Emulated::start().await;
    let (kek, _) = emulated.creates_kek().await;
    emulated.throttle("CreateAlias");
    establishes(&emulated, &kek).await;
    assert_eq!(current(&emulated).await, Some(kek));
}
