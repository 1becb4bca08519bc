//! `ceremony check --order` and `--request`, as they are typed, of documents that ask for a KEK of the
//! partner's: what is said of them is what `intake-request` says.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use desk::{Desk, Ran, chain};
use serde_json::{Value, json};

/// A desk with a profile that allows both sides something else.
fn desk() -> Desk {
    let desk = Desk::new();
    let mut profile = emulated::profile(&chain().build());
    profile["kekImport"] = json!({
        "requests": { "methods": ["ecdh", "rsa-oaep"], "algorithms": ["AES_128", "AES_256"] },
        "orders": { "methods": ["physical"], "algorithms": ["AES_256"] },
        "kcv": "confirmed",
    });
    desk.put("acme.json", profile.to_string());
    desk
}

fn asking(method: &str) -> Value {
    json!({ "version": 1, "kekImport": { "method": method, "algorithm": "AES_256" } })
}

fn check(desk: &Desk, side: &str, document: &Value, more: &[&str]) -> Ran {
    desk.put("zmk.json", document.to_string());
    let arguments = ["check", side, "zmk.json", "--profile", "acme.json"];
    desk.ceremony(&[&arguments[..], more].concat())
}

#[test]
fn a_request_that_is_allowed_would_go_on() {
    let desk = desk();
    let mut document = asking("ecdh");
    document["kekImport"]["kcv"] = json!("1A0B2D");
    let ran = check(&desk, "--request", &document, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in [
        "kek-import, asked for by the partner",
        "Asks, by ecdh, for",
        "AES_256 of usage K0 and modes B, exportability N",
        "with the check value 1A0B2D",
        "`acme/production/cardholder/requests/zmk/` before the document is dropped",
        "has confirmed its check value",
        "acme/production/cardholder/requests/zmk.json",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let document = check(&desk, "--request", &document, &["--json"]).json();
    assert_eq!(document["ceremony"], "kek-import");
    assert_eq!(document["kekImport"]["method"], "ecdh");
    assert_eq!(document["asks"], json!(null));

    let mut by_rsa = asking("rsa-oaep");
    by_rsa["kekImport"]["algorithm"] = json!("AES_128");
    let ran = check(&desk, "--request", &by_rsa, &[]);
    assert!(ran.out.contains("none may lie in"), "{}", ran.out);
}

#[test]
fn what_the_ceremony_would_reject_is_told_with_what_to_do() {
    let mut surplus = asking("ecdh");
    surplus["kekImport"]["surplus"] = json!(1);
    for (side, document, what, to_do) in [
        (
            "--order",
            asking("ecdh"),
            "may not ask for this",
            "`kekImport`",
        ),
        (
            "--order",
            asking("physical"),
            "offered yet",
            "another method",
        ),
        ("--request", asking("tr34"), "tr34", ""),
        ("--request", surplus, "surplus", "kek-import.schema.json"),
    ] {
        let ran = check(&desk(), side, &document, &["--json"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        let report = ran.json();
        let problem = &report["problems"][0];
        assert_eq!(problem["event"], "Request Rejected");
        let text = |member: &str| problem[member].as_str().unwrap().to_owned();
        assert!(text("what").contains(what), "{problem}");
        assert!(text("toDo").contains(to_do), "{problem}");
        assert_eq!(report["kekImport"], json!(null));
    }
}
