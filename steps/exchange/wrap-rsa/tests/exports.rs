//! A KEK under a proven leaf; and no export for a path that is not proven.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm, OaepHash};
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable};
use ceremony::exchange::Wrapped;
use ceremony::keys::{KekFacts, Origin};
use ceremony::revocation::Requirement;
use ceremony::utc::Utc;
use emulated::{Emulated, ceremony, chain, clearance, path, policy};
use serde_json::{Value, json};
use step::{Journal, StepError};
use wrap_rsa::{Input, Output, handle};

/// An emulator with the chain's CAs and a KEK in it, and what `WrapRsa` gets for them.
async fn prepared(change: impl FnOnce(&mut Value)) -> (Emulated, Input) {
    let emulated = Emulated::start().await;
    let pki = chain();
    let ca = emulated.imports_root(&pki.root).await;
    let ca = emulated.imports_under(&pki.intermediates[0], &ca).await;
    let (key_arn, kcv) = emulated.creates_kek().await;
    let kek = KekFacts {
        key_arn,
        algorithm: KekAlgorithm::AES_128,
        kcv,
        kcv_algorithm: KcvAlgorithm::CMAC,
        origin: Origin::Created,
        replaces_key_arn: None,
    };
    let input = Input {
        ceremony: ceremony(),
        path: path(&pki),
        policy: policy(&pki, change),
        revocation: clearance(&path(&pki)),
        issuing_ca_key_arn: ca,
        kek,
    };
    (emulated, input)
}

fn rsa(output: Output) -> (String, OaepHash) {
    match output.0 {
        Wrapped::RsaOaep { cryptogram, hash } => (cryptogram, hash),
        other => panic!("it was wrapped by {}", other.method()),
    }
}

#[tokio::test]
async fn a_kek_leaves_under_the_leaf_and_is_noted() {
    let (emulated, input) = prepared(|_| {}).await;
    let journal = Journal::default();
    let deed = Deed::ExportedKey {
        key_arn: input.kek.key_arn.clone(),
        certificate_sha256: input.path.leaf.sha256(),
    };
    let output = handle(&emulated.client, input, &journal).await.unwrap();
    let (cryptogram, hash) = rsa(output.clone());
    assert_eq!(cryptogram.len(), 2 * 384);
    assert_eq!(hash, OaepHash::SHA_256);
    assert_eq!(journal.deeds(), [deed]);

    let evidence = serde_json::to_value(output.recordable()).unwrap();
    assert_eq!(evidence["bytes"], 384);
    assert!(!evidence.to_string().contains(&cryptogram));
}

#[tokio::test]
async fn the_hash_is_the_profiles() {
    let (emulated, input) = prepared(|profile| {
        profile["kekExport"]["exchange"]["hash"] = json!("SHA_512");
    })
    .await;
    let output = handle(&emulated.client, input, &Journal::default()).await;
    assert_eq!(rsa(output.unwrap()).1, OaepHash::SHA_512);
}

#[tokio::test]
async fn a_path_that_is_not_proven_exports_nothing() {
    let (emulated, input) = prepared(|profile| {
        profile["trustAnchors"] = json!(["00".repeat(32)]);
    })
    .await;
    let before = emulated.calls().len();
    let journal = Journal::default();
    let error = handle(&emulated.client, input, &journal).await.unwrap_err();
    assert_eq!(error.name(), "PathNotProven");
    assert_eq!(emulated.calls().len(), before);
    assert_eq!(journal.deeds(), []);
}

/// Whoever calls the step by hand, or with what was proven for another certificate.
#[tokio::test]
async fn without_a_fresh_proof_for_this_very_path_nothing_is_exported() {
    let (emulated, input) = prepared(|_| {}).await;
    let before = emulated.calls().len();
    let hours = |hours: i64| Utc::now().plus_seconds(-hours * 60 * 60);
    let with = |change: &dyn Fn(&mut Input)| {
        let mut input = input.clone();
        change(&mut input);
        input
    };
    let other = Sha256::of(b"another leaf");
    for unproven in [
        with(&|input| input.revocation.findings.clear()),
        with(&|input| input.revocation.findings[0].certificate_sha256 = other.clone()),
        with(&|input| drop(input.revocation.findings.pop())),
        with(&|input| input.revocation.asked_at = hours(2)),
        // What the profile lets pass is the profile's to say, not the proof's.
        with(&|input| input.policy.revocation.policy = Requirement::Required),
    ] {
        let journal = Journal::default();
        let error = handle(&emulated.client, unproven, &journal).await;
        assert_eq!(error.unwrap_err().name(), "RevocationNotProven");
        assert_eq!(journal.deeds(), []);
    }
    assert_eq!(emulated.calls().len(), before);

    // A throttled export may be tried again for a while after the look.
    let patient = with(&|input| input.revocation.asked_at = hours(1));
    let output = handle(&emulated.client, patient, &Journal::default()).await;
    assert_eq!(rsa(output.unwrap()).1, OaepHash::SHA_256);
}

/// It has left all the same, which the journal says.
#[tokio::test]
async fn a_kek_with_another_check_value_is_not_passed_on() {
    let (emulated, mut input) = prepared(|_| {}).await;
    input.kek.kcv = "000000".to_owned();
    let journal = Journal::default();
    let error = handle(&emulated.client, input, &journal).await.unwrap_err();
    assert_eq!(error.name(), "KcvMismatch");
    assert_eq!(journal.deeds().len(), 1);
}

async fn refused(emulated: &Emulated, input: Input) -> String {
    let journal = Journal::default();
    let error = handle(&emulated.client, input, &journal).await.unwrap_err();
    assert_eq!(error.name(), "ExportRefused", "{error}");
    assert_eq!(journal.deeds(), []);
    error.to_string()
}

#[tokio::test]
async fn a_ca_that_did_not_issue_the_leaf_is_refused_and_the_error_says_who_named_it() {
    let (emulated, mut input) = prepared(|_| {}).await;
    input.issuing_ca_key_arn = input.kek.key_arn.clone();
    let words = refused(&emulated, input.clone()).await;
    assert!(words.contains("found by the alias of the CA"), "{words}");

    let issuing = input.path.intermediates[0].sha256();
    let wrong = input.issuing_ca_key_arn.clone();
    input.policy.ca_key_arns.insert(issuing, wrong);
    let words = refused(&emulated, input).await;
    assert!(words.contains("`caKeyArns` of the profile"), "{words}");
}

#[tokio::test]
async fn a_throttled_export_is_asked_for_again() {
    let (emulated, input) = prepared(|_| {}).await;
    emulated.throttle("ExportKey");
    let output = handle(&emulated.client, input, &Journal::default()).await;
    assert!(output.is_ok());
    let exports = emulated.calls().into_iter().filter(|it| it == "ExportKey");
    assert_eq!(exports.count(), 2);
}
