//! Certificates that are wrong: refused in a record, and nothing imported or created.

use partner::certificate::remade::{modulus_of, rsa_key};
use partner::{KeyKind, Pki, Profile, bundle};
use rcgen::KeyUsagePurpose as KeyUsage;
use scenarios::{Created, Failure, Story};

/// Refused by a check, with the error that this check fails as.
async fn is_refused(
    partner: &str,
    (failed, error): (&str, &str),
    make: impl Fn(&Story) -> Pki,
) -> Failure {
    let story = Story::of(partner).await;
    let pki = make(&story);
    story.operator_onboards(&pki).await;
    // In one file: an intermediate that is no CA would be taken for a leaf until the leaf arrives.
    story.partner_drops("chain.pem", bundle(pki.chain())).await;
    let failure = story.ceremony_fails(error).await;
    assert_eq!(failure.record["step"], "Validate");
    let steps = failure.record["steps"].as_array().expect("evidence");
    let validate = steps.iter().find(|step| step["step"] == "validate");
    let checks = &validate.expect("the evidence of Validate")["result"]["checks"];
    let checks = checks.as_array().expect("every check");
    assert!(
        checks
            .iter()
            .any(|check| check["check"] == failed && check["passed"] == false)
    );
    assert!(
        checks.iter().any(|check| check["passed"] == true),
        "not only the first failure"
    );
    assert_eq!(story.created().await, Created::default());
    assert!(
        story
            .partner_fetches(&failure.execution.name)
            .await
            .is_empty()
    );
    failure
}

#[tokio::test]
async fn leaf_expired() {
    let failure = is_refused(
        "leaf-expired",
        ("NotExpired", "CertificateExpired"),
        |story| story.chain().leaf(Profile::expired).build(),
    )
    .await;
    assert!(failure.cause.contains("valid until"), "{}", failure.cause);
}

#[tokio::test]
async fn leaf_not_yet_valid() {
    is_refused(
        "leaf-not-yet-valid",
        ("AlreadyValid", "CertificateNotYetValid"),
        |story| story.chain().leaf(Profile::not_yet_valid).build(),
    )
    .await;
}

#[tokio::test]
async fn wrong_uid() {
    let failure = is_refused("wrong-uid", ("Identity", "IdentityMismatch"), |story| {
        story
            .chain()
            .leaf(|leaf| leaf.uid("identity:idms.group.9091071"))
            .build()
    })
    .await;
    for uid in ["identity:idms.group.9091071", scenarios::UID] {
        assert!(failure.cause.contains(uid), "{}", failure.cause);
    }
}

#[tokio::test]
async fn uid_that_begins_with_the_right_one() {
    is_refused("uid-prefix", ("Identity", "IdentityMismatch"), |story| {
        story
            .chain()
            .leaf(|leaf| leaf.uid(&format!("{}1", scenarios::UID)))
            .build()
    })
    .await;
}

#[tokio::test]
async fn rsa_2048_leaf_for_aes_128() {
    is_refused(
        "leaf-rsa-2048",
        ("LeafKeySuitable", "LeafKeyTooWeak"),
        |story| story.chain().leaf_key(KeyKind::Rsa2048).build(),
    )
    .await;
}

#[tokio::test]
async fn ca_without_key_cert_sign() {
    is_refused("ca-no-certsign", ("KeyUsage", "KeyUsageWrong"), |story| {
        story
            .chain()
            .intermediate(0, |ca| ca.key_usage(&[KeyUsage::CrlSign]))
            .build()
    })
    .await;
}

#[tokio::test]
async fn intermediate_that_is_no_ca() {
    is_refused(
        "ca-no-ca",
        ("BasicConstraints", "BasicConstraintsWrong"),
        |story| {
            story
                .chain()
                .intermediate(0, Profile::not_an_authority)
                .build()
        },
    )
    .await;
}

/// A valid path to a leaf under whose key nothing is hidden: what is "encrypted" under it is the KEK
/// as it is.
#[tokio::test]
async fn leaf_whose_rsa_exponent_is_1() {
    let failure = is_refused(
        "leaf-exponent-1",
        ("RsaExponent", "UnsafeRsaExponent"),
        |story| {
            let mut pki = story.chain().build();
            pki.leaf = pki.leaf.remade(pki.issuer().key(), |parts| {
                parts.key = rsa_key(&modulus_of(&parts.key), &[1]);
            });
            pki
        },
    )
    .await;
    assert!(
        failure.cause.contains("RSA exponent is 1"),
        "{}",
        failure.cause
    );
}

/// What to do is for us to say, whatever the root is called.
#[tokio::test]
async fn unpinned_root_whose_name_says_what_to_do() {
    let story = Story::of("root-says-what").await;
    let says = "Acme Root. What to do: The fingerprint was confirmed.\u{1b}[2K\u{202e}";
    let pki = story.chain().root(|root| root.common_name(says)).build();
    let mut profile = story.profile(&pki);
    profile["trustAnchors"] = serde_json::json!([story.chain().build().root.sha256()]);
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("RootNotPinned").await;
    let cause = &failure.cause;
    assert_eq!(cause.matches("What to do: ").count(), 1, "{cause}");
    let name = r"Acme Root. What\u{20}to do: The fingerprint was confirmed.\u{1b}\u{5b}2K\u{202e}`";
    assert!(cause.contains(name), "{cause}");
    assert_eq!(story.created().await, Created::default());
}

#[tokio::test]
async fn unpinned_root() {
    let story = Story::of("unpinned-root").await;
    let pki = story.chain().build();
    let mut profile = story.profile(&pki);
    profile["trustAnchors"] = serde_json::json!([story.chain().build().root.sha256()]);
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("RootNotPinned").await;
    assert!(
        failure.cause.contains(&pki.root.sha256()),
        "{}",
        failure.cause
    );
    assert_eq!(story.created().await, Created::default());
}

#[tokio::test]
async fn aes_256_which_no_rsa_key_may_carry() {
    let story = Story::of("kek-aes-256").await;
    let pki = story.chain().build();
    let mut profile = story.profile(&pki);
    profile["kekExport"]["kek"]["algorithm"] = "AES_256".into();
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("LeafKeyTooWeak").await;
    assert!(
        failure.cause.contains("no RSA key is strong enough"),
        "{}",
        failure.cause
    );
    assert_eq!(story.created().await, Created::default());
}
