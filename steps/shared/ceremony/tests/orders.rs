//! The document of a request or an order: what is accepted, what is said of what is not, and that the
//! committed schema says the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::fleet::Exchange;
use ceremony::working_keys::Algorithm;
use ceremony::working_keys::attributes::{Exportability, Modes, Usage};
use ceremony::working_keys::order::{Asked, AskedKey, EstablishedKek, Order, Source};
use ceremony::working_keys::rules::MayAsk;
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("../order.example.json");
const SCHEMA: &str = include_str!("../order.schema.json");

fn keys(order: &Order) -> &[AskedKey] {
    let Asked::Keys(keys) = &order.asked else {
        panic!("keys are asked for");
    };
    keys
}

fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut order: Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut order);
    Order::parse(&order.to_string()).unwrap_err().to_string()
}

/// Part of what is told, and the change that it is told of.
type Case = (&'static str, fn(&mut Value));

#[test]
fn the_example_asks_for_a_key_that_is_there_and_a_new_one() {
    let order = Order::parse(EXAMPLE).unwrap();
    assert_eq!(order.kek, Some(EstablishedKek::Current));
    let [existing, new] = keys(&order) else {
        panic!("{order:?}");
    };
    assert_eq!(existing.exportability, Exportability::N, "the default");
    assert!(matches!(&existing.source, Source::Existing(key) if key.starts_with("alias/")));
    let expected = Source::New {
        usage: Usage::P0,
        algorithm: Algorithm::AES_128,
        modes: Modes::B,
    };
    assert_eq!(new.source, expected);
    assert_eq!(new.optional_blocks[0].id, "KS");
    let again: Order = serde_json::from_value(serde_json::to_value(&order).unwrap()).unwrap();
    assert_eq!(again, order, "as it travels from step to step");
}

#[test]
fn a_refusal_names_the_field_and_never_a_value() {
    let cases: [Case; 15] = [
        ("`version` is 2", |order| order["version"] = json!(2)),
        (
            "`kek`: another value is expected: `current` or `received`",
            |order| {
                order["kek"] = json!("secret");
            },
        ),
        ("unknown field `secretField`", |order| {
            order["secretField"] = json!(1)
        }),
        ("unknown field `secretField`", |order| {
            order["keys"][0]["secretField"] = json!(1);
        }),
        ("`keys[1].usage`: another value", |order| {
            order["keys"][1]["usage"] = json!("secret");
        }),
        ("`keys[1].name`: a key's name has 1 to 32", |order| {
            order["keys"][1]["name"] = json!("../secret");
        }),
        ("`keys[1]`: the name `mac` is there twice", |order| {
            order["keys"][1]["name"] = json!("mac");
        }),
        (
            "`keys[0].key`: another type is expected: a string",
            |order| {
                order["keys"][0]["key"] = json!(["secret"]);
            },
        ),
        ("`keys[0]`: `key` is neither", |order| {
            order["keys"][0]["key"] = json!("secret");
        }),
        ("`keys[0]`: `key` names a key that is there", |order| {
            order["keys"][0]["usage"] = json!("P0");
        }),
        ("`keys[1]`: either `key`, or `usage`", |order| {
            order["keys"][1].as_object_mut().unwrap().remove("modes");
        }),
        (
            "`keys[1]`: a key of usage P0 cannot have the modes C",
            |order| {
                order["keys"][1]["modes"] = json!("C");
            },
        ),
        ("`kek` is missing", |order| {
            order.as_object_mut().unwrap().remove("kek");
        }),
        ("`keys` has 0 entries", |order| order["keys"] = json!([])),
        ("`keys` or `initialKeys` is missing", |order| {
            order.as_object_mut().unwrap().remove("keys");
        }),
    ];
    for (part, change) in cases {
        let words = refused(change);
        assert!(words.contains(part), "{part}: {words}");
        assert!(
            !words.contains("secret\"") && !words.contains("/secret"),
            "{words}"
        );
    }
}

#[test]
fn optional_blocks_are_those_that_can_be_asked_for() {
    for (part, blocks) in [
        ("`HM`", json!([{ "id": "HM", "data": "21" }])),
        ("`ks`", json!([{ "id": "ks", "data": "21" }])),
        ("letters and digits", json!([{ "id": "KS", "data": "a-b" }])),
        (
            "`KS` is there twice",
            json!([{ "id": "KS", "data": "1" }, { "id": "KS", "data": "2" }]),
        ),
        (
            "at most 112",
            json!([{ "id": "KS", "data": "0".repeat(109) }]),
        ),
    ] {
        let words = refused(|order| order["keys"][1]["optionalBlocks"] = blocks);
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn a_private_key_and_what_is_no_document_are_refused() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----";
    let words = refused(|order| order["keys"][0]["key"] = json!(pem));
    assert_eq!(words, "it holds a private key");
    for text in [
        "",
        "{",
        "[]",
        "null",
        &format!("{EXAMPLE} {{}}"),
        "\u{feff}{}",
    ] {
        assert!(Order::parse(text).is_err(), "{text}");
    }
    let twice = EXAMPLE.replacen("\"version\": 1", "\"version\": 1, \"version\": 1", 1);
    assert!(Order::parse(&twice).is_err());
}

#[test]
fn more_keys_than_a_ceremony_takes_are_refused() {
    let words = refused(|order| {
        let key = order["keys"][0].clone();
        let keys = (0..21).map(|number| {
            let mut key = key.clone();
            key["name"] = json!(format!("mac-{number}"));
            key
        });
        order["keys"] = keys.collect();
    });
    assert!(words.contains("1 to 20"), "{words}");
}

fn may_ask(change: impl FnOnce(&mut Value)) -> MayAsk {
    let mut rules = json!({
        "usages": ["P0", "M6"], "algorithms": ["AES_128"], "newKeys": true,
    });
    change(&mut rules);
    serde_json::from_value(rules).unwrap()
}

#[test]
fn what_the_profile_does_not_allow_is_told_by_its_field() {
    let order = Order::parse(EXAMPLE).unwrap();
    assert_eq!(may_ask(|_| {}).why_not(&order), None);
    let cases: [Case; 5] = [
        ("`keys[1]`: keys of usage P0", |rules| {
            rules["usages"] = json!(["M6"])
        }),
        ("`keys[1]`: AES_128", |rules| {
            rules["algorithms"] = json!(["TDES_2KEY"])
        }),
        ("`newKeys`", |rules| rules["newKeys"] = json!(false)),
        ("`maxKeys` is 1", |rules| rules["maxKeys"] = json!(1)),
        ("`kek` is `current`", |rules| {
            rules["keks"] = json!(["received"])
        }),
    ];
    for (part, change) in cases {
        let words = may_ask(change).why_not(&order).unwrap();
        assert!(words.contains(part), "{part}: {words}");
    }
}

/// The partner's certificate takes the place of the KEK, and the profile says which it is.
#[test]
fn an_order_names_a_kek_unless_its_initial_keys_leave_by_tr34() {
    let order = |kek: Option<&str>| {
        let mut order = json!({
            "version": 1,
            "initialKeys": { "bdk": "pos", "terminals": ["FFFF9876543210E00000"] },
        });
        if let Some(kek) = kek {
            order["kek"] = json!(kek);
        }
        Order::parse(&order.to_string()).unwrap()
    };
    let rules = |exchange: &str| {
        may_ask(|rules| {
            rules["bdks"] = json!({ "pos": {
                "keyArn": "arn:bdk", "algorithm": "TDES_2KEY", "exchange": exchange,
            } });
        })
    };
    assert_eq!(rules("tr31").why_not(&order(Some("current"))), None);
    assert_eq!(rules("tr34").why_not(&order(None)), None);
    for (exchange, kek, part) in [
        ("tr31", None, "`kek` is missing"),
        ("tr31", Some("received"), "`kek` is `received`"),
        ("tr34", Some("current"), "leave it out"),
    ] {
        let words = rules(exchange).why_not(&order(kek)).unwrap();
        assert!(words.contains(part), "{words}");
    }
    let without = order(None);
    assert_eq!(rules("tr34").exchange_of(&without), Exchange::Tr34);
    assert_eq!(rules("tr31").exchange_of(&without), Exchange::Tr31);
    let again: Order = serde_json::from_value(serde_json::to_value(&without).unwrap()).unwrap();
    assert_eq!(again, without, "as it travels from step to step");
}

#[test]
fn the_committed_schema_is_the_types_own() {
    let schema = serde_json::to_string_pretty(&Order::schema()).unwrap();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/order.schema.json");
        std::fs::write(path, format!("{schema}\n")).unwrap();
        return;
    }
    assert_eq!(
        SCHEMA.trim_end(),
        schema,
        "run with UPDATE_SCHEMAS=1 and review the difference"
    );
}
