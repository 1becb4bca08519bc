//! The AWS SDK for Rust through the whole control plane: every operation is asked for and answered.

use std::collections::BTreeSet;

use aws_sdk_paymentcryptography::types::{
    CertificateSubjectType, ExportKeyMaterial, ExportTr31KeyBlock, KeyAlgorithm, KeyMaterialType,
    MpaOperation, SigningAlgorithmType, Tag,
};

use crate::exchange::{create_agreement_pair, export, trust};
use crate::support::{POLICY, TEAM, create_kek, start};

#[tokio::test]
async fn the_rust_sdk_reaches_every_operation() {
    let (emulator, client) = start().await;
    let kek = create_kek(&client, KeyAlgorithm::Aes128).await;
    let arn = kek.key_arn.as_str();

    let request = client.get_key().key_identifier(arn);
    assert_eq!(request.send().await.unwrap().key, Some(kek.clone()));
    let keys = client.list_keys().into_paginator().items().send();
    assert_eq!(keys.collect::<Vec<_>>().await.len(), 1);

    let request = client.create_alias().alias_name("alias/kek");
    let alias = request.send().await.unwrap().alias.unwrap();
    assert_eq!(alias.key_arn, None);
    let request = client.update_alias().alias_name("alias/kek").key_arn(arn);
    request.send().await.unwrap();
    let request = client.get_alias().alias_name("alias/kek");
    let alias = request.send().await.unwrap().alias.unwrap();
    assert_eq!(alias.key_arn.as_deref(), Some(arn));
    let aliases = client.list_aliases().key_arn(arn).into_paginator().items();
    assert_eq!(aliases.send().collect::<Vec<_>>().await.len(), 1);
    let request = client.delete_alias().alias_name("alias/kek");
    request.send().await.unwrap();

    let tag = Tag::builder().key("purpose").value("test").build().unwrap();
    let request = client.tag_resource().resource_arn(arn).tags(tag.clone());
    request.send().await.unwrap();
    let tags = client.list_tags_for_resource().resource_arn(arn);
    assert_eq!(tags.send().await.unwrap().tags, [tag]);
    let request = client.untag_resource().resource_arn(arn);
    request.tag_keys("purpose").send().await.unwrap();

    let request = client.put_resource_policy().resource_arn(arn);
    request.policy(POLICY).send().await.unwrap();
    let request = client.get_resource_policy().resource_arn(arn);
    assert_eq!(request.send().await.unwrap().policy, POLICY);
    let request = client.delete_resource_policy().resource_arn(arn);
    request.send().await.unwrap();

    let request = client.add_key_replication_regions().key_identifier(arn);
    request
        .replication_regions(OTHER_REGION)
        .send()
        .await
        .unwrap();
    let request = client.remove_key_replication_regions().key_identifier(arn);
    request
        .replication_regions(OTHER_REGION)
        .send()
        .await
        .unwrap();
    let request = client.enable_default_key_replication_regions();
    request
        .replication_regions(OTHER_REGION)
        .send()
        .await
        .unwrap();
    let defaults = client.get_default_key_replication_regions().send().await;
    assert_eq!(
        defaults.unwrap().enabled_replication_regions,
        [OTHER_REGION]
    );
    let request = client.disable_default_key_replication_regions();
    request
        .replication_regions(OTHER_REGION)
        .send()
        .await
        .unwrap();

    let request = client.get_parameters_for_import();
    let request = request.key_material_type(KeyMaterialType::KeyCryptogram);
    let request = request.wrapping_key_algorithm(KeyAlgorithm::Rsa2048);
    let parameters = request.send().await.unwrap();
    let chain = &parameters.wrapping_key_certificate_chain;
    trust(&client, chain, KeyAlgorithm::Rsa4096).await; // ImportKey
    let request = client.get_parameters_for_export();
    let request = request.key_material_type(KeyMaterialType::Tr34KeyBlock);
    let request = request.signing_key_algorithm(KeyAlgorithm::Rsa2048);
    request.send().await.unwrap();
    let block = ExportTr31KeyBlock::builder().wrapping_key_identifier(arn);
    let material = ExportKeyMaterial::Tr31KeyBlock(block.build().unwrap());
    export(&client, &kek.key_arn, material).await.unwrap();

    let pair = create_agreement_pair(&client, KeyAlgorithm::EccNistP256).await;
    let request = client.get_public_key_certificate();
    request.key_identifier(&pair.key_arn).send().await.unwrap();
    let subject = CertificateSubjectType::builder().common_name("pair");
    let request = client.get_certificate_signing_request();
    let request = request.key_identifier(&pair.key_arn);
    let request = request.signing_algorithm(SigningAlgorithmType::Sha256);
    let request = request.certificate_subject(subject.build().unwrap());
    request.send().await.unwrap();

    let action = MpaOperation::ImportRootPublicKeyCertificate;
    let request = client.associate_mpa_team().action(action.clone());
    request.mpa_team_arn(TEAM).send().await.unwrap();
    let request = client.get_mpa_team_association().action(action.clone());
    let association = request.send().await.unwrap().mpa_team_association;
    assert_eq!(association.unwrap().mpa_team_arn, TEAM);
    let request = client.disassociate_mpa_team().action(action);
    request.send().await.unwrap();

    let request = client.stop_key_usage().key_identifier(arn);
    assert!(!request.send().await.unwrap().key.unwrap().enabled);
    let request = client.start_key_usage().key_identifier(arn);
    assert!(request.send().await.unwrap().key.unwrap().enabled);
    let request = client.delete_key().key_identifier(arn);
    request.send().await.unwrap();
    let request = client.restore_key().key_identifier(arn);
    request.send().await.unwrap();

    let requests = emulator.controls().requests();
    assert!(requests.iter().all(|request| request.outcome == "ok"));
    let operations: BTreeSet<_> = requests.iter().map(|request| &request.operation).collect();
    assert_eq!(operations.len(), 32, "{operations:?}");
}

const OTHER_REGION: &str = "us-west-2";
