//! Something between the step and the service asks for another block than the step does. It has left all
//! the same, which the journal says, and it goes no further.

use aws_sdk_paymentcryptography::operation::export_key::ExportKeyInput;
use aws_sdk_paymentcryptography::types::{ExportKeyMaterial, ExportTr34KeyBlock};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::KekAlgorithm::{AES_128, TDES_2KEY};
use ceremony::exchange::Passes;
use ceremony::keys::Origin;
use emulated::{UID, between};
use partner::{KeyKind, PrivateKey, Profile};
use step::{Journal, StepError};

use crate::stage::{Exchange, Stage, kek};

async fn refused(
    stage: &Stage,
    change: impl Fn(&mut ExportKeyInput) + Send + Sync + 'static,
) -> &'static str {
    let client = between(&stage.emulated.client, change);
    let journal = Journal::default();
    let error = stage.wraps_by(client, &journal).await.unwrap_err();
    assert_eq!(journal.deeds().len(), 1, "{error}");
    error.name()
}

fn block(input: &mut ExportKeyInput) -> &mut ExportTr34KeyBlock {
    match &mut input.key_material {
        Some(ExportKeyMaterial::Tr34KeyBlock(block)) => block,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_block_with_another_nonce_or_none() {
    let two = Stage::new(Exchange {
        passes: Passes::Two,
        ..Exchange::default()
    })
    .await;
    let other = |input: &mut ExportKeyInput| block(input).random_nonce = Some("11".repeat(8));
    assert_eq!(refused(&two, other).await, "BlockNotFresh");
    let none = |input: &mut ExportKeyInput| block(input).random_nonce = None;
    assert_eq!(refused(&two, none).await, "BlockNotFresh");
    let one = Stage::new(Exchange::default()).await;
    assert_eq!(refused(&one, other).await, "BlockNotFresh");
}

/// The clock of the service is not ours: so is a block that was made some time ago.
#[tokio::test]
async fn a_block_of_another_time() {
    let stage = Stage::new(Exchange::default()).await;
    stage.emulated.emulator.controls().set_clock_offset(6 * 60);
    assert_eq!(refused(&stage, |_| {}).await, "BlockNotFresh");
}

#[tokio::test]
async fn a_block_for_another_leaf_of_the_same_ca() {
    let stage = Stage::new(Exchange::default()).await;
    let key = PrivateKey::cached(KeyKind::Rsa3072, "another leaf");
    let other = Profile::leaf("Another", UID).issued_by(stage.pki.issuer(), &key);
    let other = STANDARD.encode(other.pem());
    let change = move |input: &mut ExportKeyInput| {
        block(input).wrapping_key_certificate = other.clone();
    };
    assert_eq!(refused(&stage, change).await, "BlockByOrForAnother");
}

#[tokio::test]
async fn a_block_by_another_host() {
    let stage = Stage::new(Exchange::default()).await;
    let request = stage.emulated.client.get_parameters_for_export();
    let request = request
        .key_material_type("TR34_KEY_BLOCK".into())
        .signing_key_algorithm("RSA_2048".into());
    let other = request.send().await.unwrap().export_token;
    // The token that is used again is the newest: the one before it is another host's.
    stage.block().await;
    let newer = stage.emulated.client.get_parameters_for_export();
    let newer = newer
        .key_material_type("TR34_KEY_BLOCK".into())
        .signing_key_algorithm("RSA_2048".into());
    newer.send().await.unwrap();
    let change = move |input: &mut ExportKeyInput| block(input).export_token = other.clone();
    assert_eq!(refused(&stage, change).await, "BlockByOrForAnother");
}

#[tokio::test]
async fn another_key() {
    let stage = Stage::new(Exchange::default()).await;
    let other = kek(&stage.emulated, AES_128).await.key_arn;
    let change = move |input: &mut ExportKeyInput| {
        input.export_key_identifier = Some(other.clone());
    };
    assert_eq!(refused(&stage, change).await, "KcvMismatch");
}

/// Of the right KCV, and of other attributes: three bytes are no proof.
#[tokio::test]
async fn a_key_of_another_algorithm_or_mode() {
    let mut stage = Stage::new(Exchange::default()).await;
    let other = kek(&stage.emulated, TDES_2KEY).await;
    stage.input.kek.kcv = other.kcv;
    let change = move |input: &mut ExportKeyInput| {
        input.export_key_identifier = Some(other.key_arn.clone());
    };
    assert_eq!(refused(&stage, change).await, "BlockHeaderWrong");
}

#[tokio::test]
async fn a_key_that_may_be_used_for_less() {
    use aws_sdk_paymentcryptography::types::{KeyBlockHeaders, KeyModesOfUse};
    let change = |input: &mut ExportKeyInput| {
        let modes = KeyModesOfUse::builder().encrypt(true).wrap(true).build();
        let headers = KeyBlockHeaders::builder().key_modes_of_use(modes).build();
        block(input).key_block_headers = Some(headers);
    };
    let mut stage = Stage::new(Exchange::default()).await;
    assert_eq!(refused(&stage, change).await, "BlockHeaderWrong");
    // A key that the profile names may be good for one direction.
    stage.input.kek.origin = Origin::Profile;
    let client = between(&stage.emulated.client, change);
    let output = stage.wraps_by(client, &Journal::default()).await;
    assert!(output.is_ok());
}
