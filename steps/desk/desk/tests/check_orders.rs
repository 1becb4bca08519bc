//! `ceremony check --order` and `--request`, as they are typed: what is said of a document and its
//! inventory is what `working-key-export` says of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use ceremony::digest::Sha256;
use desk::{Desk, Ran, chain};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:payment-cryptography:eu-west-1:111122223333:key/abcdefghijklmnop";
const LIST: &str = "serial,ksn\nA1,FFFF9876543210E00000\nA2,FFFF9876543210C00000\n";

/// A desk with a profile that allows both sides something else.
fn desk() -> Desk {
    let desk = Desk::new();
    let mut profile = emulated::profile(&chain().build());
    profile["workingKeyExport"] = json!({
        "orders": {
            "usages": ["P0", "M6"], "algorithms": ["AES_128", "AES_256"], "newKeys": true,
            "bdks": { "pos": {
                "keyArn": ARN, "algorithm": "TDES_2KEY", "keySet": "FFFF98", "maxTerminals": 3,
            } },
        },
        "requests": { "usages": ["P0"], "algorithms": ["AES_128"], "maxKeys": 1 },
        "keys": ["alias/shared"],
    });
    desk.put("acme.json", profile.to_string());
    desk
}

fn fleet(list: &[u8]) -> Value {
    json!({ "version": 1, "kek": "current", "initialKeys": {
        "bdk": "pos", "inventory": { "file": "fleet.csv", "sha256": Sha256::of(list) },
    } })
}

fn keys(keys: Value) -> Value {
    json!({ "version": 1, "kek": "current", "keys": keys })
}

fn check(desk: &Desk, side: &str, file: &str, more: &[&str]) -> Ran {
    let arguments = ["check", side, file, "--profile", "acme.json"];
    desk.ceremony(&[&arguments[..], more].concat())
}

/// The document, and the code that goes with what it says.
fn json(desk: &Desk, side: &str, file: &str) -> Value {
    let ran = check(desk, side, file, &["--json"]);
    let document = ran.json();
    assert_eq!(document["goesOn"], json!(ran.code == 0), "{ran:?}");
    assert_eq!(document["goesOn"], json!(document["problems"] == json!([])));
    document
}

/// The one problem of an order for what is in `fleet.csv`.
fn problem_with(list: &[u8], order: &Value) -> Value {
    let desk = desk();
    desk.put("fleet.csv", list);
    desk.put("may.json", order.to_string());
    let document = json(&desk, "--order", "may.json");
    let [problem] = &document["problems"].as_array().unwrap()[..] else {
        panic!("one problem was expected: {document:#}");
    };
    problem.clone()
}

fn says(problem: &Value, event: &str, error: Value, words: &str) {
    assert_eq!(
        (&problem["event"], &problem["error"]),
        (&json!(event), &error),
        "{problem}"
    );
    let what = problem["what"].as_str().unwrap();
    assert!(what.contains(words), "{words}: {what}");
    assert!(!problem["toDo"].as_str().unwrap().is_empty());
}

#[test]
fn an_order_with_its_inventory_would_go_on() {
    let desk = desk();
    desk.put("fleet.csv", LIST);
    desk.put("may.json", fleet(LIST.as_bytes()).to_string());
    let ran = check(&desk, "--order", "may.json", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in [
        "working-key-export, asked for by our requester",
        "initial keys of TDES_2KEY from pos",
        "2 terminals, each once",
        "acme/production/cardholder/orders/may/fleet.csv",
        "acme/production/cardholder/orders/may.json",
        "`ceremony preflight` tells",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let document = json(&desk, "--order", "may.json");
    assert_eq!(document["version"], 1);
    assert_eq!(document["askedBy"], "requester");
    assert_eq!(document["inventory"]["terminals"], 2);
    assert_eq!(
        document["inventory"]["sha256"],
        json!(Sha256::of(LIST.as_bytes()))
    );
    assert_eq!(document["asks"]["initialKeys"]["keyArn"], ARN);
}

/// Initial keys that leave by TR-34 leave under no KEK, but under a certificate's key.
#[test]
fn an_order_for_initial_keys_by_tr34_names_no_kek() {
    let desk = desk();
    let mut profile = emulated::profile(&chain().build());
    profile["kekExport"]["exchange"] = json!({ "method": "tr34", "signer": "service" });
    profile["workingKeyExport"] = json!({ "orders": { "bdks": { "pos": {
        "keyArn": ARN, "algorithm": "TDES_2KEY", "exchange": "tr34",
    } } } });
    desk.put("acme.json", profile.to_string());
    desk.put("fleet.csv", LIST);
    let mut order = fleet(LIST.as_bytes());
    desk.put("may.json", order.to_string());
    let document = json(&desk, "--order", "may.json");
    assert_eq!(document["goesOn"], false, "{document}");
    order.as_object_mut().unwrap().remove("kek");
    desk.put("may.json", order.to_string());
    let ran = check(&desk, "--order", "may.json", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let words = "under the key of the certificate beside it";
    assert!(ran.out.contains(words), "{}", ran.out);
    let looked = desk.ceremony(&["profile", "check", "acme.json"]);
    assert!(looked.out.contains(" by TR-34, for"), "{looked:?}");
}

/// As they lie in the inbox; what lies beside the document is another file then.
#[test]
fn the_inventory_in_the_folder_of_the_order_counts_first() {
    let desk = desk();
    let beside = desk.put("fleet.csv", "another");
    let folder = beside.parent().unwrap().join("may");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("fleet.csv"), LIST).unwrap();
    desk.put("may.json", fleet(LIST.as_bytes()).to_string());
    assert_eq!(json(&desk, "--order", "may.json")["goesOn"], true);
}

#[test]
fn wrong_lines_are_told_by_their_numbers() {
    let list =
        LIST.replace("C00000", "C00001") + "A3,FFFF9876543210E00000\nA4,FFFE9876543210E00000\n";
    let desk = desk();
    desk.put("fleet.csv", &list);
    desk.put("may.json", fleet(list.as_bytes()).to_string());
    let document = json(&desk, "--order", "may.json");
    let faults = document["inventory"]["faults"].as_array().unwrap();
    let lines: Vec<&Value> = faults.iter().map(|fault| &fault["line"]).collect();
    assert_eq!(lines, [3, 4, 5]);
    let problem = &document["problems"][0];
    says(
        problem,
        "Ceremony Failed",
        json!("InventoryMalformed"),
        "line 4: it is the terminal of line 2",
    );
    assert_eq!(problem["file"], "fleet.csv");
    let ran = check(&desk, "--order", "may.json", &[]);
    assert!(
        ran.out
            .contains("  line 3       it is no key serial number: its transaction"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("C00001"), "{}", ran.out);
}

#[test]
fn an_inventory_that_is_another_missing_or_too_long_is_told() {
    let failed = "Ceremony Failed";
    let order = fleet(LIST.as_bytes());
    let changed = LIST.replace("A1", "A9");
    let problem = problem_with(changed.as_bytes(), &order);
    says(
        &problem,
        failed,
        json!("InventoryChanged"),
        &Sha256::of(changed.as_bytes()).to_string(),
    );

    let desk = desk();
    desk.put("may.json", order.to_string());
    let document = json(&desk, "--order", "may.json");
    says(
        &document["problems"][0],
        failed,
        json!("InventoryMissing"),
        "not there",
    );

    let more = format!("{LIST}A3,FFFF9876543210A00000\nA4,FFFF9876543210800000\n");
    let problem = problem_with(more.as_bytes(), &fleet(more.as_bytes()));
    says(
        &problem,
        failed,
        json!("InventoryMalformed"),
        "line 5: the inventory may have 3 terminals",
    );

    let listed = json!({ "version": 1, "kek": "current", "initialKeys": {
        "bdk": "pos", "terminals": ["FFFF9876543210E00000", "123456789012345600000000"],
    } });
    let problem = problem_with(b"", &listed);
    says(
        &problem,
        failed,
        json!("InventoryMalformed"),
        "line 2: its key serial number does not go",
    );
    assert_eq!(problem["file"], Value::Null);
}

#[test]
fn a_document_that_is_rejected_is_told_with_the_field() {
    let new = |name: &str, usage: &str| json!({ "name": name, "usage": usage, "algorithm": "AES_128", "modes": "B" });
    for (order, words) in [
        (json!({ "version": 2 }), "`version` is 2, 1 is expected"),
        (json!({ "version": 1, "keys": [new("pin", "P0")] }), "`kek`"),
        (
            keys(json!([new("PIN", "P0")])),
            "`keys[0].name`: a key's name has 1 to 32",
        ),
        (
            keys(json!([new("pin", "P0"), new("pin", "P0")])),
            "`keys[1]`: the name `pin` is there twice",
        ),
        (
            keys(json!([new("pin", "D0")])),
            "our requester may not ask for this: `keys[0]`: keys of usage D0",
        ),
        (
            json!({ "version": 1, "kek": "received", "keys": [new("pin", "P0")] }),
            "`kek` is `received`, which is not allowed",
        ),
        (
            json!({ "version": 1, "kek": "current", "initialKeys": {
                "bdk": "mpos", "terminals": ["FFFF9876543210E00000"],
            } }),
            "`initialKeys.bdk` is none of those",
        ),
    ] {
        says(
            &problem_with(b"", &order),
            "Request Rejected",
            Value::Null,
            words,
        );
    }
}

/// The prefix says who asks, and each side has rules of its own.
#[test]
fn a_request_is_held_to_what_the_partner_may_ask() {
    let desk = desk();
    let existing = |name: &str, key: &str| json!({ "name": name, "key": key });
    desk.put(
        "one.json",
        keys(json!([existing("mac", "alias/shared")])).to_string(),
    );
    let document = json(&desk, "--request", "one.json");
    assert_eq!(
        document["inboxKey"],
        "acme/production/cardholder/requests/one.json"
    );
    assert_eq!(document["asks"]["keys"][0]["what"], "the key alias/shared");
    assert_eq!(document["goesOn"], true);

    let two = keys(json!([
        existing("mac", "alias/shared"),
        existing("other", "alias/other")
    ]));
    desk.put("two.json", two.to_string());
    assert_eq!(json(&desk, "--order", "two.json")["goesOn"], true);
    let problem = &json(&desk, "--request", "two.json")["problems"][0];
    let words = "the partner may not ask for this: it asks for 2 keys, and `maxKeys` is 1";
    says(problem, "Request Rejected", Value::Null, words);
    let notes = json(&desk, "--order", "two.json")["notes"].to_string();
    assert!(notes.contains("does not name alias/other"), "{notes}");
}

#[test]
fn a_key_that_the_kek_is_too_weak_for_is_noted() {
    let desk = desk();
    let key = json!([{ "name": "mac", "usage": "M6", "algorithm": "AES_256", "modes": "C" }]);
    desk.put("may.json", keys(key).to_string());
    let ran = check(&desk, "--order", "may.json", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let words = "`keys[0]`: if the folder's KEK is the AES_128 that the profile sends";
    assert!(ran.out.contains(words), "{}", ran.out);
}

#[test]
fn a_private_key_in_either_file_is_told_and_not_repeated() {
    let pki = chain().build();
    let key = pki.leaf.key().pem();
    let desk = desk();
    desk.put("may.json", fleet(key.as_bytes()).to_string());
    desk.put("fleet.csv", &key);
    desk.put("key.json", &key);
    for file in ["may.json", "key.json"] {
        let ran = check(&desk, "--order", file, &[]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.contains("Private Key Received, "), "{}", ran.out);
        let secret = key.lines().nth(1).unwrap();
        assert!(!ran.out.contains(secret), "{}", ran.out);
    }
}

#[test]
fn a_name_that_is_no_orders_a_file_that_is_none_and_a_profile_that_is_none_are_told() {
    let desk = desk();
    let order = keys(json!([{ "name": "mac", "key": "alias/shared" }])).to_string();
    desk.put("may 1.json", &order);
    desk.put("large.json", " ".repeat(70_000));
    desk.put("binary.json", [0xff, 0xfe, b'x']);
    for (file, words) in [
        ("may 1.json", "is not the name of an order"),
        ("large.json", "more than the 65536 bytes"),
        ("binary.json", "not UTF-8"),
    ] {
        let problem = &json(&desk, "--order", file)["problems"][0];
        says(problem, "Request Rejected", Value::Null, words);
    }
    desk.put("may.json", &order);
    desk.put("acme.json", "{}");
    let problem = &json(&desk, "--order", "may.json")["problems"][0];
    says(
        problem,
        "Request Rejected",
        Value::Null,
        "the profile cannot be used",
    );
    let mut profile = emulated::profile(&chain().build());
    profile["workingKeyExport"] =
        json!({ "requests": { "usages": ["P0"], "algorithms": ["AES_128"] } });
    desk.put("acme.json", profile.to_string());
    let problem = &json(&desk, "--order", "may.json")["problems"][0];
    says(
        problem,
        "Request Rejected",
        Value::Null,
        "has no section `workingKeyExport.orders`",
    );
}

#[test]
fn what_cannot_be_looked_at_together_is_not_looked_at() {
    let desk = desk();
    desk.put("may.json", "{}");
    for (arguments, words) in [
        (&["--request", "may.json"][..], "cannot be used with"),
        (&["root.pem"], "cannot be used with"),
        (&["--revocation"], "cannot be used with"),
        (&["--time", "2027-01-31T12:00:00Z"], "cannot be used with"),
    ] {
        let ran = check(&desk, "--order", "may.json", arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    let ran = check(&desk, "--order", "nowhere.json", &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("nowhere.json cannot be read"),
        "{}",
        ran.err
    );
    let ran = desk.ceremony(&["check", "--profile", "acme.json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("required"), "{}", ran.err);
}
