//! The profile names keys that exist: they are checked and used, and none is made beside them.

use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
    RootCertificatePublicKey, Tag, TrustedCertificatePublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partner::Certified;
use scenarios::{Created, Story, assert_succeeded};
use serde_json::json;

pub(crate) async fn operator_creates_kek(
    story: &Story,
    algorithm: KeyAlgorithm,
    exportable: bool,
) -> String {
    let modes = KeyModesOfUse::builder()
        .encrypt(true)
        .decrypt(true)
        .wrap(true)
        .unwrap(true);
    let attributes = KeyAttributes::builder()
        .key_algorithm(algorithm)
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes.build())
        .key_usage(KeyUsage::Tr31K1KeyBlockProtectionKey)
        .build()
        .expect("attributes");
    let client = story.payment_cryptography();
    let tags = [
        ("purpose", "kek"),
        ("partner", story.partner.as_str()),
        ("environment", "production"),
        ("data-type", "cardholder"),
    ];
    let tags = tags.map(|(key, value)| {
        let tag = Tag::builder().key(format!("key-ceremony:{key}"));
        tag.value(value).build().expect("both members")
    });
    let answer = client
        .create_key()
        .key_attributes(attributes)
        .exportable(exportable)
        .set_tags(Some(tags.into()))
        .send()
        .await;
    answer.expect("a KEK").key.expect("a key").key_arn
}

async fn operator_imports_ca(story: &Story, ca: &Certified, above: Option<&str>) -> String {
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Rsa4096)
        .key_class(KeyClass::PublicKey)
        .key_modes_of_use(KeyModesOfUse::builder().verify(true).build())
        .key_usage(KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature)
        .build()
        .expect("attributes");
    let certificate = STANDARD.encode(ca.pem());
    let material = match above {
        None => ImportKeyMaterial::RootCertificatePublicKey(
            RootCertificatePublicKey::builder()
                .key_attributes(attributes)
                .public_key_certificate(certificate)
                .build()
                .expect("material"),
        ),
        Some(above) => ImportKeyMaterial::TrustedCertificatePublicKey(
            TrustedCertificatePublicKey::builder()
                .key_attributes(attributes)
                .public_key_certificate(certificate)
                .certificate_authority_public_key_identifier(above)
                .build()
                .expect("material"),
        ),
    };
    let answer = story
        .payment_cryptography()
        .import_key()
        .key_material(material)
        .send()
        .await;
    answer.expect("a CA").key.expect("a key").key_arn
}

#[tokio::test]
async fn an_existing_kek_is_sent() {
    let story = Story::of("existing-kek").await;
    let pki = story.chain().build();
    let kek = operator_creates_kek(&story, KeyAlgorithm::Aes128, true).await;
    let mut profile = story.profile(&pki);
    profile["kekExport"]["kek"]["keyArn"] = json!(kek);
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    assert_eq!(story.created().await, Created { keks: 0, cas: 2 });
    let opened = story.partner_opens(&execution.name, &pki.leaf).await;
    assert_eq!(opened.manifest.kek.key_arn, kek);
}

async fn kek_is_refused(partner: &str, algorithm: KeyAlgorithm, exportable: bool, reason: &str) {
    let story = Story::of(partner).await;
    let pki = story.chain().build();
    let kek = operator_creates_kek(&story, algorithm, exportable).await;
    let mut profile = story.profile(&pki);
    profile["kekExport"]["kek"]["keyArn"] = json!(kek);
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("KekUnsuitable").await;
    assert!(
        failure.cause.starts_with("CreateKek: "),
        "{}",
        failure.cause
    );
    assert!(failure.cause.contains(reason), "{}", failure.cause);
    assert_eq!(story.created().await.keks, 0);
    assert!(
        story
            .partner_fetches(&failure.execution.name)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn an_existing_kek_that_may_not_leave_is_refused() {
    kek_is_refused(
        "kek-not-exportable",
        KeyAlgorithm::Aes128,
        false,
        "not exportable",
    )
    .await;
}

#[tokio::test]
async fn an_existing_kek_of_another_algorithm_is_refused() {
    kek_is_refused(
        "kek-other-algorithm",
        KeyAlgorithm::Tdes3Key,
        true,
        "TDES_3KEY",
    )
    .await;
}

#[tokio::test]
async fn existing_cas_are_used() {
    let story = Story::of("existing-cas").await;
    let pki = story.chain().build();
    let root = operator_imports_ca(&story, &pki.root, None).await;
    let issuing = operator_imports_ca(&story, &pki.intermediates[0], Some(&root)).await;
    let mut profile = story.profile(&pki);
    profile["caKeyArns"] = json!({ pki.intermediates[0].sha256(): issuing });
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let execution = story.ceremony_succeeds().await;
    assert_eq!(story.created().await, Created { keks: 1, cas: 0 });
    let opened = story.partner_opens(&execution.name, &pki.leaf).await;
    assert_eq!(opened.manifest.ca_key_arn, issuing);
}

#[tokio::test]
async fn an_existing_root_is_enough_to_import_the_rest() {
    let story = Story::of("existing-root").await;
    let pki = story.chain().build();
    let root = operator_imports_ca(&story, &pki.root, None).await;
    let mut profile = story.profile(&pki);
    profile["caKeyArns"] = json!({ pki.root.sha256(): root });
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    story.ceremony_succeeds().await;
    assert_eq!(story.created().await, Created { keks: 1, cas: 1 });
}

#[tokio::test]
async fn a_ca_key_that_is_another_ca_is_refused_by_the_export() {
    let story = Story::of("wrong-ca-key").await;
    let pki = story.chain().build();
    let root = operator_imports_ca(&story, &pki.root, None).await;
    let mut profile = story.profile(&pki);
    // The root's key, where the issuing CA's belongs.
    profile["caKeyArns"] = json!({ pki.intermediates[0].sha256(): root });
    story.operator_writes_profile(&profile).await;
    story.partner_drops_chain(&pki).await;
    let failure = story.ceremony_fails("ExportRefused").await;
    assert!(failure.cause.starts_with("WrapRsa: "), "{}", failure.cause);
    assert!(failure.cause.contains("caKeyArns"), "{}", failure.cause);
    // By then the KEK had been made: the record names it, and its KCV.
    let steps = failure.record["steps"].as_array().expect("evidence");
    let names: Vec<_> = steps.iter().map(|step| &step["step"]).collect();
    let expected = [
        "fetch-certs",
        "validate",
        "check-revocation",
        "import-ca",
        "create-kek",
        "check-revocation",
    ];
    assert_eq!(names, expected);
    let kek = story.keks().await.pop().expect("a KEK");
    assert_eq!(steps[4]["result"]["keyArn"], kek);
    assert!(steps[4]["result"]["kcv"].is_string());
    assert_eq!(failure.record["done"], json!([]));
    assert!(
        story
            .partner_fetches(&failure.execution.name)
            .await
            .is_empty()
    );
}

/// The same leaf gets another KEK then, which takes the place of the deleted one and says so.
#[tokio::test]
async fn a_deleted_kek_is_replaced_in_so_many_words() {
    let story = Story::of("deleted-kek").await;
    let pki = story.chain().build();
    story.operator_onboards(&pki).await;
    story.partner_drops_chain(&pki).await;
    let first = story.ceremony_succeeds().await;
    let deleted = story.keks().await.remove(0);
    let told = story.is_told("Ceremony Succeeded").await;
    assert_eq!(told.detail["kekKeyArn"], deleted.as_str());
    assert!(told.detail["replacesKekKeyArn"].is_null());

    let delete = story.payment_cryptography().delete_key();
    let delete = delete.key_identifier(&deleted).send().await;
    delete.expect("a key that waits for its deletion");
    story.partner_drops("leaf.pem", pki.leaf.pem()).await;
    let second = story.next_ceremony_ends(&[&first.name]).await;
    assert_succeeded(&second);
    let told = story
        .is_told_that("another ceremony has succeeded", |event| {
            event.detail["ceremonyId"] == second.name.as_str()
        })
        .await;
    assert_eq!(told.detail_type, "Ceremony Succeeded");
    assert_eq!(told.detail["replacesKekKeyArn"], deleted.as_str());
    assert_ne!(told.detail["kekKeyArn"], deleted.as_str());
    let record = story.evidence_at(&told.detail["record"]).await;
    let made = &record["steps"][4];
    assert_eq!(made["step"], "create-kek");
    assert_eq!(made["result"]["replacesKeyArn"], deleted.as_str());
    assert_eq!(made["result"]["origin"], "created");
    story.partner_opens(&second.name, &pki.leaf).await;
}
