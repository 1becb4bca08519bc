//! A state that outlives the emulator.

use std::path::Path;

use apc_emulator::{Config, Emulator, EmulatorHandle, StartError, StateConfig, StateError};
use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyMaterialType, MpaOperation};

use crate::exchange::{clear_key, create_agreement_pair};
use crate::support::{POLICY, REGION, TEAM, client, create_kek};

const ROOT_IMPORT: MpaOperation = MpaOperation::ImportRootPublicKeyCertificate;

#[tokio::test]
async fn what_was_answered_is_there_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let emulator = start(&file, "01").await.unwrap();
    let sdk = client(&emulator, REGION).await;
    let kek = create_kek(&sdk, KeyAlgorithm::Aes256).await;
    let request = sdk.create_alias().alias_name("alias/kek");
    request.key_arn(&kek.key_arn).send().await.unwrap();
    let pair = create_agreement_pair(&sdk, KeyAlgorithm::EccNistP384).await;
    let request = sdk.get_public_key_certificate();
    let certificate = request.key_identifier(&pair.key_arn).send().await.unwrap();
    let request = sdk.get_parameters_for_import();
    let request = request.key_material_type(KeyMaterialType::Tr34KeyBlock);
    let request = request.wrapping_key_algorithm(KeyAlgorithm::Rsa2048);
    let parameters = request.send().await.unwrap();
    let regions = ["us-west-2".to_owned()].to_vec();
    let request = sdk.enable_default_key_replication_regions();
    let request = request.set_replication_regions(Some(regions.clone()));
    request.send().await.unwrap();
    let request = sdk.associate_mpa_team().action(ROOT_IMPORT);
    request.mpa_team_arn(TEAM).send().await.unwrap();
    let request = sdk.put_resource_policy().resource_arn(&kek.key_arn);
    request.policy(POLICY).send().await.unwrap();
    let bytes = clear_key(&emulator, &kek.key_arn);
    // Nothing is done on the way out that would not be done in a crash.
    drop(emulator);

    let emulator = restart(&file, "01").await;
    let sdk = client(&emulator, REGION).await;
    assert_eq!(clear_key(&emulator, &kek.key_arn), bytes);
    let found = sdk.get_key().key_identifier("alias/kek").send().await;
    assert_eq!(found.unwrap().key.unwrap(), kek);
    let request = sdk.get_public_key_certificate();
    let again = request.key_identifier(&pair.key_arn).send().await.unwrap();
    assert_eq!(again.key_certificate, certificate.key_certificate);
    let request = sdk.get_parameters_for_import();
    let request = request.key_material_type(KeyMaterialType::Tr34KeyBlock);
    let request = request.wrapping_key_algorithm(KeyAlgorithm::Rsa2048);
    let again = request.reuse_last_generated_token(true).send().await;
    assert_eq!(again.unwrap().import_token, parameters.import_token);
    let defaults = sdk.get_default_key_replication_regions().send().await;
    assert_eq!(defaults.unwrap().enabled_replication_regions, regions);
    let team = sdk.get_mpa_team_association().action(ROOT_IMPORT).send();
    let team = team.await.unwrap().mpa_team_association.unwrap();
    assert_eq!(team.mpa_team_arn, TEAM);
    let policy = sdk.get_resource_policy().resource_arn(&kek.key_arn).send();
    assert_eq!(policy.await.unwrap().policy, POLICY);

    emulator.controls().reset().unwrap();
    drop(emulator);
    let emulator = restart(&file, "01").await;
    assert!(emulator.controls().inventory(None).keys.is_empty());
}

#[tokio::test]
async fn a_state_file_can_be_read_with_its_key_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let emulator = start(&file, "01").await.unwrap();
    let sdk = client(&emulator, REGION).await;
    let kek = create_kek(&sdk, KeyAlgorithm::Aes128).await;
    let clear = clear_key(&emulator, &kek.key_arn);
    drop(emulator);

    let bytes = std::fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&bytes).to_ascii_uppercase();
    assert!(!text.contains(&clear));
    assert!(!text.contains("KEY/"));

    // Wait until the first one has let go of the file.
    drop(restart(&file, "01").await);
    let refused = settled(&file, "02").await;
    assert!(matches!(refused, StateError::Unreadable(_)), "{refused}");
    for position in [0, 25, 40, bytes.len() - 1] {
        let mut changed = std::fs::read(&file).unwrap();
        changed[position] ^= 1;
        let other = folder.path().join("changed");
        std::fs::write(&other, changed).unwrap();
        let refused = settled(&other, "01").await;
        assert!(matches!(refused, StateError::Unreadable(_)), "{refused}");
    }
    std::fs::write(&file, "").unwrap();
    let refused = settled(&file, "01").await;
    assert!(matches!(refused, StateError::Unreadable(_)), "{refused}");
}

#[tokio::test]
async fn two_emulators_do_not_share_a_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let first = start(&file, "01").await.unwrap();
    let Err(StartError::State(refused)) = start(&file, "01").await else {
        panic!("a second emulator started on the same file");
    };
    assert!(matches!(refused, StateError::InUse(_)), "{refused}");
    first.shutdown().await;
}

async fn start(file: &Path, byte: &str) -> Result<EmulatorHandle, StartError> {
    Emulator::start(Config {
        state: Some(StateConfig {
            file: file.to_owned(),
            key: byte.repeat(32).parse().unwrap(),
        }),
        ..Config::default()
    })
    .await
}

/// Starts once the emulator before, whose connections end in their own time, has let go.
async fn restart(file: &Path, byte: &str) -> EmulatorHandle {
    loop {
        match start(file, byte).await {
            Ok(emulator) => return emulator,
            Err(StartError::State(StateError::InUse(_))) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Why it does not start, once the emulator before has let go.
async fn settled(file: &Path, byte: &str) -> StateError {
    loop {
        match start(file, byte).await {
            Ok(_) => panic!("it started"),
            Err(StartError::State(StateError::InUse(_))) => tokio::task::yield_now().await,
            Err(StartError::State(error)) => return error,
            Err(error) => panic!("{error}"),
        }
    }
}
