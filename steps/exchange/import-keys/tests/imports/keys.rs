//! Keys that are imported: what they are, and what names them.

use ceremony::algorithms::KekAlgorithm::{self, AES_128, AES_192, AES_256, TDES_2KEY, TDES_3KEY};
use ceremony::evidence::{Deed, Recordable};
use ceremony::keys::Origin;
use import_keys::handle;
use partner::tr31::Draft;
use step::Journal;

use crate::stage::{ALIASES, Stage, line, line_with_kcv};

/// Each KEK with keys that it may protect.
#[tokio::test]
async fn a_key_is_imported_as_its_block_says() {
    let cases: [(KekAlgorithm, &[(&str, KekAlgorithm)]); 3] = [
        (AES_256, &[("D0AB00N", AES_256), ("M6AC00E", AES_192)]),
        (AES_128, &[("P0AD00N", AES_128), ("V2TV00N", TDES_3KEY)]),
        (TDES_3KEY, &[("M3TG00N", TDES_2KEY), ("B0TX00E", TDES_2KEY)]),
    ];
    for (kek, keys) in cases {
        let stage = Stage::new(kek).await;
        for (says, algorithm) in keys {
            let known = stage.knows(*algorithm).await;
            let block = stage.seals(says, &known);
            let result = stage.becomes(line("key", &block)).await;
            let key = result
                .imported
                .unwrap_or_else(|| panic!("{:?}", result.refused));
            assert_eq!(
                (key.algorithm, &key.kcv),
                (*algorithm, &known.kcv),
                "{says}"
            );
            assert_eq!((key.origin, result.refused), (Origin::Created, None));
            assert_eq!(key.alias, format!("{ALIASES}/key"));
            let digest = result.block_sha256.unwrap().short();
            let block_alias = format!("{ALIASES}/key/{digest}");
            assert_eq!(result.block_alias, Some(block_alias));
            assert_eq!(stage.named("key"), Some(key.key_arn.clone()));
            let own = format!("key/{digest}");
            assert_eq!(stage.named(&own), Some(key.key_arn.clone()));

            let keys = stage.emulated.keys();
            let there = keys.iter().find(|it| it.key_arn.to_string() == key.key_arn);
            let there = serde_json::to_value(there.unwrap()).unwrap();
            assert_eq!(there["exportable"], says.ends_with('E'), "{says}");
            assert_eq!(there["origin"], "EXTERNAL");
            let tags = &there["tags"];
            assert_eq!(tags["key-ceremony:purpose"], "working");
            assert_eq!(tags["key-ceremony:partner"], "acme");
            assert_eq!(tags["key-ceremony:alias"], format!("{ALIASES}/{own}"));
        }
    }
}

/// Seven calls for a new key: GetAlias, CreateAlias, ImportKey, UpdateAlias; GetAlias, TagResource, CreateAlias.
#[tokio::test]
async fn a_new_key_takes_seven_calls() {
    let stage = Stage::new(AES_128).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    stage.emulated.emulator.controls().clear_requests();
    stage.becomes(line("key", &block)).await;
    let calls = stage.emulated.calls();
    assert_eq!(
        calls,
        [
            "GetAlias",
            "CreateAlias",
            "ImportKey",
            "UpdateAlias",
            "GetAlias",
            "TagResource",
            "CreateAlias"
        ]
    );
}

#[tokio::test]
async fn a_check_value_that_was_announced_is_the_keys() {
    let stage = Stage::new(AES_128).await;
    let known = stage.knows(AES_128).await;
    let with_kc = |kcv: &str| {
        let data = format!("01{kcv}");
        let draft = Draft {
            optional_blocks: &[("KC", &data)],
            ..Draft::new("P0AB00N")
        };
        stage.seals_with(&draft, &known)
    };
    let plain = stage.seals("P0AB00N", &known);
    for announced in [
        line_with_kcv("one", &plain, &known.kcv),
        line("two", &with_kc(&known.kcv)),
        line("three", &with_kc(&known.kcv[..4])),
        line_with_kcv("four", &with_kc(&known.kcv), &known.kcv.to_lowercase()),
    ] {
        let result = stage.becomes(announced).await;
        assert!(result.imported.is_some(), "{:?}", result.refused);
    }
}

/// A payShield does not hide how long a key is.
#[tokio::test]
async fn a_block_that_is_padded_short_is_taken() {
    let stage = Stage::new(AES_256).await;
    let draft = Draft {
        masked: false,
        ..Draft::new("P0AB00N")
    };
    let block = stage.seals_with(&draft, &stage.knows(AES_128).await);
    let result = stage.becomes(line("key", &block)).await;
    assert_eq!(result.imported.unwrap().algorithm, AES_128);
}

#[tokio::test]
async fn a_new_block_of_a_name_replaces_its_key_which_stays() {
    let stage = Stage::new(AES_128).await;
    let block = async || stage.seals("P0AB00N", &stage.knows(AES_128).await);
    let (first, second, third) = (block().await, block().await, block().await);
    let imports = async |block: &str, hour| {
        let input = stage.input(&[line("key", block)], hour);
        let output = stage.attempts(&input).await.unwrap();
        output.results[0].imported.clone().unwrap()
    };
    let one = imports(&first, 10).await;
    assert_eq!((one.replaces_key_arn, one.kept_key_arn), (None, None));
    let two = imports(&second, 12).await;
    assert_eq!(two.replaces_key_arn, Some(one.key_arn.clone()));
    assert_eq!(stage.named("key"), Some(two.key_arn.clone()));
    let usable = stage.usable();

    // It began before the second, and ends after it.
    let three = imports(&third, 11).await;
    assert_eq!(three.kept_key_arn, Some(two.key_arn.clone()));
    assert_eq!(three.replaces_key_arn, None);
    assert_eq!(stage.named("key"), Some(two.key_arn));
    assert_eq!(stage.usable(), usable + 1, "none is deleted");

    // The first block once more is the first key once more.
    let again = imports(&first, 13).await;
    assert_eq!(
        (again.key_arn, again.origin),
        (one.key_arn.clone(), Origin::Found)
    );
    assert_eq!(stage.named("key"), Some(one.key_arn));
}

#[tokio::test]
async fn the_same_block_under_two_names_is_two_keys() {
    let stage = Stage::new(AES_128).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    let results = stage
        .imports(&[line("one", &block), line("two", &block)])
        .await;
    let arns: Vec<_> = results
        .iter()
        .map(|it| &it.imported.as_ref().unwrap().key_arn)
        .collect();
    assert_ne!(arns[0], arns[1]);
}

#[tokio::test]
async fn what_is_recorded_has_no_block() {
    let stage = Stage::new(AES_128).await;
    let block = stage.seals("P0AB00N", &stage.knows(AES_128).await);
    let file = [
        line("key", &block),
        line("bad", &block.replace("P0AB", "K0AB")),
    ];
    let (input, journal) = (stage.input(&file, 12), Journal::default());
    let output = handle(&stage.emulated.client, input, &journal)
        .await
        .unwrap();
    assert_eq!((output.imported, output.refused), (1, 1));
    let recorded = serde_json::to_string(&output.recordable()).unwrap();
    assert!(!recorded.contains(&block[16..40]), "{recorded}");
    let [Deed::HadKey { alias, origin, .. }] = &journal.deeds()[..] else {
        panic!("one key");
    };
    assert_eq!(*origin, Origin::Created);
    assert!(
        alias
            .as_ref()
            .unwrap()
            .starts_with(&format!("{ALIASES}/key/"))
    );
}
