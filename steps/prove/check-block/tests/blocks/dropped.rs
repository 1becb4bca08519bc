//! Exactly the version that arrived is held to the offer, and whatever is wrong with it is a result.

use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::offer::{OfferId, Terms};
use ceremony::key_import::request::ImportRequest;
use ceremony::utc::Utc;
use check_block::Input;
use emulated::aws::Fault;
use step::StepError;

use crate::waiting::{DAY, KEK, REQUEST, Waiting, chain, path};

#[tokio::test(start_paused = true)]
async fn a_right_block_is_passed_on_and_recorded_by_its_digest() {
    let mut waiting = Waiting::by_ecdh();
    let block = waiting.block("K0AB00N");
    waiting.drops(block.as_bytes());
    let output = waiting.checked().await.unwrap();
    assert_eq!(output.refused, None);
    assert_eq!(output.offer, waiting.input.offer.id());
    let Some(CheckedBlock::Tr31 { key_block, .. }) = &output.checked else {
        panic!("{output:?}");
    };
    assert_eq!(*key_block, block);
    let recorded = serde_json::to_value(output.recordable()).unwrap();
    let digest = Sha256::of(block.as_bytes()).to_string();
    assert_eq!(recorded["checked"]["sha256"], digest);
    assert_eq!(recorded["block"]["sha256"], digest);
    assert!(!recorded.to_string().contains(&block[16..]));
}

/// The partner drops another file while the first is looked at.
#[tokio::test(start_paused = true)]
async fn the_version_that_arrived_is_read_and_not_the_newest() {
    let mut waiting = Waiting::by_ecdh();
    let block = waiting.block("K0AB00N");
    waiting.drops(block.as_bytes());
    waiting
        .aws
        .put("inbox", &waiting.input.block.key, "something else");
    assert_eq!(waiting.checked().await.unwrap().refused, None);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_block_is_a_result_with_what_to_do() {
    let mut waiting = Waiting::by_ecdh();
    let right = waiting.block("K0AB00N");
    let wrong = waiting.block("K0AB00E");
    let pem = waiting.partners.leaf.key().pem();
    for (file, error) in [
        (wrong.as_bytes(), "BlockHeaderDiffers"),
        (&right.as_bytes()[..100], "KeyBlockMalformed"),
        (b"", "BlockSizeWrong"),
        (&[b'D'; 20 * 1024], "BlockSizeWrong"),
        (&[b'D'; 80 * 1024], "BlockSizeWrong"),
        (pem.as_bytes(), "PrivateKeyReceived"),
        (&KEK, "ClearKeyReceived"),
    ] {
        waiting.drops(file);
        assert_eq!(waiting.refused().await, error);
    }
    waiting.drops(right.as_bytes());
    let (key, version) = (&waiting.input.block.key, &waiting.input.block.version_id);
    waiting.aws.delete_version("inbox", key, version);
    assert_eq!(waiting.refused().await, "BlockGone");
}

#[tokio::test(start_paused = true)]
async fn a_block_for_another_offer_is_refused_by_what_that_offer_was() {
    let mut waiting = Waiting::by_ecdh();
    let block = waiting.block("K0AB00N");
    let (right, id) = (waiting.input.block.key.clone(), waiting.input.offer.id());
    let stale = "00000000000000aa";
    waiting.input.earlier_offers = vec![OfferId::try_from(stale.to_owned()).unwrap()];
    for (named, error) in [(stale, "OfferStale"), ("00000000000000bb", "OfferUnknown")] {
        waiting.input.block.key = right.replace(id.as_str(), named);
        waiting.drops(block.as_bytes());
        assert_eq!(waiting.refused().await, error);
    }
    waiting.input.block.key = right.replace("zmk.", "zpk.");
    waiting.drops(block.as_bytes());
    assert_eq!(waiting.refused().await, "OtherRequest");

    waiting.input.block.key = right;
    waiting.drops(block.as_bytes());
    let late = waiting.input.offer.expires_at.plus_seconds(1);
    let output = waiting.checked_at(late).await.unwrap();
    assert_eq!(output.refused.unwrap().error, "OfferExpired");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_is_of_no_one_ceremony_is_an_error() {
    let mut waiting = Waiting::by_ecdh();
    let block = waiting.block("K0AB00N");
    waiting.drops(block.as_bytes());
    let right = waiting.input.clone();
    type Change = fn(&mut Input);
    let cases: [(&str, Change); 5] = [
        ("answers another request", |input| {
            input.request_sha256 = Sha256::of(b"another");
        }),
        ("expects another key", |input| {
            let other =
                r#"{ "version": 1, "kekImport": { "method": "ecdh", "algorithm": "TDES_2KEY" } }"#;
            input.request = ImportRequest::parse(other).unwrap();
        }),
        ("has version 2", |input| input.offer.version = 2),
        ("is no block of this folder", |input| {
            input.block.key = input.block.key.replace("acme/", "other/");
        }),
        ("is no block of this folder", |input| {
            input.block.key = REQUEST.to_owned();
        }),
    ];
    for (part, change) in cases {
        waiting.input = right.clone();
        change(&mut waiting.input);
        let (name, words) = waiting.fails().await;
        assert_eq!(name, "InputMalformed");
        assert!(words.contains(part), "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_partners_certificate_is_proven_once_more() {
    let mut waiting = Waiting::by_ecdh();
    let block = waiting.block("K0AB00N");
    waiting.drops(block.as_bytes());
    let after = Utc::now().plus_seconds(400 * DAY);
    let error = waiting.checked_at(after).await.unwrap_err();
    assert_eq!(error.name(), "CounterpartUnproven");
    assert!(error.to_string().contains("valid until"), "{error}");

    let proven = waiting.input.path.clone();
    let stranger = path(&chain("stranger"));
    for (other, part) in [
        (Some(stranger), "trust anchors"),
        (None, "is needed by ecdh, and there is none"),
    ] {
        waiting.input.path = other;
        let (name, words) = waiting.fails().await;
        assert_eq!(name, "CounterpartUnproven");
        assert!(words.contains(part), "{words}");
    }
    waiting.input.path = proven;
    if let Terms::Ecdh {
        partner_certificate_sha256,
        ..
    } = &mut waiting.input.offer.terms
    {
        *partner_certificate_sha256 = Sha256::of(b"of last year");
    }
    let (name, words) = waiting.fails().await;
    assert_eq!(name, "CounterpartUnproven");
    assert!(words.contains("made to another certificate"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn bytes_that_changed_and_a_service_that_throttles_are_errors() {
    let mut waiting = Waiting::by_ecdh();
    let block = waiting.block("K0AB00N");
    waiting.drops(block.as_bytes());
    waiting.input.block.sha256 = Sha256::of(b"seen before");
    assert_eq!(waiting.fails().await.0, "DigestMismatch");
    waiting.drops(block.as_bytes());
    waiting.aws.fault_for_good("GetObject", Fault::Throttled);
    assert_eq!(waiting.fails().await.0, "ServiceThrottled");
    waiting.aws.mend();
    assert_eq!(waiting.checked().await.unwrap().refused, None);
}
