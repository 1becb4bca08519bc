//! Parameters for import and export, the certificates of public keys, and how long all of them last.

use apc_emulator::EmulatorHandle;
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::operation::get_parameters_for_import::GetParametersForImportOutput;
use aws_sdk_paymentcryptography::types::{
    ExportKeyMaterial, ExportTr34KeyBlock, ImportKeyCryptogram, ImportKeyMaterial,
    ImportTr34KeyBlock, KeyAlgorithm, KeyMaterialType, Tr34KeyBlockFormat,
};

use crate::exchange::{
    Regions, create_agreement_pair, export, export_parameters, import, import_parameters,
};
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
    let wrapped = regions
        .sender
        .export_key()
        .export_key_identifier(&key.key_arn)
        .key_material(ExportKeyMaterial::KeyCryptogram(
            aws_sdk_paymentcryptography::types::ExportKeyCryptogram::builder()
                .certificate_authority_public_key_identifier(authority)
                .wrapping_key_certificate(certificate)
                .build()
                .unwrap(),
        ))
        .send()
        .await
        .unwrap();
    let wrapped = wrapped.wrapped_key.unwrap().key_material;
    let cryptogram = || {
        let cryptogram = ImportKeyCryptogram::builder()
            .key_attributes(kek(KeyAlgorithm::Tdes2Key))
            .exportable(true)
            .wrapped_key_cryptogram(&wrapped)
            .import_token(&token);
        ImportKeyMaterial::KeyCryptogram(cryptogram.build().unwrap())
    };
    for day in [0, 15, 29] {
        move_clock_by_days(&regions.emulator, day);
        let imported = import(&regions.receiver, cryptogram()).await.unwrap();
        regions.assert_same_key(&key, &imported);
    }
    // A token belongs to its region.
    let refused = import(&regions.sender, cryptogram()).await;
    assert_eq!(refused.unwrap_err(), NOT_FOUND);
    move_clock_by_days(&regions.emulator, 31);
    let refused = import(&regions.receiver, cryptogram()).await;
    assert_eq!(refused.unwrap_err(), VALIDATION);
}

#[tokio::test]
async fn a_token_is_for_one_kind_of_key_material() {
    let regions = Regions::start().await;
    let parameters = parameters(&regions.receiver, KeyMaterialType::Tr34KeyBlock, false).await;
    let cryptogram = ImportKeyCryptogram::builder()
        .key_attributes(kek(KeyAlgorithm::Tdes2Key))
        .exportable(true)
        .wrapped_key_cryptogram("00".repeat(256))
        .import_token(parameters.import_token);
    let material = ImportKeyMaterial::KeyCryptogram(cryptogram.build().unwrap());
    let refused = import(&regions.receiver, material).await;
    assert_eq!(refused.unwrap_err(), VALIDATION);
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
async fn tr34_has_a_token_or_a_pair_of_ones_own_and_never_both() {
    let regions = Regions::start().await;
    let material = KeyMaterialType::Tr34KeyBlock;
    let rsa = KeyAlgorithm::Rsa2048;
    let (wrapping, import_token, device_authority) =
        import_parameters(&regions.receiver, &regions.sender, material, rsa).await;
    let (signing, export_token, host_authority) =
        export_parameters(&regions.sender, &regions.receiver).await;
    let key = create_kek(&regions.sender, KeyAlgorithm::Tdes2Key).await;

    let block = || {
        ExportTr34KeyBlock::builder()
            .certificate_authority_public_key_identifier(&device_authority)
            .wrapping_key_certificate(&wrapping)
            .key_block_format(Tr34KeyBlockFormat::X9Tr342012)
    };
    let neither = block();
    let both = block()
        .export_token(&export_token)
        .signing_key_identifier(&key.key_arn)
        .signing_key_certificate(&signing);
    let half = block().signing_key_certificate(&signing);
    let not_a_pair = block()
        .signing_key_identifier(&key.key_arn)
        .signing_key_certificate(&signing);
    for block in [neither, both, half, not_a_pair] {
        let material = ExportKeyMaterial::Tr34KeyBlock(block.build().unwrap());
        let refused = export(&regions.sender, &key, material).await;
        assert_eq!(refused.unwrap_err(), VALIDATION);
    }

    let block = || {
        ImportTr34KeyBlock::builder()
            .certificate_authority_public_key_identifier(&host_authority)
            .signing_key_certificate(&signing)
            .wrapped_key_block("3000")
            .key_block_format(Tr34KeyBlockFormat::X9Tr342012)
    };
    let neither = block();
    let both = block()
        .import_token(import_token)
        .wrapping_key_identifier(&key.key_arn)
        .wrapping_key_certificate(&wrapping);
    let half = block().wrapping_key_certificate(&wrapping);
    for block in [neither, both, half] {
        let material = ImportKeyMaterial::Tr34KeyBlock(block.build().unwrap());
        let refused = import(&regions.receiver, material).await;
        assert_eq!(refused.unwrap_err(), VALIDATION);
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

fn move_clock_by_days(emulator: &EmulatorHandle, days: i64) {
    emulator.controls().set_clock_offset(days * 86_400);
}
