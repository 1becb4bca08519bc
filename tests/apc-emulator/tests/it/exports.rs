//! ExportKey under RSA.

use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPrivateDecryptingKey,
    PrivateDecryptingKey,
};
use aws_sdk_paymentcryptography::types::{
    ExportKeyCryptogram, ExportKeyMaterial, KeyAlgorithm, WrappedKeyMaterialFormat, WrappingKeySpec,
};

use crate::exchange::{clear_key, export};
use crate::support::{
    CONFLICT, Identity, LEAF_2048, LEAF_3072, NOT_FOUND, OTHER_3072, P256, P384, ROOT_3072,
    VALIDATION, authority, create_kek, create_kek_arn, expired, import_root, inventory, kek, leaf,
    not_yet_valid, start,
};

#[tokio::test]
async fn the_partner_opens_what_comes_out() {
    let (emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let authority_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let small = Identity::signed_by(leaf("Partner"), &LEAF_2048, &root);
    let large = Identity::signed_by(leaf("Partner"), &LEAF_3072, &root);
    for (algorithm, partner, spec, oaep) in [
        (KeyAlgorithm::Aes128, &large, None, &OAEP_SHA256_MGF1SHA256),
        (
            KeyAlgorithm::Aes128,
            &large,
            Some(WrappingKeySpec::RsaOaepSha512),
            &OAEP_SHA512_MGF1SHA512,
        ),
        (
            KeyAlgorithm::Tdes2Key,
            &small,
            Some(WrappingKeySpec::RsaOaepSha256),
            &OAEP_SHA256_MGF1SHA256,
        ),
        (
            KeyAlgorithm::Tdes3Key,
            &large,
            None,
            &OAEP_SHA256_MGF1SHA256,
        ),
    ] {
        let key = create_kek(&client, algorithm).await;
        let material = cryptogram(&authority_arn, partner, spec);
        let wrapped = export(&client, &key.key_arn, material).await.unwrap();

        assert_eq!(
            wrapped.wrapped_key_material_format,
            WrappedKeyMaterialFormat::KeyCryptogram
        );
        assert_eq!(wrapped.wrapping_key_arn, authority_arn);
        assert_eq!(wrapped.key_check_value.as_ref(), Some(&key.key_check_value));
        let hex_digits = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
        assert!(wrapped.key_material.chars().all(hex_digits));

        let opened = open(partner, oaep, &wrapped.key_material);
        assert_eq!(
            hex::encode_upper(opened),
            clear_key(&emulator, &key.key_arn)
        );
    }
}

#[tokio::test]
async fn two_exports_of_one_key_differ() {
    let (_emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let authority_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let arn = create_kek_arn(&client).await;
    // Even the self-signed authority itself serves as wrapping certificate.
    let one = export(&client, &arn, cryptogram(&authority_arn, &root, None))
        .await
        .unwrap();
    let two = export(&client, &arn, cryptogram(&authority_arn, &root, None))
        .await
        .unwrap();
    assert_ne!(one.key_material, two.key_material);
}

#[tokio::test]
async fn a_wrapping_certificate_with_a_mistake_is_refused() {
    let (_emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let other = Identity::self_signed(authority("Root"), &OTHER_3072);
    let curve = Identity::self_signed(authority("Curve"), &P384);
    let root_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let curve_arn = import_root(&client, &curve, KeyAlgorithm::EccNistP384).await;
    let kek_arn = create_kek_arn(&client).await;
    let good = Identity::signed_by(leaf("Partner"), &LEAF_3072, &root);

    for (mistake, authority_arn, certificate) in [
        (
            "wrong signer",
            &root_arn,
            Identity::signed_by(leaf("Partner"), &LEAF_3072, &other),
        ),
        (
            "expired",
            &root_arn,
            Identity::signed_by(expired(leaf("Partner")), &LEAF_3072, &root),
        ),
        (
            "not yet valid",
            &root_arn,
            Identity::signed_by(not_yet_valid(leaf("Partner")), &LEAF_3072, &root),
        ),
        (
            "too small for AES-128",
            &root_arn,
            Identity::signed_by(leaf("P"), &LEAF_2048, &root),
        ),
        (
            "no RSA key",
            &curve_arn,
            Identity::signed_by(leaf("P"), &P256, &curve),
        ),
        ("authority is no certificate", &kek_arn, good),
    ] {
        let refused = export(
            &client,
            &kek_arn,
            cryptogram(authority_arn, &certificate, None),
        );
        assert_eq!(refused.await.unwrap_err(), VALIDATION, "{mistake}");
    }
}

#[tokio::test]
async fn no_key_leaves_under_a_weaker_one() {
    let (_emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let authority_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let partner = Identity::signed_by(leaf("Partner"), &LEAF_3072, &root);
    for algorithm in [KeyAlgorithm::Aes192, KeyAlgorithm::Aes256] {
        let key = create_kek(&client, algorithm).await;
        let refused = export(
            &client,
            &key.key_arn,
            cryptogram(&authority_arn, &partner, None),
        );
        assert_eq!(refused.await.unwrap_err(), VALIDATION);
    }
}

#[tokio::test]
async fn a_key_must_be_there_exportable_and_usable_to_leave() {
    let (_emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let authority_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let material = || cryptogram(&authority_arn, &root, None);

    let kept = client
        .create_key()
        .key_attributes(kek(KeyAlgorithm::Aes128))
        .exportable(false);
    let kept = kept.send().await.unwrap().key.unwrap().key_arn;
    assert_eq!(
        export(&client, &kept, material()).await.unwrap_err(),
        VALIDATION
    );

    let arn = create_kek_arn(&client).await;
    client
        .stop_key_usage()
        .key_identifier(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(
        export(&client, &arn, material()).await.unwrap_err(),
        CONFLICT
    );
    client
        .delete_key()
        .key_identifier(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(
        export(&client, &arn, material()).await.unwrap_err(),
        CONFLICT
    );

    assert_eq!(
        export(&client, "alias/none", material()).await.unwrap_err(),
        NOT_FOUND
    );
    // A public key is not given out.
    assert_eq!(
        export(&client, &authority_arn, material())
            .await
            .unwrap_err(),
        VALIDATION
    );
}

#[tokio::test]
async fn an_authority_must_be_usable() {
    let (_emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let authority_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let arn = create_kek_arn(&client).await;
    client
        .delete_key()
        .key_identifier(&authority_arn)
        .send()
        .await
        .unwrap();
    let refused = export(&client, &arn, cryptogram(&authority_arn, &root, None)).await;
    assert_eq!(refused.unwrap_err(), CONFLICT);
}

#[tokio::test]
async fn the_log_tells_which_keys_an_export_touched_and_nothing_of_their_substance() {
    let (emulator, client) = start().await;
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let authority_arn = import_root(&client, &root, KeyAlgorithm::Rsa3072).await;
    let arn = create_kek_arn(&client).await;
    client
        .create_alias()
        .alias_name("alias/kek")
        .key_arn(&arn)
        .send()
        .await
        .unwrap();
    let wrapped = export(
        &client,
        "alias/kek",
        cryptogram(&authority_arn, &root, None),
    )
    .await;

    let requests = emulator.controls().requests();
    let exported = requests
        .iter()
        .find(|request| request.operation == "ExportKey")
        .unwrap();
    assert_eq!(exported.key_arns, [arn.clone(), authority_arn]);
    assert_eq!(exported.alias_name.as_deref(), Some("alias/kek"));
    assert_eq!(exported.access_key_id.as_deref(), Some("test"));
    assert_eq!(exported.outcome, "ok");
    let everything = format!("{requests:?} {:?}", inventory(&emulator));
    assert!(!everything.contains(&wrapped.unwrap().key_material));
    assert!(!everything.contains(&clear_key(&emulator, &arn)));
}

fn cryptogram(
    authority: &str,
    partner: &Identity,
    spec: Option<WrappingKeySpec>,
) -> ExportKeyMaterial {
    ExportKeyMaterial::KeyCryptogram(
        ExportKeyCryptogram::builder()
            .certificate_authority_public_key_identifier(authority)
            .wrapping_key_certificate(partner.wire())
            .set_wrapping_spec(spec)
            .build()
            .unwrap(),
    )
}

fn open(partner: &Identity, oaep: &'static OaepAlgorithm, wrapped: &str) -> Vec<u8> {
    let key = PrivateDecryptingKey::from_pkcs8(partner.key.serialized_der()).unwrap();
    let key = OaepPrivateDecryptingKey::new(key).unwrap();
    let block = hex::decode(wrapped).unwrap();
    assert_eq!(block.len(), key.key_size_bytes());
    let mut plaintext = vec![0; key.min_output_size()];
    key.decrypt(oaep, &block, &mut plaintext, None)
        .unwrap()
        .to_vec()
}
