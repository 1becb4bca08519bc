//! Lines that are refused, each by itself, and no key that stays of them.

use ceremony::algorithms::KekAlgorithm::{AES_128, AES_192, AES_256, TDES_2KEY, TDES_3KEY};
use ceremony::evidence::Deed;
use import_keys::handle;
use partner::tr31::Draft;
use serde_json::json;
use step::{Journal, StepError};

use crate::stage::{Stage, line, line_with_kcv, policy};

#[tokio::test]
async fn a_line_that_is_refused_stops_none_of_the_others() {
    let stage = Stage::new(AES_128).await;
    let block = async |says| stage.seals(says, &stage.knows(AES_128).await);
    let good = block("P0AB00N").await;
    let mut forged = block("M6AC00N").await;
    let last = if forged.ends_with('0') { "1" } else { "0" };
    forged.replace_range(forged.len() - 1.., last);
    let file = [
        line("header", &block("K0AB00N").await),
        "nonsense".to_owned(),
        line("forged", &forged),
        line("good", &good),
        line("twice", &block("P0AB00N").await),
        line("twice", &block("P0AB00N").await),
        line("also-good", &block("D0AB00N").await),
    ];
    let results = stage.imports(&file).await;
    let errors: Vec<_> = results
        .iter()
        .map(|result| {
            result
                .refused
                .as_ref()
                .map(|refusal| refusal.error.as_str())
        })
        .collect();
    assert_eq!(
        errors,
        [
            Some("HeaderNotAllowed"),
            Some("LineMalformed"),
            Some("BlockNotTaken"),
            None,
            Some("NameTwice"),
            Some("NameTwice"),
            None,
        ]
    );
    assert_eq!(results[1].name, None);
    assert_eq!(results[0].header.as_deref(), Some("D K0 A B 00 N"));
    assert!(stage.named("good").is_some() && stage.named("also-good").is_some());
    assert_eq!(stage.named("forged"), None);
    assert_eq!(stage.times("ImportKey"), 3);
}

#[tokio::test]
async fn a_block_under_another_kek_is_not_taken() {
    let stage = Stage::new(AES_128).await;
    let other = Stage::new(AES_128).await;
    let known = other.knows(AES_128).await;
    let (error, what) = stage
        .refused(line("key", &other.seals("P0AB00N", &known)))
        .await;
    assert_eq!(error, "BlockNotTaken", "{what}");

    // It says so itself: the service is not asked.
    let asked = stage.times("ImportKey");
    let draft = Draft {
        optional_blocks: &[("KP", "01AAAAAA")],
        ..Draft::new("P0AB00N")
    };
    let (error, what) = stage
        .refused(line("key", &other.seals_with(&draft, &known)))
        .await;
    assert_eq!(error, "BlockUnderAnotherKek", "{what}");
    assert!(what.contains(&stage.kek.kcv), "{what}");
    let tdes = Stage::new(TDES_3KEY).await;
    let block = tdes.seals("P0TB00N", &tdes.knows(TDES_2KEY).await);
    let (error, _) = stage.refused(line("key", &block)).await;
    assert_eq!(error, "VersionNotOfKek");
    assert_eq!(stage.times("ImportKey"), asked);
}

/// The block's own header and MAC are right: only what the service says of the key tells.
#[tokio::test]
async fn a_key_of_another_length_than_is_allowed_does_not_stay() {
    let mut stage = Stage::new(AES_256).await;
    stage.policy = policy(|it| it["allowed"]["algorithms"] = json!(["AES_128", "TDES_2KEY"]));
    let block = stage.seals("P0AB00N", &stage.knows(AES_192).await);
    let before = stage.usable();
    let result = stage.becomes(line("key", &block)).await;
    let refusal = result.refused.unwrap();
    assert_eq!(refusal.error, "AlgorithmNotAllowed");
    assert!(refusal.what.contains("AES_192"), "{}", refusal.what);
    assert!(result.deleted_key_arn.is_some());
    assert_eq!((stage.usable(), stage.named("key")), (before, None));
}

/// The service refuses it first, and a TDES KEK never gets as far.
#[tokio::test]
async fn no_key_comes_under_a_weaker_one() {
    let stage = Stage::new(AES_128).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_256).await);
    let (error, what) = stage.refused(line("key", &block)).await;
    assert!(
        ["BlockNotTaken", "KekTooWeak"].contains(&error.as_str()),
        "{what}"
    );

    let stage = Stage::new(TDES_3KEY).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    let (error, _) = stage.refused(line("key", &block)).await;
    assert_eq!(error, "KekTooWeak");
    assert_eq!(stage.times("ImportKey"), 0);
}

#[tokio::test]
async fn a_key_with_another_check_value_is_to_be_deleted_and_another_attempt_makes_no_other() {
    let stage = Stage::new(AES_128).await;
    let known = stage.knows(AES_128).await;
    let block = stage.seals("P0AB00N", &known);
    let before = stage.usable();
    let input = stage.input(&[line_with_kcv("key", &block, "000000")], 12);
    let journal = Journal::default();
    let first = handle(&stage.emulated.client, input.clone(), &journal)
        .await
        .unwrap();
    let result = &first.results[0];
    let (refusal, deleted) = (
        result.refused.clone().unwrap(),
        result.deleted_key_arn.clone(),
    );
    assert_eq!(refusal.error, "KcvDiffers");
    assert!(
        refusal.what.contains("000000 was announced"),
        "{}",
        refusal.what
    );
    let deed = Deed::ScheduledDeletion {
        key_arn: deleted.clone().unwrap(),
        days: 7,
    };
    assert_eq!(journal.deeds()[1..], [deed]);
    assert_eq!((stage.usable(), stage.named("key")), (before, None));

    let second = stage.attempts(&input).await.unwrap();
    assert_eq!(second, first);
    assert_eq!(stage.times("ImportKey"), 1);

    // The same block, announced rightly: the key is not made twice.
    let (error, _) = stage
        .refused(line_with_kcv("key", &block, &known.kcv))
        .await;
    assert_eq!(error, "KeyDeleted");
    assert_eq!(stage.times("ImportKey"), 1);
}

/// Of a key that another ceremony has imported, this file may be wrong.
#[tokio::test]
async fn a_key_in_use_is_not_deleted_because_a_later_file_says_otherwise() {
    let stage = Stage::new(AES_128).await;
    let first = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    let second = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    stage.becomes(line("key", &first)).await;
    stage.becomes(line("key", &second)).await;
    let (usable, named) = (stage.usable(), stage.named("key"));
    for block in [&first, &second] {
        let result = stage.becomes(line_with_kcv("key", block, "000000")).await;
        assert_eq!(result.refused.unwrap().error, "KcvDiffers");
        assert_eq!(result.deleted_key_arn, None);
    }
    assert_eq!((stage.usable(), stage.named("key")), (usable, named));
}

#[tokio::test]
async fn a_key_whose_use_was_stopped_is_told_and_keeps_what_it_was() {
    let stage = Stage::new(AES_128).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    let key = stage.becomes(line("key", &block)).await.imported.unwrap();
    let stop = stage.emulated.client.stop_key_usage();
    stop.key_identifier(&key.key_arn).send().await.unwrap();
    let (error, what) = stage.refused(line("key", &block)).await;
    assert_eq!(error, "KeyOutOfUse");
    assert!(what.contains("not enabled"), "{what}");
}

/// That is no fault of the block's.
#[tokio::test]
async fn a_kek_that_cannot_be_used_is_an_error_of_the_step() {
    let stage = Stage::new(AES_128).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    let input = stage.input(&[line("key", &block)], 12);
    let stop = stage.emulated.client.stop_key_usage();
    stop.key_identifier(&stage.kek.key_arn)
        .send()
        .await
        .unwrap();
    let error = stage.attempts(&input).await.unwrap_err();
    assert_eq!(error.name(), "ServiceRefused", "{error}");
    let delete = stage.emulated.client.delete_key();
    delete
        .key_identifier(&stage.kek.key_arn)
        .send()
        .await
        .unwrap();
    let error = stage.attempts(&input).await.unwrap_err();
    assert_eq!(error.name(), "ServiceRefused", "{error}");
    assert_eq!(stage.named("key"), None);
}

#[tokio::test]
async fn an_input_that_contradicts_itself_is_none() {
    let stage = Stage::new(AES_128).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    let mut input = stage.input(&[line("key", &block)], 12);
    input.lines[0].name = None;
    let error = stage.attempts(&input).await.unwrap_err();
    assert_eq!(error.name(), "InputMalformed");
    assert_eq!(stage.times("ImportKey"), 0);
}
