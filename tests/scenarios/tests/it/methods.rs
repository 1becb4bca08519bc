//! Every way for a KEK to travel, end to end; and a leaf with which a method does not work.

use partner::certificate::KeyUsage;
use partner::terminal::follow_the_readme;
use partner::{KeyKind, OpenError, Package, Pki, PkiBuilder, Receiver};
use scenarios::{Created, Story};
use serde_json::{Value, json};

const NONCE: [u8; 8] = [0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f, 0x60, 0x71];

fn on_curves(story: &Story, leaf: KeyKind) -> PkiBuilder {
    story
        .chain()
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP521])
        .leaf_key(leaf)
        .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]))
}

async fn onboarded(story: &Story, pki: &Pki, kek: &str, exchange: &Value) {
    let mut profile = story.profile(pki);
    profile["kekExport"]["kek"]["algorithm"] = kek.into();
    profile["kekExport"]["exchange"] = exchange.clone();
    story.operator_writes_profile(&profile).await;
}

/// Opened by the partner's own code and by the commands of the README, with the KEK that is in Payment
/// Cryptography; announced and recorded under the name of the method.
async fn travels(story: &Story, pki: &Pki, nonce: Option<&[u8]>) {
    let execution = story.ceremony_succeeds().await;
    let receiver = Receiver {
        nonce,
        ..Receiver::new(&pki.leaf)
    };
    let opened = story.partner_opens_as(&execution.name, &receiver).await;
    let files = story.partner_fetches(&execution.name).await;
    let printed = follow_the_readme(&files, &pki.leaf.key().pem()).expect("a good package");
    assert!(printed.contains(&opened.kcv), "{printed:?}");
    let method = opened.manifest.wrapping.how.method();
    let event = story.is_told("Ceremony Succeeded").await;
    assert_eq!(event.detail["method"], method);
    assert_eq!(event.detail["kcv"], opened.kcv);

    // Neither of them has what travelled.
    let evidence = story.evidence(&execution.name).await;
    let record = String::from_utf8(evidence["record.json"].clone()).expect("text");
    assert!(
        record.contains(&format!(r#""method": "{method}""#)),
        "{record}"
    );
    let block = files.get("key-block.hex").or(files.get("key-block.txt"));
    let block = String::from_utf8(block.expect("a block").clone()).expect("text");
    let end = &block.trim()[block.trim().len() - 32..];
    for text in [record, event.detail.to_string()] {
        assert!(!text.to_uppercase().contains(end), "key material");
    }
}

#[tokio::test]
async fn tr34_in_one_pass_with_tdes() {
    let story = Story::of("tr34-one-pass").await;
    let pki = story.chain().build();
    let exchange = json!({ "method": "tr34", "signer": "service" });
    onboarded(&story, &pki, "TDES_3KEY", &exchange).await;
    story.partner_drops_chain(&pki).await;
    travels(&story, &pki, None).await;
}

#[tokio::test]
async fn tr34_in_two_passes_and_a_partner_that_sent_another_nonce() {
    let story = Story::of("tr34-two-passes").await;
    let pki = story.chain().build();
    let exchange = json!({ "method": "tr34", "signer": "service", "passes": "two" });
    onboarded(&story, &pki, "AES_128", &exchange).await;
    let nonce = hex::encode_upper(NONCE);
    story
        .partner_drops("today.nonce", format!("{nonce}\n"))
        .await;
    story.partner_drops_chain(&pki).await;
    travels(&story, &pki, Some(&NONCE)).await;

    let ceremonies = story.ceremonies().await;
    let files = story.partner_fetches(&ceremonies[0].0).await;
    let yesterday = Receiver {
        nonce: Some(&[7; 8]),
        ..Receiver::new(&pki.leaf)
    };
    let refused = Package::from_files(files).open_as(&yesterday).unwrap_err();
    assert_eq!(refused, OpenError::NonceMismatch);
}

#[tokio::test]
async fn ecdh_with_aes_256_over_p_521() {
    let story = Story::of("ecdh-p521").await;
    let pki = on_curves(&story, KeyKind::EccP521).build();
    onboarded(&story, &pki, "AES_256", &json!({ "method": "ecdh" })).await;
    story.partner_drops_chain(&pki).await;
    travels(&story, &pki, None).await;
}

#[tokio::test]
async fn ecdh_by_ansi_x9_63_over_p_256() {
    let story = Story::of("ecdh-p256").await;
    let pki = on_curves(&story, KeyKind::EccP256).build();
    let exchange = json!({
        "method": "ecdh", "keyDerivationFunction": "ANSI_X963", "keyDerivationHash": "SHA_256",
        "derivedKey": "AES_128",
    });
    onboarded(&story, &pki, "AES_128", &exchange).await;
    story.partner_drops_chain(&pki).await;
    travels(&story, &pki, None).await;
}

/// What would sign or agree is no key to encrypt under, and the other way round.
#[tokio::test]
async fn a_leaf_of_the_wrong_kind_for_the_method_makes_no_key() {
    for (partner, method, on_a_curve) in [
        ("rsa-for-ecdh", json!({ "method": "ecdh" }), false),
        (
            "curve-for-tr34",
            json!({ "method": "tr34", "signer": "service" }),
            true,
        ),
    ] {
        let story = Story::of(partner).await;
        let pki = if on_a_curve {
            on_curves(&story, KeyKind::EccP384)
        } else {
            story.chain()
        };
        let pki = pki.build();
        onboarded(&story, &pki, "AES_128", &method).await;
        story.partner_drops_chain(&pki).await;
        let failure = story.ceremony_fails("UnsuitableLeafKey").await;
        assert_eq!(failure.record["step"], "Validate");
        assert_eq!(story.created().await, Created::default());
    }
}
