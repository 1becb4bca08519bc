//! The operator's side is wrong: a recorded failure that says what to correct.

use scenarios::{Created, Story};
use serde_json::json;

#[tokio::test]
async fn unknown_partner() {
    let story = Story::of("unknown").await;
    let pki = story.chain().build();
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("PartnerUnknown").await;
    assert!(
        failure
            .cause
            .contains("/key-ceremony/partners/unknown/production/cardholder"),
        "{}",
        failure.cause
    );
    assert_eq!(failure.record["step"], "FetchCerts");
    assert_eq!(story.created().await, Created::default());

    // Onboarded, the partner drops its leaf again.
    story.operator_onboards(&pki).await;
    story.partner_drops("leaf.pem", pki.leaf.pem()).await;
    let next = story.next_ceremony_ends(&[&failure.execution.name]).await;
    scenarios::assert_succeeded(&next);
}

#[tokio::test]
async fn malformed_profile() {
    let story = Story::of("malformed").await;
    let pki = story.chain().build();
    let mut profile = story.profile(&pki);
    profile["kekExport"]["kek"]["algoritm"] = json!("AES_128");
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("ProfileMalformed").await;
    assert!(
        failure.cause.contains("unknown field `algoritm`"),
        "{}",
        failure.cause
    );
    assert_eq!(story.created().await, Created::default());
}

#[tokio::test]
async fn profile_for_another_data_type() {
    let story = Story::of("no-cardholder").await;
    let pki = story.chain().build();
    story
        .in_folder("production", "pin")
        .operator_onboards(&pki)
        .await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("PartnerUnknown").await;
    assert!(
        failure
            .cause
            .contains("no-cardholder/production/cardholder"),
        "{}",
        failure.cause
    );
    assert_eq!(story.created().await, Created::default());
}

#[tokio::test]
async fn profile_without_a_section_for_this_ceremony() {
    let story = Story::of("not-allowed").await;
    let pki = story.chain().build();
    let mut profile = story.profile(&pki);
    profile["kekExport"] = json!(null);
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("CeremonyNotAllowed").await;
    assert!(
        failure.cause.contains("no section `kekExport`"),
        "{}",
        failure.cause
    );
    assert_eq!(story.created().await, Created::default());
}

#[tokio::test]
async fn signature_that_the_key_cannot_make() {
    let story = Story::of("wrong-signature").await;
    let pki = story.chain().build();
    let mut profile = story.profile(&pki);
    profile["kekExport"]["signature"]["algorithm"] = json!("ECDSA_SHA_256");
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("SignatureAlgorithmUnfit").await;
    assert!(
        failure.cause.starts_with("FetchCerts: "),
        "{}",
        failure.cause
    );
    assert_eq!(story.created().await, Created::default());
}
