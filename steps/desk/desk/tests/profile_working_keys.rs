//! `ceremony profile new` and `ceremony profile check`, for the section `workingKeyExport`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;
#[path = "desk/new_profile.rs"]
mod new_profile;

use desk::{Desk, Ran, chain};
use new_profile::new_profile;
use serde_json::{Value, json};

const ARN: &str = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/abcdefghijklmnop";

fn new(options: &[&str]) -> (Desk, Ran) {
    let desk = Desk::new();
    desk.put("root.pem", chain().build().root.pem());
    let ran = new_profile(&desk, &[&["--root", "root.pem"][..], options].concat());
    (desk, ran)
}

fn bdk(more: &str) -> String {
    format!("pos,keyArn={ARN},algorithm=TDES_2KEY{more}")
}

#[test]
fn without_an_option_no_working_key_may_leave() {
    let (desk, ran) = new(&[]);
    assert_eq!(ran.json().get("workingKeyExport"), None, "{ran:?}");
    desk.put("acme.json", &ran.out);
    let looked = desk.ceremony(&["profile", "check", "acme.json"]);
    let words = "working-key-export is not allowed";
    assert!(looked.out.contains(words), "{}", looked.out);
}

#[test]
fn every_choice_is_written_and_told() {
    let bdk = bdk(",keySet=123456,maxTerminals=1000,serialNumberInBlock=true");
    let (desk, ran) = new(&[
        "--orders-usages",
        "P0,M6",
        "--orders-algorithms",
        "AES_128,TDES_3KEY",
        "--orders-new-keys",
        "--orders-max-keys",
        "5",
        "--orders-keks",
        "current,received",
        "--requests-bdk",
        &bdk,
        "--working-key",
        "alias/shared",
        "--working-key",
        ARN,
        "--signature",
        "RSASSA_PSS_SHA_256",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let expected = json!({
        "requests": {
            "usages": [], "algorithms": [], "newKeys": false, "maxKeys": 20, "keks": ["current"],
            "bdks": { "pos": {
                "keyArn": ARN, "algorithm": "TDES_2KEY", "exchange": "tr31", "keySet": "123456",
                "serialNumberInBlock": true, "maxTerminals": 1000,
            } },
        },
        "orders": {
            "usages": ["P0", "M6"], "algorithms": ["AES_128", "TDES_3KEY"],
            "newKeys": true, "maxKeys": 5, "keks": ["current", "received"],
        },
        "keys": ["alias/shared", ARN],
        "signature": { "algorithm": "RSASSA_PSS_SHA_256" },
    });
    assert_eq!(ran.json()["workingKeyExport"], expected);
    desk.put("acme.json", &ran.out);
    let looked = desk.ceremony(&["profile", "check", "acme.json"]);
    assert_eq!(looked.code, 0, "{looked:?}");
    for words in [
        "orders: ok: Keys of usage P0, M6 and algorithm AES_128, TDES_3KEY, existing or new, at most 5",
        "under the KEK current or received",
        "requests, base derivation key pos: ok: Initial keys of TDES_2KEY from",
        " by TR-31, for",
        "at most 1000 terminals whose serial numbers begin with 123456",
        "key alias/shared: ok",
    ] {
        assert!(looked.out.contains(words), "{words}: {}", looked.out);
    }
}

#[test]
fn what_allows_nothing_or_is_no_such_word_is_told() {
    let usages = &["--orders-usages", "P0"][..];
    let algorithms = &["--orders-algorithms", "AES_128"][..];
    let both = [usages, algorithms].concat();
    let bdk = bdk("");
    let bdks = ["--requests-bdk", &bdk];
    for (options, words) in [
        (
            usages.to_vec(),
            "`--orders-usages` allows nothing without `--orders-algorithms`",
        ),
        (
            algorithms.to_vec(),
            "`--orders-algorithms` allows nothing without `--orders-usages`",
        ),
        (
            vec!["--orders-new-keys"],
            "`--orders-new-keys` allows nothing",
        ),
        (
            vec!["--requests-max-keys", "3"],
            "`--requests-max-keys` allows nothing",
        ),
        (
            vec!["--requests-keks", "current"],
            "`--requests-keks` allows nothing",
        ),
        (
            vec!["--working-key", "alias/x"],
            "`--working-key` allows nothing",
        ),
        (
            [&bdks[..], &["--working-key", "alias/x"]].concat(),
            "`--working-key` allows nothing",
        ),
        (
            [&bdks[..], &bdks].concat(),
            "`--requests-bdk` names the same twice",
        ),
        (
            [&bdks[..], &["--requests-new-keys"]].concat(),
            "without `--requests-usages`",
        ),
        (
            [&both[..], usages].concat(),
            "`--orders-usages` names the same twice",
        ),
        (
            [
                &both[..],
                &["--working-key", "alias/x", "--working-key", "alias/x"],
            ]
            .concat(),
            "`--working-key` names the same twice",
        ),
        (
            [&both[..], &["--orders-max-keys", "21"]].concat(),
            "`workingKeyExport.orders.maxKeys` is 21",
        ),
        (vec!["--orders-usages", "K0"], "unknown variant `K0`"),
        (
            vec!["--orders-algorithms", "AES_127"],
            "expected one of `AES_128`",
        ),
        (vec!["--orders-keks", "next"], "`current` or `received`"),
    ] {
        let (_, ran) = new(&options);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (2, ""),
            "{options:?}: {ran:?}"
        );
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

#[test]
fn an_entry_of_bdks_has_the_fields_that_a_profile_has() {
    for (more, words) in [
        (",keyset=FFFF", "unknown field `keyset`"),
        (",keySet", "`keySet` is no FIELD=VALUE"),
        (",keySet=F", "2 to 14 hex digits"),
        (",algorithm=AES_128", "`algorithm` is there twice"),
        (",maxTerminals=many", "expected u32"),
        (",maxTerminals=0", "`maxTerminals` is 0; 1 to 1000000"),
    ] {
        let (_, ran) = new(&["--orders-bdk", &bdk(more)]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{more}: {ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    for (entry, words) in [
        (
            "keyArn=x,algorithm=AES_128",
            "the name that orders use comes first",
        ),
        ("pos", "missing field `keyArn`"),
        (
            "pos,keyArn=key,algorithm=AES_128",
            "`key` is neither the ARN",
        ),
        (
            "pos,keyArn=alias/pos,algorithm=TDES_3KEY",
            "unknown variant `TDES_3KEY`",
        ),
    ] {
        let (_, ran) = new(&["--orders-bdk", entry]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{entry}: {ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

/// The KEK is of AES-128 unless something else is typed.
#[test]
fn what_could_never_leave_is_not_written_and_what_could_in_part_is_doubtful() {
    let keys =
        |usages, algorithms| new(&["--orders-usages", usages, "--orders-algorithms", algorithms]).1;
    let entry = format!("pos,keyArn={ARN},algorithm=AES_256");
    for (ran, words) in [
        (
            keys("M3", "AES_128"),
            "No key of usage M3 has any of the algorithms",
        ),
        (
            keys("P0", "AES_192,AES_256"),
            "A key of AES_256 never leaves under a KEK of AES_128",
        ),
        (
            new(&["--orders-bdk", &entry]).1,
            "An initial key of AES_256 never leaves",
        ),
    ] {
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    for (ran, words) in [
        (
            keys("M3,M6", "AES_128"),
            "Warning: orders: No key of usage M3",
        ),
        (
            keys("P0", "AES_128,AES_256"),
            "Warning: orders: A key of AES_256",
        ),
    ] {
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    let (_, ran) = new(&["--orders-bdk", &entry, "--orders-keks", "received"]);
    assert_eq!(ran.code, 0, "the partner's KEK may be stronger: {ran:?}");
}

/// What is written by hand, and no option writes.
#[test]
fn a_section_that_allows_nothing_is_a_warning() {
    let mut profile = emulated::profile(&chain().build());
    profile["revocation"] = json!({});
    let check = |section: Value| {
        let mut profile = profile.clone();
        profile["workingKeyExport"] = section;
        let desk = Desk::new();
        desk.put("acme.json", profile.to_string());
        desk.ceremony(&["profile", "check", "acme.json"])
    };
    for (section, words) in [
        (json!({}), "Nobody may ask for anything"),
        (
            json!({ "orders": {
                "usages": ["P0"], "bdks": { "pos": { "keyArn": ARN, "algorithm": "AES_128" } },
            } }),
            "allow nothing, as one of them is empty",
        ),
    ] {
        let ran = check(section);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains("warning    working-keys"), "{}", ran.out);
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let ran = check(json!({
        "orders": { "usages": ["P0"], "algorithms": ["AES_128"] }, "keys": ["shared"],
    }));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("`shared` is neither the ARN"),
        "{}",
        ran.out
    );
}
