//! TR-31 key blocks and initial DUKPT keys, opened and made with the clear keys that only tests see.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::error::ProvideErrorMetadata;
use aws_sdk_paymentcryptography::types::{
    ExportAttributes, ExportDukptInitialKey, ExportKeyMaterial, ExportTr31KeyBlock,
    ImportKeyMaterial, ImportTr31KeyBlock, Key, KeyAlgorithm, KeyAttributes, KeyBlockHeaders,
    KeyClass, KeyExportability, KeyModesOfUse, KeyUsage, WrappedKey,
};
use keyblock::dukpt::initial_key;
use keyblock::tr31::{self, Exportability, Header, LengthMasking, ModeOfUse, Version};
use keyblock::{ClearKey, SymmetricAlgorithm};

use crate::exchange::{Regions, clear_key, create, export, export_with, import};
use crate::support::{VALIDATION, attributes, create_kek, kek};

#[tokio::test]
async fn the_length_of_the_key_is_masked() {
    let regions = Regions::start().await;
    for (protection, moved, start) in [
        (
            KeyAlgorithm::Tdes2Key,
            KeyAlgorithm::Tdes2Key,
            "B0096K0TB00E0000",
        ),
        (
            KeyAlgorithm::Tdes3Key,
            KeyAlgorithm::Tdes2Key,
            "B0096K0TB00E0000",
        ),
        (
            KeyAlgorithm::Aes128,
            KeyAlgorithm::Tdes3Key,
            "D0112K0TB00E0000",
        ),
        (
            KeyAlgorithm::Aes192,
            KeyAlgorithm::Aes128,
            "D0144K0AB00E0000",
        ),
        (
            KeyAlgorithm::Aes256,
            KeyAlgorithm::Aes256,
            "D0144K0AB00E0000",
        ),
    ] {
        let protection = create_kek(&regions.sender, protection).await;
        let key = create_kek(&regions.sender, moved).await;
        let wrapped = export(&regions.sender, &key.key_arn, under(&protection, None)).await;
        let block = wrapped.unwrap().key_material;
        assert!(block.starts_with(start), "{block}");
        let opened = tr31::unwrap(&block, &clear(&regions, &protection)).unwrap();
        assert_eq!(
            hex::encode_upper(opened.key.bytes().expose()),
            clear_key(&regions.emulator, &key.key_arn)
        );
    }
}

#[tokio::test]
async fn an_hmac_key_tells_its_hash() {
    let regions = Regions::start().await;
    let protection = create_kek(&regions.sender, KeyAlgorithm::Aes256).await;
    let modes = KeyModesOfUse::builder().generate(true).verify(true).build();
    let usage = KeyUsage::Tr31M7HmacKey;
    for algorithm in [
        KeyAlgorithm::HmacSha224,
        KeyAlgorithm::HmacSha256,
        KeyAlgorithm::HmacSha384,
        KeyAlgorithm::HmacSha512,
    ] {
        let class = KeyClass::SymmetricKey;
        let attributes = attributes(usage.clone(), class, algorithm, modes.clone());
        let key = create(&regions.sender, attributes).await;
        let wrapped = export(&regions.sender, &key.key_arn, under(&protection, None)).await;
        let block = wrapped.unwrap().key_material;
        let imported = import(&regions.sender, from(&protection, &block))
            .await
            .unwrap();
        assert_eq!(imported.key_attributes, key.key_attributes);
        regions.assert_same_key(&key, &imported);
    }
}

#[tokio::test]
async fn no_key_travels_under_a_weaker_one() {
    let regions = Regions::start().await;
    for (protection, moved) in [
        (KeyAlgorithm::Tdes2Key, KeyAlgorithm::Tdes3Key),
        (KeyAlgorithm::Tdes3Key, KeyAlgorithm::Aes128),
        (KeyAlgorithm::Aes128, KeyAlgorithm::Aes192),
        (KeyAlgorithm::Aes192, KeyAlgorithm::Aes256),
    ] {
        let protection = create_kek(&regions.sender, protection).await;
        let key = create_kek(&regions.sender, moved.clone()).await;
        let refused = export(&regions.sender, &key.key_arn, under(&protection, None)).await;
        assert_eq!(refused.unwrap_err(), VALIDATION, "{moved} leaves");

        // What the service would not write, a partner may have.
        let protection_key = clear(&regions, &protection);
        let block = wrap(&clear(&regions, &key), &protection_key);
        let refused = import(&regions.sender, from(&protection, &block)).await;
        assert_eq!(refused.unwrap_err(), VALIDATION, "{moved} comes in");
    }
}

#[tokio::test]
async fn every_version_that_the_protection_key_can_have_comes_in() {
    let regions = Regions::start().await;
    let tdes = create_kek(&regions.sender, KeyAlgorithm::Tdes2Key).await;
    let aes = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let moved = ClearKey::new(SymmetricAlgorithm::Tdes2Key, vec![0x5B; 16].into()).unwrap();
    for version in [Version::A, Version::B, Version::C] {
        let block = wrap_as(version, &moved, &clear(&regions, &tdes));
        let key = import(&regions.sender, from(&tdes, &block)).await.unwrap();
        assert_eq!(clear_key(&regions.emulator, &key.key_arn), "5B".repeat(16));
        // The 16 bytes of an AES key could be a TDES key: only its algorithm says that it is not.
        let bytes = clear(&regions, &aes).bytes().clone();
        let as_tdes = ClearKey::new(SymmetricAlgorithm::Tdes2Key, bytes).unwrap();
        let block = wrap_as(version, &moved, &as_tdes);
        let refused = import(&regions.sender, from(&aes, &block)).await;
        assert_eq!(refused.unwrap_err(), VALIDATION);
    }
    let block = wrap_as(Version::D, &moved, &clear(&regions, &aes));
    assert!(import(&regions.sender, from(&aes, &block)).await.is_ok());
}

#[tokio::test]
async fn a_key_block_that_is_not_as_it_was_written_is_refused() {
    let regions = Regions::start().await;
    let protection = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let key = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let wrapped = export(&regions.sender, &key.key_arn, under(&protection, None)).await;
    let block = wrapped.unwrap().key_material;
    let other = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    for (wrong, protection) in [
        (block.clone(), &other),
        (block.replacen("K0AB", "K1AB", 1), &protection),
        (block.replacen("00E0", "00N0", 1), &protection),
        (block.to_lowercase(), &protection),
        (format!("{block}00"), &protection),
        (block[..block.len() - 2].to_owned(), &protection),
        (block.replacen(&block[40..42], "", 1), &protection),
    ] {
        let refused = import(&regions.sender, from(protection, &wrong)).await;
        assert_eq!(refused.unwrap_err(), VALIDATION, "{wrong}");
    }
    assert!(
        import(&regions.sender, from(&protection, &block))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_key_encrypting_key_does_what_its_modes_allow() {
    let regions = Regions::start().await;
    let both = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let key = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let wrapped = export(&regions.sender, &key.key_arn, under(&both, None)).await;
    let block = wrapped.unwrap().key_material;
    let exports = KeyModesOfUse::builder().encrypt(true).wrap(true).build();
    let imports = KeyModesOfUse::builder().decrypt(true).unwrap(true).build();
    let anything = KeyModesOfUse::builder().no_restrictions(true).build();
    let all = kek(KeyAlgorithm::Aes128).key_modes_of_use.unwrap();
    let kek_usage = KeyUsage::Tr31K1KeyBlockProtectionKey;
    let data_usage = KeyUsage::Tr31D0SymmetricDataEncryptionKey;
    for (usage, modes, may_export, may_import) in [
        (&kek_usage, exports, true, false),
        (&kek_usage, imports, false, true),
        (&kek_usage, anything, false, false),
        (&data_usage, all, false, false),
    ] {
        let class = KeyClass::SymmetricKey;
        let attributes = attributes(usage.clone(), class, KeyAlgorithm::Aes128, modes.clone());
        let protection = create(&regions.sender, attributes).await;
        let exported = export(&regions.sender, &key.key_arn, under(&protection, None)).await;
        assert_eq!(exported.is_ok(), may_export, "{usage} {modes:?}");
        // Not under this key: allowed means that the block is looked at, and found wrong.
        let text = message(&regions.sender, from(&protection, &block)).await;
        assert_eq!(text.contains("key block:"), may_import, "{text}");
    }
}

#[tokio::test]
async fn headers_restrict_the_receiver_and_are_signed_for() {
    let regions = Regions::start().await;
    let protection = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let key = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let modes = KeyModesOfUse::builder().decrypt(true).unwrap(true).build();
    let headers = KeyBlockHeaders::builder()
        .key_modes_of_use(modes.clone())
        .key_exportability(KeyExportability::NonExportable)
        .key_version("07")
        .optional_blocks("KS", "1800604B120F92928000");
    let material = under(&protection, Some(headers.build()));
    let block = export(&regions.sender, &key.key_arn, material)
        .await
        .unwrap();
    let opened = tr31::unwrap(&block.key_material, &clear(&regions, &protection)).unwrap();
    assert_eq!(opened.header.mode_of_use, ModeOfUse::Decrypt);
    assert_eq!(opened.header.exportability, Exportability::NonExportable);
    assert_eq!(opened.header.key_version.to_string(), "07");
    let serial_number = opened.header.optional_blocks.get("KS".parse().unwrap());
    assert_eq!(serial_number, Some("1800604B120F92928000"));

    let imported = import(&regions.sender, from(&protection, &block.key_material)).await;
    let imported = imported.unwrap();
    assert!(!imported.exportable);
    let received = imported.key_attributes.clone().unwrap().key_modes_of_use;
    assert!(received.is_some_and(|received| received.unwrap && !received.wrap));
    let refused = export(&regions.sender, &imported.key_arn, under(&protection, None)).await;
    assert_eq!(refused.unwrap_err(), VALIDATION);

    let wider = KeyModesOfUse::builder().no_restrictions(true).build();
    let headers = KeyBlockHeaders::builder().key_modes_of_use(wider).build();
    let refused = export(
        &regions.sender,
        &key.key_arn,
        under(&protection, Some(headers)),
    )
    .await;
    assert_eq!(refused.unwrap_err(), VALIDATION);
}

#[tokio::test]
async fn an_initial_dukpt_key_leaves_in_place_of_its_base_key() {
    let regions = Regions::start().await;
    for (base, protection, serial_number, start) in [
        (
            KeyAlgorithm::Tdes2Key,
            KeyAlgorithm::Tdes2Key,
            "FFFF9876543210E00001",
            "B0096B1TX00S0000",
        ),
        (
            KeyAlgorithm::Aes128,
            KeyAlgorithm::Aes128,
            "123456789012345600000001",
            "D0144B1AX00S0000",
        ),
        (
            KeyAlgorithm::Aes256,
            KeyAlgorithm::Aes256,
            "123456789012345600000001",
            "D0144B1AX00S0000",
        ),
    ] {
        let base = create(&regions.sender, base_derivation_key(base)).await;
        let protection = create_kek(&regions.sender, protection).await;
        let material = under(&protection, None);
        let wrapped = export_initial_key(&regions.sender, &base, serial_number, material).await;
        let wrapped = wrapped.unwrap();
        assert!(wrapped.key_material.starts_with(start), "{wrapped:?}");

        let opened = tr31::unwrap(&wrapped.key_material, &clear(&regions, &protection)).unwrap();
        let expected = initial_key(serial_number.parse().unwrap(), &clear(&regions, &base));
        let expected = expected.unwrap();
        assert_eq!(opened.key.bytes().expose(), expected.bytes().expose());
        let check_value = expected.key_check_value().to_string();
        assert_eq!(wrapped.key_check_value, Some(check_value));
    }
}

#[tokio::test]
async fn an_initial_key_needs_a_base_derivation_key_and_its_kind_of_serial_number() {
    let regions = Regions::start().await;
    let base = create(&regions.sender, base_derivation_key(KeyAlgorithm::Aes128)).await;
    let not_a_base = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    let protection = create_kek(&regions.sender, KeyAlgorithm::Aes128).await;
    for (key, serial_number) in [
        (&not_a_base, "123456789012345600000001"),
        (&base, "FFFF9876543210E00001"),
        (&base, "12345678901234560000000"),
        (&base, "12345678901234560000000g"),
    ] {
        let material = under(&protection, None);
        let refused = export_initial_key(&regions.sender, key, serial_number, material).await;
        assert_eq!(refused.unwrap_err(), VALIDATION, "{serial_number}");
    }
}

fn under(protection: &Key, headers: Option<KeyBlockHeaders>) -> ExportKeyMaterial {
    let block = ExportTr31KeyBlock::builder()
        .wrapping_key_identifier(&protection.key_arn)
        .set_key_block_headers(headers);
    ExportKeyMaterial::Tr31KeyBlock(block.build().unwrap())
}

fn from(protection: &Key, block: &str) -> ImportKeyMaterial {
    let block = ImportTr31KeyBlock::builder()
        .wrapping_key_identifier(&protection.key_arn)
        .wrapped_key_block(block);
    ImportKeyMaterial::Tr31KeyBlock(block.build().unwrap())
}

/// What the service says of an import that it refuses.
async fn message(client: &Client, material: ImportKeyMaterial) -> String {
    let refused = client.import_key().key_material(material).send().await;
    refused
        .unwrap_err()
        .message()
        .unwrap_or_default()
        .to_owned()
}

async fn export_initial_key(
    client: &Client,
    key: &Key,
    serial_number: &str,
    material: ExportKeyMaterial,
) -> Result<WrappedKey, String> {
    let initial_key = ExportDukptInitialKey::builder().key_serial_number(serial_number);
    let attributes = ExportAttributes::builder()
        .export_dukpt_initial_key(initial_key.build().unwrap())
        .build();
    export_with(client, &key.key_arn, material, Some(attributes)).await
}

fn base_derivation_key(algorithm: KeyAlgorithm) -> KeyAttributes {
    let modes = KeyModesOfUse::builder().derive_key(true).build();
    let usage = KeyUsage::Tr31B0BaseDerivationKey;
    attributes(usage, KeyClass::SymmetricKey, algorithm, modes)
}

/// The clear key with its algorithm.
fn clear(regions: &Regions, key: &Key) -> ClearKey {
    let bytes = hex::decode(clear_key(&regions.emulator, &key.key_arn)).unwrap();
    let algorithm = match key.key_attributes.as_ref().unwrap().key_algorithm {
        KeyAlgorithm::Aes128 => SymmetricAlgorithm::Aes128,
        KeyAlgorithm::Aes192 => SymmetricAlgorithm::Aes192,
        KeyAlgorithm::Aes256 => SymmetricAlgorithm::Aes256,
        KeyAlgorithm::Tdes2Key => SymmetricAlgorithm::Tdes2Key,
        KeyAlgorithm::Tdes3Key => SymmetricAlgorithm::Tdes3Key,
        ref other => panic!("{other} protects nothing"),
    };
    ClearKey::new(algorithm, bytes.into()).unwrap()
}

/// A key block of the version that goes with the protection key.
fn wrap(key: &ClearKey, protection: &ClearKey) -> String {
    let version = if Version::D.accepts_protection_key(protection.algorithm()) {
        Version::D
    } else {
        Version::B
    };
    wrap_as(version, key, protection)
}

fn wrap_as(version: Version, key: &ClearKey, protection: &ClearKey) -> String {
    let usage = tr31::KeyUsage::K0;
    let header = Header::new(
        usage,
        key.algorithm(),
        ModeOfUse::EncryptAndDecrypt,
        version,
    );
    let random = [0xA5; tr31::RANDOM_LENGTH];
    tr31::wrap(key, &header, LengthMasking::Maximum, protection, &random).unwrap()
}
