//! Blocks that were checked and are wrong ones all the same.

use aws_sdk_paymentcryptography::types::KeyState;
use ceremony::evidence::Deed;
use ceremony::id::CeremonyId;
use ceremony::key_import::attributes::{Kcv, KekModes};
use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::run::Ours;
use ceremony::utc::Utc;
use serde_json::json;
use step::Journal;

use crate::stage::{AES_128, Stage, TDES_2KEY, asked, checked, wrapped};

async fn by_ecdh() -> Stage {
    Stage::new(&asked("ecdh", AES_128), &json!({}), AES_128).await
}

fn tampered(checked: &mut CheckedBlock) {
    let (CheckedBlock::Tr31 { key_block, .. }
    | CheckedBlock::Tr34 { key_block, .. }
    | CheckedBlock::Oaep {
        cryptogram: key_block,
        ..
    }) = checked;
    let last = key_block.pop().unwrap();
    key_block.push(if last == '0' { '1' } else { '0' });
}

#[tokio::test]
async fn a_block_that_was_tampered_with_does_not_open_and_a_right_one_may_follow() {
    for method in ["ecdh", "tr34", "rsa-oaep"] {
        let mut stage = Stage::new(&asked(method, AES_128), &json!({}), AES_128).await;
        let right = stage.input.clone();
        tampered(&mut stage.input.checked);
        let refusal = stage.refused().await;
        assert_eq!(refusal.error, "BlockNotOpened", "{method}");
        assert_eq!(stage.keks().len(), 0);
        assert_eq!(stage.journal.deeds(), []);
        let again = stage.refused().await;
        assert_eq!(again, refusal, "another attempt");
        stage.input = right;
        stage.imported().await;
    }
}

/// Neither the token behind our certificate, nor a block: the emulator repeats the first.
#[tokio::test]
async fn the_words_of_a_refusal_keep_the_token() {
    let mut stage = Stage::new(&asked("rsa-oaep", AES_128), &json!({}), AES_128).await;
    tampered(&mut stage.input.checked);
    let refusal = stage.refused().await;
    let Ours::Parameters { import_token, .. } = &stage.input.made.ours else {
        panic!("by RSA-OAEP there is a token");
    };
    assert!(
        refusal.what.contains("WrappedKeyCryptogram"),
        "{}",
        refusal.what
    );
    assert!(!refusal.what.contains(import_token), "{}", refusal.what);
}

/// What `check-block` cannot tell by the block, the service can.
#[tokio::test]
async fn a_block_for_another_offer_does_not_open() {
    for method in ["ecdh", "tr34", "rsa-oaep"] {
        let mut stage = Stage::new(&asked(method, TDES_2KEY), &json!({}), TDES_2KEY).await;
        stage.offers_anew().await;
        let refusal = stage.refused().await;
        assert_eq!(refusal.error, "BlockNotOpened", "{method}");
        assert_eq!(stage.keks().len(), 0);
    }
}

#[tokio::test]
async fn a_key_with_another_check_value_is_scheduled_for_deletion_and_stays_refused() {
    for method in ["ecdh", "tr34", "rsa-oaep"] {
        let mut stage = Stage::new(&asked(method, AES_128), &json!({}), AES_128).await;
        stage.input.request.kcv = Some(Kcv::try_from("7ad387".to_owned()).unwrap());
        let refusal = stage.refused().await;
        assert_eq!(refusal.error, "KcvDiffers");
        let words = "7AD386, and 7AD387 was announced";
        assert!(refusal.what.contains(words), "{}", refusal.what);
        let [key_arn] = &stage.keks()[..] else {
            panic!("{:?}", stage.keks());
        };
        let key = stage.key(key_arn).await;
        assert_eq!(key.key_state, KeyState::DeletePending);
        let [Deed::HadKey { .. }, deleted] = &stage.journal.deeds()[..] else {
            panic!("{:?}", stage.journal.deeds());
        };
        let expected = Deed::ScheduledDeletion {
            key_arn: key_arn.clone(),
            days: 7,
        };
        assert_eq!(*deleted, expected);

        // The answer was lost, or the same file is dropped again.
        assert_eq!(stage.refused().await, refusal);
        let deleted = stage.handled().await.unwrap().deleted.unwrap();
        assert_eq!(deleted.key_arn, *key_arn);
        assert!(deleted.alias.contains("/received/"), "{}", deleted.alias);
        assert_eq!(stage.calls_of("DeleteKey"), 1);
        assert_eq!(stage.keks().len(), 1);
    }
}

/// Not to be expected, as its header was held to the request, but not to be used either.
#[tokio::test]
async fn a_key_that_is_another_than_was_asked_for_is_scheduled_for_deletion() {
    let mut stage = by_ecdh().await;
    let file = wrapped(&stage.input.made, &stage.partners, "K0AD00N", AES_128);
    let mut other = stage.input.made.clone();
    other.offer.expected.modes = KekModes::D;
    let input = &stage.input;
    let path = input.path.as_ref();
    let (_, forged) = checked(&other, &input.request, &input.policy, path, &file);
    stage.input.checked = forged;
    let refusal = stage.refused().await;
    assert_eq!(refusal.error, "KekDiffers");
    assert!(
        refusal.what.contains("decrypt and unwrap"),
        "{}",
        refusal.what
    );
    let key = stage.key(&stage.keks()[0]).await;
    assert_eq!(key.key_state, KeyState::DeletePending);
    assert_eq!(stage.refused().await, refusal);
    assert_eq!(stage.keks().len(), 1);
}

/// The file of a ceremony that is over, under the name of an offer that stands: the service would not open
/// it, and is not asked.
#[tokio::test]
async fn a_block_whose_key_another_ceremony_imported_is_refused() {
    let mut stage = by_ecdh().await;
    let mine = stage.input.ceremony.clone();
    let imported = stage.imported().await;
    let digits = mine.ceremony_id.as_str().len() - 16;
    let other = format!("{}00000000000000aa", &mine.ceremony_id.as_str()[..digits]);
    let id: CeremonyId = serde_json::from_value(json!(other)).unwrap();
    stage.input.ceremony.ceremony_id = id;
    stage.journal = Journal::default();
    let refusal = stage.refused().await;
    assert_eq!(refusal.error, "BlockUsedBefore");
    assert!(refusal.what.contains(&imported.key_arn));
    assert_eq!(
        stage.key(&imported.key_arn).await.key_state,
        KeyState::CreateComplete
    );

    // Nor is it taken once that key was deleted.
    let client = &stage.emulated.client;
    let delete = client.delete_key().key_identifier(&imported.key_arn);
    delete.send().await.unwrap();
    assert_eq!(stage.refused().await.error, "BlockUsedBefore");
    stage.input.ceremony = mine;
    assert_eq!(stage.refused().await.error, "KekDeleted");
    assert_eq!(stage.keks().len(), 1);
}

/// The wait for a block may end late: then a fresh offer follows.
#[tokio::test]
async fn a_block_is_not_imported_once_the_parameters_have_had_their_time() {
    let mut stage = Stage::new(&asked("tr34", TDES_2KEY), &json!({}), TDES_2KEY).await;
    let before = stage.emulated.calls().len();
    let Ours::Parameters { valid_until, .. } = &mut stage.input.made.ours else {
        panic!("by TR-34 there are parameters");
    };
    *valid_until = Utc::now().plus_seconds(-1);
    assert_eq!(stage.refused().await.error, "OfferExpired");
    assert_eq!(stage.emulated.calls()[before..], ["GetAlias"]);
}
