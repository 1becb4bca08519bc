//! Batches of initial keys in TR-34 blocks, from the emulated service.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use apc_emulator::FaultKind;
use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyMaterialType};
use ceremony::digest::Sha256;
use ceremony::execution::Location;
use ceremony::fleet::outcome::StoppedBatch;
use ceremony::fleet::{Batch, BatchResult, BdkAlgorithm, Outcome, Plan, SerialNumber, Under};
use ceremony::tr34::{Cipher, Freshness, KeyBlock};
use ceremony::utc::Utc;
use emulated::aws::Aws;
use emulated::fleet::{ByTr34, by_tr34, serial_numbers, turns};
use emulated::{Emulated, ceremony};
use export_initial_keys_tr34::{Context, Error, Input, Output, handle};
use partner::KeyKind;
use step::{Journal, StepError};

const FOLDER: &str = "initial-keys/x/";

/// The service, and a bucket with one batch in it.
struct Scene {
    emulated: Emulated,
    aws: Aws,
    fleet: ByTr34,
}

impl Scene {
    async fn of(bdk: BdkAlgorithm, leaf: KeyKind, count: u32) -> Self {
        let (emulated, aws) = (Emulated::start().await, Aws::default());
        let fleet = by_tr34(&emulated, bdk, leaf).await;
        let scene = Self {
            emulated,
            aws,
            fleet,
        };
        scene.puts(&serial_numbers(bdk, count));
        scene
    }

    fn puts(&self, terminals: &[SerialNumber]) {
        let document = Batch {
            batch: 1,
            terminals: terminals.to_vec(),
        };
        let document = serde_json::to_vec(&document).unwrap();
        self.aws
            .put("fleets", &Plan::batch_key(FOLDER, 1), document);
    }

    async fn exports(&self) -> Result<Output, Error> {
        let context = Context {
            fleet: fleets::Context {
                payment_cryptography: self.emulated.client.clone(),
                s3: aws_sdk_s3::Client::new(&self.aws.config()),
                work_bucket: "fleets".to_owned(),
                turns: turns(&self.aws, Duration::from_millis(1)),
                clock: fleets::system_clock,
            },
            evidence_bucket: "evidence".to_owned(),
        };
        let input = Input {
            ceremony: ceremony(),
            derivation: self.fleet.derivation.clone(),
            plan: Plan {
                folder: FOLDER.to_owned(),
                terminals: 100,
                batches: 1,
                done_before: 0,
                begun_at: Utc::now().plus_seconds(-100),
                list: Location {
                    bucket: "fleets".to_owned(),
                    key: Plan::list_key(FOLDER),
                },
                inventory_version_id: None,
                inventory_sha256: Sha256::of(b"inventory"),
            },
            batch: 1,
            receiver: Some(self.fleet.receiver.clone()),
        };
        handle(&context, input, &Journal::default()).await
    }

    /// The name of what it fails with; nothing is kept of the batch but why.
    async fn fails(&self) -> &'static str {
        let error = self.exports().await.unwrap_err();
        assert!(
            self.aws
                .versions("fleets", &Plan::result_key(FOLDER, 1))
                .is_empty()
        );
        let noted = self.aws.versions(
            "fleets",
            &Plan::failure_key(FOLDER, &ceremony().ceremony_id, 1),
        );
        let noted = noted.last().unwrap();
        let noted: StoppedBatch = serde_json::from_slice(&noted.bytes).unwrap();
        assert_eq!(noted.error, error.name(), "{error}");
        error.name()
    }

    fn result(&self) -> BatchResult {
        let stored = self.aws.only("fleets", &Plan::result_key(FOLDER, 1));
        serde_json::from_slice(&stored.bytes).unwrap()
    }

    fn calls(&self, operation: &str) -> usize {
        let calls = self.emulated.calls().into_iter();
        calls.filter(|call| call == operation).count()
    }
}

#[tokio::test]
async fn every_terminal_gets_its_own_initial_key_and_one_host_signs_them_all() {
    for (bdk, leaf, letter, cipher) in [
        (BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048, 'T', Cipher::Tdes),
        (BdkAlgorithm::AES_128, KeyKind::Rsa3072, 'A', Cipher::Aes128),
    ] {
        let scene = Scene::of(bdk, leaf, 5).await;
        scene.exports().await.unwrap();
        let BatchResult {
            terminals, host, ..
        } = scene.result();
        let host = host.unwrap();
        assert_eq!(host.key_arn, None, "the service's own");
        let numbers = serial_numbers(bdk, 5);
        assert!(terminals.iter().map(Outcome::serial_number).eq(&numbers));
        let mut kcvs = std::collections::HashSet::new();
        for outcome in &terminals {
            let Outcome::Exported { key_block, kcv, .. } = outcome else {
                panic!("{outcome:?}");
            };
            let block = KeyBlock::read(&hex::decode(key_block).unwrap()).unwrap();
            assert_eq!(block.header().get(5..9), Some(&*format!("B1{letter}X")));
            assert!(matches!(block.freshness(), Freshness::SigningTime(_)));
            assert_eq!(block.cipher(), cipher);
            assert!(kcvs.insert(kcv.clone()), "two terminals have one key");
        }
        assert_eq!(scene.calls("GetParametersForExport"), 1, "for all of them");
        assert_eq!(scene.calls("ExportKey"), 5);
    }
}

#[tokio::test]
async fn a_batch_that_has_a_result_is_not_begun_again() {
    let scene = Scene::of(BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048, 3).await;
    scene.exports().await.unwrap();
    let (first, calls) = (scene.result(), scene.emulated.calls().len());
    scene.exports().await.unwrap();
    assert_eq!(scene.result(), first);
    assert_eq!(scene.emulated.calls().len(), calls);
}

/// Before the first call.
#[tokio::test]
async fn nothing_is_asked_for_a_leaf_that_is_not_proven_or_is_another() {
    let mut scene = Scene::of(BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048, 1).await;
    let before = scene.emulated.calls().len();
    let right = scene.fleet.receiver.clone();

    scene.fleet.receiver.policy.trust.trust_anchors = vec![Sha256::of(b"another root")];
    assert_eq!(scene.fails().await, "PathNotProven");

    scene.fleet.receiver = right.clone();
    scene.fleet.receiver.revocation.findings.clear();
    assert_eq!(scene.fails().await, "RevocationNotProven");

    // A run may go on for a day after the last look, and no longer.
    scene.fleet.receiver = right.clone();
    scene.fleet.receiver.revocation.asked_at = Utc::now().plus_seconds(-23 * 60 * 60);
    let receiver = scene.fleet.receiver.clone();
    let leaf = scene.fleet.derivation.leaf().unwrap().clone();
    assert!(receiver.proven_for_batch(&leaf, Utc::now()).is_ok());
    scene.fleet.receiver.revocation.asked_at = Utc::now().plus_seconds(-25 * 60 * 60);
    assert_eq!(scene.fails().await, "RevocationNotProven");

    scene.fleet.receiver = right;
    if let Under::Leaf(leaf) = &mut scene.fleet.derivation.under {
        leaf.sha256 = Sha256::of(b"another leaf");
    }
    assert_eq!(scene.fails().await, "OtherReceiver");
    assert_eq!(scene.emulated.calls().len(), before);
}

/// A leaf too weak for the initial keys is refused before anything is asked, as one for a KEK is.
#[tokio::test]
async fn no_initial_key_leaves_under_a_weaker_leaf() {
    let scene = Scene::of(BdkAlgorithm::AES_128, KeyKind::Rsa2048, 1).await;
    let before = scene.emulated.calls().len();
    let error = scene.exports().await.unwrap_err();
    assert_eq!(error.name(), "PathNotProven");
    assert!(
        error.to_string().contains("may not carry AES_128"),
        "{error}"
    );
    assert_eq!(scene.emulated.calls().len(), before);
}

/// With another CA the service takes none of them: that is no fault of the terminals, and no result.
#[tokio::test]
async fn what_is_taken_of_no_terminal_stops_the_batch() {
    let mut scene = Scene::of(BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048, 3).await;
    let other = partner::Pki::builder(emulated::UID).named("others").build();
    scene.fleet.receiver.issuing_ca_key_arn = scene.emulated.imports_root(&other.root).await;
    assert_eq!(scene.fails().await, "ExportRefused");
}

/// What is wrong with one terminal is its own, and the others have theirs.
#[tokio::test]
async fn a_terminal_that_the_service_does_not_take_fails_alone() {
    let scene = Scene::of(BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048, 2).await;
    let mut numbers = serial_numbers(BdkAlgorithm::TDES_2KEY, 2);
    numbers.insert(1, serial_numbers(BdkAlgorithm::AES_128, 1).remove(0));
    scene.puts(&numbers);
    scene.exports().await.unwrap();
    let failed: Vec<bool> = scene
        .result()
        .terminals
        .iter()
        .map(|outcome| matches!(outcome, Outcome::Failed { .. }))
        .collect();
    assert_eq!(failed, [false, true, false]);
    // It was looked whether the host is still the one: once.
    assert_eq!(scene.calls("GetParametersForExport"), 2);
}

/// The clock of the service is not ours: so is a block that was made some time ago.
#[tokio::test]
async fn a_block_that_cannot_be_verified_stops_the_batch() {
    let scene = Scene::of(BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048, 3).await;
    scene.emulated.emulator.controls().set_clock_offset(6 * 60);
    assert_eq!(scene.fails().await, "BlockNotFresh");
}

#[tokio::test]
async fn throttles_are_waited_for_and_lost_answers_asked_for_again() {
    let scene = Scene::of(BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048, 3).await;
    scene
        .emulated
        .strikes("GetParametersForExport", FaultKind::Throttle);
    scene.emulated.strikes("ExportKey", FaultKind::Throttle);
    scene
        .emulated
        .strikes("ExportKey", FaultKind::DropAfterCommit);
    scene.exports().await.unwrap();
    let result = scene.result();
    assert_eq!(result.terminals.len(), 3);
    let exported = |it: &Outcome| matches!(it, Outcome::Exported { .. });
    assert!(result.terminals.iter().all(exported));
}

/// The token that the service gave last is used again.
#[tokio::test]
async fn the_host_of_one_batch_is_that_of_the_next() {
    let scene = Scene::of(BdkAlgorithm::TDES_2KEY, KeyKind::Rsa2048, 1).await;
    let request = scene.emulated.client.get_parameters_for_export();
    let request = request
        .key_material_type(KeyMaterialType::Tr34KeyBlock)
        .signing_key_algorithm(KeyAlgorithm::Rsa2048)
        .reuse_last_generated_token(true);
    let before = request.send().await.unwrap();
    scene.exports().await.unwrap();
    let host = scene.result().host.unwrap();
    let pem = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        before.signing_key_certificate(),
    );
    assert_eq!(
        host.certificate.to_pem().trim(),
        String::from_utf8(pem.unwrap()).unwrap().trim()
    );
}
