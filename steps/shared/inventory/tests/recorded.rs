//! What records say, in the forms that `publish` and `record-failure` write.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::digest::Sha256;
use ceremony::identifiers::ca_alias;
use inventory::read_record;
use serde_json::{Value, json};

const KEK_ALIAS: &str = "alias/key-ceremony/kek/acme/production/pin/0123456789abcdef";

fn certificate(role: &str) -> Value {
    json!({
        "role": role, "sha256": Sha256::of(role.as_bytes()), "subject": format!("CN={role}"),
        "issuer": "CN=root", "serial": "01",
        "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z",
    })
}

fn steps(origin: &str) -> Value {
    json!([
        { "step": "fetch-certs", "result": {
            "certificates": [certificate("leaf"), certificate("root")],
            "policy": {},
            "aliases": [ca_alias(&Sha256::of(b"root")), KEK_ALIAS],
        }},
        { "step": "validate", "result": {} },
        { "step": "import-ca", "result": {
            "issuingCaKeyArn": "arn:ca",
            "authorities": [{
                "certificateSha256": Sha256::of(b"root"), "keyArn": "arn:ca", "origin": origin,
            }],
        }},
        { "step": "create-kek", "result": {
            "keyArn": "arn:kek", "algorithm": "AES_128", "kcv": "9A1B2C", "kcvAlgorithm": "CMAC",
            "origin": origin,
        }},
    ])
}

#[test]
fn a_record_names_the_keys_their_aliases_and_kcvs_and_the_cas() {
    let document = json!({ "outcome": "prepared", "steps": steps("created") }).to_string();
    let recorded = read_record("c/record.json", document.as_bytes());
    assert_eq!(recorded.unreadable, []);
    let [ca, kek] = &recorded.keys[..] else {
        panic!("{recorded:?}");
    };
    assert_eq!(ca.key_arn, "arn:ca");
    assert_eq!(ca.alias, Some(ca_alias(&Sha256::of(b"root"))));
    assert_eq!(ca.certificate_sha256, Some(Sha256::of(b"root")));
    assert_eq!(ca.kcv, None);
    assert_eq!(kek.key_arn, "arn:kek");
    assert_eq!(kek.alias.as_deref(), Some(KEK_ALIAS));
    assert_eq!(kek.kcv.as_deref(), Some("9A1B2C"));
    assert_eq!(kek.record, "c/record.json");
    assert_eq!(kek.record_sha256, Sha256::of(document.as_bytes()));
    // Not the leaf, which is no key here.
    assert_eq!(recorded.cas.len(), 1);
    assert_eq!(recorded.cas[0].subject, "CN=root");
}

/// Initial keys leave by TR-34 under a certificate whose CAs are imported; no KEK is.
#[test]
fn a_record_of_an_order_names_the_cas_of_the_certificate_beside_it() {
    let imported = steps("created")[2].clone();
    let addressee = json!({ "certificates": [certificate("leaf"), certificate("root")] });
    let request = |result: Value| json!({ "step": "fetch-request", "result": result });
    let by_tr34 = request(json!({ "addressee": addressee, "aliases": [] }));
    let document = json!({ "steps": [by_tr34, imported] }).to_string();
    let recorded = read_record("c/record.json", document.as_bytes());
    assert_eq!(recorded.unreadable, []);
    assert_eq!(recorded.keys[0].alias, Some(ca_alias(&Sha256::of(b"root"))));
    assert_eq!(recorded.cas[0].subject, "CN=root");

    let by_tr31 = request(json!({ "aliases": [] }));
    let document = json!({ "steps": [by_tr31] }).to_string();
    let recorded = read_record("c/record.json", document.as_bytes());
    assert_eq!((recorded.unreadable, recorded.cas.len()), (vec![], 0));
}

/// A root that an approval team is asked about has its key, whether they say yes or not.
#[test]
fn a_record_names_the_key_of_a_root_that_waited_for_approval() {
    let pending = json!({ "step": "import-ca", "result": { "pending": {
        "certificateSha256": Sha256::of(b"root"), "keyArn": "arn:ca", "origin": "created",
        "sessionArn": "arn:session", "lookAgainInSeconds": 10,
    } } });
    let read = |steps: &[Value]| {
        let document = json!({ "steps": steps }).to_string();
        let recorded = read_record("c/failure-x.json", document.as_bytes());
        assert_eq!(recorded.unreadable, []);
        let [ca] = &recorded.keys[..] else {
            panic!("{recorded:?}");
        };
        assert_eq!(ca.key_arn, "arn:ca");
        assert_eq!(ca.alias, Some(ca_alias(&Sha256::of(b"root"))));
    };
    read(std::slice::from_ref(&pending));
    let imported = steps("created")[2].clone();
    read(&[pending, imported]);
}

/// It is in the record of every ceremony of its folder by `ecdh`, whoever made it.
#[test]
fn a_record_names_our_key_that_agreed() {
    const ALIAS: &str = "alias/key-ceremony/agreement/acme/production/pin/ECC_NIST_P521";
    let mut steps = steps("found");
    steps[0]["result"]["aliases"]
        .as_array_mut()
        .unwrap()
        .push(json!(ALIAS));
    steps.as_array_mut().unwrap().push(json!({
        "step": "wrap-ecdh",
        "result": { "method": "ecdh", "bytes": 144, "keyArn": "arn:agreement" },
    }));
    let document = json!({ "outcome": "prepared", "steps": steps }).to_string();
    let recorded = read_record("c/record.json", document.as_bytes());
    let [_, kek, agreement] = &recorded.keys[..] else {
        panic!("{recorded:?}");
    };
    assert_eq!(kek.alias.as_deref(), Some(KEK_ALIAS));
    assert_eq!(agreement.key_arn, "arn:agreement");
    assert_eq!(agreement.alias.as_deref(), Some(ALIAS));
    assert_eq!(agreement.kcv, None);
}

#[test]
fn keys_that_a_profile_names_have_no_alias_of_ours() {
    let document = json!({ "steps": steps("profile") }).to_string();
    let recorded = read_record("c/record.json", document.as_bytes());
    assert_eq!(recorded.keys.len(), 2);
    assert!(recorded.keys.iter().all(|key| key.alias.is_none()));
}

#[test]
fn a_failure_names_what_the_failing_step_had() {
    let done = json!([
        { "did": "had-key", "keyArn": "arn:ca", "alias": "alias/ca", "origin": "created" },
        { "did": "signed", "keyArn": "arn:kms" },
    ]);
    let document = json!({ "outcome": "failed", "done": done, "steps": [] }).to_string();
    let recorded = read_record("c/failure-x.json", document.as_bytes());
    let [ca] = &recorded.keys[..] else {
        panic!("{recorded:?}");
    };
    assert_eq!(
        (ca.key_arn.as_str(), ca.alias.as_deref()),
        ("arn:ca", Some("alias/ca"))
    );

    let unknown = json!({ "done": "not known", "steps": [] }).to_string();
    let recorded = read_record("c/failure-y.json", unknown.as_bytes());
    assert_eq!((recorded.keys.len(), recorded.unreadable.len()), (0, 0));
}

#[test]
fn what_is_no_record_says_so() {
    for document in [
        "",
        "{}",
        r#"{"steps": [{"step": "create-kek", "result": {}}]}"#,
    ] {
        let recorded = read_record("c/record.json", document.as_bytes());
        assert_eq!(recorded.unreadable.len(), 1, "{document}");
        assert_eq!(recorded.unreadable[0].record, "c/record.json");
        assert_eq!(recorded.keys, []);
    }
}

#[test]
fn working_keys_have_the_alias_of_their_name_if_they_were_made_for_it() {
    let steps = json!([
        { "step": "fetch-request", "result": { "aliases": ["alias/x"] } },
        { "step": "make-keys", "result": { "keys": [
            { "name": "pin", "keyArn": "arn:pin", "alias": "alias/x", "kcv": "9A1B2C" },
            { "name": "mac", "keyArn": "arn:mac", "alias": null, "kcv": "08793E" },
        ]}},
    ]);
    let document = json!({ "steps": steps }).to_string();
    let recorded = read_record("c/record.json", document.as_bytes());
    assert_eq!(recorded.unreadable, []);
    let keys = recorded.keys.iter();
    let told: Vec<_> = keys
        .map(|key| (key.key_arn.as_str(), key.alias.as_deref()))
        .collect();
    assert_eq!(told, [("arn:pin", Some("alias/x")), ("arn:mac", None)]);
    assert_eq!(recorded.keys[0].kcv.as_deref(), Some("9A1B2C"));
}

#[test]
fn a_request_names_its_signing_key_and_its_alias() {
    let request = |key: &str, alias: Option<&str>| {
        let document = json!({
            "version": 1, "key": key, "keyArn": format!("arn:{key}"), "alias": alias,
            "publicKeySha256": Sha256::of(b"key"), "subjectDer": "3000", "subject": "CN=x",
            "requestedAt": "2026-11-27T04:00:00Z",
        });
        read_record(
            &format!("enrolment-requests/{key}/0123.json"),
            document.to_string().as_bytes(),
        )
    };
    let alias = "alias/key-ceremony/signing/tr34/1";
    let [key] = &request("tr34", Some(alias)).keys[..] else {
        panic!("one key was expected");
    };
    assert_eq!(key.key_arn, "arn:tr34");
    assert_eq!(key.alias.as_deref(), Some(alias));
    assert_eq!(key.record, "enrolment-requests/tr34/0123.json");
    // In KMS, and not to be missed in Payment Cryptography.
    let kms = request("package-signing", None);
    assert_eq!((kms.keys, kms.unreadable), (vec![], vec![]));
    let other = request("somebody-elses", None);
    assert_eq!(other.unreadable.len(), 1);
}
