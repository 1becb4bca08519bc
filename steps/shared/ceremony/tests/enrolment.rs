//! The enrolment rules of a key: that the committed schema and example say what the type accepts.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::enrolment::{EnrolmentRules, OwnKey};

const EXAMPLE: &str = include_str!("../enrolment-rules.example.json");
const SCHEMA: &str = "enrolment-rules.schema.json";

#[test]
fn the_example_is_accepted() {
    let rules = EnrolmentRules::parse(EXAMPLE, OwnKey::PackageSigning).unwrap();
    assert_eq!(rules.minimum_remaining_days, 30);
}

#[test]
fn the_schema_is_the_types_own() {
    let schema = schemars::schema_for!(EnrolmentRules);
    let schema = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&file, schema).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, schema,
        "run with UPDATE_SCHEMAS=1 and review the difference"
    );
}
