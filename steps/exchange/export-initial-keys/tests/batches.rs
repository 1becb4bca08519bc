//! Batches of initial keys, from the emulated service.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use apc_emulator::FaultKind;
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::operation::export_key::ExportKeyInput;
use aws_sdk_paymentcryptography::types::{
    ExportKeyMaterial, ExportTr31KeyBlock, KeyAlgorithm, KeyAttributes, KeyBlockHeaders, KeyClass,
    KeyModesOfUse, KeyUsage,
};
use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::execution::Location;
use ceremony::fleet::outcome::StoppedBatch;
use ceremony::fleet::{Batch, BatchResult, BdkAlgorithm, Derivation, Outcome, Plan, SerialNumber};
use ceremony::tr31::KeyBlock;
use ceremony::utc::Utc;
use emulated::aws::{Aws, Fault};
use emulated::fleet::{creates_bdk, derivation, serial_numbers, turns};
use emulated::{Emulated, between, ceremony};
use export_initial_keys::{Context, Error, Input, Output, handle};
use step::{Journal, StepError};

const FOLDER: &str = "initial-keys/x/";

/// The service, and a bucket with one batch in it.
struct Scene {
    emulated: Emulated,
    aws: Aws,
    derivation: Derivation,
    batches: u32,
}

impl Scene {
    async fn of(bdk: BdkAlgorithm, kek: KekAlgorithm, numbers: &[SerialNumber]) -> Self {
        let (emulated, aws) = (Emulated::start().await, Aws::default());
        let derivation = derivation(&emulated.client, bdk, kek).await;
        let scene = Self {
            emulated,
            aws,
            derivation,
            batches: 1,
        };
        scene.puts(1, numbers);
        scene
    }

    async fn tdes(count: u32) -> Self {
        let numbers = serial_numbers(BdkAlgorithm::TDES_2KEY, count);
        Self::of(BdkAlgorithm::TDES_2KEY, KekAlgorithm::AES_128, &numbers).await
    }

    fn puts(&self, batch: u32, terminals: &[SerialNumber]) {
        let document = Batch {
            batch,
            terminals: terminals.to_vec(),
        };
        let document = serde_json::to_vec(&document).unwrap();
        self.aws
            .put("fleets", &Plan::batch_key(FOLDER, batch), document);
    }

    async fn exports(&self, batch: u32) -> Result<Output, Error> {
        self.exports_by(self.emulated.client.clone(), batch).await
    }

    async fn exports_by(&self, client: Client, batch: u32) -> Result<Output, Error> {
        let context = Context {
            payment_cryptography: client,
            s3: aws_sdk_s3::Client::new(&self.aws.config()),
            work_bucket: "fleets".to_owned(),
            turns: turns(&self.aws, Duration::from_millis(1)),
            clock: fleets::system_clock,
        };
        let input = Input {
            ceremony: ceremony(),
            derivation: self.derivation.clone(),
            plan: Plan {
                folder: FOLDER.to_owned(),
                terminals: self.batches * 100,
                batches: self.batches,
                done_before: 0,
                begun_at: Utc::now().plus_seconds(-100),
                list: Location {
                    bucket: "fleets".to_owned(),
                    key: Plan::list_key(FOLDER),
                },
                inventory_version_id: None,
                inventory_sha256: Sha256::of(b"inventory"),
            },
            batch,
            receiver: None,
        };
        handle(&context, input, &Journal::default()).await
    }

    fn result(&self, batch: u32) -> Vec<Outcome> {
        let stored = self.aws.only("fleets", &Plan::result_key(FOLDER, batch));
        let result: BatchResult = serde_json::from_slice(&stored.bytes).unwrap();
        assert_eq!(result.batch, batch);
        result.terminals
    }

    /// How many results there are of a batch: none or one.
    fn results(&self, batch: u32) -> usize {
        let key = Plan::result_key(FOLDER, batch);
        self.aws.versions("fleets", &key).len()
    }

    fn calls(&self) -> usize {
        let calls = self.emulated.calls().into_iter();
        calls.filter(|call| call == "ExportKey").count()
    }
}

#[tokio::test]
async fn every_terminal_gets_its_own_initial_key_in_the_order_of_the_batch() {
    for (bdk, kek, version) in [
        (BdkAlgorithm::TDES_2KEY, KekAlgorithm::TDES_2KEY, 'B'),
        (BdkAlgorithm::TDES_2KEY, KekAlgorithm::AES_128, 'D'),
        (BdkAlgorithm::AES_128, KekAlgorithm::AES_128, 'D'),
        (BdkAlgorithm::AES_256, KekAlgorithm::AES_256, 'D'),
    ] {
        for in_block in [false, true] {
            let numbers = serial_numbers(bdk, 3);
            let mut scene = Scene::of(bdk, kek, &numbers).await;
            scene.derivation.serial_number_in_block = in_block;
            scene.exports(1).await.unwrap();
            let mut kcvs = Vec::new();
            for (outcome, number) in scene.result(1).into_iter().zip(&numbers) {
                let Outcome::Exported {
                    ksn,
                    key_block,
                    kcv,
                } = outcome
                else {
                    panic!("{bdk} under {kek}: {outcome:?}");
                };
                assert_eq!(ksn, *number);
                let block = KeyBlock::read(&key_block).unwrap();
                let header = block.header();
                assert_eq!((header.version, header.usage.as_str()), (version, "B1"));
                let says = header.optional_blocks.iter().any(|it| it.id != "PB");
                assert_eq!(says, in_block, "{header}");
                kcvs.push(kcv);
            }
            kcvs.sort_unstable();
            kcvs.dedup();
            assert_eq!((kcvs.len(), scene.calls()), (3, 3), "{bdk} under {kek}");
        }
    }
}

#[tokio::test]
async fn a_batch_that_has_a_result_is_not_begun_again() {
    let scene = Scene::tdes(3).await;
    scene.exports(1).await.unwrap();
    let first = scene.result(1);
    scene.exports(1).await.unwrap();
    assert_eq!((scene.result(1), scene.calls()), (first, 3));
}

/// Two attempts at once: what the first has written counts, though its blocks are other bytes.
#[tokio::test]
async fn of_two_attempts_one_result_counts() {
    let scene = Scene::tdes(3).await;
    let (one, other) = tokio::join!(scene.exports(1), scene.exports(1));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(scene.result(1).len(), 3);
}

#[tokio::test]
async fn throttling_and_lost_answers_make_no_difference() {
    let scene = Scene::tdes(4).await;
    scene
        .emulated
        .strikes("ExportKey", FaultKind::DropAfterCommit);
    scene.emulated.throttle("ExportKey");
    scene.emulated.fails("ExportKey", 1);
    scene.exports(1).await.unwrap();
    assert_eq!((scene.result(1).len(), scene.calls()), (4, 7));
}

/// Such a serial number is refused long before; if it were not, the others would still go on.
#[tokio::test]
async fn a_terminal_that_the_service_refuses_is_accounted_for_and_the_others_go_on() {
    let mut numbers = serial_numbers(BdkAlgorithm::TDES_2KEY, 2);
    numbers.extend(serial_numbers(BdkAlgorithm::AES_128, 1));
    numbers.swap(1, 2);
    let scene = Scene::of(BdkAlgorithm::TDES_2KEY, KekAlgorithm::AES_128, &numbers).await;
    scene.exports(1).await.unwrap();
    let [one, refused, other] = &scene.result(1)[..] else {
        panic!("three terminals");
    };
    assert!(matches!(one, Outcome::Exported { .. }) && matches!(other, Outcome::Exported { .. }));
    let expected = Outcome::Failed {
        ksn: numbers[1].clone(),
        failed: "ExportKey was refused with ValidationException".to_owned(),
    };
    assert_eq!(*refused, expected);
}

/// A key that is gone is no terminal's own reason.
#[tokio::test]
async fn what_is_wrong_with_the_keys_ends_the_batch_and_is_noted() {
    let mut scene = Scene::tdes(3).await;
    let delete = scene.emulated.client.delete_key();
    delete
        .key_identifier(&scene.derivation.bdk.key_arn)
        .send()
        .await
        .unwrap();
    let error = scene.exports(1).await.unwrap_err();
    assert_eq!(error.name(), "ExportRefused", "{error}");
    let noted = scene
        .aws
        .only(
            "fleets",
            &Plan::failure_key(FOLDER, &ceremony().ceremony_id, 1),
        )
        .bytes;
    let noted: StoppedBatch = serde_json::from_slice(&noted).unwrap();
    assert_eq!((noted.batch, noted.error.as_str()), (1, "ExportRefused"));
    assert_eq!(scene.results(1), 0);

    // And the next attempt, with keys that are there, makes it whole.
    scene.derivation.bdk = creates_bdk(&scene.emulated.client, BdkAlgorithm::TDES_2KEY).await;
    scene.exports(1).await.unwrap();
    assert_eq!(scene.result(1).len(), 3);
}

/// What the service says of such a key is what it says of a serial number that it does not take.
#[tokio::test]
async fn a_key_that_is_not_as_it_was_found_is_no_terminals_own_reason() {
    let mut scene = Scene::tdes(3).await;
    let usage = KeyUsage::Tr31B0BaseDerivationKey;
    let modes = KeyModesOfUse::builder().derive_key(true).build();
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Tdes2Key)
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes)
        .key_usage(usage)
        .build()
        .unwrap();
    let create = scene.emulated.client.create_key();
    let create = create.key_attributes(attributes).exportable(false);
    let stays = create.send().await.unwrap().key.unwrap().key_arn;
    scene.derivation.bdk.key_arn = stays.clone();
    let error = scene.exports(1).await.unwrap_err();
    assert_eq!(error.name(), "KeyUnusable", "{error}");
    assert!(error.to_string().contains(&stays), "{error}");
    assert_eq!(scene.results(1), 0);
}

/// Something between the step and the service asks for another block than the step does.
#[tokio::test]
async fn a_block_that_is_another_than_was_asked_for_ends_the_batch() {
    let scene = Scene::tdes(3).await;
    let client = &scene.emulated.client;
    let (other, _) = scene.emulated.creates_kek().await;
    let under_another = between(client, move |input| {
        block(input).wrapping_key_identifier = other.clone();
    });
    let with_more = between(client, |input| {
        let blocks = [("10".to_owned(), "0123456789AB".to_owned())];
        let headers = KeyBlockHeaders::builder().set_optional_blocks(Some(blocks.into()));
        block(input).key_block_headers = Some(headers.build());
    });
    for (client, words) in [
        (under_another, "it is under another key"),
        (with_more, "its optional blocks are others"),
    ] {
        let error = scene.exports_by(client, 1).await.unwrap_err();
        assert_eq!(error.name(), "BlockDiffers");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(scene.results(1), 0);
    }
}

fn block(input: &mut ExportKeyInput) -> &mut ExportTr31KeyBlock {
    match &mut input.key_material {
        Some(ExportKeyMaterial::Tr31KeyBlock(block)) => block,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_result_that_could_not_be_written_is_made_again() {
    let scene = Scene::tdes(2).await;
    scene.aws.fault("PutObject", 1..=1, Fault::Denied);
    let error = scene.exports(1).await.unwrap_err();
    assert_eq!(error.name(), "AccessDenied");
    scene.exports(1).await.unwrap();
    assert_eq!((scene.result(1).len(), scene.calls()), (2, 4));
}

#[tokio::test]
async fn progress_is_told_at_each_tenth() {
    let mut scene = Scene::tdes(1).await;
    scene.batches = 20;
    let numbers = serial_numbers(BdkAlgorithm::TDES_2KEY, 20);
    let mut told = Vec::new();
    for (batch, number) in (1..).zip(&numbers) {
        scene.puts(batch, std::slice::from_ref(number));
        if let Some(progress) = scene.exports(batch).await.unwrap().progress {
            assert_eq!(progress.of, 2_000);
            told.push(progress.done);
            assert!(progress.expected_end.is_some());
        }
    }
    assert_eq!(told, (1..=10).map(|part| part * 200).collect::<Vec<u32>>());
}
