//! Inputs of no one ceremony, and a partner that is proven no longer: nothing is called.

use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::key_import::offer::Terms;
use ceremony::utc::Utc;
use emulated::{clearance, folder_of, path, quick_chain};
use import_kek::Input;
use serde_json::json;
use step::StepError;

use crate::stage::{AES_128, Stage, TDES_2KEY, asked};

type Change = fn(&mut Input);

async fn fail(stage: &mut Stage, cases: &[(&str, &str, Change)]) {
    let (right, before) = (stage.input.clone(), stage.emulated.calls().len());
    for (name, part, change) in cases {
        stage.input = right.clone();
        change(&mut stage.input);
        let error = stage.handled().await.unwrap_err();
        assert_eq!(error.name(), *name, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(!error.remedy().is_empty());
    }
    assert_eq!(stage.emulated.calls().len(), before);
    assert_eq!(stage.journal.deeds(), []);
}

fn offered_again(input: &mut Input) {
    input.made.id = input.made.offer.id();
}

#[tokio::test]
async fn nothing_is_imported_from_a_partner_that_is_not_proven() {
    let mut stage = Stage::new(&asked("ecdh", AES_128), &json!({}), AES_128).await;
    let cases: [(&str, &str, Change); 6] = [
        ("CounterpartUnproven", "there is none", |input| {
            input.path = None;
        }),
        ("CounterpartUnproven", "trust anchors", |input| {
            input.path = Some(path(&quick_chain()));
        }),
        (
            "CounterpartUnproven",
            "made to another certificate",
            |input| {
                let Terms::Ecdh {
                    partner_certificate_sha256,
                    ..
                } = &mut input.made.offer.terms
                else {
                    panic!("the offer is by ECDH");
                };
                *partner_certificate_sha256 = Sha256::of(b"of last year");
                offered_again(input);
            },
        ),
        ("RevocationMissing", "nobody has looked", |input| {
            input.revocation = None;
        }),
        ("RevocationNotProven", "", |input| {
            input.revocation = Some(clearance(&path(&quick_chain())));
        }),
        ("RevocationNotProven", "", |input| {
            let cleared = input.revocation.as_mut().unwrap();
            cleared.asked_at = Utc::now().plus_seconds(-3 * 24 * 60 * 60);
        }),
    ];
    fail(&mut stage, &cases).await;
}

#[tokio::test]
async fn an_input_that_is_of_no_one_ceremony_is_an_error() {
    let mut stage = Stage::new(&asked("ecdh", AES_128), &json!({}), AES_128).await;
    let cases: [(&str, &str, Change); 6] = [
        ("InputMalformed", "in another folder", |input| {
            input.made.offer.request.folder = folder_of("other");
            offered_again(input);
        }),
        ("InputMalformed", "is not the one that", |input| {
            input.made.offer.number += 1;
        }),
        ("InputMalformed", "expects another key", |input| {
            input.request.expected.algorithm = KekAlgorithm::AES_192;
        }),
        ("InputMalformed", "must be announced", |input| {
            input.request.kcv = None;
        }),
        ("InputMalformed", "is not allowed", |input| {
            input.policy.may_import.methods.clear();
        }),
        ("InputMalformed", "CA", |input| {
            input.issuing_ca_key_arn = None;
        }),
    ];
    fail(&mut stage, &cases).await;
}

/// A block of one method is not taken for an offer by another, nor one with another nonce or hash.
#[tokio::test]
async fn a_block_is_held_to_the_method_of_its_offer() {
    let terms = json!({ "passes": "two", "hash": "SHA_256" });
    let mut stages = Vec::new();
    for (method, kek) in [("ecdh", AES_128), ("tr34", AES_128), ("rsa-oaep", AES_128)] {
        stages.push(Stage::new(&asked(method, kek), &terms, kek).await);
    }
    let blocks: Vec<_> = stages.iter().map(|it| it.input.checked.clone()).collect();
    let ours: Vec<_> = stages.iter().map(|it| it.input.made.ours.clone()).collect();
    for (at, stage) in stages.iter_mut().enumerate() {
        let next = (at + 1) % 3;
        let right = stage.input.clone();
        stage.input.checked = blocks[next].clone();
        refused(stage).await;
        stage.input = right;
        if std::mem::discriminant(&ours[at]) != std::mem::discriminant(&ours[next]) {
            stage.input.made.ours = ours[next].clone();
            refused(stage).await;
        }
    }

    let mut stage = Stage::new(&asked("tr34", TDES_2KEY), &terms, TDES_2KEY).await;
    stage.offers_anew().await;
    refused(&stage).await;

    let by_512 = json!({ "hash": "SHA_512" });
    let mut stage = Stage::new(&asked("rsa-oaep", AES_128), &terms, AES_128).await;
    let other = Stage::new(&asked("rsa-oaep", AES_128), &by_512, AES_128).await;
    stage.input.checked = other.input.checked;
    refused(&stage).await;
}

async fn refused(stage: &Stage) {
    let before = stage.emulated.calls().len();
    let error = stage.handled().await.unwrap_err();
    assert_eq!(error.name(), "InputMalformed", "{error}");
    assert!(error.to_string().contains("do not belong"), "{error}");
    assert_eq!(stage.emulated.calls().len(), before);
}
