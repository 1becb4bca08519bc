//! Every way a key can travel, from one region of the emulator to another.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    As2805KeyVariant, DiffieHellmanDerivationData, ExportAs2805KeyCryptogram,
    ExportDiffieHellmanTr31KeyBlock, ExportKeyCryptogram, ExportKeyMaterial, ExportTr31KeyBlock,
    ExportTr34KeyBlock, ImportAs2805KeyCryptogram, ImportDiffieHellmanTr31KeyBlock,
    ImportKeyCryptogram, ImportKeyMaterial, ImportTr31KeyBlock, ImportTr34KeyBlock, Key,
    KeyAlgorithm, KeyAttributes, KeyClass, KeyDerivationFunction, KeyDerivationHashAlgorithm,
    KeyMaterialType, KeyModesOfUse, KeyUsage, SymmetricKeyAlgorithm, Tr34KeyBlockFormat,
    WrappedKeyMaterialFormat, WrappingKeySpec,
};

use crate::exchange::{
    Regions, certified_to, create, create_agreement_pair, export, export_parameters, import,
    import_parameters,
};
use crate::support::{attributes, create_kek, kek};

#[tokio::test]
async fn rsa_wrap() {
    let regions = Regions::start().await;
    for (algorithm, rsa, spec) in [
        (KeyAlgorithm::Tdes2Key, KeyAlgorithm::Rsa2048, None),
        (
            KeyAlgorithm::Tdes3Key,
            KeyAlgorithm::Rsa2048,
            Some(WrappingKeySpec::RsaOaepSha256),
        ),
        (
            KeyAlgorithm::Aes128,
            KeyAlgorithm::Rsa3072,
            Some(WrappingKeySpec::RsaOaepSha512),
        ),
    ] {
        let sent = create_kek(&regions.sender, algorithm.clone()).await;
        let received = send_by_rsa_wrap(&regions, &sent, kek(algorithm), rsa, spec).await;
        regions.assert_same_key(&sent, &received);
        assert!(received.exportable);
    }
}

#[tokio::test]
async fn tr31_under_a_shared_kek() {
    let regions = Regions::start().await;
    for (algorithm, rsa, letter) in [
        (KeyAlgorithm::Tdes3Key, KeyAlgorithm::Rsa2048, "B"),
        (KeyAlgorithm::Aes128, KeyAlgorithm::Rsa3072, "D"),
    ] {
        let sent_kek = create_kek(&regions.sender, algorithm.clone()).await;
        let attributes = kek(algorithm);
        let received_kek = send_by_rsa_wrap(&regions, &sent_kek, attributes, rsa, None).await;
        for attributes in working_keys() {
            let sent = create(&regions.sender, attributes.clone()).await;
            let block = ExportTr31KeyBlock::builder().wrapping_key_identifier(&sent_kek.key_arn);
            let material = ExportKeyMaterial::Tr31KeyBlock(block.build().unwrap());
            let wrapped = export(&regions.sender, &sent.key_arn, material)
                .await
                .unwrap();
            assert_eq!(wrapped.wrapping_key_arn, sent_kek.key_arn);
            assert_eq!(
                wrapped.wrapped_key_material_format,
                WrappedKeyMaterialFormat::Tr31KeyBlock
            );
            assert!(wrapped.key_material.starts_with(letter));

            let block = ImportTr31KeyBlock::builder()
                .wrapping_key_identifier(&received_kek.key_arn)
                .wrapped_key_block(&wrapped.key_material);
            let material = ImportKeyMaterial::Tr31KeyBlock(block.build().unwrap());
            let received = import(&regions.receiver, material).await.unwrap();
            regions.assert_same_key(&sent, &received);
            assert_eq!(received.key_attributes, sent.key_attributes);
        }
    }
}

#[tokio::test]
async fn tr34_with_tokens() {
    let regions = Regions::start().await;
    let (signing, export_token, host_authority) =
        export_parameters(&regions.sender, &regions.receiver).await;
    for (algorithm, rsa, nonce) in [
        (KeyAlgorithm::Tdes2Key, KeyAlgorithm::Rsa2048, None),
        (
            KeyAlgorithm::Tdes3Key,
            KeyAlgorithm::Rsa2048,
            Some("0123456789ABCDEF"),
        ),
        (
            KeyAlgorithm::Aes128,
            KeyAlgorithm::Rsa3072,
            Some("0123456789abcdef0123456789abcdef"),
        ),
    ] {
        let material = KeyMaterialType::Tr34KeyBlock;
        let (wrapping, import_token, device_authority) =
            import_parameters(&regions.receiver, &regions.sender, material, rsa).await;
        let sent = create_kek(&regions.sender, algorithm).await;
        let block = ExportTr34KeyBlock::builder()
            .certificate_authority_public_key_identifier(&device_authority)
            .wrapping_key_certificate(wrapping)
            .export_token(&export_token)
            .key_block_format(Tr34KeyBlockFormat::X9Tr342012)
            .set_random_nonce(nonce.map(str::to_owned));
        let material = ExportKeyMaterial::Tr34KeyBlock(block.build().unwrap());
        let wrapped = export(&regions.sender, &sent.key_arn, material)
            .await
            .unwrap();
        assert_eq!(wrapped.wrapping_key_arn, device_authority);

        let block = ImportTr34KeyBlock::builder()
            .certificate_authority_public_key_identifier(&host_authority)
            .signing_key_certificate(&signing)
            .import_token(import_token)
            .wrapped_key_block(wrapped.key_material)
            .key_block_format(Tr34KeyBlockFormat::X9Tr342012)
            .set_random_nonce(nonce.map(str::to_owned));
        let material = ImportKeyMaterial::Tr34KeyBlock(block.build().unwrap());
        let received = import(&regions.receiver, material).await.unwrap();
        regions.assert_same_key(&sent, &received);
        assert_eq!(received.key_attributes, sent.key_attributes);
    }
}

#[tokio::test]
async fn tr34_with_certificates_of_ones_own() {
    let regions = Regions::start().await;
    let host = create_pair(
        &regions.sender,
        KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature,
        KeyModesOfUse::builder().sign(true).build(),
    )
    .await;
    let device = create_pair(
        &regions.receiver,
        KeyUsage::Tr31K2Tr34AsymmetricKey,
        KeyModesOfUse::builder().decrypt(true).unwrap(true).build(),
    )
    .await;
    let (signing, host_authority) = certified_to(&regions.sender, &regions.receiver, &host).await;
    let (wrapping, device_authority) =
        certified_to(&regions.receiver, &regions.sender, &device).await;

    let sent = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let block = ExportTr34KeyBlock::builder()
        .certificate_authority_public_key_identifier(device_authority)
        .wrapping_key_certificate(&wrapping)
        .signing_key_identifier(&host.key_arn)
        .signing_key_certificate(&signing)
        .key_block_format(Tr34KeyBlockFormat::X9Tr342012);
    let material = ExportKeyMaterial::Tr34KeyBlock(block.build().unwrap());
    let wrapped = export(&regions.sender, &sent.key_arn, material)
        .await
        .unwrap();

    let block = ImportTr34KeyBlock::builder()
        .certificate_authority_public_key_identifier(host_authority)
        .signing_key_certificate(signing)
        .wrapping_key_identifier(&device.key_arn)
        .wrapping_key_certificate(wrapping)
        .wrapped_key_block(wrapped.key_material)
        .key_block_format(Tr34KeyBlockFormat::X9Tr342012);
    let material = ImportKeyMaterial::Tr34KeyBlock(block.build().unwrap());
    let received = import(&regions.receiver, material).await.unwrap();
    regions.assert_same_key(&sent, &received);
}

#[tokio::test]
async fn ecdh_on_every_curve_with_every_derivation() {
    let regions = Regions::start().await;
    for (curve, algorithm, derived) in [
        (
            KeyAlgorithm::EccNistP256,
            KeyAlgorithm::Tdes2Key,
            SymmetricKeyAlgorithm::Tdes3Key,
        ),
        (
            KeyAlgorithm::EccNistP384,
            KeyAlgorithm::Aes192,
            SymmetricKeyAlgorithm::Aes192,
        ),
        (
            KeyAlgorithm::EccNistP521,
            KeyAlgorithm::Aes256,
            SymmetricKeyAlgorithm::Aes256,
        ),
    ] {
        let ours = create_agreement_pair(&regions.sender, curve.clone()).await;
        let theirs = create_agreement_pair(&regions.receiver, curve).await;
        let (our_certificate, our_authority) =
            certified_to(&regions.sender, &regions.receiver, &ours).await;
        let (their_certificate, their_authority) =
            certified_to(&regions.receiver, &regions.sender, &theirs).await;
        let sent = create_kek(&regions.sender, algorithm).await;
        for function in KeyDerivationFunction::values() {
            for hash in KeyDerivationHashAlgorithm::values() {
                let function = KeyDerivationFunction::from(*function);
                let hash = KeyDerivationHashAlgorithm::from(*hash);
                let shared = DiffieHellmanDerivationData::SharedInformation("0123456789".into());
                let block = ExportDiffieHellmanTr31KeyBlock::builder()
                    .private_key_identifier(&ours.key_arn)
                    .certificate_authority_public_key_identifier(&their_authority)
                    .public_key_certificate(&their_certificate)
                    .derive_key_algorithm(derived.clone())
                    .key_derivation_function(function.clone())
                    .key_derivation_hash_algorithm(hash.clone())
                    .derivation_data(shared.clone());
                let material = ExportKeyMaterial::DiffieHellmanTr31KeyBlock(block.build().unwrap());
                let wrapped = export(&regions.sender, &sent.key_arn, material)
                    .await
                    .unwrap();
                assert_eq!(
                    wrapped.wrapped_key_material_format,
                    WrappedKeyMaterialFormat::Tr31KeyBlock
                );

                let block = ImportDiffieHellmanTr31KeyBlock::builder()
                    .private_key_identifier(&theirs.key_arn)
                    .certificate_authority_public_key_identifier(&our_authority)
                    .public_key_certificate(&our_certificate)
                    .derive_key_algorithm(derived.clone())
                    .key_derivation_function(function)
                    .key_derivation_hash_algorithm(hash)
                    .derivation_data(shared)
                    .wrapped_key_block(wrapped.key_material);
                let material = ImportKeyMaterial::DiffieHellmanTr31KeyBlock(block.build().unwrap());
                let received = import(&regions.receiver, material).await.unwrap();
                regions.assert_same_key(&sent, &received);
            }
        }
    }
}

#[tokio::test]
async fn as2805_under_a_shared_kek() {
    let regions = Regions::start().await;
    let algorithm = KeyAlgorithm::Tdes3Key;
    let sent_kek = create_kek(&regions.sender, algorithm.clone()).await;
    let rsa = KeyAlgorithm::Rsa2048;
    let received_kek = send_by_rsa_wrap(&regions, &sent_kek, kek(algorithm), rsa, None).await;
    for (variant, usage, modes) in [
        (
            As2805KeyVariant::TerminalMajorKeyVariant00,
            KeyUsage::Tr31K0KeyEncryptionKey,
            encrypts(),
        ),
        (
            As2805KeyVariant::PinEncryptionKeyVariant28,
            KeyUsage::Tr31P0PinEncryptionKey,
            encrypts(),
        ),
        (
            As2805KeyVariant::DataEncryptionKeyVariant22,
            KeyUsage::Tr31D0SymmetricDataEncryptionKey,
            encrypts(),
        ),
        (
            As2805KeyVariant::MessageAuthenticationKeyVariant24,
            KeyUsage::Tr31M0Iso16609MacKey,
            generates(),
        ),
    ] {
        let algorithm = KeyAlgorithm::Tdes2Key;
        let class = KeyClass::SymmetricKey;
        let attributes = attributes(usage, class, algorithm.clone(), modes.clone());
        let sent = create(&regions.sender, attributes).await;
        let cryptogram = ExportAs2805KeyCryptogram::builder()
            .wrapping_key_identifier(&sent_kek.key_arn)
            .as2805_key_variant(variant.clone());
        let material = ExportKeyMaterial::As2805KeyCryptogram(cryptogram.build().unwrap());
        let wrapped = export(&regions.sender, &sent.key_arn, material)
            .await
            .unwrap();

        let cryptogram = ImportAs2805KeyCryptogram::builder()
            .as2805_key_variant(variant)
            .key_modes_of_use(modes)
            .key_algorithm(algorithm)
            .exportable(true)
            .wrapping_key_identifier(&received_kek.key_arn)
            .wrapped_key_cryptogram(wrapped.key_material);
        let material = ImportKeyMaterial::As2805KeyCryptogram(cryptogram.build().unwrap());
        let received = import(&regions.receiver, material).await.unwrap();
        regions.assert_same_key(&sent, &received);
        assert_eq!(received.key_attributes, sent.key_attributes);
    }
}

async fn send_by_rsa_wrap(
    regions: &Regions,
    sent: &Key,
    attributes: KeyAttributes,
    rsa: KeyAlgorithm,
    spec: Option<WrappingKeySpec>,
) -> Key {
    let material = KeyMaterialType::KeyCryptogram;
    let (certificate, token, authority) =
        import_parameters(&regions.receiver, &regions.sender, material, rsa).await;
    let cryptogram = ExportKeyCryptogram::builder()
        .certificate_authority_public_key_identifier(authority)
        .wrapping_key_certificate(certificate)
        .set_wrapping_spec(spec.clone());
    let material = ExportKeyMaterial::KeyCryptogram(cryptogram.build().unwrap());
    let wrapped = export(&regions.sender, &sent.key_arn, material)
        .await
        .unwrap();
    let cryptogram = ImportKeyCryptogram::builder()
        .key_attributes(attributes)
        .exportable(true)
        .wrapped_key_cryptogram(wrapped.key_material)
        .import_token(token)
        .set_wrapping_spec(spec);
    let material = ImportKeyMaterial::KeyCryptogram(cryptogram.build().unwrap());
    import(&regions.receiver, material).await.unwrap()
}

async fn create_pair(client: &Client, usage: KeyUsage, modes: KeyModesOfUse) -> Key {
    let class = KeyClass::AsymmetricKeyPair;
    create(
        client,
        attributes(usage, class, KeyAlgorithm::Rsa3072, modes),
    )
    .await
}

/// Keys that both TDES and AES-128 can protect.
fn working_keys() -> [KeyAttributes; 3] {
    [
        (
            KeyUsage::Tr31P0PinEncryptionKey,
            KeyAlgorithm::Tdes3Key,
            encrypts(),
        ),
        (
            KeyUsage::Tr31M3Iso97973MacKey,
            KeyAlgorithm::Tdes2Key,
            generates(),
        ),
        (
            KeyUsage::Tr31B0BaseDerivationKey,
            KeyAlgorithm::Tdes2Key,
            KeyModesOfUse::builder().derive_key(true).build(),
        ),
    ]
    .map(|(usage, algorithm, modes)| attributes(usage, KeyClass::SymmetricKey, algorithm, modes))
}

fn encrypts() -> KeyModesOfUse {
    KeyModesOfUse::builder()
        .encrypt(true)
        .decrypt(true)
        .wrap(true)
        .unwrap(true)
        .build()
}

fn generates() -> KeyModesOfUse {
    KeyModesOfUse::builder().generate(true).verify(true).build()
}
