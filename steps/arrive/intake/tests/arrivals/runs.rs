//! Which run of its set a drop is.

use emulated::aws::Fault;
use intake::Output;
use serde_json::json;
use step::StepError;

use crate::inbox::{DAY, Inbox};

/// A folder whose set had its first run, ten seconds ago.
async fn after_the_first_run() -> Inbox {
    let mut inbox = Inbox::with_chain();
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    inbox.time_passes(3);
    inbox.run_ends(1);
    inbox.time_passes(10);
    inbox
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_again_starts_nothing() {
    let mut inbox = Inbox::with_chain();
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    for file in ["leaf.pem", "root.pem", "ca.pem", "leaf.pem"] {
        assert_eq!(inbox.hears(file).await.unwrap(), Output::AlreadyStarted);
        inbox.time_passes(1);
    }
    inbox.run_ends(1);
    for _ in 0..3 {
        assert_eq!(
            inbox.hears("leaf.pem").await.unwrap(),
            Output::AlreadyStarted
        );
        inbox.time_passes(DAY);
    }
    inbox.assert_runs(&[1]);
}

#[tokio::test(start_paused = true)]
async fn the_same_leaf_under_two_names_is_one_drop() {
    let mut inbox = Inbox::with_chain();
    inbox.drops_certificate("same.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    assert_eq!(
        inbox.hears("same.pem").await.unwrap(),
        Output::AlreadyStarted
    );
    // And a third that comes within the second, even if the run is over as soon.
    inbox.drops_certificate("third.pem", &inbox.pki.leaf);
    inbox.run_ends(1);
    assert_eq!(
        inbox.hears("third.pem").await.unwrap(),
        Output::AlreadyStarted
    );
    inbox.time_passes(60);
    assert_eq!(
        inbox.hears("same.pem").await.unwrap(),
        Output::AlreadyStarted
    );
    inbox.assert_runs(&[1]);
    assert_eq!(inbox.begun_today(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_ca_that_is_dropped_again_asks_for_nothing() {
    let inbox = after_the_first_run().await;
    inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    assert_eq!(inbox.hears("ca.pem").await.unwrap(), Output::AlreadyStarted);
    inbox.assert_runs(&[1]);
}

#[tokio::test(start_paused = true)]
async fn a_leaf_that_is_dropped_again_while_its_run_is_under_way_belongs_to_it() {
    let mut inbox = Inbox::with_chain();
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    inbox.time_passes(5);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(
        inbox.hears("leaf.pem").await.unwrap(),
        Output::AlreadyStarted
    );
    inbox.time_passes(5);
    inbox.run_ends(1);
    inbox.time_passes(5);
    // Its event may come again, or come late.
    assert_eq!(
        inbox.hears("leaf.pem").await.unwrap(),
        Output::AlreadyStarted
    );
    inbox.assert_runs(&[1]);
}

#[tokio::test(start_paused = true)]
async fn a_leaf_that_is_dropped_again_after_the_end_starts_the_next_run() {
    let mut inbox = after_the_first_run().await;
    for run in 2..=4 {
        let version = inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
        assert_eq!(
            inbox.hears("leaf.pem").await.unwrap(),
            Output::AlreadyStarted
        );
        let executions = inbox.assert_runs(&(1..=run).collect::<Vec<_>>());
        let name = inbox.name_of_run(run);
        let execution = executions.iter().find(|one| one.name == name).unwrap();
        assert!(execution.input.contains(&format!("\"{version}\"")));
        assert!(execution.input.contains(&name));
        inbox.time_passes(2);
        inbox.run_ends(run);
        inbox.time_passes(20);
    }
    assert_eq!(inbox.begun_today(), 4);
}

/// Under another name too, and in the very second of the end: S3 tells no fractions.
#[tokio::test(start_paused = true)]
async fn a_drop_in_the_second_of_the_end_is_not_passed_over() {
    let mut inbox = Inbox::with_chain();
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    inbox.time_passes(3);
    inbox.run_ends(1);
    inbox.drops_certificate("again.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("again.pem").await.unwrap(), Output::Started);
    inbox.assert_runs(&[1, 2]);
}

/// The clock by which S3 says when something was dropped need not be that of Step Functions.
#[tokio::test(start_paused = true)]
async fn a_drop_that_seems_to_come_after_its_own_run_starts_no_other() {
    let mut inbox = Inbox::new();
    inbox.time_passes(4);
    inbox.drops_chain();
    inbox.time_passes(-4);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    inbox.time_passes(1);
    inbox.run_ends(1);
    assert_eq!(
        inbox.hears("leaf.pem").await.unwrap(),
        Output::AlreadyStarted
    );
    inbox.assert_runs(&[1]);
}

#[tokio::test(start_paused = true)]
async fn what_step_functions_has_forgotten_is_not_started_again() {
    let mut inbox = after_the_first_run().await;
    inbox.aws.forget_execution(&inbox.name_of_run(1));
    inbox.time_passes(91 * DAY);
    // The first file of next year's, say.
    inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    assert_eq!(inbox.hears("ca.pem").await.unwrap(), Output::AlreadyStarted);
    assert!(inbox.aws.executions().is_empty());
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    inbox.assert_runs(&[2]);
}

/// A set that waited for its CA for a year has had no ceremony.
#[tokio::test(start_paused = true)]
async fn a_leaf_that_has_waited_for_long_starts_when_its_set_is_complete() {
    let mut inbox = Inbox::new();
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    inbox.drops_certificate("root.pem", &inbox.pki.root);
    inbox.time_passes(365 * DAY);
    inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    assert_eq!(inbox.hears("ca.pem").await.unwrap(), Output::Started);
}

#[tokio::test(start_paused = true)]
async fn a_folder_may_begin_ten_ceremonies_a_day() {
    let mut inbox = Inbox::with_chain();
    for run in 1..=10 {
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
        inbox.time_passes(2);
        inbox.run_ends(run);
        inbox.time_passes(2);
        inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    }
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Rejected);
    let detail = inbox.only_announcement().detail;
    let reason = inbox.only_reason();
    for words in [
        "10 ceremonies",
        "`maxCeremoniesPerDay`",
        "2026-11-19T00:00:00Z",
    ] {
        assert!(reason.contains(words), "{reason}");
    }
    assert_eq!(detail["file"], "acme/production/cardholder/leaf.pem");
    assert_eq!(
        detail["latestCeremony"]["ceremonyId"],
        inbox.name_of_run(10)
    );
    assert_eq!(inbox.begun_today(), 10);
    assert_eq!(inbox.aws.executions().len(), 10);
    // Nothing was taken, so that the next is the eleventh, on the next day.
    inbox.time_passes(DAY);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    inbox.assert_runs(&(1..=11).collect::<Vec<_>>());
    assert_eq!(inbox.begun_today(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_profile_says_how_many_and_counts_no_other_folder() {
    let mut inbox = after_the_first_run().await;
    inbox.profile(|profile| profile["maxCeremoniesPerDay"] = json!(1));
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Rejected);
    for (file, certificate) in [
        ("root.pem", &inbox.pki.root),
        ("ca.pem", &inbox.pki.intermediates[0]),
        ("leaf.pem", &inbox.pki.leaf),
    ] {
        let key = format!("acme/production/pin/{file}");
        inbox.aws.put("inbox", &key, certificate.pem());
    }
    let other = inbox.hears_of_key("acme/production/pin/leaf.pem").await;
    assert_eq!(other.unwrap(), Output::Started);
    inbox.profile(|profile| profile["maxCeremoniesPerDay"] = json!(2));
    inbox.time_passes(1);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
}

/// Fail closed: what may be running is not started again, and nothing is started uncounted.
#[tokio::test(start_paused = true)]
async fn where_the_table_or_step_functions_cannot_be_asked_nothing_starts() {
    for operation in [
        "GetItem",
        "TransactWriteItems",
        "DescribeExecution",
        "StartExecution",
    ] {
        for (fault, name) in [
            (Fault::Denied, "AccessDenied"),
            (Fault::Throttled, "ServiceThrottled"),
            (
                Fault::Refused(500, "InternalServerError"),
                "ServiceUnavailable",
            ),
        ] {
            let inbox = after_the_first_run().await;
            inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
            inbox.aws.fault_for_good(operation, fault);
            let error = inbox.hears("leaf.pem").await.unwrap_err();
            assert_eq!(error.name(), name, "{operation}");
            inbox.assert_runs(&[1]);
            inbox.aws.mend();
            assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
            inbox.assert_runs(&[1, 2]);
            assert_eq!(inbox.begun_today(), 2, "{operation}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_lost_start_and_count_nothing_twice() {
    for operation in [
        "GetItem",
        "TransactWriteItems",
        "DescribeExecution",
        "StartExecution",
    ] {
        for lost in [1..=1, 1..=2, 1..=usize::MAX] {
            let inbox = after_the_first_run().await;
            inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
            inbox.aws.fault(operation, lost.clone(), Fault::AnswerLost);
            let heard = inbox.hears("leaf.pem").await;
            assert_eq!(heard.is_err(), *lost.end() == usize::MAX, "{operation}");
            inbox.aws.mend();
            inbox.hears("leaf.pem").await.unwrap();
            inbox.assert_runs(&[1, 2]);
            assert_eq!(inbox.begun_today(), 2, "{operation}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_is_taken_although_others_write_the_same_items() {
    let inbox = Inbox::with_chain();
    inbox
        .aws
        .fault("TransactWriteItems", 1..=3, Fault::Conflict);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    assert_eq!(inbox.begun_today(), 1);

    let inbox = Inbox::with_chain();
    inbox
        .aws
        .fault_for_good("TransactWriteItems", Fault::Conflict);
    let error = inbox.hears("leaf.pem").await.unwrap_err();
    assert_eq!(error.name(), "ServiceThrottled");
    assert!(inbox.aws.executions().is_empty() && inbox.aws.items().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_item_that_cannot_be_read_starts_nothing() {
    let inbox = after_the_first_run().await;
    let id = format!("set#{}", inbox.set().digest());
    inbox
        .aws
        .change_item(&id, "takenAt", json!({ "S": "soon" }));
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    let error = inbox.hears("leaf.pem").await.unwrap_err();
    assert!(error.to_string().contains("UnreadableItem"), "{error}");
    inbox.assert_runs(&[1]);
}
