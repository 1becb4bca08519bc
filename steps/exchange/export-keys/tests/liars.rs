//! What comes back is held to what was asked for. Something between the step and the service asks for
//! another export than the step does: the key has left all the same, which the journal says, and it goes
//! no further.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_paymentcryptography::operation::export_key::ExportKeyInput;
use aws_sdk_paymentcryptography::types::{
    ExportKeyMaterial, ExportTr31KeyBlock, KeyAlgorithm, KeyBlockHeaders, KeyExportability,
    KeyModesOfUse, KeyUsage,
};
use ceremony::algorithms::{KcvAlgorithm, KekAlgorithm};
use ceremony::evidence::Deed;
use ceremony::keys::Origin;
use ceremony::working_keys::attributes::{Exportability, Modes, Usage};
use ceremony::working_keys::order::EstablishedKek;
use ceremony::working_keys::plan::{EstablishedKekFacts, ReadyKey};
use emulated::{Emulated, between, ceremony};
use export_keys::{Error, Input, handle};
use step::{Journal, StepError};

/// What is asked for otherwise than by the step.
type Change = fn(&mut KeyBlockHeaders);

/// A key that may leave under a KEK.
struct Stage {
    emulated: Emulated,
    input: Input,
}

impl Stage {
    async fn new() -> Self {
        let emulated = Emulated::start().await;
        let (kek, kek_kcv) = emulated.creates_kek().await;
        let (key_arn, kcv) = data_key(&emulated).await;
        let input = Input {
            ceremony: ceremony(),
            kek: EstablishedKekFacts {
                established: EstablishedKek::Current,
                alias: "alias/key-ceremony/kek/acme/production/cardholder/current".to_owned(),
                key_arn: kek,
                algorithm: KekAlgorithm::AES_128,
                kcv: kek_kcv,
                kcv_algorithm: KcvAlgorithm::CMAC,
            },
            keys: vec![ReadyKey {
                name: "data".to_owned().try_into().unwrap(),
                key_arn,
                alias: None,
                usage: Usage::D0,
                algorithm: KekAlgorithm::AES_128,
                modes: Modes::B,
                exportability: Exportability::N,
                optional_blocks: Vec::new(),
                kcv,
                kcv_algorithm: KcvAlgorithm::CMAC,
                origin: Origin::Found,
            }],
        };
        Self { emulated, input }
    }

    async fn refused(
        &self,
        change: impl Fn(&mut ExportKeyInput) + Send + Sync + 'static,
    ) -> (&'static str, String) {
        let client = between(&self.emulated.client, change);
        let journal = Journal::default();
        let error = handle(&client, self.input.clone(), &journal).await;
        let error = error.unwrap_err();
        let left = Deed::ExportedUnderKek {
            key_arn: self.input.keys[0].key_arn.clone(),
            kek_key_arn: self.input.kek.key_arn.clone(),
        };
        assert_eq!(journal.deeds(), [left], "{error}");
        (error.name(), error.to_string())
    }
}

/// Its ARN and check value.
async fn data_key(emulated: &Emulated) -> (String, String) {
    let usage = KeyUsage::Tr31D0SymmetricDataEncryptionKey;
    let creates = emulated.operator_creates(usage, KeyAlgorithm::Aes128, true);
    let key_arn = creates.await;
    let key = emulated.client.get_key().key_identifier(&key_arn);
    let key = key.send().await.unwrap().key.unwrap();
    (key_arn, key.key_check_value)
}

fn block(input: &mut ExportKeyInput) -> &mut ExportTr31KeyBlock {
    match &mut input.key_material {
        Some(ExportKeyMaterial::Tr31KeyBlock(block)) => block,
        other => panic!("{other:?}"),
    }
}

fn headers(input: &mut ExportKeyInput) -> &mut KeyBlockHeaders {
    block(input).key_block_headers.as_mut().unwrap()
}

#[tokio::test]
async fn another_key() {
    let stage = Stage::new().await;
    let (other, _) = data_key(&stage.emulated).await;
    let change = move |input: &mut ExportKeyInput| {
        input.export_key_identifier = Some(other.clone());
    };
    assert_eq!(stage.refused(change).await.0, "KcvMismatch");
}

#[tokio::test]
async fn under_another_kek() {
    let stage = Stage::new().await;
    let (other, _) = stage.emulated.creates_kek().await;
    let change = move |input: &mut ExportKeyInput| {
        block(input).wrapping_key_identifier = other.clone();
    };
    let (name, words) = stage.refused(change).await;
    assert_eq!(name, "BlockDiffers");
    assert!(words.contains("under another key"), "{words}");
}

#[tokio::test]
async fn of_other_attributes_than_were_asked_for() {
    let stage = Stage::new().await;
    let changes: [(Change, &str); 4] = [
        (
            |headers| headers.key_exportability = Some(KeyExportability::Exportable),
            "its exportability is `E`, N was asked for",
        ),
        (
            |headers| {
                let modes = KeyModesOfUse::builder().decrypt(true).unwrap(true);
                headers.key_modes_of_use = Some(modes.build());
            },
            "its mode of use is `D`, B was asked for",
        ),
        (
            |headers| headers.key_version = Some("12".to_owned()),
            "its key version is `12`, 00 was asked for",
        ),
        (
            |headers| {
                let blocks = [("10".to_owned(), "0123456789AB".to_owned())];
                headers.optional_blocks = Some(blocks.into());
            },
            "its optional blocks are others",
        ),
    ];
    for (change, expected) in changes {
        let (name, words) = stage.refused(move |input| change(headers(input))).await;
        assert_eq!(name, "BlockDiffers", "{words}");
        assert!(words.contains(expected), "{words}");
    }
}

/// The step looks once more, before anything leaves.
#[tokio::test]
async fn a_key_that_is_stronger_than_the_kek_does_not_leave() {
    let mut stage = Stage::new().await;
    stage.input.keys[0].algorithm = KekAlgorithm::AES_256;
    let before = stage.emulated.calls().len();
    let journal = Journal::default();
    let error = handle(&stage.emulated.client, stage.input.clone(), &journal).await;
    assert!(matches!(error, Err(Error::KekTooWeak(_))), "{error:?}");
    assert_eq!(stage.emulated.calls().len(), before);
    assert!(journal.deeds().is_empty());
}
