//! Whatever an attempt dies of, the next one finds what is there: one key for each block.

use apc_emulator::FaultKind;
use ceremony::algorithms::KekAlgorithm::{AES_192, AES_256};
use ceremony::keys::Origin;
use step::StepError;

use crate::stage::{Stage, line};

/// After each call that changes something, its answer is lost.
#[tokio::test]
async fn one_key_whichever_answer_is_lost() {
    for operation in ["CreateAlias", "ImportKey", "UpdateAlias", "TagResource"] {
        let stage = Stage::new(AES_256).await;
        // The header does not say which of three lengths it has.
        let known = stage.knows(AES_192).await;
        let block = stage.seals("P0AB00N", &known);
        let before = stage.usable();
        let input = stage.input(&[line("key", &block)], 12);
        stage
            .emulated
            .strikes(operation, FaultKind::DropAfterCommit);
        let output = match stage.attempts(&input).await {
            Ok(output) => output,
            Err(error) => {
                assert_eq!(error.name(), "ServiceUnavailable", "{operation}: {error}");
                stage.attempts(&input).await.unwrap()
            }
        };
        let key = output.results[0].imported.clone().unwrap();
        assert_eq!(key.kcv, known.kcv, "{operation}");
        assert_eq!(stage.usable(), before + 1, "{operation}");
        assert_eq!(stage.named("key"), Some(key.key_arn), "{operation}");
        assert_eq!(stage.times("ImportKey"), 1, "{operation}");
    }
}

/// The first two are there, and the third is not: the next attempt makes that one alone.
#[tokio::test]
async fn an_attempt_that_ends_in_the_middle_is_gone_on_with() {
    let stage = Stage::new(AES_256).await;
    let mut file = Vec::new();
    for name in ["one", "two", "three"] {
        let known = stage.knows(AES_256).await;
        file.push(line(name, &stage.seals("P0AB00N", &known)));
    }
    let input = stage.input(&file, 12);
    let half = stage.input(&file[..2], 12);
    stage.attempts(&half).await.unwrap();
    let (usable, imports) = (stage.usable(), stage.times("ImportKey"));
    let output = stage.attempts(&input).await.unwrap();
    let origins: Vec<_> = output
        .results
        .iter()
        .map(|result| result.imported.as_ref().unwrap().origin)
        .collect();
    assert_eq!(origins, [Origin::Found, Origin::Found, Origin::Created]);
    assert_eq!(
        (stage.usable(), stage.times("ImportKey")),
        (usable + 1, imports + 1)
    );
}

#[tokio::test]
async fn a_throttle_is_waited_out() {
    for operation in [
        "GetAlias",
        "CreateAlias",
        "ImportKey",
        "UpdateAlias",
        "TagResource",
    ] {
        let stage = Stage::new(AES_256).await;
        let block = stage.seals("P0AB00N", &stage.knows(AES_256).await);
        stage.emulated.throttle(operation);
        let result = stage.becomes(line("key", &block)).await;
        assert!(result.imported.is_some(), "{operation}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_an_error_of_the_step_and_no_result() {
    let stage = Stage::new(AES_256).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_256).await);
    let input = stage.input(&[line("key", &block)], 12);
    stage.emulated.fails("ImportKey", 1);
    let error = stage.attempts(&input).await.unwrap_err();
    assert_eq!(error.name(), "ServiceUnavailable");
}
