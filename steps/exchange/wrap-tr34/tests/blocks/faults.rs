//! A service that has no room, gives no answer, refuses, or whose token has had its time.

use std::time::Duration;

use apc_emulator::FaultKind;
use ceremony::exchange::Tr34Signer;
use emulated::certificate;
use step::{Journal, StepError};

use crate::stage::{Exchange, Stage};

async fn calls_after(stage: &Stage, before: usize) -> Vec<String> {
    stage.calls().split_off(before)
}

#[tokio::test]
async fn what_was_throttled_or_had_no_answer_is_asked_for_again() {
    for (operation, kind) in [
        ("GetParametersForExport", FaultKind::Throttle),
        ("GetParametersForExport", FaultKind::DropAfterCommit),
        ("ExportKey", FaultKind::Throttle),
        ("ExportKey", FaultKind::DropAfterCommit),
        ("ExportKey", FaultKind::Internal),
    ] {
        let stage = Stage::new(Exchange::default()).await;
        stage.emulated.strikes(operation, kind);
        let (before, journal) = (stage.calls().len(), Journal::default());
        stage.wraps(&journal).await.unwrap();
        let calls = calls_after(&stage, before).await;
        let repeated = calls.iter().filter(|call| *call == operation).count();
        assert_eq!((repeated, calls.len()), (2, 3), "{calls:?}");
        assert_eq!(journal.deeds().len(), 1);
    }
}

/// Between the two calls the service's clock goes past the token's end.
#[tokio::test]
async fn a_token_that_has_expired_is_asked_for_once_more() {
    const MONTH: i64 = 30 * 24 * 60 * 60;
    let stage = Stage::new(Exchange::default()).await;
    let (before, controls) = (stage.calls().len(), stage.emulated.emulator.controls());
    // What is given out now ends in a minute.
    controls.set_clock_offset(60 - MONTH);
    stage.emulated.throttle("ExportKey");
    let journal = Journal::default();
    let until_export = async {
        while !stage.calls()[before..].contains(&"ExportKey".to_owned()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        controls.set_clock_offset(120);
    };
    let (output, ()) = tokio::join!(stage.wraps(&journal), until_export);
    output.unwrap();
    let expected = [
        "GetParametersForExport",
        "ExportKey",
        "ExportKey",
        "GetParametersForExport",
        "ExportKey",
    ];
    assert_eq!(calls_after(&stage, before).await, expected);
}

#[tokio::test]
async fn a_ca_that_did_not_issue_the_leaf_is_refused_and_the_error_says_who_named_it() {
    for signer in [Tr34Signer::Service, Tr34Signer::Own] {
        let exchange = Exchange {
            signer,
            ..Exchange::default()
        };
        let mut stage = Stage::new(exchange).await;
        stage.input.issuing_ca_key_arn = stage.input.kek.key_arn.clone();
        let before = stage.calls().len();
        let words = refused(&stage).await;
        assert!(words.contains("found by the alias of the CA"), "{words}");
        // With the same token it would be refused again.
        let exports = calls_after(&stage, before).await;
        let exports = exports.iter().filter(|call| *call == "ExportKey");
        assert_eq!(exports.count(), 1);

        let issuing = certificate(stage.pki.issuer()).sha256();
        let wrong = stage.input.issuing_ca_key_arn.clone();
        stage.input.policy.ca_key_arns.insert(issuing, wrong);
        let words = refused(&stage).await;
        assert!(words.contains("`caKeyArns` of the profile"), "{words}");
    }
}

async fn refused(stage: &Stage) -> String {
    let journal = Journal::default();
    let error = stage.wraps(&journal).await.unwrap_err();
    assert_eq!(error.name(), "ExportRefused", "{error}");
    assert_eq!(journal.deeds(), []);
    error.to_string()
}
