//! `ceremony check`, as it is typed: what it says of files is what the steps say of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;
#[path = "desk/new_profile.rs"]
mod new_profile;

use ceremony::utc::Utc;
use desk::{Desk, Ran, chain};
use new_profile::new_profile;
use partner::certificate::KeyUsage;
use partner::{KeyKind, Pki, PrivateKey, bundle, pkcs7};
use serde_json::{Value, json};

/// A desk with a chain in three files, and a profile that pins its root.
fn desk_with(pki: &Pki) -> Desk {
    let desk = Desk::new();
    desk.put("root.pem", pki.root.pem());
    desk.put("ca.pem", bundle(&pki.intermediates));
    desk.put("leaf.pem", pki.leaf.pem());
    desk.put("acme.json", emulated::profile(pki).to_string());
    desk
}

const FILES: [&str; 3] = ["root.pem", "ca.pem", "leaf.pem"];

fn check(desk: &Desk, files: &[&str], more: &[&str]) -> Ran {
    let arguments = [&["check", "--profile", "acme.json"][..], more, files].concat();
    desk.ceremony(&arguments)
}

/// The document, and the code that goes with what it says.
fn json(desk: &Desk, files: &[&str], more: &[&str]) -> Value {
    let ran = check(desk, files, &[&["--json"][..], more].concat());
    let document = ran.json();
    assert_eq!(document["goesOn"], json!(ran.code == 0), "{ran:?}");
    assert_eq!(document["goesOn"], json!(document["problems"] == json!([])));
    document
}

#[test]
fn a_good_chain_would_go_on_and_every_check_is_told() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let ran = check(&desk, &FILES, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let verdict = "\nThe ceremony would go on.\nWhether a certificate is revoked was not asked";
    assert!(ran.out.contains(verdict), "{}", ran.out);
    let document = json(&desk, &FILES, &[]);
    let checks = document["checks"].as_array().unwrap();
    assert!(checks.len() > 15, "{checks:?}");
    for check in checks {
        let name = check["check"].as_str().unwrap();
        let told = |line: &str| {
            let is_it = line.trim_start().starts_with("ok ") && line.contains(name);
            is_it || line.trim_start().starts_with("note ") && line.contains(name)
        };
        assert!(ran.out.lines().any(told), "{name}: {}", ran.out);
    }
    for file in FILES {
        assert!(
            ran.out
                .contains(&format!("taken     {file}: 1 certificate")),
            "{}",
            ran.out
        );
    }
}

/// A partner may send leaves for several methods; the profile says which counts.
#[test]
fn the_method_of_the_profile_says_which_leaf_counts_and_what_it_needs() {
    let elliptic = Pki::builder(emulated::UID)
        .named("by-ecdh")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP521])
        .leaf_key(KeyKind::EccP521)
        .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]))
        .build();
    let by = |pki: &Pki, kek: &str| {
        let desk = desk_with(pki);
        let mut profile = emulated::profile(pki);
        profile["kekExport"] = json!({
            "kek": { "algorithm": kek }, "exchange": { "method": "ecdh" },
        });
        desk.put("acme.json", profile.to_string());
        desk
    };
    let ran = check(&by(&elliptic, "AES_256"), &FILES, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");

    let weak = PrivateKey::cached(KeyKind::EccP256, "by-ecdh-weak");
    let weak = partner::Profile::leaf("Weak", emulated::UID)
        .key_usage(&[KeyUsage::KeyAgreement])
        .issued_by(elliptic.issuer(), &weak);
    let desk = by(&elliptic, "AES_192");
    desk.put("leaf.pem", weak.pem());
    let problems = json(&desk, &FILES, &[])["problems"].clone();
    assert_eq!(problems[0]["error"], "LeafKeyTooWeak", "{problems}");
    let what = problems[0]["what"].as_str().unwrap();
    assert!(what.contains("it takes P-384 or P-521"), "{what}");

    let problems = json(&by(&chain().build(), "AES_128"), &FILES, &[])["problems"].clone();
    let told = problems.to_string();
    assert!(
        told.contains("keyAgreement") || told.contains("on P-256"),
        "{told}"
    );
}

/// A chain with something wrong, in the words and with the checks of `validate`.
#[test]
fn the_verdict_is_that_of_validate() {
    let now = Utc::now();
    let year = 365 * 24 * 60 * 60;
    let at = |seconds: i64| now.plus_seconds(seconds);
    let other = chain().named("other").build();
    type Change = Box<dyn Fn(&mut Value)>;
    let same: fn() -> Change = || Box::new(|_: &mut Value| {});
    let cases: Vec<(&str, Pki, Change, Utc)> = vec![
        (
            "IdentityMismatch",
            chain().leaf(|leaf| leaf.uid("somebody else")).build(),
            same(),
            now,
        ),
        (
            "RootNotPinned",
            chain().build(),
            Box::new(move |profile| profile["trustAnchors"] = json!([other.root.sha256()])),
            now,
        ),
        ("CertificateExpired", chain().build(), same(), at(2 * year)),
        ("CertificateNotYetValid", chain().build(), same(), at(-year)),
        (
            "KeyUsageWrong",
            chain()
                .intermediate(0, |ca| ca.key_usage(&[KeyUsage::CrlSign]))
                .build(),
            same(),
            now,
        ),
        (
            "PathTooLong",
            chain()
                .intermediate_keys(&[KeyKind::EccP256, KeyKind::EccP256])
                .intermediate(0, |ca| ca.path_length(0))
                .build(),
            same(),
            now,
        ),
        (
            "LeafKeyTooWeak",
            chain().leaf_key(KeyKind::Rsa2048).build(),
            same(),
            now,
        ),
        (
            "UnsuitableCaKey",
            chain()
                .root_key(KeyKind::EccP256)
                .intermediate_keys(&[KeyKind::EccP384])
                .build(),
            same(),
            now,
        ),
    ];
    for (error, pki, change, at) in cases {
        let policy = emulated::policy(&pki, &change);
        let input = validate::Input {
            ceremony: emulated::ceremony(),
            path: emulated::path(&pki),
            policy: policy.into(),
        };
        let expected = validate::handle(input, at).unwrap();
        let refusal = expected.refused.unwrap();
        assert_eq!(refusal.error, error);

        let desk = desk_with(&pki);
        let mut profile = emulated::profile(&pki);
        change(&mut profile);
        desk.put("acme.json", profile.to_string());
        let time = at.to_string();
        let document = json(&desk, &FILES, &["--time", &time]);
        assert_eq!(document["checks"], json!(expected.checks), "{error}");
        let problem = json!([{
            "event": "Ceremony Failed", "error": error, "file": null,
            "what": refusal.what, "toDo": refusal.remedy,
        }]);
        assert_eq!(document["problems"], problem);

        let ran = check(&desk, &FILES, &["--time", &time]);
        assert_eq!(ran.code, 1);
        assert!(
            ran.out.contains(&format!("Ceremony Failed, {error}: ")),
            "{}",
            ran.out
        );
        assert!(
            ran.out.contains("The ceremony would not go on."),
            "{}",
            ran.out
        );
        let refused = |line: &&str| line.trim_start().starts_with("refused ");
        let failed = expected.checks.iter().filter(|check| !check.passed);
        assert!(
            ran.out.lines().filter(refused).count() <= failed.count(),
            "{}",
            ran.out
        );
        assert!(ran.out.lines().any(|line| refused(&line)), "{}", ran.out);
    }
}

/// What is noted is told, and stands in nobody's way.
#[test]
fn a_note_refuses_nothing() {
    let server_auth = vec![0x30, 0x0a, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    let pki = chain()
        .leaf(|leaf| leaf.extension(&[2, 5, 29, 37], false, server_auth))
        .build();
    let desk = desk_with(&pki);
    let ran = check(&desk, &FILES, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let note = |line: &str| line.trim_start().starts_with("note     NoExtendedKeyUsage");
    let note = ran.out.lines().find(|line| note(line)).unwrap_or_default();
    assert!(note.ends_with("[RFC 5280 §4.2.1.12]"), "{}", ran.out);
    let document = json(&desk, &FILES, &[]);
    let checks = document["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["check"] == "NoExtendedKeyUsage")
        .unwrap();
    assert_eq!(
        (&check["passed"], &check["severity"]),
        (&json!(false), &json!("note"))
    );
}

#[test]
fn every_check_has_its_clause() {
    let pki = chain().build();
    let ran = check(&desk_with(&pki), &FILES, &[]);
    let checks = ran.out.split_once("\nChecks\n").unwrap().1;
    let rows = checks.lines().filter(|line| line.starts_with("    "));
    assert!(rows.clone().count() > 15, "{checks}");
    for row in rows {
        let (_, clause) = row.rsplit_once('[').unwrap();
        assert!(clause.len() > 5 && clause.ends_with(']'), "{row}");
    }
}

#[test]
fn files_may_be_of_every_form_and_in_any_order() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    desk.put("leaf.der", pki.leaf.der());
    desk.put("cas.p7b", pkcs7(pki.chain().into_iter().take(2)));
    desk.put("all.pem", bundle(pki.chain()));
    let path = |files: &[&str]| json(&desk, files, &[])["path"].clone();
    let expected = path(&FILES);
    let roles: Vec<&Value> = expected
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["role"])
        .collect();
    assert_eq!(roles, ["leaf", "intermediate", "root"]);
    for files in [
        &["leaf.pem", "ca.pem", "root.pem"][..],
        &["cas.p7b", "leaf.der"],
        &["all.pem"],
    ] {
        assert_eq!(path(files), expected, "{files:?}");
    }
}

#[test]
fn what_is_missing_is_told() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    for (files, what) in [
        (&["leaf.pem", "ca.pem"][..], "ACME Root CA"),
        (&["leaf.pem", "root.pem"], "ACME Issuing CA 1"),
        (&["root.pem", "ca.pem"], "end-entity certificate"),
    ] {
        let document = json(&desk, files, &[]);
        let problem = &document["problems"][0];
        assert_eq!(problem["event"], "Certificates Incomplete", "{problem}");
        assert_eq!(problem["error"], Value::Null);
        let told = problem["what"].as_str().unwrap();
        assert!(told.contains(what) && told.contains("missing"), "{told}");
        assert_eq!(document["checks"], json!([]));
        assert_eq!(document["path"], json!([]));
    }
    // An earlier ceremony may have proven the root; nobody here knows.
    let told = check(&desk, &["leaf.pem", "ca.pem"], &[]).out;
    assert!(told.contains("earlier ones have proven"), "{told}");
}

#[test]
fn a_root_in_the_profile_need_not_be_among_the_files() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let mut profile = emulated::profile(&pki);
    profile["rootCertificates"] = json!([pki.root.pem()]);
    desk.put("acme.json", profile.to_string());
    let without = json(&desk, &["leaf.pem", "ca.pem"], &[]);
    assert_eq!(without["goesOn"], true, "{without}");
    assert_eq!(without["path"], json(&desk, &FILES, &[])["path"]);
    let told = check(&desk, &["leaf.pem"], &[]).out;
    assert!(!told.contains("earlier ones have proven"), "{told}");
}

/// What `intake` would not take is told of the file, and of no word in it.
#[test]
fn a_private_key_is_rejected_whatever_else_there_is() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let key = pki.leaf.key().pem();
    desk.put("leaf.key", &key);
    let document = json(&desk, &["root.pem", "ca.pem", "leaf.pem", "leaf.key"], &[]);
    let problem = &document["problems"][0];
    assert_eq!(problem["file"], "leaf.key");
    assert_eq!(problem["event"], "Private Key Received");
    assert!(
        problem["what"].as_str().unwrap().contains("private key"),
        "{problem}"
    );
    let ran = check(&desk, &["root.pem", "ca.pem", "leaf.pem", "leaf.key"], &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("rejected  leaf.key: "), "{}", ran.out);
    for text in [ran.out, document.to_string()] {
        assert!(!text.contains(key.lines().nth(1).unwrap()), "{text}");
    }
}

#[test]
fn a_file_that_would_be_rejected_is_named() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    desk.put("empty.pem", "");
    desk.put("large.pem", "x".repeat(64 * 1024 + 1));
    desk.put("junk.pem", [0; 100]);
    for file in ["empty.pem", "large.pem", "junk.pem"] {
        let document = json(&desk, &["root.pem", "ca.pem", "leaf.pem", file], &[]);
        let problems = document["problems"].as_array().unwrap();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0]["event"], "Certificates Rejected");
        assert_eq!(problems[0]["file"], file);
        // The others are looked at all the same.
        assert!(!document["checks"].as_array().unwrap().is_empty());
        let seen = document["files"].as_array().unwrap();
        let seen = seen.iter().find(|seen| seen["file"] == file).unwrap();
        assert_eq!(seen["unusable"], problems[0]["what"]);
        assert_eq!(seen["certificates"], json!([]));
    }
    // The largest that is read.
    let padded = format!(
        "{}{}",
        pki.leaf.pem(),
        "\n".repeat(64 * 1024 - pki.leaf.pem().len())
    );
    desk.put("leaf.pem", padded);
    assert_eq!(json(&desk, &FILES, &[])["goesOn"], true);
}

#[test]
fn a_folder_holds_sixteen_files_and_sixty_four_certificates() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let mut files: Vec<String> = FILES.iter().map(|file| (*file).to_owned()).collect();
    for number in files.len()..17 {
        let name = format!("again-{number}.pem");
        desk.put(&name, pki.root.pem());
        files.push(name);
    }
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(json(&desk, &names[..16], &[])["goesOn"], true);
    let document = json(&desk, &names, &[]);
    let what = document["problems"][0]["what"].as_str().unwrap();
    assert!(what.contains("more than 16 files"), "{what}");

    desk.put("again-3.pem", pki.root.pem().repeat(31));
    desk.put("again-4.pem", pki.root.pem().repeat(30));
    let most = [
        "root.pem",
        "ca.pem",
        "leaf.pem",
        "again-3.pem",
        "again-4.pem",
    ];
    assert_eq!(json(&desk, &most, &[])["goesOn"], true);
    desk.put("again-4.pem", pki.root.pem().repeat(31));
    let document = json(&desk, &most, &[]);
    let what = document["problems"][0]["what"].as_str().unwrap();
    assert!(what.contains("65 certificates"), "{what}");
}

#[test]
fn two_leaves_in_one_file_are_rejected() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let at = |hours: i64| Utc::now().plus_seconds(hours * 60 * 60).into();
    let last_year = |leaf: partner::Profile| leaf.valid(at(-48), at(1000));
    let second = chain().leaf(last_year).build().leaf;
    desk.put("second.pem", second.pem());
    let apart = ["root.pem", "ca.pem", "leaf.pem", "second.pem"];
    assert_eq!(json(&desk, &apart, &[])["goesOn"], true);
    desk.put("leaf.pem", bundle([&pki.leaf, &second]));
    let problem = json(&desk, &FILES, &[])["problems"][0].clone();
    assert_eq!(problem["event"], "Certificates Rejected");
    assert_eq!(problem["file"], "leaf.pem");
    let what = problem["what"].as_str().unwrap();
    assert!(what.contains("one leaf per file"), "{what}");
}

/// The good one counts, but whoever has sent the newer one expects something else.
#[test]
fn a_newer_leaf_that_does_not_count_is_told() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let newer = chain().leaf(partner::Profile::not_yet_valid).build().leaf;
    desk.put("newer.pem", newer.pem());
    let files = ["root.pem", "ca.pem", "leaf.pem", "newer.pem"];
    let document = json(&desk, &files, &[]);
    assert_eq!(document["goesOn"], true);
    assert_eq!(document["path"][0]["sha256"], pki.leaf.sha256());
    let passed_over = document["passedOver"].as_array().unwrap();
    assert_eq!(passed_over.len(), 1);
    assert_eq!(passed_over[0]["sha256"], newer.sha256());
    let told = check(&desk, &files, &[]).out;
    assert!(told.contains("is newer and does not count: "), "{told}");
}

/// A CA that lies there and cannot be used is not missing: which file, and why.
#[test]
fn a_ca_that_cannot_be_used_is_named_with_its_file() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let other = chain().named("other").build();
    desk.put("ca.pem", bundle(&other.intermediates));
    let document = json(&desk, &FILES, &[]);
    let problem = &document["problems"][0];
    assert_eq!(problem["event"], "Certificates Incomplete");
    let what = problem["what"].as_str().unwrap();
    assert!(
        what.contains("in `ca.pem`") && what.contains("can be used"),
        "{what}"
    );
}

#[test]
fn a_profile_that_allows_nothing_is_told() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let mut profile = emulated::profile(&pki);
    profile.as_object_mut().unwrap().remove("kekExport");
    desk.put("acme.json", profile.to_string());
    let document = json(&desk, &FILES, &[]);
    assert_eq!(document["problems"][0]["error"], "CeremonyNotAllowed");
    desk.put("acme.json", "{\"\\u001b\": 1}");
    let document = json(&desk, &FILES, &[]);
    assert_eq!(document["problems"][0]["error"], "ProfileMalformed");
    assert_eq!(document["folder"], Value::Null);
    assert_eq!(document["files"].as_array().unwrap().len(), FILES.len());
    let ran = check(&desk, &FILES, &[]);
    assert!(ran.out.contains(r"unknown field `\u{1b}`"), "{}", ran.out);
}

#[test]
fn what_cannot_be_looked_at_is_another_code() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    std::fs::create_dir(desk.put("x", "").with_file_name("folder")).unwrap();
    desk.put("folder/leaf.pem", pki.leaf.pem());
    for (files, more, words) in [
        (&[][..], &[][..], "<FILE>"),
        (&["nowhere.pem"], &[], "nowhere.pem cannot be read"),
        (&["folder"], &[], "folder cannot be read"),
        (
            &["leaf.pem", "folder/leaf.pem"],
            &[],
            "two of the files are called leaf.pem",
        ),
        (&["leaf.pem"], &["--time", "tomorrow"], "RFC 3339"),
        (
            &["leaf.pem"],
            &["--allow-host", "localhost"],
            "--revocation",
        ),
        (&["leaf.pem"], &["--unheard-of"], "--unheard-of"),
    ] {
        let ran = check(&desk, files, more);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    let ran = desk.ceremony(&["check", "leaf.pem", "--profile", "nowhere.json"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("nowhere.json cannot be read"),
        "{}",
        ran.err
    );
    assert_eq!(desk.ceremony(&["check", "leaf.pem"]).code, 2);
}

/// Programs rely on the members; a new one is added here, none goes without a new version.
#[test]
fn the_document_is_stable_and_complete() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let document = json(&desk, &FILES, &["--time", &Utc::now().to_string()]);
    let members =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(document["version"], 1);
    assert_eq!(
        members(&document),
        [
            "at",
            "checks",
            "exchange",
            "files",
            "folder",
            "goesOn",
            "passedOver",
            "path",
            "problems",
            "program",
            "revocation",
            "version",
        ]
    );
    assert_eq!(document["folder"], "acme/production/cardholder/");
    assert_eq!(
        members(&document["files"][0]),
        [
            "bytes",
            "certificates",
            "file",
            "nonce",
            "sha256",
            "unusable"
        ]
    );
    assert_eq!(document["files"][2]["file"], "root.pem");
    assert_eq!(
        document["files"][2]["certificates"],
        json!([pki.root.sha256()])
    );
    assert_eq!(
        members(&document["path"][0]),
        [
            "issuer",
            "keyAlgorithm",
            "notAfter",
            "notBefore",
            "remainingDays",
            "role",
            "serial",
            "sha256",
            "subject",
        ]
    );
    assert_eq!(document["path"][0]["remainingDays"], 364);
    assert_eq!(document["path"][0]["keyAlgorithm"], "RSA_3072");
    assert_eq!(document["path"][2]["sha256"], pki.root.sha256());
    assert_eq!(document["revocation"], Value::Null);
}

#[test]
fn the_last_second_of_a_life_still_counts() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let document = json(&desk, &FILES, &[]);
    let end = Utc::try_from(document["path"][0]["notAfter"].as_str().unwrap().to_owned()).unwrap();
    let days = |at: Utc| {
        json(&desk, &FILES, &["--time", &at.to_string()])["path"][0]["remainingDays"].clone()
    };
    let told = |at: Utc| check(&desk, &FILES, &["--time", &at.to_string()]).out;
    assert!(told(end.plus_seconds(1)).contains("(expired)"));
    assert!(told(end.plus_seconds(-24 * 60 * 60)).contains("(1 more day)"));
    assert_eq!(days(end), 0);
    assert_eq!(days(end.plus_seconds(1)), -1);
    assert_eq!(days(end.plus_seconds(-24 * 60 * 60)), 1);
}

/// Nothing that a partner has put into a certificate, or called a file, reaches the terminal as it is.
#[test]
fn hostile_names_do_not_act() {
    let hostile = "\u{1b}[2J\u{9b}31m\u{202e}<b>`x`\u{200b}";
    let pki = chain()
        .leaf(|leaf| leaf.common_name(hostile).uid(&format!("{hostile} uid")))
        .root(|root| root.common_name(hostile))
        .build();
    let desk = desk_with(&pki);
    let name = "\u{1b}]0;x\u{7}\u{202e}.pem";
    desk.put(
        name,
        format!("-----BEGIN {hostile}-----\nAAAA\n-----END {hostile}-----\n"),
    );
    let files = ["root.pem", "ca.pem", "leaf.pem", name];
    for more in [&[][..], &["--json"]] {
        let ran = check(&desk, &files, more);
        assert_eq!(ran.code, 1, "{ran:?}");
        let hidden = ['\u{1b}', '\u{9b}', '\u{202e}', '\u{200b}'];
        assert!(!ran.out.contains(hidden), "{:?}", ran.out);
        assert!(ran.out.contains(r"\u{1b}"), "{}", ran.out);
    }
    let lines = check(&desk, &FILES, &[]).out;
    assert!(
        lines.contains("Ceremony Failed, IdentityMismatch"),
        "{lines}"
    );
}

/// From the fingerprint to the verdict, as an operator and a partner would do it.
#[test]
fn a_new_profile_is_checked_and_checks() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    for with_root in [false, true] {
        let out = format!("new-{with_root}.json");
        let mut options = vec!["--root", "root.pem", "--out", &out];
        if with_root {
            options.push("--with-root");
        }
        let ran = new_profile(&desk, &options);
        assert_eq!(ran.code, 0, "{ran:?}");
        let ran = desk.ceremony(&["profile", "check", &out]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let files = if with_root { &FILES[1..] } else { &FILES };
        let ran = desk.ceremony(&[&["check", "--profile", &out][..], files].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

/// The keys are those of the chain; the certificate of a CA that never was is not.
#[test]
fn a_leaf_of_somebody_else_is_incomplete() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let stranger = PrivateKey::cached(KeyKind::EccP256, "stranger");
    let stranger = partner::Profile::root("Stranger").self_signed(&stranger);
    let leaf = partner::Profile::leaf("Leaf", emulated::UID).issued_by(&stranger, pki.leaf.key());
    desk.put("leaf.pem", leaf.pem());
    let document = json(&desk, &FILES, &[]);
    let what = document["problems"][0]["what"].as_str().unwrap();
    assert!(what.contains("Stranger"), "{what}");
}

/// What the method asks of a folder, beside the certificates.
#[test]
fn an_exchange_in_two_passes_needs_a_nonce_and_no_other_takes_one() {
    let pki = chain().build();
    let desk = desk_with(&pki);
    let mut profile = emulated::profile(&pki);
    let exchange =
        |passes: &str| json!({ "method": "tr34", "signer": "service", "passes": passes });
    let with_nonce = [&FILES[..], &["today.nonce"]].concat();
    desk.put("today.nonce", "0102030405060708\n");

    profile["kekExport"]["exchange"] = exchange("two");
    desk.put("acme.json", profile.to_string());
    let document = json(&desk, &FILES, &[]);
    assert_eq!(document["problems"][0]["event"], "Certificates Incomplete");
    let what = document["problems"][0]["what"].as_str().unwrap();
    assert!(what.contains("`<name>.nonce`"), "{what}");
    let document = json(&desk, &with_nonce, &[]);
    assert_eq!(document["goesOn"], true, "{document}");
    let exchange_told = json!({ "kek": "AES_128", "method": "tr34" });
    assert_eq!(document["exchange"], exchange_told);
    let ran = check(&desk, &with_nonce, &[]);
    assert!(
        ran.out.contains("taken     today.nonce: a nonce"),
        "{}",
        ran.out
    );
    let told = "AES_128 would travel by tr34, under the leaf's RSA_3072.";
    assert!(ran.out.contains(told), "{}", ran.out);

    profile["kekExport"]["exchange"] = exchange("one");
    desk.put("acme.json", profile.to_string());
    let document = json(&desk, &with_nonce, &[]);
    assert_eq!(document["problems"][0]["event"], "Certificates Rejected");
    assert_eq!(document["problems"][0]["file"], "today.nonce");

    desk.put("today.nonce", "a word");
    let document = json(&desk, &with_nonce, &[]);
    let problem = &document["problems"][0];
    assert_eq!(problem["event"], "Certificates Rejected");
    let what = problem["what"].as_str().unwrap();
    assert!(
        what.contains("no nonce") && !what.contains("a word"),
        "{what}"
    );
}
