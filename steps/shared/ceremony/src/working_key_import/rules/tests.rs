use serde_json::{Value, json};

use super::*;
use crate::key_import::encoding;

fn section(change: impl FnOnce(&mut Value)) -> WorkingKeyImport {
    let mut section =
        json!({ "usages": ["P0", "M6", "M3"], "algorithms": ["AES_128", "TDES_2KEY"] });
    change(&mut section);
    serde_json::from_value(section).unwrap()
}

fn policy(change: impl FnOnce(&mut Value)) -> KeyImportPolicy {
    let profile = ProfileVersion {
        parameter: "p".to_owned(),
        version: 1,
    };
    KeyImportPolicy::new(section(change), profile)
}

/// A block with so many bytes of ciphertext, which nobody opens here.
fn sent(version: char, says: &str, blocks: &str, bytes: usize) -> Sent {
    let mac = if version == 'D' { 32 } else { 16 };
    let number = usize::from(!blocks.is_empty());
    let length = 16 + blocks.len() + 2 * bytes + mac;
    let body = "A".repeat(2 * bytes + mac);
    let text = format!("{version}{length:04}{says}{number:02}00{blocks}{body}");
    let block = encoding::tr31(text.as_bytes()).unwrap();
    Sent { block, kcv: None }
}

fn error(policy: &KeyImportPolicy, sent: &Sent) -> (&'static str, String) {
    let refused = policy.hold(sent).unwrap_err();
    (refused.error(), refused.to_string())
}

#[test]
fn what_the_profile_allows_passes() {
    let policy = policy(|_| {});
    let says = policy.hold(&sent('D', "P0AB00N", "", 32)).unwrap();
    assert_eq!((says.usage, says.modes), (Usage::P0, Modes::B));
    assert!(!says.is_exportable());
    let aes = [Algorithm::AES_128, Algorithm::AES_192, Algorithm::AES_256];
    assert_eq!(says.algorithms().collect::<Vec<_>>(), aes);
    policy.hold(&sent('B', "M3TC00N", "", 24)).unwrap();
}

/// Each field by itself.
#[test]
fn a_header_is_held_to_the_list_field_by_field() {
    let policy = policy(|_| {});
    for (says, field, allowed) in [
        ("D0AB00N", "usage is `D0`", "P0, M6, M3"),
        ("K0AB00N", "usage is `K0`", "P0"),
        ("P0HB00N", "algorithm is `H`", "A, T"),
        ("M3AC00N", "algorithm is `A`", "A, T"),
        ("P0AC00N", "mode of use is `C`", "B, D, E, N"),
        ("P0AB01N", "key version is `01`", "00"),
        ("P0ABc1N", "key version is `c1`", "00"),
        ("P0AB00E", "exportability is `E`", "allowed are N"),
        ("P0AB00S", "exportability is `S`", "allowed are N"),
    ] {
        let (name, words) = error(&policy, &sent('D', says, "", 32));
        assert_eq!(name, "HeaderNotAllowed", "{says}");
        assert!(words.contains(field) && words.contains(allowed), "{words}");
    }
}

#[test]
fn modes_and_exportabilities_are_as_narrow_or_wide_as_the_profile_says() {
    let narrow = policy(|section| section["modes"] = json!(["D", "V"]));
    narrow.hold(&sent('D', "P0AD00N", "", 32)).unwrap();
    let (_, words) = error(&narrow, &sent('D', "P0AB00N", "", 32));
    assert!(words.contains("allowed are D"), "{words}");
    let wide = policy(|section| section["exportabilities"] = json!(["N", "E"]));
    let says = wide.hold(&sent('D', "P0AB00E", "", 32)).unwrap();
    assert!(says.is_exportable());
}

#[test]
fn optional_blocks_are_those_that_change_nothing() {
    let policy = policy(|_| {});
    policy
        .hold(&sent('D', "P0AB00N", "KS100123456789AB", 32))
        .unwrap();
    for id in ["CT", "HM", "IK", "WP"] {
        let block = format!("{id}100123456789AB");
        let (name, words) = error(&policy, &sent('D', "P0AB00N", &block, 32));
        assert_eq!(name, "OptionalBlockNotAllowed");
        assert!(words.contains(id), "{words}");
    }
}

#[test]
fn a_block_has_room_for_the_shortest_key_that_is_allowed() {
    let policy =
        policy(|section| section["algorithms"] = json!(["AES_256", "AES_192", "TDES_2KEY"]));
    policy.hold(&sent('D', "P0AB00N", "", 32)).unwrap();
    let (name, _) = error(&policy, &sent('D', "P0AB00N", "", 16));
    assert_eq!(name, "BlockTooShort");
}

#[test]
fn a_check_value_may_have_to_be_announced() {
    let policy = policy(|section| section["kcv"] = json!("announced"));
    let mut sent = sent('D', "P0AB00N", "", 32);
    assert_eq!(error(&policy, &sent).0, "KcvNotAnnounced");
    sent.kcv = Some("7AD386".to_owned().try_into().unwrap());
    policy.hold(&sent).unwrap();
    let by_block = self::sent('D', "P0AB00N", "KC100123456789AB", 32);
    policy.hold(&by_block).unwrap();
}

#[test]
fn the_length_of_a_key_is_held_to_the_list_once_it_is_known() {
    let allowed = policy(|_| {}).allowed;
    assert_eq!(allowed.hold_algorithm(Algorithm::AES_128), Ok(()));
    let refused = allowed.hold_algorithm(Algorithm::AES_256).unwrap_err();
    assert_eq!(refused.error(), "AlgorithmNotAllowed");
}

#[test]
fn what_is_not_said_is_narrow() {
    let section = section(|_| {});
    assert_eq!(section.exportabilities, [Exportability::N]);
    assert_eq!(
        (section.max_keys, section.kek),
        (20, EstablishedKek::Received)
    );
    assert_eq!(section.kcv, KcvRule::Optional);
    assert_eq!(section.is_consistent(), Ok(()));
}

#[test]
fn a_section_that_allows_nothing_is_none() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change); 8] = [
        ("`workingKeyImport.usages`", |it| it["usages"] = json!([])),
        ("`workingKeyImport.algorithms`", |it| {
            it["algorithms"] = json!([])
        }),
        ("`workingKeyImport.modes`", |it| it["modes"] = json!([])),
        ("exportabilities", |it| it["exportabilities"] = json!([])),
        ("usage M3", |it| it["algorithms"] = json!(["AES_128"])),
        ("usage M6", |it| it["modes"] = json!(["B"])),
        ("maxKeys", |it| it["maxKeys"] = json!(0)),
        ("maxKeys", |it| it["maxKeys"] = json!(101)),
    ];
    for (part, change) in cases {
        let words = section(change).is_consistent().unwrap_err();
        assert!(words.contains(part), "{words}");
    }
}
