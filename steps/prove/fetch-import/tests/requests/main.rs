//! A request is what the profile allows when the ceremony begins, whatever was true when it was dropped.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod asked;

use asked::{Asked, DAY, KEY, PARAMETER, agreement, with_an_rsa_key};
use ceremony::evidence::Recordable;
use ceremony::execution::Start;
use emulated::aws::Fault;
use emulated::{UID, certificate};
use partner::certificate::KeyUsage;
use partner::{KeyKind, Pki};
use serde_json::{Value, json};

/// What an operator changes in a profile.
type Change = fn(&mut Value);

#[tokio::test(start_paused = true)]
async fn a_request_by_ecdh_with_the_partners_path() {
    let asked = Asked::by_ecdh();
    let output = asked.fetched().await.unwrap();
    assert_eq!(output.place.key(), KEY);
    assert_eq!(output.object, asked.input.objects[0]);
    assert_eq!(output.request.kcv.as_ref().unwrap().as_str(), "7AD386");
    assert_eq!(output.package_signer, None);
    let path = output.path.clone().unwrap();
    let partners = agreement();
    assert_eq!(path.leaf, certificate(&partners.leaf));
    let sender = output.sender.clone().unwrap();
    assert_eq!(sender.trust, output.policy.trust);
    assert!(!sender.signs());
    let root = certificate(&partners.root).sha256();
    assert_eq!(
        output.aliases,
        [
            format!("alias/key-ceremony/ca/{root}"),
            "alias/key-ceremony/agreement/acme/production/cardholder/ECC_NIST_P256".to_owned(),
            "alias/key-ceremony/kek/acme/production/cardholder/received".to_owned(),
            "alias/acme-zmk".to_owned(),
        ]
    );
    // Of certificates the record has facts.
    let recorded = serde_json::to_value(output.recordable()).unwrap();
    let leaf = &recorded["certificates"].as_array().unwrap()[0];
    assert_eq!(leaf["sha256"], path.leaf.sha256().to_string());
    assert!(!recorded.to_string().contains("BEGIN CERTIFICATE"));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_needs_no_certificate_has_no_path() {
    let asked = Asked::new(
        &json!({ "method": "rsa-oaep", "algorithm": "AES_128", "kcv": "7AD386" }),
        &[],
    );
    let output = asked.fetched().await.unwrap();
    assert_eq!((output.path, output.sender), (None, None));
    let alias = "alias/key-ceremony/kek/acme/production/cardholder/received";
    assert_eq!(output.aliases, [alias]);
}

#[tokio::test(start_paused = true)]
async fn certificates_lie_beside_it_where_the_method_needs_them_and_nowhere_else() {
    let pki = agreement();
    let oaep = json!({ "method": "rsa-oaep", "algorithm": "AES_128", "kcv": "7AD386" });
    let (name, words) = Asked::new(&oaep, &[&pki.leaf]).refused().await;
    assert_eq!(name, "CertificateUnexpected", "{words}");

    let ecdh = json!({ "method": "ecdh", "algorithm": "AES_128", "kcv": "7AD386" });
    assert_eq!(Asked::new(&ecdh, &[]).refused().await.0, "PathMissing");
    let (name, words) = Asked::new(&ecdh, &[&pki.leaf]).refused().await;
    assert_eq!(name, "PathMissing", "{words}");

    let mut asked = Asked::by_ecdh();
    asked.replace(1, b"no certificate");
    assert_eq!(asked.refused().await.0, "FileUnusable");
}

/// The profile sends KEKs by RSA-OAEP, and this one comes by ECDH.
#[tokio::test(start_paused = true)]
async fn the_certificate_is_the_one_whose_key_the_method_works_with() {
    let (pki, other) = (agreement(), with_an_rsa_key());
    let ecdh = json!({ "method": "ecdh", "algorithm": "AES_128", "kcv": "7AD386" });
    let beside = [&other.leaf, &other.root, &pki.leaf, &pki.root];
    let output = Asked::new(&ecdh, &beside).fetched().await.unwrap();
    assert_eq!(output.path.unwrap().leaf, certificate(&pki.leaf));
}

#[tokio::test(start_paused = true)]
async fn what_custodians_carry_is_not_offered_yet() {
    let physical = json!({ "method": "physical", "algorithm": "AES_128", "kcv": "7AD386" });
    let (name, words) = Asked::new(&physical, &[]).refused().await;
    assert_eq!(name, "MethodNotOffered");
    assert!(words.contains("physical"), "{words}");
}

/// Exactly the version of the input, whatever lies there by now; and no other bytes.
#[tokio::test(start_paused = true)]
async fn what_was_changed_is_not_read() {
    for number in [0, 1] {
        let mut asked = Asked::by_ecdh();
        let key = asked.input.objects[number].key.clone();
        asked.aws.put("inbox", &key, "something else");
        assert!(asked.fetched().await.is_ok());
        let newest = asked.aws.versions("inbox", &key).pop().unwrap();
        asked.input.objects[number].version_id = newest.version;
        let (name, words) = asked.refused().await;
        assert_eq!(name, "DigestMismatch", "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_input_that_no_intake_made_is_refused() {
    let change: [fn(&mut Start); 4] = [
        |input| input.objects.clear(),
        |input| input.objects[0].key = KEY.replace("acme", "globex"),
        |input| input.objects[0].key = KEY.replace("requests/", "requests/zmk/"),
        |input| input.objects[1].key = KEY.replace("zmk.json", "other/leaf.pem"),
    ];
    for change in change {
        let mut asked = Asked::by_ecdh();
        change(&mut asked.input);
        let (name, words) = asked.refused().await;
        assert_eq!(name, "InputMalformed", "{words}");
    }
}

/// Between the drop and the beginning of the ceremony an operator may have allowed less.
#[tokio::test(start_paused = true)]
async fn what_the_profile_allows_now_is_what_counts() {
    let changes: [(Change, &str, &str); 6] = [
        (
            |profile| profile["kekImport"]["requests"]["algorithms"] = json!(["TDES_3KEY"]),
            "RequestNotAllowed",
            "AES_128",
        ),
        (
            |profile| profile["kekImport"]["requests"]["aliases"] = json!([]),
            "RequestNotAllowed",
            "alias",
        ),
        (
            |profile| {
                let section = profile["kekImport"]["requests"].take();
                profile["kekImport"] = json!({ "orders": section });
            },
            "CeremonyNotAllowed",
            "kekImport.requests",
        ),
        (
            |profile| {
                profile.as_object_mut().unwrap().remove("kekImport");
            },
            "CeremonyNotAllowed",
            "kek-import",
        ),
        (
            |profile| profile["kekImport"]["signature"] = json!({ "algorithm": "ECDSA_SHA_256" }),
            "SignatureAlgorithmUnfit",
            "RSA_2048",
        ),
        (
            |profile| profile["kekImport"]["deadlineHours"] = json!(0),
            "ProfileMalformed",
            "deadlineHours",
        ),
    ];
    for (change, expected, part) in changes {
        let asked = Asked::by_ecdh();
        asked.onboards(change);
        let (name, words) = asked.refused().await;
        assert_eq!(name, expected, "{words}");
        assert!(words.contains(part), "{words}");
    }
}

/// Of three offers, each of a week, the last is answered after 21 days; and people approve.
#[tokio::test(start_paused = true)]
async fn a_certificate_that_does_not_outlive_the_last_offer_is_refused() {
    let short: Change = |profile| {
        profile["kekImport"]["deadlineHours"] = json!(24);
        profile["kekImport"]["freshOffers"] = json!(0);
    };
    for (from, to, change, expected) in [
        (-9, 27, None, Some("SigningCertificateExpired")),
        (-9, 29, None, None),
        (-9, 7, Some(short), Some("SigningCertificateExpired")),
        (-9, 9, Some(short), None),
        (1, 90, None, Some("SigningCertificateNotYetValid")),
    ] {
        let asked = Asked::by_ecdh();
        if let Some(change) = change {
            asked.onboards(change);
        }
        let installed = asked.installs(from * DAY, to * DAY);
        match expected {
            Some(expected) => assert_eq!(asked.refused().await.0, expected, "{from} {to}"),
            None => assert_eq!(
                asked.fetched().await.unwrap().package_signer,
                Some(installed)
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_told_by_name() {
    let asked = Asked::by_ecdh();
    asked.aws.put_parameter(PARAMETER, "{}");
    assert_eq!(asked.refused().await.0, "ProfileMalformed");

    for number in [0, 1] {
        let asked = Asked::by_ecdh();
        let object = &asked.input.objects[number];
        asked
            .aws
            .delete_version("inbox", &object.key, &object.version_id);
        assert_eq!(asked.refused().await.0, "ObjectUnreadable");
    }

    let asked = Asked::by_ecdh();
    asked.aws.fault("GetObject", 1..=9, Fault::Denied);
    assert_eq!(asked.refused().await.0, "AccessDenied");

    let mut asked = Asked::by_ecdh();
    asked.replace(
        0,
        br#"{ "version": 1, "kekImport": { "method": "pigeon" } }"#,
    );
    let (name, words) = asked.refused().await;
    assert_eq!(name, "RequestMalformed", "{words}");
}

/// Under a key that signs blocks nothing travels, and one that keys travel under may lie there too.
#[tokio::test]
async fn by_tr34_the_certificate_is_that_of_the_key_that_signs() {
    let signer = Pki::builder(UID)
        .named("signer")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[])
        .leaf_key(KeyKind::Rsa2048)
        .leaf(|leaf| leaf.key_usage(&[KeyUsage::DigitalSignature]))
        .build();
    let receiver = with_an_rsa_key();
    let request = json!({ "method": "tr34", "algorithm": "TDES_3KEY", "kcv": "7ad386" });
    let allowed = |profile: &mut Value| {
        profile["kekImport"] = json!({ "requests": {
            "methods": ["tr34"], "algorithms": ["TDES_3KEY"],
        }});
    };
    let beside = [&receiver.leaf, &signer.leaf, &signer.root];
    let asked = Asked::new(&request, &beside);
    asked.onboards(allowed);
    let fetched = asked.fetched().await.unwrap();
    let leaf = fetched.path.unwrap().leaf.sha256();
    assert_eq!(leaf, certificate(&signer.leaf).sha256());
    assert!(fetched.sender.unwrap().signs());

    let asked = Asked::new(&request, &beside[..1]);
    asked.onboards(allowed);
    let error = asked.fetched().await.unwrap_err();
    let words = error.to_string();
    assert!(words.contains("signing key is missing"), "{words}");
}
