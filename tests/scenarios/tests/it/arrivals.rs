//! Files arrive in every order and packing, more than once, and at once.

use partner::{bundle, certificate, pkcs7};
use scenarios::{Created, Story, assert_succeeded};

/// One KEK, and a CA key for root and intermediate each.
const ONE_OF_EACH: Created = Created { keks: 1, cas: 2 };

async fn arrives_in_order(partner: &str, order: [usize; 3]) {
    let story = Story::of(partner).await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    let files = scenarios::files(&pki);
    for index in order {
        let (file, certificate) = files[index];
        story.partner_drops(file, certificate.pem()).await;
    }
    let execution = story.ceremony_succeeds().await;
    assert_eq!(story.created().await, ONE_OF_EACH);
    story.partner_opens(&execution.name, &pki.leaf).await;
    story.is_told("Ceremony Succeeded").await;
}

#[tokio::test]
async fn root_intermediate_leaf() {
    arrives_in_order("order-ril", [0, 1, 2]).await;
}

#[tokio::test]
async fn root_leaf_intermediate() {
    arrives_in_order("order-rli", [0, 2, 1]).await;
}

#[tokio::test]
async fn intermediate_root_leaf() {
    arrives_in_order("order-irl", [1, 0, 2]).await;
}

#[tokio::test]
async fn intermediate_leaf_root() {
    arrives_in_order("order-ilr", [1, 2, 0]).await;
}

#[tokio::test]
async fn leaf_root_intermediate() {
    arrives_in_order("order-lri", [2, 0, 1]).await;
}

#[tokio::test]
async fn leaf_intermediate_root() {
    arrives_in_order("order-lir", [2, 1, 0]).await;
}

async fn arrives_in_one_file(partner: &str, file: &str, pack: impl Fn(&partner::Pki) -> Vec<u8>) {
    let story = Story::of(partner).await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops(file, pack(&pki)).await;
    let execution = story.ceremony_succeeds().await;
    assert_eq!(story.created().await, ONE_OF_EACH);
    story.partner_opens(&execution.name, &pki.leaf).await;
}

#[tokio::test]
async fn one_pem_bundle() {
    arrives_in_one_file("bundle-pem", "everything.txt", |pki| {
        bundle(pki.chain()).into()
    })
    .await;
}

#[tokio::test]
async fn one_pkcs7_file_in_der() {
    arrives_in_one_file("bundle-p7-der", "chain.p7b", |pki| pkcs7(pki.chain())).await;
}

#[tokio::test]
async fn one_pkcs7_file_in_pem_under_a_misleading_name() {
    let pack = |pki: &partner::Pki| certificate::pkcs7_pem(pki.chain()).into();
    arrives_in_one_file("bundle-p7-pem", "leaf.der", pack).await;
}

#[tokio::test]
async fn three_der_files() {
    let story = Story::of("der-files").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    for (index, certificate) in pki.chain().iter().enumerate() {
        story
            .partner_drops(&format!("{index}.cer"), certificate.der().to_vec())
            .await;
    }
    story.ceremony_succeeds().await;
    assert_eq!(story.created().await, ONE_OF_EACH);
}

#[tokio::test]
async fn every_file_at_once() {
    let story = Story::of("at-once").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    let files = scenarios::files(&pki);
    let drops = files
        .iter()
        .map(|(file, certificate)| story.partner_drops(file, certificate.pem()));
    futures::future::join_all(drops).await;
    story.ceremony_succeeds().await;
    assert_eq!(story.created().await, ONE_OF_EACH);
}

/// EventBridge delivers at least once, and in any order.
#[tokio::test]
async fn duplicate_and_concurrent_events() {
    let story = Story::of("duplicates").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let (one, two, three, four) = tokio::join!(
        story.intake_hears_again("leaf.pem"),
        story.intake_hears_again("leaf.pem"),
        story.intake_hears_again("root.pem"),
        story.intake_hears_again("intermediate.pem"),
    );
    for outcome in [one, two, three, four] {
        assert!(
            outcome == "started" || outcome == "already-started",
            "{outcome}"
        );
    }
    story.ceremony_succeeds().await;
    // And once more when all is over.
    assert_eq!(
        story.intake_hears_again("leaf.pem").await,
        "already-started"
    );
    // The CAs once more, many at once: the same set.
    let again = (0..12).map(|count| {
        let (file, certificate) = scenarios::files(&pki)[count % 2];
        story.partner_drops(file, certificate.pem())
    });
    futures::future::join_all(again).await;
    story.nothing_else_starts(1).await;
    assert_eq!(story.created().await, ONE_OF_EACH);
}

/// Twice the same leaf, within a second: one set, and one execution.
#[tokio::test]
async fn the_same_leaf_under_two_names_at_once() {
    let story = Story::of("two-names").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    for (file, certificate) in &scenarios::files(&pki)[..2] {
        story.partner_drops(file, certificate.pem()).await;
    }
    tokio::join!(
        story.partner_drops("leaf.pem", pki.leaf.pem()),
        story.partner_drops("the-same-leaf.pem", pki.leaf.pem()),
    );
    story.ceremony_succeeds().await;
    let (one, other) = tokio::join!(
        story.intake_hears_again("the-same-leaf.pem"),
        story.intake_hears_again("leaf.pem"),
    );
    assert_eq!(
        (one.as_str(), other.as_str()),
        ("already-started", "already-started")
    );
    story.nothing_else_starts(1).await;
    assert_eq!(story.created().await, ONE_OF_EACH);
}

/// A partner that lost its package drops the same certificates: the same KEK is wrapped again.
#[tokio::test]
async fn the_same_certificates_dropped_again() {
    let story = Story::of("dropped-again").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let first = story.ceremony_succeeds().await;
    story.partner_drops_chain(&pki).await;
    let second = story.next_ceremony_ends(&[&first.name]).await;
    assert_succeeded(&second);
    story.nothing_else_starts(2).await;
    assert_eq!(story.created().await, ONE_OF_EACH);
    let one = story.partner_opens(&first.name, &pki.leaf).await;
    let two = story.partner_opens(&second.name, &pki.leaf).await;
    assert_eq!(one.manifest.kek.key_arn, two.manifest.kek.key_arn);
}

/// Two ceremonies for one leaf at the same time: in two data types' folders there are two KEKs,
/// but the CAs are one another's. The leaf has both folders' identities.
#[tokio::test]
async fn one_chain_in_two_folders_at_once() {
    let story = Story::of("two-folders").await;
    let pki = story
        .chain()
        .leaf(|leaf| leaf.uri("identity:idms.group.6509948"))
        .build();
    let pin = story.in_folder("production", "pin");
    story.operator_onboards(&pki).await;
    pin.operator_onboards(&pki).await;
    let chain = bundle(pki.chain());
    tokio::join!(
        story.partner_drops("chain.pem", chain.clone()),
        pin.partner_drops("chain.pem", chain.clone()),
    );
    let first = story.next_ceremony_ends(&[]).await;
    let second = story.next_ceremony_ends(&[&first.name]).await;
    assert_succeeded(&first);
    assert_succeeded(&second);
    assert_eq!(story.created().await, Created { keks: 2, cas: 2 });
}

#[tokio::test]
async fn a_renewed_leaf_beside_the_old_one() {
    let story = Story::of("renewed").await;
    let old = story.chain().build();
    story.operator_onboards(&old).await;
    story.partner_drops_chain(&old).await;
    let first = story.ceremony_succeeds().await;
    // notBefore counts in seconds.
    let start = time::OffsetDateTime::now_utc() - time::Duration::MINUTE;
    let new = partner::Profile::leaf("ACME Key Exchange", scenarios::UID)
        .valid(start, start + time::Duration::days(365))
        .issued_by(old.issuer(), old.leaf.key());
    story.partner_drops("leaf-renewed.pem", new.pem()).await;
    let second = story.next_ceremony_ends(&[&first.name]).await;
    assert_succeeded(&second);
    assert_eq!(story.created().await, Created { keks: 2, cas: 2 });
    let opened = story.partner_opens(&second.name, &new).await;
    assert_eq!(opened.manifest.wrapping.leaf_sha256, new.sha256());
}

#[tokio::test]
async fn the_intermediate_is_missing() {
    let story = Story::of("no-intermediate").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops("leaf.pem", pki.leaf.pem()).await;
    story.partner_drops("root.pem", pki.root.pem()).await;
    let event = story.is_told("Certificates Incomplete").await;
    let reason = event.detail["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("ACME Issuing CA") && reason.contains("missing"),
        "{reason}"
    );
    assert_eq!(event.detail["ceremonyId"], serde_json::Value::Null);
    assert_eq!(event.detail["environment"], "production");
    assert_eq!(event.detail["dataType"], "cardholder");
    story.nothing_else_starts(0).await;
    assert_eq!(story.created().await, Created::default());

    story
        .partner_drops("late.pem", pki.intermediates[0].pem())
        .await;
    story.ceremony_succeeds().await;
}

#[tokio::test]
async fn the_root_is_missing_but_in_the_profile() {
    let story = Story::of("root-in-profile").await;
    let pki = story.chain().build();
    let mut profile = story.profile(&pki);
    profile["rootCertificates"] = serde_json::json!([pki.root.pem()]);
    story.operator_writes_profile(&profile).await;
    story.partner_drops("leaf.pem", pki.leaf.pem()).await;
    story
        .partner_drops("intermediate.pem", pki.intermediates[0].pem())
        .await;
    story.ceremony_succeeds().await;
    // That it comes all the same, and late, makes no other set of it.
    story.partner_drops("root.pem", pki.root.pem()).await;
    story.nothing_else_starts(1).await;
    assert_eq!(story.created().await, ONE_OF_EACH);
}

#[tokio::test]
async fn the_root_is_missing_but_was_proven_before() {
    let story = Story::of("root-proven-before").await;
    let pki = story
        .chain()
        .leaf(|leaf| leaf.uri("identity:idms.group.6509948"))
        .build();
    let pin = story.in_folder("production", "pin");
    story.operator_onboards(&pki).await;
    pin.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let first = story.ceremony_succeeds().await;
    pin.partner_drops("leaf.pem", pki.leaf.pem()).await;
    pin.partner_drops("ca.pem", pki.intermediates[0].pem())
        .await;
    let second = story.next_ceremony_ends(&[&first.name]).await;
    assert_succeeded(&second);
    assert_eq!(story.created().await, Created { keks: 2, cas: 2 });
}
