//! Multi-Region keys.

use std::collections::BTreeMap;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    DeriveKeyUsage, ExportKeyCryptogram, ExportKeyMaterial, Key, KeyAlgorithm, KeyAttributes,
    KeyClass, KeyModesOfUse, KeyReplicationState, KeyState, KeyUsage, MultiRegionKeyType, Tag,
};

use crate::support::{
    CONFLICT, Identity, NOT_FOUND, REGION, ROOT_3072, VALIDATION, attributes, authority, client,
    create_kek, create_kek_arn, exception, import_root, kek, start, verifies,
};

const THERE: &str = "eu-central-1";
const FAR: &str = "us-west-2";

#[tokio::test]
async fn a_key_is_made_with_replicas_that_are_the_same_key() {
    let (emulator, here) = start().await;
    let there = client(&emulator, THERE).await;
    let key = create(&here, &[THERE, FAR]).await;
    assert_eq!(key.multi_region_key_type, Some(MultiRegionKeyType::Primary));
    assert_eq!(key.primary_region(), Some(REGION));
    assert_eq!(key.using_default_replication_regions, Some(false));
    let begun = KeyReplicationState::InProgress;
    assert_eq!(status(&key), [(FAR, &begun), (THERE, &begun)].into());
    let key = get(&here, &key.key_arn).await.unwrap();
    let done = KeyReplicationState::Synchronized;
    assert_eq!(status(&key), [(FAR, &done), (THERE, &done)].into());

    let arn = key.key_arn.replace(REGION, THERE);
    let replica = get(&there, &arn).await.unwrap();
    assert_eq!(
        replica.multi_region_key_type,
        Some(MultiRegionKeyType::Replica)
    );
    assert_eq!(replica.primary_region(), Some(REGION));
    assert!(replica.replication_status.is_none());
    assert_eq!(replica.key_check_value, key.key_check_value);
    assert_eq!(replica.key_attributes, key.key_attributes);
    let controls = emulator.controls();
    assert_eq!(
        controls.clear_key(&arn.parse().unwrap()),
        controls.clear_key(&key.key_arn.parse().unwrap())
    );
    let listed = there.list_keys().send().await.unwrap().keys;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].primary_region(), Some(REGION));
    // Each region has its own of them and no other.
    assert_eq!(get(&there, &key.key_arn).await.unwrap_err(), NOT_FOUND);
    assert_eq!(get(&here, &arn).await.unwrap_err(), NOT_FOUND);
    export(&there, &arn).await;
}

#[tokio::test]
async fn replicas_follow_their_primary() {
    let (emulator, here) = start().await;
    let there = client(&emulator, THERE).await;
    let primary = create(&here, &[THERE]).await.key_arn;
    let replica = primary.replace(REGION, THERE);
    let alias = there.create_alias().alias_name("alias/kek");
    alias.key_arn(&replica).send().await.unwrap();

    let stop = here.stop_key_usage().key_identifier(&primary);
    stop.send().await.unwrap();
    assert!(!get(&there, &replica).await.unwrap().enabled);
    let start = here.start_key_usage().key_identifier(&primary);
    start.send().await.unwrap();
    assert!(get(&there, &replica).await.unwrap().enabled);
    let tag = tag("partner", "acme");
    let tagged = here.tag_resource().resource_arn(&primary);
    tagged.tags(tag.clone()).send().await.unwrap();
    assert_eq!(tags(&there, &replica).await, [tag]);
    let untagged = here.untag_resource().resource_arn(&primary);
    untagged.tag_keys("partner").send().await.unwrap();
    assert_eq!(tags(&there, &replica).await, []);

    let delete = here.delete_key().key_identifier(&primary);
    delete.send().await.unwrap();
    let pending = get(&there, &replica).await.unwrap();
    assert_eq!(pending.key_state, KeyState::DeletePending);
    assert_eq!(get(&there, "alias/kek").await.unwrap_err(), NOT_FOUND);
    let restore = here.restore_key().key_identifier(&primary);
    restore.send().await.unwrap();
    let restored = get(&there, &replica).await.unwrap();
    assert_eq!(restored.key_state, KeyState::CreateComplete);
    assert!(restored.delete_pending_timestamp.is_none());

    here.delete_key()
        .key_identifier(&primary)
        .delete_key_in_days(3)
        .send()
        .await
        .unwrap();
    emulator.controls().set_clock_offset(4 * 86_400);
    let deleted = get(&there, &replica).await.unwrap();
    assert_eq!(deleted.key_state, KeyState::DeleteComplete);
}

#[tokio::test]
async fn replicas_cannot_be_changed() {
    let (emulator, here) = start().await;
    let there = client(&emulator, THERE).await;
    let primary = create(&here, &[THERE]).await.key_arn;
    let arn = &primary.replace(REGION, THERE);
    let policy = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#;
    let before = format!("{:?}", get(&there, arn).await.unwrap());

    let delete = there.delete_key().key_identifier(arn);
    assert_eq!(exception(delete.send().await), VALIDATION);
    let restore = there.restore_key().key_identifier(arn);
    assert_eq!(exception(restore.send().await), VALIDATION);
    let stop = there.stop_key_usage().key_identifier(arn);
    assert_eq!(exception(stop.send().await), VALIDATION);
    let start = there.start_key_usage().key_identifier(arn);
    assert_eq!(exception(start.send().await), VALIDATION);
    let tagged = there.tag_resource().resource_arn(arn).tags(tag("a", "b"));
    assert_eq!(exception(tagged.send().await), VALIDATION);
    let untagged = there.untag_resource().resource_arn(arn).tag_keys("a");
    assert_eq!(exception(untagged.send().await), VALIDATION);
    let put = there.put_resource_policy().resource_arn(arn).policy(policy);
    assert_eq!(exception(put.send().await), VALIDATION);
    assert_eq!(add(&there, arn, &[FAR]).await.unwrap_err(), VALIDATION);
    assert_eq!(remove(&there, arn, &[FAR]).await.unwrap_err(), VALIDATION);

    assert_eq!(format!("{:?}", get(&there, arn).await.unwrap()), before);
}

#[tokio::test]
async fn replicas_are_added_and_removed() {
    let (emulator, here) = start().await;
    let there = client(&emulator, THERE).await;
    let primary = create_kek_arn(&here).await;
    let replica = primary.replace(REGION, THERE);
    assert_eq!(get(&there, &replica).await.unwrap_err(), NOT_FOUND);

    let begun = KeyReplicationState::InProgress;
    let done = KeyReplicationState::Synchronized;
    add(&here, &primary, &[THERE]).await.unwrap();
    let key = add(&here, &primary, &[FAR]).await.unwrap();
    assert_eq!(status(&key), [(FAR, &begun), (THERE, &done)].into());
    let key = get(&here, &primary).await.unwrap();
    assert_eq!(status(&key), [(FAR, &done), (THERE, &done)].into());
    get(&there, &replica).await.unwrap();

    let key = remove(&here, &primary, &[THERE]).await.unwrap();
    let going = KeyReplicationState::DeleteInProgress;
    assert_eq!(status(&key), [(FAR, &done), (THERE, &going)].into());
    let key = get(&here, &primary).await.unwrap();
    assert_eq!(status(&key), [(FAR, &done)].into());
    assert_eq!(get(&there, &replica).await.unwrap_err(), NOT_FOUND);

    remove(&here, &primary, &[FAR]).await.unwrap();
    let key = get(&here, &primary).await.unwrap();
    assert_eq!(key.multi_region_key_type, None);
    assert!(key.replication_status.is_none());
    // What was removed can be added again.
    add(&here, &primary, &[THERE]).await.unwrap();
    get(&there, &replica).await.unwrap();
}

#[tokio::test]
async fn regions_that_make_no_sense_are_refused() {
    let (emulator, here) = start().await;
    let arn = &create(&here, &[THERE]).await.key_arn;
    for wrong in [&[][..], &[REGION], &[FAR, FAR], &["cn-north-1"], &["x"]] {
        let refused = add(&here, arn, wrong).await.unwrap_err();
        assert_eq!(refused, VALIDATION, "{wrong:?}");
        let refused = remove(&here, arn, wrong).await.unwrap_err();
        assert_eq!(refused, VALIDATION, "{wrong:?}");
        let enable = here.enable_default_key_replication_regions();
        let enable = enable.set_replication_regions(Some(list(wrong)));
        assert_eq!(exception(enable.send().await), VALIDATION, "{wrong:?}");
    }
    // All or nothing.
    assert_eq!(add(&here, arn, &[FAR, THERE]).await.unwrap_err(), CONFLICT);
    assert_eq!(
        remove(&here, arn, &[FAR, THERE]).await.unwrap_err(),
        VALIDATION
    );
    let done = KeyReplicationState::Synchronized;
    let key = get(&here, arn).await.unwrap();
    assert_eq!(status(&key), [(THERE, &done)].into());

    let far = client(&emulator, FAR).await;
    assert_eq!(add(&far, arn, &[THERE]).await.unwrap_err(), NOT_FOUND);
    let delete = here.delete_key().key_identifier(arn);
    delete.send().await.unwrap();
    assert_eq!(add(&here, arn, &[FAR]).await.unwrap_err(), CONFLICT);
    assert_eq!(remove(&here, arn, &[THERE]).await.unwrap_err(), CONFLICT);
}

#[tokio::test]
async fn asymmetric_keys_are_not_replicated() {
    let (emulator, here) = start().await;
    let create = here.create_key().key_attributes(key_agreement());
    let create = create
        .exportable(false)
        .derive_key_usage(DeriveKeyUsage::Tr31K1KeyBlockProtectionKey);
    let refused = create.clone().replication_regions(THERE).send().await;
    assert_eq!(exception(refused), VALIDATION);
    let root = Identity::self_signed(authority("Root"), &ROOT_3072);
    let import = here
        .import_key()
        .key_material(root.as_root(verifies(KeyAlgorithm::Rsa3072)))
        .replication_regions(THERE);
    assert_eq!(exception(import.send().await), VALIDATION);
    assert_eq!(emulator.controls().inventory(None).keys.len(), 0);

    // The defaults are not for them.
    let enable = here.enable_default_key_replication_regions();
    enable.replication_regions(THERE).send().await.unwrap();
    let pair = create.send().await.unwrap().key.unwrap();
    assert_eq!(pair.multi_region_key_type, None);
    let refused = add(&here, &pair.key_arn, &[THERE]).await;
    assert_eq!(refused.unwrap_err(), VALIDATION);
    import_root(&here, &root, KeyAlgorithm::Rsa3072).await;
}

#[tokio::test]
async fn new_keys_go_to_the_default_regions() {
    let (emulator, here) = start().await;
    let there = client(&emulator, THERE).await;
    let older = create_kek_arn(&here).await;
    assert_eq!(defaults(&here).await, [""; 0]);
    let enable = here.enable_default_key_replication_regions();
    let enabled = enable.replication_regions(THERE).send().await.unwrap();
    assert_eq!(enabled.enabled_replication_regions, [THERE]);
    let enable = here.enable_default_key_replication_regions();
    let enable = enable.replication_regions(THERE).replication_regions(FAR);
    let enabled = enable.send().await.unwrap();
    assert_eq!(enabled.enabled_replication_regions, [THERE, FAR]);
    assert_eq!(defaults(&here).await, [THERE, FAR]);
    assert_eq!(defaults(&there).await, [""; 0]);

    let key = create_kek(&here, KeyAlgorithm::Aes128).await;
    assert_eq!(key.using_default_replication_regions, Some(true));
    assert_eq!(status(&key).len(), 2);
    get(&there, &key.key_arn.replace(REGION, THERE))
        .await
        .unwrap();
    assert!(status(&get(&here, &older).await.unwrap()).is_empty());
    // What a request says goes before, also when it says none.
    assert_eq!(status(&create(&here, &["sa-east-1"]).await).len(), 1);
    assert!(status(&create(&here, &[]).await).is_empty());
    // From now on the key has a configuration of its own.
    let key = remove(&here, &key.key_arn, &[FAR]).await.unwrap();
    assert_eq!(key.using_default_replication_regions, Some(false));

    let disable = here.disable_default_key_replication_regions();
    let disable = disable.replication_regions(THERE);
    let disabled = disable.clone().send().await.unwrap();
    assert_eq!(disabled.enabled_replication_regions, [FAR]);
    disable.send().await.unwrap();
    assert_eq!(defaults(&here).await, [FAR]);
    get(&there, &key.key_arn.replace(REGION, THERE))
        .await
        .unwrap();

    emulator.controls().reset().unwrap();
    assert_eq!(defaults(&here).await, [""; 0]);
    assert_eq!(emulator.controls().inventory(None).keys.len(), 0);
}

#[tokio::test]
async fn the_inventory_shows_primaries_and_replicas() {
    let (emulator, here) = start().await;
    create(&here, &[THERE]).await;
    let keys = emulator.controls().inventory(None).keys;
    let [replica, primary] = &keys[..] else {
        panic!("{keys:?}");
    };
    assert_eq!(primary.scope.region, REGION);
    assert_eq!(primary.replication_regions, [THERE.parse().unwrap()]);
    assert_eq!(replica.scope.region, THERE);
    assert_eq!(replica.primary_region, Some(REGION.parse().unwrap()));
    assert_eq!(
        replica.multi_region_key_type,
        Some(apc_emulator::MultiRegionKeyType::Replica)
    );
}

async fn create(client: &Client, regions: &[&str]) -> Key {
    let create = client
        .create_key()
        .key_attributes(kek(KeyAlgorithm::Aes128))
        .exportable(true)
        .set_replication_regions(Some(list(regions)));
    create.send().await.unwrap().key.unwrap()
}

async fn get(client: &Client, key: &str) -> Result<Key, String> {
    match client.get_key().key_identifier(key).send().await {
        Ok(output) => Ok(output.key.unwrap()),
        refused => Err(exception(refused)),
    }
}

async fn add(client: &Client, key: &str, regions: &[&str]) -> Result<Key, String> {
    let add = client.add_key_replication_regions().key_identifier(key);
    match add
        .set_replication_regions(Some(list(regions)))
        .send()
        .await
    {
        Ok(output) => Ok(output.key.unwrap()),
        refused => Err(exception(refused)),
    }
}

async fn remove(client: &Client, key: &str, regions: &[&str]) -> Result<Key, String> {
    let remove = client.remove_key_replication_regions().key_identifier(key);
    let remove = remove.set_replication_regions(Some(list(regions)));
    match remove.send().await {
        Ok(output) => Ok(output.key.unwrap()),
        refused => Err(exception(refused)),
    }
}

async fn defaults(client: &Client) -> Vec<String> {
    let get = client.get_default_key_replication_regions();
    get.send().await.unwrap().enabled_replication_regions
}

/// Wraps a key for a partner.
async fn export(client: &Client, key: &str) {
    let partner = Identity::self_signed(authority("Partner"), &ROOT_3072);
    let ca = import_root(client, &partner, KeyAlgorithm::Rsa3072).await;
    let cryptogram = ExportKeyCryptogram::builder()
        .certificate_authority_public_key_identifier(ca)
        .wrapping_key_certificate(partner.wire())
        .build()
        .unwrap();
    client
        .export_key()
        .export_key_identifier(key)
        .key_material(ExportKeyMaterial::KeyCryptogram(cryptogram))
        .send()
        .await
        .unwrap();
}

async fn tags(client: &Client, key: &str) -> Vec<Tag> {
    let list = client.list_tags_for_resource().resource_arn(key);
    list.send().await.unwrap().tags
}

fn status(key: &Key) -> BTreeMap<&str, &KeyReplicationState> {
    let status = key.replication_status.iter().flatten();
    status
        .map(|(region, status)| (region.as_str(), status.status()))
        .collect()
}

fn list(regions: &[&str]) -> Vec<String> {
    regions.iter().map(ToString::to_string).collect()
}

fn key_agreement() -> KeyAttributes {
    attributes(
        KeyUsage::Tr31K3AsymmetricKeyForKeyAgreement,
        KeyClass::AsymmetricKeyPair,
        KeyAlgorithm::EccNistP256,
        KeyModesOfUse::builder().derive_key(true).build(),
    )
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}
