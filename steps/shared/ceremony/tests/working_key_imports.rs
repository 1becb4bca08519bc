//! The section of a profile, and what a ceremony takes from it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::identifiers::Folder;
use ceremony::profile::{Profile, ProfileVersion};
use ceremony::working_key_import::rules::KcvRule;
use ceremony::working_keys::attributes::{Exportability, Modes, Usage};
use ceremony::working_keys::order::EstablishedKek;
use serde_json::{Value, json};

fn folder() -> Folder {
    Folder::of_inbox_key("acme/production/pin/x").unwrap()
}

fn with(section: Value) -> Result<Profile, String> {
    let profile = json!({
        "partner": "acme", "environment": "production", "dataType": "pin",
        "trustAnchors": ["ab".repeat(32)], "identity": "identity:1",
        "workingKeyImport": section,
    });
    Profile::parse(&profile.to_string(), &folder()).map_err(|error| error.to_string())
}

#[test]
fn a_ceremony_takes_the_section_as_it_stood() {
    let section = json!({
        "usages": ["P0"], "algorithms": ["AES_128", "TDES_2KEY"], "modes": ["B", "D"],
        "exportabilities": ["N", "E"], "maxKeys": 100, "kek": "current", "kcv": "announced",
    });
    let policy = with(section).unwrap().key_import_policy(7).unwrap();
    let parameter = folder().profile_parameter();
    assert_eq!(
        policy.profile,
        ProfileVersion {
            parameter,
            version: 7
        }
    );
    assert_eq!(policy.allowed.usages, [Usage::P0]);
    assert_eq!(policy.allowed.modes, Some(vec![Modes::B, Modes::D]));
    let exportabilities = [Exportability::N, Exportability::E];
    assert_eq!(policy.allowed.exportabilities, exportabilities);
    assert_eq!(
        (policy.max_keys, policy.kek),
        (100, EstablishedKek::Current)
    );
    assert_eq!(policy.kcv, KcvRule::Announced);
}

#[test]
fn without_the_section_nothing_is_imported() {
    let error = with(Value::Null).unwrap().key_import_policy(1).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("no section `workingKeyImport`"), "{words}");
    assert!(
        words.contains("working-key-import is not allowed"),
        "{words}"
    );
}

#[test]
fn a_section_that_cannot_be_meant_makes_the_profile_malformed() {
    for (section, part) in [
        (json!({ "usages": ["P0"] }), "algorithms"),
        (
            json!({ "usages": [], "algorithms": ["AES_128"] }),
            "workingKeyImport.usages",
        ),
        (
            json!({ "usages": ["M3"], "algorithms": ["AES_128"] }),
            "usage M3",
        ),
        (json!({ "usages": ["K0"], "algorithms": ["AES_128"] }), "K0"),
        (
            json!({ "usages": ["P0"], "algorithms": ["AES_128"], "maxKeys": 101 }),
            "1 to 100",
        ),
        (
            json!({ "usages": ["P0"], "algorithms": ["AES_128"], "keks": [] }),
            "keks",
        ),
    ] {
        let error = with(section).unwrap_err();
        assert!(error.contains(part), "{part}: {error}");
    }
}
