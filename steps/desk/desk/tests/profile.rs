//! `ceremony profile new` and `ceremony profile check`, as they are typed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;
#[path = "desk/new_profile.rs"]
mod new_profile;

use std::process::Command;

use ceremony::profile::Profile;
use desk::{Desk, Ran, chain};
use new_profile::new_profile;
use partner::certificate::KeyUsage;
use partner::{Certified, KeyKind, PrivateKey};
use serde_json::{Value, json};

fn root() -> Certified {
    chain().build().root
}

#[test]
fn a_new_profile_is_valid_and_pins_the_root() {
    let (desk, root) = (Desk::new(), root());
    desk.put("root.pem", root.pem());
    let ran = new_profile(&desk, &["--root", "root.pem"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let profile = Profile::read(&ran.out).unwrap();
    assert_eq!(profile.folder().prefix(), "acme/production/cardholder/");
    let expected = json!({
        "partner": "acme", "environment": "production", "dataType": "cardholder",
        "trustAnchors": [root.sha256()],
        "rootCertificates": [],
        "identity": emulated::UID,
        "caKeyArns": {},
        "revocation": {
            "policy": "required", "order": "ocsp-then-crl", "waitMinutes": 60,
            "maxProofAgeMinutes": 60, "maxCrlBytes": 5_242_880,
        },
        "minimumRemainingDays": 7,
        "maxCeremoniesPerDay": 10,
        "kekExport": {
            "kek": { "algorithm": "AES_128", "keyArn": null },
            "exchange": {
                "method": "rsa-oaep", "hash": "SHA_256", "signedPrefix": "3130303030545041454159",
            },
            "signature": { "algorithm": "RSASSA_PKCS1_V1_5_SHA_256" },
        },
    });
    assert_eq!(ran.json(), expected);
}

/// What two people compare is what openssl prints for them.
#[test]
fn fingerprints_are_told_as_openssl_prints_them() {
    let (desk, root) = (Desk::new(), root());
    let file = desk.put("root.pem", root.pem());
    let printed = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(file)
        .output()
        .expect("openssl is needed");
    let printed = String::from_utf8(printed.stdout).unwrap();
    let told = new_profile(&desk, &["--root", "root.pem"]).err;
    assert!(
        printed.to_lowercase().starts_with("sha256 fingerprint="),
        "{printed}"
    );
    let (_, fingerprint) = printed.trim().split_once('=').unwrap();
    assert!(told.contains(fingerprint), "{told}");
    assert!(told.contains(&root.sha256()), "{told}");
}

#[test]
fn it_says_how_to_put_it() {
    let (desk, root) = (Desk::new(), root());
    desk.put("root.pem", root.pem());
    let ran = new_profile(&desk, &["--root", "root.pem", "--out", "acme's.json"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    let parameter = "--name /key-ceremony/partners/acme/production/cardholder";
    assert!(ran.err.contains("aws ssm put-parameter"), "{}", ran.err);
    assert!(ran.err.contains(parameter), "{}", ran.err);
    assert!(
        ran.err.contains(r"--value 'file://acme'\''s.json'"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("Warning"), "{}", ran.err);
    assert!(!ran.err.contains("--tier"), "{}", ran.err);
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let (desk, root) = (Desk::new(), root());
    desk.put("root.pem", root.pem());
    let file = desk.put("acme.json", "mine");
    let ran = new_profile(&desk, &["--root", "root.pem", "--out", "acme.json"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("acme.json is there already"),
        "{}",
        ran.err
    );
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
}

#[test]
fn every_choice_is_written() {
    let (desk, root) = (Desk::new(), root());
    desk.put("root.pem", root.pem());
    let ran = new_profile(
        &desk,
        &[
            "--root",
            "root.pem",
            "--with-root",
            "--kek",
            "TDES_2KEY",
            "--oaep-hash",
            "SHA_512",
            "--signature",
            "RSASSA_PSS_SHA_256",
            "--revocation",
            "when-available",
            "--revocation-order",
            "crl-only",
        ],
    );
    let profile = ran.json();
    assert_eq!(profile["rootCertificates"], json!([root.pem()]));
    assert_eq!(profile["kekExport"]["kek"]["algorithm"], "TDES_2KEY");
    assert_eq!(profile["kekExport"]["exchange"]["hash"], "SHA_512");
    assert_eq!(
        profile["kekExport"]["signature"]["algorithm"],
        "RSASSA_PSS_SHA_256"
    );
    assert_eq!(profile["revocation"]["policy"], "when-available");
    assert_eq!(profile["revocation"]["order"], "crl-only");
    // It is allowed, but not without a word.
    assert!(ran.err.contains("names no service passes"), "{}", ran.err);
}

/// What belongs to rsa-oaep is not typed for another method.
fn by_method(desk: &Desk, options: &[&str]) -> Ran {
    let usual = [
        ["--partner", "acme"],
        ["--environment", "production"],
        ["--data-type", "cardholder"],
        ["--identity", emulated::UID],
        ["--root", "root.pem"],
    ];
    let arguments = [&["profile", "new"][..], usual.as_flattened(), options];
    desk.ceremony(&arguments.concat())
}

#[test]
fn every_method_is_written_with_what_belongs_to_it() {
    let desk = Desk::new();
    desk.put("root.pem", root().pem());
    for (options, exchange, words) in [
        (
            &["--method", "ecdh", "--kek", "AES_256"][..],
            json!({
                "method": "ecdh", "keyDerivationFunction": "NIST_SP800",
                "keyDerivationHash": "SHA_512", "derivedKey": "AES_256",
            }),
            "TR-31 under a key of AES_256 from ECDH (NIST_SP800, SHA_512)",
        ),
        (
            &[
                "--method",
                "ecdh",
                "--kdf",
                "ANSI_X963",
                "--kdf-hash",
                "SHA_256",
                "--derived-key",
                "AES_128",
            ],
            json!({
                "method": "ecdh", "keyDerivationFunction": "ANSI_X963",
                "keyDerivationHash": "SHA_256", "derivedKey": "AES_128",
            }),
            "TR-31 under a key of AES_128 from ECDH (ANSI_X963, SHA_256)",
        ),
        (
            &["--method", "tr34", "--signer", "service"],
            json!({ "method": "tr34", "signer": "service", "passes": "one" }),
            "TR-34 (one pass), its block signed by a key that the service's own CA certifies",
        ),
        (
            &["--method", "tr34", "--signer", "own", "--passes", "two"],
            json!({ "method": "tr34", "signer": "own", "passes": "two" }),
            "TR-34 (two passes: the partner drops a nonce), its block signed by the key enrolled",
        ),
    ] {
        let ran = by_method(&desk, options);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.json()["kekExport"]["exchange"], exchange);
        desk.put("acme.json", &ran.out);
        let looked = desk.ceremony(&["profile", "check", "acme.json"]);
        assert_eq!(looked.code, 0, "{looked:?}");
        assert!(looked.out.contains(words), "{words}: {}", looked.out);
    }
}

#[test]
fn what_belongs_to_another_method_or_is_missing_is_told() {
    let desk = Desk::new();
    desk.put("root.pem", root().pem());
    for (options, words) in [
        (
            &[][..],
            "`--signed-prefix` is needed for the method rsa-oaep",
        ),
        (
            &["--method", "tr34"],
            "`--signer` is needed for the method tr34",
        ),
        (
            &["--method", "ecdh", "--signed-prefix", "10000TPAEAY"],
            "`--signed-prefix` is for the method rsa-oaep, and the method is ecdh",
        ),
        (
            &["--method", "tr34", "--signer", "own", "--kdf", "ANSI_X963"],
            "`--kdf` is for the method ecdh, and the method is tr34",
        ),
        (
            &["--method", "tr34", "--signer", "own", "--kek", "AES_192"],
            "no RSA key",
        ),
        (
            &[
                "--method",
                "ecdh",
                "--kek",
                "AES_192",
                "--derived-key",
                "AES_128",
            ],
            "too weak to carry AES_192",
        ),
        (&["--method", "rsa"], "expected one of `rsa-oaep`"),
    ] {
        let ran = by_method(&desk, options);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

#[test]
fn what_is_no_root_is_not_pinned() {
    let (desk, pki) = (Desk::new(), chain().build());
    let not_a_ca = partner::Profile::leaf("Own", "uid").self_signed(pki.leaf.key());
    let key = format!("{}{}", pki.root.pem(), pki.root.key().pem());
    for (contents, words) in [
        (pki.intermediates[0].pem(), "was issued by"),
        (
            pki.root.pem() + &pki.intermediates[0].pem(),
            "2 certificates",
        ),
        (not_a_ca.pem(), "no CA"),
        (key, "private key"),
        ("x".repeat(70_000), "too large"),
        ("what?".to_owned(), "cannot be used"),
    ] {
        desk.put("root.pem", contents);
        let ran = new_profile(&desk, &["--root", "root.pem", "--out", "acme.json"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(words), "{}", ran.err);
        assert!(ran.err.contains("root.pem"), "{}", ran.err);
        let secret = pki.root.key().pem();
        assert!(
            !ran.err.contains(secret.lines().nth(1).unwrap()),
            "{}",
            ran.err
        );
    }
}

#[test]
fn what_a_profile_cannot_say_is_not_written() {
    let (desk, root) = (Desk::new(), root());
    desk.put("root.pem", root.pem());
    let expired = chain().root(partner::Profile::expired).build().root;
    desk.put("expired.pem", expired.pem());
    for (more, words) in [
        (&["--revocation", "off"][..], "not for production"),
        (&["--root", "root.pem"], "twice"),
        (&["--root", "nowhere.pem"], "nowhere.pem cannot be read"),
        (&["--kek", "AES_255"], "expected one of `AES_128`"),
        (&["--kek", "AES_256"], "no RSA key"),
        (&["--root", "expired.pem"], "expired at"),
    ] {
        let ran = new_profile(&desk, &[&["--root", "root.pem"], more].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    for (field, value, words) in [
        ("--partner", "ACME", "lower-case letters"),
        ("--partner", "pix", "reserved"),
        ("--partner", "acme-non", "must not end in"),
        ("--environment", "prod", "`non-production` or `production`"),
        ("--data-type", "pan", "`cardholder` or `pin`"),
        ("--identity", "", "`identity` is empty"),
        ("--signed-prefix", "Zürich", "printable ASCII"),
    ] {
        let ran = new_profile(&desk, &[field, value, "--root", "root.pem"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(words), "{field}: {}", ran.err);
    }
}

#[test]
fn a_profile_that_no_standard_parameter_holds_is_told() {
    let desk = Desk::new();
    let mut arguments = vec!["--with-root".to_owned()];
    for number in 0..7 {
        let key = PrivateKey::cached(KeyKind::EccP256, &format!("root {number}"));
        let root = partner::Profile::root(&format!("Root {number}")).self_signed(&key);
        let name = format!("root-{number}.pem");
        desk.put(&name, root.pem());
        arguments.extend(["--root".to_owned(), name]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = new_profile(&desk, &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!((4097..8192).contains(&ran.out.len()), "{}", ran.out.len());
    assert!(ran.err.contains("of the 4096 bytes"), "{}", ran.err);
    assert!(ran.err.contains("--tier Advanced"), "{}", ran.err);

    desk.put("acme.json", &ran.out);
    let looked = desk.ceremony(&["profile", "check", "acme.json"]);
    assert_eq!(looked.code, 0, "{looked:?}");
    assert!(looked.out.contains("warning    size"), "{}", looked.out);
    assert!(looked.out.contains("--tier Advanced"), "{}", looked.out);
}

fn check(change: impl FnOnce(&mut Value)) -> Ran {
    let mut profile = emulated::profile(&chain().build());
    profile["revocation"] = json!({});
    change(&mut profile);
    let desk = Desk::new();
    desk.put("acme.json", serde_json::to_string_pretty(&profile).unwrap());
    desk.ceremony(&["profile", "check", "acme.json"])
}

#[test]
fn a_profile_is_told_in_words() {
    let ran = check(|profile| {
        let root = root();
        profile["trustAnchors"] = json!([root.sha256()]);
        profile["rootCertificates"] = json!([root.pem()]);
    });
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in [
        "valid, for the folder acme/production/cardholder/",
        "Its root is in the profile",
        "ACME Root CA",
        "valid until",
        "a new AES_128 key for every leaf, sent by RSA-OAEP (SHA_256)",
        emulated::UID,
        "by OCSP or else by CRL",
        "At most 10 ceremonies",
        "7 more days",
        "file://acme.json",
        "0 warnings, 0 failed",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, words) in [
        ("{", "at line 1 column 1"),
        (
            "{\n  \"partner\": \"ACME\"\n}",
            "`partner`: `ACME` is not a partner id",
        ),
        ("{\n  \"partner\": \"ACME\"\n}", "at line 3 column 1"),
        (
            "{\"kekExport\": {\"kek\": {\"algorithm\": 1}}}",
            "`kekExport.kek.algorithm`",
        ),
        ("{\"trustAnchors\": [\"00\"]}", "`trustAnchors[0]`"),
        ("{\"\\u001b]0;x\\u0007\": 1}", r"\u{1b}\u{5d}0;x\u{7}"),
        ("[]", "expected struct Profile"),
    ] {
        let desk = Desk::new();
        desk.put("acme.json", text);
        let ran = desk.ceremony(&["profile", "check", "acme.json"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
        assert!(ran.out.contains("failed     document"), "{}", ran.out);
        assert!(!ran.out.contains("put-parameter"), "{}", ran.out);
    }
}

/// Pins a root of this kind, and supplies it.
fn pin(profile: &mut Value, change: impl FnOnce(partner::Profile) -> partner::Profile) {
    let root = chain().root(change).build().root;
    profile["trustAnchors"] = json!([root.sha256()]);
    profile["rootCertificates"] = json!([root.pem()]);
}

#[test]
fn what_no_ceremony_would_accept_fails() {
    let ran = check(|profile| pin(profile, partner::Profile::expired));
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("failed     roots") && ran.out.contains("expired at"),
        "{}",
        ran.out
    );

    let unfit = |profile: &mut Value| pin(profile, |root| root.key_usage(&[KeyUsage::CrlSign]));
    let ran = check(unfit);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("KeyUsage: KeyUsage lacks keyCertSign"),
        "{}",
        ran.out
    );

    let ran = check(|profile| profile["trustAnchors"] = json!(["00".repeat(32)]));
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("failed     trust"), "{}", ran.out);

    let ran = check(|profile| profile["kekExport"]["kek"] = json!({ "algorithm": "AES_256" }));
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("failed     kek-export"), "{}", ran.out);
}

#[test]
fn what_is_allowed_but_doubtful_is_a_warning() {
    let ran = check(|profile| {
        profile.as_object_mut().unwrap().remove("kekExport");
    });
    assert_eq!(ran.code, 0);
    assert!(
        ran.out
            .contains("warning    kek-export    kek-export is not allowed"),
        "{}",
        ran.out
    );

    // ExtendedKeyUsage with serverAuth.
    let server_auth = vec![0x30, 0x0a, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    let noted = |profile: &mut Value| {
        pin(profile, |root| {
            root.extension(&[2, 5, 29, 37], false, server_auth)
        });
    };
    let ran = check(noted);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("warning    roots"), "{}", ran.out);
    assert!(ran.out.contains("NoExtendedKeyUsage: "), "{}", ran.out);

    let ran = check(|profile| profile["revocation"] = json!({ "policy": "when-available" }));
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("warning    revocation"), "{}", ran.out);

    let ran = check(|profile| {
        profile["environment"] = json!("non-production");
        profile["revocation"] = json!({ "policy": "off" });
    });
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("a revoked one gets a KEK"), "{}", ran.out);
}

#[test]
fn a_file_that_is_no_profile_is_not_looked_at() {
    let desk = Desk::new();
    desk.put("large.json", " ".repeat(70_000));
    desk.put("binary.json", [0xff, 0xfe]);
    for (file, words) in [
        ("large.json", "64 KiB"),
        ("binary.json", "UTF-8"),
        ("nowhere.json", "cannot be read"),
        (".", "cannot be read"),
    ] {
        let ran = desk.ceremony(&["profile", "check", file]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(words), "{}", ran.err);
    }
}
