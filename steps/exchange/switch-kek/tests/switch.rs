//! The aliases of the received KEK: of the ceremony that began last, in whatever order they end.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::execution::Execution;
use ceremony::key_import::request::ImportRequest;
use ceremony::key_import::run::{ReceivedKek, SwitchedKek};
use ceremony::keys::Origin;
use ceremony::utc::Utc;
use emulated::{Emulated, ceremony, ceremony_of, execution};
use switch_kek::{Error, Input, Output, handle};

const ALIAS: &str = "alias/key-ceremony/kek/acme/production/cardholder/received";
const OTHER: &str = "alias/key-ceremony/kek/other/production/cardholder/received";
const ALSO: &str = "alias/acme-zmk";

/// Of a run that began so many seconds after a time that does not matter.
fn input(key_arn: &str, began: i64, also: Option<&str>) -> Input {
    let alias = also.map_or(String::new(), |alias| format!(r#", "alias": "{alias}""#));
    let document = format!(
        r#"{{ "version": 1, "kekImport": {{ "method": "ecdh", "algorithm": "AES_128"{alias} }} }}"#
    );
    Input {
        ceremony: ceremony(),
        execution: Execution {
            started_at: execution().started_at.plus_seconds(began),
            ..execution()
        },
        request: ImportRequest::parse(&document).unwrap(),
        kek: ReceivedKek {
            key_arn: key_arn.to_owned(),
            alias: format!("{ALIAS}/0123456789abcdef"),
            algorithm: KekAlgorithm::AES_128,
            kcv: "000000".to_owned(),
            kcv_algorithm: KcvAlgorithm::CMAC,
            origin: Origin::Created,
        },
        keep_previous_days: 30,
    }
}

async fn switches(emulated: &Emulated, input: &Input) -> Result<SwitchedKek, Error> {
    let switched = handle(&emulated.client, input.clone(), now()).await;
    switched.map(|Output(switched)| switched)
}

fn now() -> Utc {
    execution().started_at
}

async fn named(emulated: &Emulated, alias: &str) -> Option<String> {
    let answer = emulated.client.get_alias().alias_name(alias).send().await;
    answer.ok()?.alias.unwrap().key_arn
}

#[tokio::test]
async fn the_received_kek_is_the_one_that_came_last() {
    let emulated = Emulated::start().await;
    let (first, _) = emulated.creates_kek().await;
    let run = input(&first, 10, None);
    let output = switches(&emulated, &run).await.unwrap();
    let expected = SwitchedKek {
        alias: ALIAS.to_owned(),
        key_arn: first.clone(),
        replaces_key_arn: None,
        kept_key_arn: None,
        also: None,
        keep_previous_until: None,
    };
    assert_eq!(output, expected);
    assert_eq!(named(&emulated, ALIAS).await.as_ref(), Some(&first));
    assert_eq!(switches(&emulated, &run).await.unwrap(), expected, "again");

    let (second, _) = emulated.creates_kek().await;
    let output = switches(&emulated, &input(&second, 20, None))
        .await
        .unwrap();
    assert_eq!(output.replaces_key_arn, Some(first.clone()));
    assert_eq!(
        output.keep_previous_until,
        Some(now().plus_seconds(30 * 24 * 60 * 60))
    );
    assert_eq!(named(&emulated, ALIAS).await.as_ref(), Some(&second));

    // An attempt whose answer was lost: the alias names the new one already.
    let again = switches(&emulated, &input(&second, 20, None)).await;
    assert_eq!(again.unwrap(), output);
}

#[tokio::test]
async fn one_more_alias_goes_with_it() {
    let emulated = Emulated::start().await;
    let (first, _) = emulated.creates_kek().await;
    let (second, _) = emulated.creates_kek().await;
    for (kek, began) in [(&first, 10), (&second, 20)] {
        for _ in 0..2 {
            let run = input(kek, began, Some(ALSO));
            let also = switches(&emulated, &run).await.unwrap().also.unwrap();
            assert_eq!(also.alias, ALSO);
            assert_eq!(
                also.replaces_key_arn.is_some(),
                kek == &second,
                "again, too"
            );
            for alias in [ALIAS, ALSO] {
                assert_eq!(named(&emulated, alias).await.as_ref(), Some(kek));
            }
        }
    }
}

/// One waited for its block while another came: neither alias is turned back.
#[tokio::test]
async fn a_run_that_ends_late_turns_nothing_back_and_says_so() {
    let emulated = Emulated::start().await;
    let (older, _) = emulated.creates_kek().await;
    let (newer, _) = emulated.creates_kek().await;
    let run = input(&newer, 20, None);
    switches(&emulated, &run).await.unwrap();
    let late = input(&older, 10, Some(ALSO));
    for _ in 0..2 {
        let output = switches(&emulated, &late).await.unwrap();
        assert_eq!(output.kept_key_arn.as_ref(), Some(&newer));
        assert_eq!((output.replaces_key_arn, output.also), (None, None));
        assert_eq!(named(&emulated, ALIAS).await.as_ref(), Some(&newer));
        assert_eq!(named(&emulated, ALSO).await, None);
    }
}

/// A responder has stopped it while the partner's word was waited for.
#[tokio::test]
async fn a_kek_that_cannot_be_used_replaces_none() {
    let emulated = Emulated::start().await;
    let (first, _) = emulated.creates_kek().await;
    let (second, _) = emulated.creates_kek().await;
    switches(&emulated, &input(&first, 10, None)).await.unwrap();
    let stop = emulated.client.stop_key_usage().key_identifier(&second);
    stop.send().await.unwrap();
    assert_eq!(
        switches(&emulated, &input(&second, 20, None)).await,
        Err(Error::KekOutOfUse {
            key_arn: second,
            reason: "it is not enabled".to_owned(),
        })
    );
    assert_eq!(named(&emulated, ALIAS).await, Some(first));
}

/// Two profiles allow the same alias.
#[tokio::test]
async fn an_alias_that_names_a_later_kek_of_another_folder_stays() {
    let emulated = Emulated::start().await;
    let (older, _) = emulated.creates_kek().await;
    let (newer, _) = emulated.creates_kek().await;
    let mut others = input(&newer, 20, Some(ALSO));
    others.ceremony = ceremony_of("other");
    switches(&emulated, &others).await.unwrap();
    assert_eq!(named(&emulated, OTHER).await.as_ref(), Some(&newer));

    let run = input(&older, 10, Some(ALSO));
    let output = switches(&emulated, &run).await.unwrap();
    assert_eq!((output.kept_key_arn, output.also), (None, None));
    assert_eq!(named(&emulated, ALIAS).await, Some(older));
    assert_eq!(named(&emulated, ALSO).await, Some(newer));
}

/// The first alias is pointed, and the attempt ends: the next one points the other.
#[tokio::test]
async fn an_attempt_that_ended_between_the_aliases_is_completed() {
    let emulated = Emulated::start().await;
    let (kek, _) = emulated.creates_kek().await;
    let run = input(&kek, 10, Some(ALSO));
    switches(&emulated, &input(&kek, 10, None)).await.unwrap();
    assert_eq!(named(&emulated, ALSO).await, None);
    let also = switches(&emulated, &run).await.unwrap().also.unwrap();
    assert_eq!((also.alias.as_str(), also.replaces_key_arn), (ALSO, None));
    assert_eq!(named(&emulated, ALSO).await, Some(kek));
}

#[tokio::test]
async fn a_throttle_is_waited_out() {
    let emulated = Emulated::start().await;
    let (kek, _) = emulated.creates_kek().await;
    for operation in ["TagResource", "CreateAlias"] {
        emulated.throttle(operation);
    }
    let run = input(&kek, 10, Some(ALSO));
    switches(&emulated, &run).await.unwrap();
    assert_eq!(named(&emulated, ALIAS).await, Some(kek));
}

/// Five control-plane calls a second are all that an account has.
#[tokio::test]
async fn a_switch_is_sparing_of_calls() {
    let emulated = Emulated::start().await;
    let (first, _) = emulated.creates_kek().await;
    let (second, _) = emulated.creates_kek().await;
    let new = ["GetKey", "GetAlias", "TagResource", "CreateAlias"];
    let other = [
        "GetKey",
        "GetAlias",
        "ListTagsForResource",
        "TagResource",
        "UpdateAlias",
    ];
    for (kek, began, expected) in [(&first, 10, &new[..]), (&second, 20, &other[..])] {
        let before = emulated.calls().len();
        switches(&emulated, &input(kek, began, None)).await.unwrap();
        assert_eq!(emulated.calls()[before..], *expected);
    }
}
