//! What an exchange takes beyond the certificates: a nonce of the partner's, a certificate of ours.

use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::evidence::Recordable;
use ceremony::utc::Utc;
use serde_json::{Value, json};
use step::StepError;

use crate::dropped::Dropped;

const NONCE: &str = "00112233445566778899AABB";
const DAY: i64 = 24 * 60 * 60;

fn by_tr34(signer: &str, passes: &str) -> Dropped {
    let dropped = Dropped::new();
    dropped.onboards(|profile| {
        profile["kekExport"]["exchange"] =
            json!({ "method": "tr34", "signer": signer, "passes": passes });
    });
    dropped
}

/// Of a key of ours, valid from so many days from now to so many.
fn installed(key: OwnKey, from: i64, to: i64) -> Installed {
    Installed {
        version: Installed::VERSION,
        key,
        key_arn: format!("arn of {key}"),
        chain_key: format!("enrolment-{key}-0123456789abcdef/certificates.pem"),
        chain_version_id: "1".to_owned(),
        chain_sha256: Sha256::of(b"chain"),
        certificate_sha256: Sha256::of(b"certificate"),
        not_before: Utc::now().plus_seconds(from * DAY),
        not_after: Utc::now().plus_seconds(to * DAY),
        ceremony_id: format!("enrolment-{key}-0123456789abcdef"),
        installed_at: Utc::now(),
    }
}

fn installs(dropped: &Dropped, installed: &Installed) {
    let text = serde_json::to_string(installed).unwrap();
    let name = installed.key.installed_parameter();
    dropped.aws.put_parameter(&name, &text);
}

async fn refused(dropped: &Dropped, name: &str) -> String {
    let error = dropped.fetched().await.unwrap_err();
    assert_eq!(error.name(), name, "{error}");
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn the_nonce_of_two_passes_is_read_and_recorded() {
    let mut dropped = by_tr34("service", "two");
    dropped.adds("a.nonce", format!("{}\n", NONCE.to_lowercase()));
    let output = dropped.fetched().await.unwrap();
    assert_eq!(output.nonce.as_ref().unwrap().hex(), NONCE);
    let recorded = serde_json::to_value(output.recordable()).unwrap();
    assert_eq!(recorded["nonce"], NONCE);
}

#[tokio::test(start_paused = true)]
async fn two_passes_without_exactly_one_nonce_are_refused() {
    let mut dropped = by_tr34("service", "two");
    refused(&dropped, "NonceMissing").await;
    dropped.adds("a.nonce", NONCE);
    dropped.adds("b.nonce", NONCE);
    refused(&dropped, "InputMalformed").await;
    let mut malformed = by_tr34("service", "two");
    malformed.adds("a.nonce", "secret?");
    let words = refused(&malformed, "NonceMalformed").await;
    assert!(
        words.contains("a.nonce") && !words.contains("secret"),
        "{words}"
    );
}

/// The profile may have changed since the nonce was dropped.
#[tokio::test(start_paused = true)]
async fn a_nonce_that_the_profile_does_not_ask_for_is_left_alone() {
    let mut dropped = by_tr34("service", "one");
    dropped.adds("a.nonce", NONCE);
    assert_eq!(dropped.fetched().await.unwrap().nonce, None);
}

#[tokio::test(start_paused = true)]
async fn the_keys_that_are_to_sign_are_looked_up() {
    let [package, tr34] = OwnKey::ALL.map(|key| installed(key, -1, 1));
    for (signer, expected) in [("own", Some(tr34.clone())), ("service", None)] {
        let dropped = by_tr34(signer, "one");
        installs(&dropped, &package);
        installs(&dropped, &tr34);
        let output = dropped.fetched().await.unwrap();
        assert_eq!(output.package_signer, Some(package.clone()));
        assert_eq!(output.tr34_signer, expected);
        let recorded = serde_json::to_value(output.recordable()).unwrap();
        assert_eq!(recorded["packageSigner"]["keyArn"], package.key_arn);
        assert_eq!(recorded["tr34Signer"].is_null(), expected.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_ours_that_cannot_sign_now_is_refused_before_any_key_is_touched() {
    let dropped = by_tr34("own", "one");
    let words = refused(&dropped, "SigningCertificateMissing").await;
    assert!(words.contains("`tr34`"), "{words}");
    for (from, to, name) in [
        (-9, -1, "SigningCertificateExpired"),
        (1, 9, "SigningCertificateNotYetValid"),
    ] {
        installs(&dropped, &installed(OwnKey::Tr34, from, to));
        refused(&dropped, name).await;
    }
    // Whatever the method: every package is signed.
    let dropped = Dropped::new();
    assert_eq!(dropped.fetched().await.unwrap().package_signer, None);
    installs(&dropped, &installed(OwnKey::PackageSigning, -9, -1));
    let words = refused(&dropped, "SigningCertificateExpired").await;
    assert!(words.contains("`package-signing`"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn what_is_installed_must_be_of_its_form_and_key() {
    let other = serde_json::to_value(installed(OwnKey::Tr34, -1, 1)).unwrap();
    for text in [other, json!({}), Value::Null] {
        let dropped = Dropped::new();
        let name = OwnKey::PackageSigning.installed_parameter();
        dropped.aws.put_parameter(&name, &text.to_string());
        refused(&dropped, "SigningCertificateUnreadable").await;
    }
}
