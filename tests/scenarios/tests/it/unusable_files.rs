//! Files that cannot be used: announced with the reason and the file, and no ceremony.

use partner::{PrivateKey, Profile, bundle};
use scenarios::{Created, Story};
use serde_json::Value;

async fn is_rejected(story: &Story, file: &str, reason: &str) {
    let key = story.folder.key(file);
    let event = story
        .is_told_that("Certificates Rejected", |event| {
            event.detail_type == "Certificates Rejected" && event.detail["file"] == key.as_str()
        })
        .await;
    let told = event.detail["reason"].as_str().expect("a reason");
    assert!(told.contains(reason), "{told}");
    assert_eq!(event.detail["ceremonyId"], Value::Null);
}

#[tokio::test]
async fn garbage() {
    let story = Story::of("garbage").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops("noise.pem", vec![0xA5; 3000]).await;
    is_rejected(&story, "noise.pem", "PEM, DER or PKCS#7").await;
    story.nothing_else_starts(0).await;
    assert_eq!(story.created().await, Created::default());
    // It does not stop what is right.
    story.partner_drops_chain(&pki).await;
    story.ceremony_succeeds().await;
}

#[tokio::test]
async fn oversized_file() {
    let story = Story::of("oversized").await;
    story
        .partner_drops("big.pem", vec![b'x'; 64 * 1024 + 1])
        .await;
    is_rejected(&story, "big.pem", "65537 bytes; at most 65536").await;
    story.nothing_else_starts(0).await;
    assert_eq!(story.created().await, Created::default());
}

/// The first is told at once, all others together when a minute is over.
#[tokio::test]
async fn seventeen_files_of_junk() {
    let story = Story::of("junk").await;
    for count in 0..17 {
        story.partner_drops(&format!("{count}.pem"), "-").await;
    }
    let gathered = story
        .is_told_that("files that were gathered", |event| {
            let files = event.detail["files"].as_array();
            files.is_some_and(|files| !files.is_empty())
        })
        .await;
    assert_eq!(gathered.detail_type, "Certificates Rejected");
    assert_eq!(gathered.detail["file"], Value::Null);
    let announced = story.events();
    assert_eq!(announced.len(), 2, "{announced:?}");
    let reasons = gathered.detail["files"].to_string();
    assert!(reasons.contains("more than 16 files"), "{reasons}");
    assert!(story.ceremonies().await.is_empty());
    assert_eq!(story.created().await, Created::default());
}

/// It stops its folder until a responder has deleted it, by the very command of the event.
#[tokio::test]
async fn a_private_key() {
    let story = Story::of("private-key").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    let key = pki.leaf.key();
    story.partner_drops("oops.pem", key.pem()).await;
    let event = story.is_told("Private Key Received").await;
    assert_eq!(event.detail["severity"], "high");
    assert_eq!(event.detail["file"], story.folder.key("oops.pem"));
    story.partner_drops_chain(&pki).await;
    story.nothing_else_starts(0).await;
    is_rejected(&story, "oops.pem", "no ceremony of this folder starts").await;
    let told = format!("{:?}", story.events());
    let secret = key.pem();
    let line = secret.lines().nth(1).expect("a line of the key");
    assert!(!told.contains(line));
    assert_eq!(story.created().await, Created::default());
    let command = event.detail["deleteVersions"].as_str().expect("a command");
    story.world().shell(command).await;
    story.partner_drops("leaf.pem", pki.leaf.pem()).await;
    story.ceremony_succeeds().await;
}

/// XML cannot carry all characters that a key may have.
#[tokio::test]
async fn names_that_are_no_text() {
    let story = Story::of("strange-names").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    for name in ["\u{1}.pem", "\u{1b}[31m.pem", "a b+c%25.pem"] {
        story.partner_drops(name, "noise").await;
    }
    story.partner_drops_chain(&pki).await;
    story.ceremony_succeeds().await;
}

#[tokio::test]
async fn two_leaves_in_one_file() {
    let story = Story::of("two-leaves").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    let other = Profile::leaf("ACME Other", scenarios::UID).issued_by(
        pki.issuer(),
        &PrivateKey::cached(partner::KeyKind::Rsa3072, "two-leaves"),
    );
    let mut certificates = pki.chain();
    certificates.push(&other);
    story.partner_drops("all.pem", bundle(certificates)).await;
    let event = story.is_told("Certificates Rejected").await;
    let reason = event.detail["reason"].as_str().expect("a reason");
    assert!(reason.contains("no telling which is meant"), "{reason}");
    story.nothing_else_starts(0).await;
    assert_eq!(story.created().await, Created::default());
}

#[tokio::test]
async fn a_key_outside_the_layout() {
    let story = Story::of("outside").await;
    let elsewhere = story.in_folder("prod", "cardholder");
    elsewhere.partner_drops("leaf.pem", "x").await;
    let key = elsewhere.folder.key("leaf.pem");
    let waiting = std::time::Instant::now();
    let event = loop {
        let events = story.events_without_partner();
        if let Some(event) = events
            .into_iter()
            .find(|event| event.detail["file"] == key.as_str())
        {
            break event;
        }
        assert!(waiting.elapsed().as_secs() < 60, "nothing was announced");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert_eq!(event.detail_type, "Certificates Rejected");
    let reason = event.detail["reason"].as_str().expect("a reason");
    assert!(reason.contains("`prod` is not an environment"), "{reason}");
    assert_eq!(story.created().await, Created::default());
}
