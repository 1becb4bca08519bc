//! ImportKey of root and trusted certificates.

use std::sync::LazyLock;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, KeyAlgorithm, KeyCheckValueAlgorithm, KeyClass, KeyModesOfUse, KeyOrigin,
    KeyUsage, RootCertificatePublicKey, Tag,
};
use rcgen::{CertificateParams, IsCa, KeyPair, KeyUsagePurpose};

use crate::support::{
    Identity, LEAF_2048, LEAF_3072, NOT_FOUND, OTHER_3072, P256, P384, P521, ROOT_3072, VALIDATION,
    attributes, authority, create_kek_arn, exception, expired, import_root, inventory, leaf,
    not_yet_valid, start, verifies,
};

#[tokio::test]
async fn roots_on_rsa_and_on_every_curve_are_imported() {
    let (_emulator, client) = start().await;
    for (key, algorithm) in [
        (&ROOT_3072, KeyAlgorithm::Rsa3072),
        (&LEAF_2048, KeyAlgorithm::Rsa2048),
        (&P256, KeyAlgorithm::EccNistP256),
        (&P384, KeyAlgorithm::EccNistP384),
        (&P521, KeyAlgorithm::EccNistP521),
    ] {
        let root = Identity::self_signed(authority("Root"), key);
        let key = client
            .import_key()
            .key_material(root.as_root(verifies(algorithm.clone())))
            .key_check_value_algorithm(KeyCheckValueAlgorithm::AnsiX924)
            .tags(Tag::builder().key("a").value("b").build().unwrap())
            .send()
            .await
            .unwrap()
            .key
            .unwrap();
        assert_eq!(key.key_attributes, Some(verifies(algorithm)));
        assert_eq!(key.key_origin, KeyOrigin::External);
        assert_eq!(key.key_check_value.len(), 8);
        assert!(key.enabled);
    }
}

#[tokio::test]
async fn a_chain_is_imported_link_by_link() {
    let (_emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let intermediate = Identity::signed_by(authority("Intermediate"), &OTHER_3072, &root);
    let wrapping = Identity::signed_by(leaf("Wrapping"), &LEAF_3072, &intermediate);

    let root_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let material = intermediate.as_trusted(verifies(KeyAlgorithm::Rsa3072), &root_arn);
    let intermediate_arn = import(&client, material).await.unwrap();
    // A public key to encrypt with need not be an authority's.
    let encrypts = attributes(
        KeyUsage::Tr31K2Tr34AsymmetricKey,
        KeyClass::PublicKey,
        KeyAlgorithm::Rsa3072,
        KeyModesOfUse::builder().encrypt(true).wrap(true).build(),
    );
    import(&client, wrapping.as_trusted(encrypts, &intermediate_arn))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_authority_is_found_by_its_alias() {
    let (_emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &P384);
    let intermediate = Identity::signed_by(authority("Intermediate"), &P256, &root);
    let arn = import_root(&client, &root, KeyAlgorithm::EccNistP384).await;
    client
        .create_alias()
        .alias_name("alias/root")
        .key_arn(arn)
        .send()
        .await
        .unwrap();
    let material = intermediate.as_trusted(verifies(KeyAlgorithm::EccNistP256), "alias/root");
    import(&client, material).await.unwrap();
}

#[tokio::test]
async fn a_root_with_a_mistake_is_refused_and_not_imported() {
    let (emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let attributes = || verifies(KeyAlgorithm::Rsa3072);
    let made =
        |params: CertificateParams| Identity::self_signed(params, &ROOT_3072).as_root(attributes());
    let mut no_authority = leaf("Root");
    no_authority.is_ca = IsCa::ExplicitNoCa;
    let mut no_cert_sign = authority("Root");
    no_cert_sign.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    for (mistake, material) in [
        ("expired", made(expired(authority("Root")))),
        ("not yet valid", made(not_yet_valid(authority("Root")))),
        ("no basic constraints", made(leaf("Root"))),
        ("explicitly no authority", made(no_authority)),
        ("may not sign certificates", made(no_cert_sign)),
        (
            "not self-signed",
            Identity::signed_by(authority("Intermediate"), &OTHER_3072, &root)
                .as_root(attributes()),
        ),
        (
            "another algorithm",
            root.as_root(verifies(KeyAlgorithm::Rsa4096)),
        ),
        (
            "another kind of key",
            root.as_root(verifies(KeyAlgorithm::EccNistP256)),
        ),
        (
            "not a certificate",
            rubbish(attributes(), "bm90IGEgY2VydGlmaWNhdGU="),
        ),
        (
            "PEM that is not base64",
            rubbish(attributes(), &root.certificate.pem()),
        ),
    ] {
        assert_eq!(
            import(&client, material).await.unwrap_err(),
            VALIDATION,
            "{mistake}"
        );
    }
    assert!(inventory(&emulator).keys.is_empty());
}

#[tokio::test]
async fn a_root_with_attributes_of_a_pair_is_refused() {
    let (emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let signature = KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature;
    let verify = KeyModesOfUse::builder().verify(true).build();
    let sign = KeyModesOfUse::builder().sign(true).build();
    for wrong in [
        attributes(
            signature.clone(),
            KeyClass::PublicKey,
            KeyAlgorithm::Rsa3072,
            sign,
        ),
        attributes(
            signature,
            KeyClass::AsymmetricKeyPair,
            KeyAlgorithm::Rsa3072,
            verify.clone(),
        ),
        attributes(
            KeyUsage::Tr31K0KeyEncryptionKey,
            KeyClass::PublicKey,
            KeyAlgorithm::Rsa3072,
            verify,
        ),
    ] {
        assert_eq!(
            import(&client, root.as_root(wrong)).await.unwrap_err(),
            VALIDATION
        );
    }
    assert!(inventory(&emulator).keys.is_empty());
}

#[tokio::test]
async fn an_intermediate_with_a_mistake_is_refused_and_not_imported() {
    let (emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let other = Identity::self_signed(authority("Root"), &OTHER_3072);
    let root_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let kek_arn = create_kek_arn(&client).await;
    let small_root = Identity::self_signed(authority("Small"), &LEAF_2048);
    let small_arn = import_root(&client, &small_root, KeyAlgorithm::Rsa2048).await;
    let before = inventory(&emulator).keys.len();

    let made = |params, key: &'static LazyLock<KeyPair>, by: &Identity, algorithm, under: &str| {
        Identity::signed_by(params, key, by).as_trusted(verifies(algorithm), under)
    };
    let params = || authority("Intermediate");
    let rsa = KeyAlgorithm::Rsa3072;
    for (mistake, material) in [
        (
            "wrong signer",
            made(params(), &LEAF_3072, &other, rsa.clone(), &root_arn),
        ),
        (
            "expired",
            made(expired(params()), &LEAF_3072, &root, rsa.clone(), &root_arn),
        ),
        (
            "not yet valid",
            made(
                not_yet_valid(params()),
                &LEAF_3072,
                &root,
                rsa.clone(),
                &root_arn,
            ),
        ),
        (
            "not an authority",
            made(leaf("Leaf"), &LEAF_3072, &root, rsa.clone(), &root_arn),
        ),
        (
            "another algorithm",
            made(
                params(),
                &LEAF_3072,
                &root,
                KeyAlgorithm::Rsa2048,
                &root_arn,
            ),
        ),
        (
            "stronger than its authority",
            made(params(), &LEAF_3072, &small_root, rsa.clone(), &small_arn),
        ),
        (
            "elliptic curve under RSA",
            made(params(), &P256, &root, KeyAlgorithm::EccNistP256, &root_arn),
        ),
        (
            "under a symmetric key",
            made(params(), &LEAF_3072, &root, rsa.clone(), &kek_arn),
        ),
    ] {
        assert_eq!(
            import(&client, material).await.unwrap_err(),
            VALIDATION,
            "{mistake}"
        );
    }
    let unknown = made(params(), &LEAF_3072, &root, rsa, "alias/unknown");
    assert_eq!(import(&client, unknown).await.unwrap_err(), NOT_FOUND);
    assert_eq!(inventory(&emulator).keys.len(), before);
}

#[tokio::test]
async fn a_certificate_expires_by_the_emulators_clock() {
    let (emulator, client) = start().await;
    let root = Identity::self_signed(expired(authority("Root")), &ROOT_3072);
    let material = || root.as_root(verifies(KeyAlgorithm::Rsa3072));
    assert_eq!(import(&client, material()).await.unwrap_err(), VALIDATION);
    emulator.controls().set_clock_offset(-7 * 86_400);
    import(&client, material()).await.unwrap();
}

#[tokio::test]
async fn an_authority_that_has_expired_vouches_for_nobody() {
    let (emulator, client) = start().await;
    let root = Identity::self_signed(expired(authority("Root")), &ROOT_3072);
    let leaf = Identity::signed_by(authority("Intermediate"), &OTHER_3072, &root);
    emulator.controls().set_clock_offset(-7 * 86_400);
    let root_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let material = || leaf.as_trusted(verifies(KeyAlgorithm::Rsa3072), &root_arn);
    import(&client, material()).await.unwrap();
    emulator.controls().set_clock_offset(0);
    assert_eq!(import(&client, material()).await.unwrap_err(), VALIDATION);
}

/// The ARN of the imported key, or the exception's name.
async fn import(client: &Client, material: ImportKeyMaterial) -> Result<String, String> {
    match client.import_key().key_material(material).send().await {
        Ok(output) => Ok(output.key.unwrap().key_arn),
        Err(error) => Err(exception(Err::<(), _>(error))),
    }
}

fn rubbish(
    attributes: aws_sdk_paymentcryptography::types::KeyAttributes,
    certificate: &str,
) -> ImportKeyMaterial {
    ImportKeyMaterial::RootCertificatePublicKey(
        RootCertificatePublicKey::builder()
            .key_attributes(attributes)
            .public_key_certificate(certificate)
            .build()
            .unwrap(),
    )
}
