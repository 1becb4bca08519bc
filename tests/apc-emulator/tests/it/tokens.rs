//! Parameters for import and export, the certificates of public keys, and how long all of them last.

use apc_emulator::EmulatorHandle;
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::operation::get_parameters_for_import::GetParametersForImportOutput;
use aws_sdk_paymentcryptography::types::{
    ExportKeyCryptogram, ExportKeyMaterial, ImportKeyCryptogram, ImportKeyMaterial, KeyAlgorithm,
    KeyMaterialType,
};

use crate::exchange::{Regions, create_agreement_pair, export, import, import_parameters, trust};
use crate::support::{NOT_FOUND, VALIDATION, create_kek, exception, kek, start};

#[tokio::test]
async fn a_token_is_reused_while_a_week_of_it_is_left() {
    let (emulator, client) = start().await;
    let first = parameters(&client, KeyMaterialType::KeyCryptogram, true).await;
    let again = parameters(&client, KeyMaterialType::KeyCryptogram, true).await;
    assert_eq!(again.import_token, first.import_token);
    assert_eq!(
        again.wrapping_key_certificate,
        first.wrapping_key_certificate
    );
    let for_tr34 = parameters(&client, KeyMaterialType::Tr34KeyBlock, true).await;
    assert_ne!(for_tr34.import_token, first.import_token);
    let fresh = parameters(&client, KeyMaterialType::KeyCryptogram, false).await;
    assert_ne!(fresh.import_token, first.import_token);

    move_clock_by_days(&emulator, 22);
    let again = parameters(&client, KeyMaterialType::KeyCryptogram, true).await;
    assert_eq!(again.import_token, fresh.import_token);
    move_clock_by_days(&emulator, 24);
    let renewed = parameters(&client, KeyMaterialType::KeyCryptogram, true).await;
    assert_ne!(renewed.import_token, fresh.import_token);

    // Past its end its key is wiped, and going back does not bring it back.
    move_clock_by_days(&emulator, 90);
    client.list_keys().send().await.unwrap();
    move_clock_by_days(&emulator, 24);
    let again = parameters(&client, KeyMaterialType::KeyCryptogram, true).await;
    assert_ne!(again.import_token, renewed.import_token);
}

#[tokio::test]
async fn a_token_lasts_30_days_and_serves_many_imports() {
    let regions = Regions::start().await;
    let key = create_kek(&regions.sender, KeyAlgorithm::Tdes2Key).await;
    let material = KeyMaterialType::KeyCryptogram;
    let (certificate, token, authority) = import_parameters(
        &regions.receiver,
        &regions.sender,
        material,
        KeyAlgorithm::Rsa2048,
    )
    .await;
    let material = cryptogram(&authority, &certificate);
    let wrapped = export(&regions.sender, &key.key_arn, material).await;
    let wrapped = wrapped.unwrap().key_material;
    let received = || {
        let cryptogram = ImportKeyCryptogram::builder()
            .key_attributes(kek(KeyAlgorithm::Tdes2Key))
            .exportable(true)
            .wrapped_key_cryptogram(&wrapped)
            .import_token(&token);
        ImportKeyMaterial::KeyCryptogram(cryptogram.build().unwrap())
    };
    for day in [0, 15, 29] {
        move_clock_by_days(&regions.emulator, day);
        let imported = import(&regions.receiver, received()).await.unwrap();
        regions.assert_same_key(&key, &imported);
    }
    // A token belongs to its region.
    let refused = import(&regions.sender, received()).await;
    assert_eq!(refused.unwrap_err(), NOT_FOUND);
    move_clock_by_days(&regions.emulator, 31);
    let refused = import(&regions.receiver, received()).await;
    assert_eq!(refused.unwrap_err(), VALIDATION);
}

#[tokio::test]
async fn two_first_callers_at_once_get_certificates_of_one_authority() {
    let (_emulator, client) = start().await;
    let material = KeyMaterialType::KeyCryptogram;
    let (one, two) = tokio::join!(
        parameters(&client, material.clone(), false),
        parameters(&client, material, false)
    );
    assert_ne!(one.import_token, two.import_token);
    assert_eq!(
        one.wrapping_key_certificate_chain,
        two.wrapping_key_certificate_chain
    );
    // It vouches for both, and is the one that stays.
    let root = trust(
        &client,
        &one.wrapping_key_certificate_chain,
        KeyAlgorithm::Rsa4096,
    )
    .await;
    let key = create_kek(&client, KeyAlgorithm::Tdes2Key).await;
    for parameters in [one, two] {
        let material = cryptogram(&root, &parameters.wrapping_key_certificate);
        assert!(export(&client, &key.key_arn, material).await.is_ok());
    }
}

#[tokio::test]
async fn parameters_are_for_rsa_and_for_what_needs_them() {
    let (_emulator, client) = start().await;
    for (material, algorithm) in [
        (KeyMaterialType::Tr31KeyBlock, KeyAlgorithm::Rsa2048),
        (
            KeyMaterialType::RootPublicKeyCertificate,
            KeyAlgorithm::Rsa2048,
        ),
        (KeyMaterialType::KeyCryptogram, KeyAlgorithm::EccNistP256),
        (KeyMaterialType::KeyCryptogram, KeyAlgorithm::Aes128),
    ] {
        let request = client.get_parameters_for_import();
        let request = request.key_material_type(material.clone());
        let refused = request
            .wrapping_key_algorithm(algorithm.clone())
            .send()
            .await;
        assert_eq!(exception(refused), VALIDATION, "{material} {algorithm}");
        let request = client.get_parameters_for_export();
        let request = request.key_material_type(material);
        let refused = request.signing_key_algorithm(algorithm).send().await;
        assert_eq!(exception(refused), VALIDATION);
    }
}

#[tokio::test]
async fn a_public_key_keeps_its_certificate_while_a_month_of_it_is_left() {
    let (emulator, client) = start().await;
    let pair = create_agreement_pair(&client, KeyAlgorithm::EccNistP256).await;
    let certificate = async || {
        let request = client.get_public_key_certificate();
        let output = request.key_identifier(&pair.key_arn).send().await;
        output.unwrap().key_certificate
    };
    let first = certificate().await;
    move_clock_by_days(&emulator, 59);
    assert_eq!(certificate().await, first);
    move_clock_by_days(&emulator, 61);
    assert_ne!(certificate().await, first);
}

#[tokio::test]
async fn a_symmetric_key_has_no_certificate_and_no_request() {
    let (_emulator, client) = start().await;
    let key = create_kek(&client, KeyAlgorithm::Aes128).await;
    let request = client.get_public_key_certificate();
    let refused = request.key_identifier(&key.key_arn).send().await;
    assert_eq!(exception(refused), VALIDATION);
    let subject = aws_sdk_paymentcryptography::types::CertificateSubjectType::builder();
    let refused = client
        .get_certificate_signing_request()
        .key_identifier(&key.key_arn)
        .signing_algorithm(aws_sdk_paymentcryptography::types::SigningAlgorithmType::Sha256)
        .certificate_subject(subject.common_name("key").build().unwrap())
        .send()
        .await;
    assert_eq!(exception(refused), VALIDATION);
    let request = client.get_public_key_certificate();
    let missing = request.key_identifier("alias/nothing").send().await;
    assert_eq!(exception(missing), NOT_FOUND);
}

async fn parameters(
    client: &Client,
    material: KeyMaterialType,
    reuse: bool,
) -> GetParametersForImportOutput {
    let request = client.get_parameters_for_import();
    let request = request.key_material_type(material);
    let request = request.wrapping_key_algorithm(KeyAlgorithm::Rsa2048);
    let output = request.reuse_last_generated_token(reuse).send().await;
    output.unwrap()
}

fn cryptogram(authority: &str, certificate: &str) -> ExportKeyMaterial {
    let cryptogram = ExportKeyCryptogram::builder()
        .certificate_authority_public_key_identifier(authority)
        .wrapping_key_certificate(certificate);
    ExportKeyMaterial::KeyCryptogram(cryptogram.build().unwrap())
}

fn move_clock_by_days(emulator: &EmulatorHandle, days: i64) {
    emulator.controls().set_clock_offset(days * 86_400);
}
