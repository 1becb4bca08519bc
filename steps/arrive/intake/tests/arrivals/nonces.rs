//! An exchange in two passes: the partner's nonce beside its certificates.

use ceremony::exchange::Nonce;
use ceremony::execution::Start;
use ceremony::id::CeremonyId;
use emulated::aws::Fault;
use intake::Output;
use serde_json::json;
use step::StepError;

use crate::inbox::{EVIDENCE, FOLDER, INBOX, Inbox};

const NONCE: &str = "00112233445566778899aabbccddeeff";
const OTHER: &str = "ffeeddccbbaa9988";

/// A folder whose profile says TR-34 in so many passes, with a whole chain.
fn inbox(passes: &str) -> Inbox {
    let inbox = Inbox::with_chain();
    inbox.profile(|profile| {
        profile["kekExport"]["exchange"] =
            json!({ "method": "tr34", "signer": "service", "passes": passes });
    });
    inbox
}

fn id(inbox: &Inbox, nonce: &str, run: u32) -> CeremonyId {
    let nonce = Nonce::try_from(nonce.to_owned()).unwrap();
    let set = inbox.set().answering(Some(nonce));
    set.ceremony(run).ceremony_id
}

fn names(inbox: &Inbox) -> Vec<String> {
    let executions = inbox.aws.executions();
    executions.into_iter().map(|one| one.name).collect()
}

#[tokio::test(start_paused = true)]
async fn a_complete_chain_waits_for_the_nonce_that_then_starts_it() {
    let inbox = inbox("two");
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    let told = inbox.only_announcement();
    assert_eq!(told.detail_type, "Certificates Incomplete");
    assert!(inbox.only_reason().contains("nonce"));

    inbox.drops("today.nonce", format!("{NONCE}\r\n"));
    assert_eq!(inbox.hears("today.nonce").await.unwrap(), Output::Started);
    // Whichever event comes next, and however often.
    for file in ["leaf.pem", "today.nonce", "root.pem"] {
        assert_eq!(inbox.hears(file).await.unwrap(), Output::AlreadyStarted);
    }
    let executions = inbox.aws.executions();
    assert_eq!(names(&inbox), [id(&inbox, NONCE, 1).to_string()]);
    let input: Start = serde_json::from_str(&executions[0].input).unwrap();
    assert_eq!(input.ceremony.ceremony_id, id(&inbox, NONCE, 1));
    let keys: Vec<&str> = input.objects.iter().map(|object| &*object.key).collect();
    let expected = ["ca.pem", "leaf.pem", "root.pem", "today.nonce"];
    assert_eq!(keys, expected.map(|file| format!("{FOLDER}{file}")));
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_told_at_once() {
    let inbox = inbox("two");
    inbox.aws.delete(INBOX, &format!("{FOLDER}ca.pem"));
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    let reason = inbox.only_reason();
    assert!(
        reason.contains("; and the exchange has two passes"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_newest_nonce_counts_and_another_one_is_another_ceremony() {
    let mut inbox = inbox("two");
    inbox.drops("b.nonce", NONCE);
    inbox.time_passes(60);
    inbox.drops("a.nonce", OTHER);
    assert_eq!(inbox.hears("a.nonce").await.unwrap(), Output::Started);
    assert_eq!(names(&inbox), [id(&inbox, OTHER, 1).to_string()]);
    // The first ceremony is under way, and this is none of it.
    inbox.time_passes(60);
    inbox.drops("a.nonce", NONCE);
    assert_eq!(inbox.hears("a.nonce").await.unwrap(), Output::Started);
    assert_eq!(names(&inbox).len(), 2);
    // The same digits, written otherwise, in another file.
    inbox.time_passes(60);
    inbox.drops("c.nonce", NONCE.to_uppercase());
    let heard = inbox.hears("c.nonce").await.unwrap();
    assert_eq!(heard, Output::AlreadyStarted);
    assert_eq!(names(&inbox).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_nonce_is_answered_once() {
    let mut inbox = inbox("two");
    inbox.drops("a.nonce", NONCE);
    assert_eq!(inbox.hears("a.nonce").await.unwrap(), Output::Started);
    // It failed: nobody has an answer, and the leaf asks for one again.
    inbox.time_passes(60);
    inbox.aws.end_execution(id(&inbox, NONCE, 1).as_str());
    inbox.time_passes(60);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    let second = id(&inbox, NONCE, 2);
    assert!(names(&inbox).contains(&second.to_string()));
    // It succeeded: another answer would be a replay.
    inbox.time_passes(60);
    inbox.aws.complete_execution(second.as_str());
    inbox.time_passes(60);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    let told = inbox.only_announcement();
    assert_eq!(told.detail_type, "Certificates Incomplete");
    let reason = inbox.only_reason();
    assert!(reason.contains(second.as_str()), "{reason}");
    assert_eq!(names(&inbox).len(), 2);

    inbox.drops("b.nonce", OTHER);
    inbox.time_passes(1);
    inbox.aws.delete(INBOX, &format!("{FOLDER}a.nonce"));
    assert_eq!(inbox.hears("b.nonce").await.unwrap(), Output::Started);
    assert!(names(&inbox).contains(&id(&inbox, OTHER, 1).to_string()));
}

/// A folder into which the leaf was dropped again, some time after its first ceremony ended like this.
async fn dropped_again(ends: impl FnOnce(&Inbox, &CeremonyId)) -> Inbox {
    let mut inbox = inbox("two");
    inbox.drops("a.nonce", NONCE);
    assert_eq!(inbox.hears("a.nonce").await.unwrap(), Output::Started);
    inbox.time_passes(60);
    ends(&inbox, &id(&inbox, NONCE, 1));
    inbox.time_passes(60);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    inbox
}

/// What `Publish` wrote into the evidence bucket before it failed, or a step behind it did.
fn fails_having_written(inbox: &Inbox, ceremony: &CeremonyId, documents: &[&str]) {
    for name in documents {
        let key = ceremony.evidence_key(name);
        inbox.aws.put(EVIDENCE, &key, "written");
    }
    inbox.aws.end_execution(ceremony.as_str());
}

/// Nothing can be in the outbox: the record goes before the first file of the package.
#[tokio::test(start_paused = true)]
async fn a_ceremony_that_failed_without_a_record_has_answered_no_nonce() {
    for documents in [
        &[][..],
        &["failure-20261118T102700Z-0123456789abcdef.json"],
        &["certificates.pem", "manifest.json", "record.json.other"],
    ] {
        let ends = |inbox: &Inbox, first: &CeremonyId| {
            fails_having_written(inbox, first, documents);
        };
        let inbox = dropped_again(ends).await;
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
        assert!(names(&inbox).contains(&id(&inbox, NONCE, 2).to_string()));
    }
}

/// In `EstablishKek`, say, or half-way through the package.
#[tokio::test(start_paused = true)]
async fn a_ceremony_that_failed_with_a_record_may_have_answered() {
    let ends = |inbox: &Inbox, first: &CeremonyId| {
        fails_having_written(inbox, first, &["manifest.json", "record.json"]);
    };
    let inbox = dropped_again(ends).await;
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    let (reason, first) = (inbox.only_reason(), id(&inbox, NONCE, 1));
    assert!(reason.contains(first.as_str()), "{reason}");
    assert_eq!(names(&inbox), [first.to_string()]);
}

/// `Publish` may have been at work, and Lambda goes on.
#[tokio::test(start_paused = true)]
async fn a_ceremony_that_was_aborted_may_have_answered() {
    let ends = |inbox: &Inbox, first: &CeremonyId| inbox.aws.abort_execution(first.as_str());
    let inbox = dropped_again(ends).await;
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    assert_eq!(names(&inbox), [id(&inbox, NONCE, 1).to_string()]);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_says_whether_there_is_a_record_nothing_is_started() {
    let ends = |inbox: &Inbox, first: &CeremonyId| inbox.aws.end_execution(first.as_str());
    let inbox = dropped_again(ends).await;
    // The first list is that of the folder.
    inbox.aws.fault("ListObjectsV2", 2..=2, Fault::Denied);
    let error = inbox.hears("leaf.pem").await.unwrap_err();
    assert_eq!(error.name(), "AccessDenied");
    assert_eq!(names(&inbox), [id(&inbox, NONCE, 1).to_string()]);
    // The event comes again.
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
}

/// Only a nonce makes a difference: the evidence is asked for nothing else.
#[tokio::test(start_paused = true)]
async fn without_a_nonce_a_record_makes_no_difference() {
    let mut inbox = Inbox::with_chain();
    inbox.hears("leaf.pem").await.unwrap();
    inbox.time_passes(60);
    let first = inbox.set().ceremony(1).ceremony_id;
    fails_having_written(&inbox, &first, &["record.json"]);
    inbox.time_passes(60);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    inbox.assert_runs(&[1, 2]);
    let lists = |call: &String| call.starts_with("ListObjectsV2 evidence");
    assert!(!inbox.aws.calls().iter().any(lists));
}

/// Three months later nobody knows how it ended.
#[tokio::test(start_paused = true)]
async fn a_nonce_of_a_ceremony_that_is_forgotten_counts_as_answered() {
    let mut inbox = inbox("two");
    inbox.drops("a.nonce", NONCE);
    assert_eq!(inbox.hears("a.nonce").await.unwrap(), Output::Started);
    inbox.time_passes(100 * crate::inbox::DAY);
    inbox.aws.forget_execution(id(&inbox, NONCE, 1).as_str());
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_nonce_is_rejected_by_name_and_stops_nothing() {
    for wrong in [
        "",
        "0011",
        "0x00112233445566",
        "00112233445566778",
        "no nonce at all",
    ] {
        let inbox = inbox("two");
        inbox.drops("good.nonce", NONCE);
        inbox.drops("wrong.nonce", wrong);
        assert_eq!(inbox.hears("wrong.nonce").await.unwrap(), Output::Rejected);
        let told = inbox.only_announcement();
        assert_eq!(told.detail["file"], format!("{FOLDER}wrong.nonce"));
        assert!(inbox.only_reason().contains("holds no nonce"));
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
        assert_eq!(names(&inbox), [id(&inbox, NONCE, 1).to_string()]);
    }
}

/// By its name it holds a nonce; certificates belong into another file.
#[tokio::test(start_paused = true)]
async fn certificates_in_a_nonces_file_do_not_count() {
    let inbox = inbox("two");
    inbox.aws.delete(INBOX, &format!("{FOLDER}leaf.pem"));
    inbox.drops_certificate("leaf.nonce", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.nonce").await.unwrap(), Output::Rejected);
    assert_eq!(inbox.hears("root.pem").await.unwrap(), Output::Incomplete);
}

#[tokio::test(start_paused = true)]
async fn a_private_key_in_a_nonces_file_is_one() {
    let inbox = inbox("two");
    inbox.drops("a.nonce", inbox.pki.leaf.key().pem());
    let heard = inbox.hears("a.nonce").await.unwrap();
    assert_eq!(heard, Output::PrivateKeyReceived);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Rejected);
}

#[tokio::test(start_paused = true)]
async fn a_nonce_that_nothing_asks_for_is_refused_in_words_and_stops_nothing() {
    for other in [inbox("one"), Inbox::with_chain()] {
        other.drops("a.nonce", NONCE);
        assert_eq!(other.hears("a.nonce").await.unwrap(), Output::Rejected);
        let reason = other.only_reason();
        assert!(reason.contains("takes no nonce"), "{reason}");
        assert_eq!(other.hears("leaf.pem").await.unwrap(), Output::Started);
        other.assert_runs(&[1]);
    }
}

/// No profile says whether one is wanted, which is told with a record by the ceremony.
#[tokio::test(start_paused = true)]
async fn without_a_profile_a_nonce_makes_no_difference() {
    let mut inbox = Inbox::new();
    inbox.aws = emulated::aws::Aws::default();
    inbox.time_passes(0);
    inbox.drops_chain();
    inbox.drops("a.nonce", NONCE);
    assert_eq!(inbox.hears("a.nonce").await.unwrap(), Output::Started);
    inbox.assert_runs(&[1]);
}
