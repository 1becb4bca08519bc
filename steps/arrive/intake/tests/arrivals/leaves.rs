//! Which leaf counts, and what is said of certificates that do not.

use intake::Output;
use partner::certificate::KeyUsage;
use partner::{KeyKind, PrivateKey, Profile};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::inbox::{FOLDER, Inbox};

fn key(name: &str) -> PrivateKey {
    PrivateKey::cached(KeyKind::EccP256, name)
}

fn leaf() -> Profile {
    Profile::leaf("ACME Next", "x")
}

/// The next year's, say: it is told when it is dropped, and the one that counts has its ceremony.
#[tokio::test(start_paused = true)]
async fn a_newer_leaf_that_cannot_be_used_stops_nothing_and_is_told() {
    let now = OffsetDateTime::now_utc();
    let expired = leaf().valid(now - Duration::minutes(10), now - Duration::minutes(1));
    let signs = leaf().key_usage(&[KeyUsage::DigitalSignature]);
    let in_future = leaf().valid(now + Duration::DAY, now + Duration::days(300));
    for (newer, words) in [
        (in_future, "it is not valid before"),
        (expired, "it has expired"),
        (
            signs.valid(now - Duration::minutes(1), now + Duration::DAY),
            "no key can be sent under it",
        ),
    ] {
        let inbox = Inbox::with_chain();
        let newer = newer.issued_by(inbox.pki.issuer(), &key("next"));
        inbox.drops_certificate("next.pem", &newer);
        // Of another file's event nothing is said of it.
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
        assert!(inbox.aws.announced().is_empty());
        assert_eq!(
            inbox.hears("next.pem").await.unwrap(),
            Output::AlreadyStarted
        );
        inbox.assert_runs(&[1]);
        let told = inbox.only_announcement();
        assert_eq!(told.detail_type, "Certificates Rejected");
        assert_eq!(told.detail["file"], format!("{FOLDER}next.pem"));
        let reason = inbox.only_reason();
        for words in [
            words,
            "which counts all the same",
            &newer.sha256()[..16],
            &inbox.pki.leaf.sha256()[..16],
        ] {
            assert!(reason.contains(words), "{reason}");
        }
    }
}

/// Which leaf counts is for the method of the profile to say: here it is the older one.
#[tokio::test(start_paused = true)]
async fn a_newer_leaf_for_another_method_stops_nothing_and_is_told() {
    let inbox = Inbox::new();
    inbox.profile(|profile| {
        profile["kekExport"] = json!({ "exchange": { "method": "ecdh" } });
    });
    let now = OffsetDateTime::now_utc();
    let agrees = leaf()
        .key_usage(&[KeyUsage::KeyAgreement])
        .valid(now - Duration::days(9), now + Duration::days(300));
    let agrees = agrees.issued_by(inbox.pki.issuer(), &key("agrees"));
    let rsa = PrivateKey::cached(KeyKind::Rsa2048, "rsa");
    let rsa = leaf().issued_by(inbox.pki.issuer(), &rsa);
    inbox.drops_certificate("root.pem", &inbox.pki.root);
    inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    inbox.drops_certificate("agrees.pem", &agrees);
    inbox.drops_certificate("rsa.pem", &rsa);
    assert_eq!(inbox.hears("agrees.pem").await.unwrap(), Output::Started);
    assert!(inbox.aws.announced().is_empty());
    let told = inbox.hears("rsa.pem").await.unwrap();
    assert_eq!(told, Output::AlreadyStarted);
    let reason = inbox.only_reason();
    for words in [
        "no key can be sent under it by ecdh, since its key is not one on P-256, P-384 or P-521",
        "which counts all the same",
        &agrees.sha256()[..16],
    ] {
        assert!(reason.contains(words), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ca_that_lies_there_and_cannot_be_used_is_named_with_its_file() {
    let inbox = Inbox::new();
    let impostor =
        Profile::intermediate("ACME Issuing CA 1").issued_by(&inbox.pki.root, &key("other"));
    inbox.drops_certificate("root.pem", &inbox.pki.root);
    inbox.drops_certificate("ca.pem", &impostor);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    let reason = inbox.only_reason();
    for words in [
        "can be used",
        &format!("in `{FOLDER}ca.pem`: the signature is not by its key"),
    ] {
        assert!(reason.contains(words), "{reason}");
    }
    let remedy = &inbox.only_announcement().detail["remedy"];
    assert!(
        remedy
            .as_str()
            .unwrap()
            .contains("Drop a certificate of that CA"),
        "{remedy}"
    );
    // The right one may come under another name.
    inbox.drops_certificate("ca2.pem", &inbox.pki.intermediates[0]);
    assert_eq!(inbox.hears("ca2.pem").await.unwrap(), Output::Started);
}

#[tokio::test(start_paused = true)]
async fn a_leaf_that_says_it_is_a_ca_is_named_with_its_file() {
    let inbox = Inbox::new();
    let leaf = leaf()
        .an_authority()
        .issued_by(inbox.pki.issuer(), &key("next"));
    inbox.drops_certificate("root.pem", &inbox.pki.root);
    inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    inbox.drops_certificate("leaf.pem", &leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    let reason = inbox.only_reason();
    assert!(reason.contains("CA:TRUE"), "{reason}");
    assert!(
        reason.contains(&format!("in `{FOLDER}leaf.pem`")),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn cas_of_one_name_and_too_many_keys_are_refused_by_name() {
    let inbox = Inbox::new();
    for file in 0..4 {
        let leaves = (0..15).map(|number| {
            let key = key(&format!("{file} {number}"));
            let own = Profile::leaf("Same", "x").self_signed(&key);
            Profile::leaf("Same", "x").issued_by(&own, &key).pem()
        });
        inbox.drops(&format!("{file}.pem"), leaves.collect::<String>());
    }
    assert_eq!(inbox.hears("0.pem").await.unwrap(), Output::Rejected);
    let reason = inbox.only_reason();
    assert!(
        reason.contains("the same name and different keys"),
        "{reason}"
    );
}
