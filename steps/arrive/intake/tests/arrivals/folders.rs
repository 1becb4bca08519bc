//! What lies in the folder, and what is decided about it.

use emulated::aws::Fault;
use emulated::quick_chain;
use intake::Output;
use partner::certificate::KeyUsage;
use partner::{KeyKind, Pki, PrivateKey, Profile, bundle};
use serde_json::{Value, json};
use step::StepError;

use crate::inbox::{FOLDER, Inbox, sha256};

#[tokio::test(start_paused = true)]
async fn a_folder_marker_is_no_file() {
    let inbox = Inbox::with_chain();
    for marker in ["", "old/"] {
        let version = inbox.drops(marker, "");
        for heard in [
            inbox.hears(marker).await,
            inbox.hears_of_version(marker, &version).await,
        ] {
            assert_eq!(heard.unwrap(), Output::Ignored);
        }
    }
    assert!(inbox.aws.announced().is_empty() && inbox.aws.sent().is_empty());
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
}

#[tokio::test(start_paused = true)]
async fn a_whole_chain_starts_an_execution_with_exactly_its_versions() {
    let inbox = Inbox::new();
    inbox.drops("old.pem", "x");
    inbox.aws.delete("inbox", &format!("{FOLDER}old.pem"));
    let root = inbox.drops_certificate("root.pem", &inbox.pki.root);
    let ca = inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    inbox.drops_certificate("leaf.pem", &quick_chain().leaf);
    let leaf = inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    let [execution] = &inbox.assert_runs(&[1])[..] else {
        panic!("one execution");
    };
    let object = |file: &str, version: &str, pem: &str| {
        json!({
            "key": format!("{FOLDER}{file}"), "versionId": version,
            "bytes": pem.len(), "sha256": sha256(pem),
        })
    };
    let expected = json!({
        "version": 1, "ceremony": {
            "ceremony": "kek-export", "ceremonyId": inbox.name_of_run(1),
            "partner": "acme", "environment": "production", "dataType": "cardholder",
        },
        "objects": [
            object("ca.pem", &ca, &inbox.pki.intermediates[0].pem()),
            object("leaf.pem", &leaf, &inbox.pki.leaf.pem()),
            object("root.pem", &root, &inbox.pki.root.pem()),
        ],
        "leaf": inbox.pki.leaf.sha256(),
    });
    let input: Value = serde_json::from_str(&execution.input).unwrap();
    assert_eq!(input, expected);
    assert!(inbox.aws.announced().is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_one_certificate_in_two_files_the_first_is_taken() {
    let mut inbox = Inbox::new();
    inbox.drops_certificate("z.pem", &inbox.pki.root);
    inbox.time_passes(5);
    inbox.drops_certificate("a.pem", &inbox.pki.root);
    inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    let input = &inbox.assert_runs(&[1])[0].input;
    assert!(
        input.contains("/z.pem") && !input.contains("/a.pem"),
        "{input}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_root_of_the_profile_need_not_be_dropped() {
    let inbox = Inbox::new();
    let root = inbox.pki.root.pem();
    inbox.profile(|profile| profile["rootCertificates"] = json!([root]));
    inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    // That it comes later makes no other set of it.
    inbox.drops("root.pem", root);
    assert_eq!(
        inbox.hears("root.pem").await.unwrap(),
        Output::AlreadyStarted
    );
    inbox.assert_runs(&[1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_named() {
    let inbox = Inbox::new();
    inbox.drops_certificate("root.pem", &inbox.pki.root);
    assert_eq!(inbox.hears("root.pem").await.unwrap(), Output::Incomplete);
    let told = inbox.only_announcement();
    assert_eq!(told.detail_type, "Certificates Incomplete");
    assert_eq!(told.detail["partner"], "acme");
    assert_eq!(told.detail["latestCeremony"], Value::Null);
    assert!(inbox.only_reason().contains("end-entity certificate"));

    let inbox = Inbox::new();
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    let reason = inbox.only_reason();
    assert!(reason.contains("ACME Issuing CA") && !reason.contains("no readable profile"));
    assert!(inbox.aws.executions().is_empty() && inbox.begun_today() == 0);
}

/// `fetch-certs` says so with a record, once the set is complete.
#[tokio::test(start_paused = true)]
async fn a_set_without_a_readable_profile_is_started_all_the_same() {
    for profile in [None, Some("no JSON")] {
        let inbox = Inbox {
            aws: emulated::aws::Aws::default(),
            ..Inbox::new()
        };
        inbox.aws.set_time(inbox.now);
        if let Some(text) = profile {
            let name = emulated::folder().profile_parameter();
            inbox.aws.put_parameter(&name, text);
        }
        inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
        assert!(inbox.only_reason().contains("no readable profile"));
        inbox.drops_chain();
        assert_eq!(inbox.hears("ca.pem").await.unwrap(), Output::Started);
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_are_too_many_or_too_large_are_rejected() {
    let inbox = Inbox::with_chain();
    for count in 0..13 {
        inbox.drops(&format!("{count}.pem"), "-");
    }
    // What lies below does not count as files, nor does the marker.
    inbox.drops("requests/one.json", "{}");
    inbox.drops("", "");
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    inbox.drops("one-more.pem", "-");
    assert_eq!(inbox.hears("one-more.pem").await.unwrap(), Output::Rejected);
    assert!(inbox.only_reason().contains("more than 16 files"));
    assert_eq!(inbox.only_announcement().detail["file"], Value::Null);

    let inbox = Inbox::new();
    inbox.drops("big.pem", vec![b'x'; 64 * 1024 + 1]);
    assert_eq!(inbox.hears("big.pem").await.unwrap(), Output::Rejected);
    let told = inbox.only_announcement().detail;
    assert_eq!(told["file"], format!("{FOLDER}big.pem"));
    assert!(inbox.only_reason().contains("65537 bytes; at most 65536"));
}

/// `take-answer` and `intake-keys` hear of them too, and say what is wrong with them.
#[tokio::test(start_paused = true)]
async fn answers_to_offers_and_keys_are_left_alone_whatever_they_are_called() {
    let inbox = Inbox::with_chain();
    for file in [
        "blocks/zmk.0123456789abcdef.tr31",
        "blocks/leaf.pem",
        "keys/zpk.tr31",
        "keys/leaf.pem",
    ] {
        inbox.drops(file, "-");
        assert_eq!(inbox.hears(file).await.unwrap(), Output::Ignored);
    }
    assert_eq!(inbox.aws.announced().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_folder_of_more_than_one_listing_is_too_full() {
    let inbox = Inbox::with_chain();
    for count in 0..100 {
        inbox.drops(&format!("{count}/x"), "-");
    }
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Rejected);
    assert!(inbox.only_reason().contains("more than 16 files"));
    assert!(inbox.aws.executions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn certificates_that_are_too_many_are_rejected() {
    let inbox = Inbox::with_chain();
    for file in ["one.pem", "two.pem", "many.pem"] {
        inbox.drops(file, bundle(vec![&inbox.pki.root; 21]));
    }
    assert_eq!(inbox.hears("many.pem").await.unwrap(), Output::Rejected);
    assert!(inbox.only_reason().contains("66 certificates; at most 64"));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_used_is_rejected_and_stops_nothing() {
    let inbox = Inbox::with_chain();
    inbox.drops("noise.pem", "noise");
    assert_eq!(inbox.hears("noise.pem").await.unwrap(), Output::Rejected);
    assert!(inbox.only_reason().contains("PEM, DER or PKCS#7"));
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_may_not_be_read_is_rejected() {
    let inbox = Inbox::new();
    inbox.drops("sealed.pem", "-");
    inbox.aws.fault("GetObject", 1..=1, Fault::Denied);
    assert_eq!(inbox.hears("sealed.pem").await.unwrap(), Output::Rejected);
    assert!(inbox.only_reason().contains("cannot be read"));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_gone_when_it_is_read_is_not_there() {
    let inbox = Inbox::with_chain();
    inbox.drops("gone.pem", "-");
    let gone = Fault::Refused(404, "NoSuchKey");
    inbox.aws.fault("GetObject", 2..=2, gone);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
}

#[tokio::test(start_paused = true)]
async fn leaves_that_leave_it_open_which_is_meant_are_rejected() {
    let key = PrivateKey::cached(KeyKind::EccP256, "another");
    let another = |pki: &Pki| Profile::leaf("ACME Other", "x").issued_by(pki.issuer(), &key);
    let inbox = Inbox::with_chain();
    let other = another(&inbox.pki);
    inbox.drops("all.pem", bundle([&inbox.pki.leaf, &other]));
    assert_eq!(inbox.hears("all.pem").await.unwrap(), Output::Rejected);
    assert!(inbox.only_reason().contains("no telling which is meant"));
    assert!(inbox.aws.executions().is_empty());

    let inbox = Inbox::with_chain();
    let leaf = Profile::leaf("ACME Self", "x").self_signed(&key);
    inbox.drops("leaf.pem", leaf.pem());
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Rejected);
    assert!(inbox.only_reason().contains("has signed itself"));
}

/// It would be taken for a leaf, and start a ceremony that can only fail.
#[tokio::test(start_paused = true)]
async fn a_ca_without_basic_constraints_that_comes_first_starts_nothing() {
    let pki = || Pki::builder("x").named("unfit").root_key(KeyKind::EccP256);
    let without = pki()
        .intermediate_keys(&[KeyKind::EccP256])
        .intermediate(0, Profile::without_basic_constraints)
        .leaf_key(KeyKind::EccP256)
        .build();
    let with_false = pki()
        .intermediate_keys(&[KeyKind::EccP256])
        .intermediate(0, Profile::not_an_authority)
        .leaf_key(KeyKind::EccP256)
        .build();
    for (pki, words) in [
        (&without, "has no BasicConstraints extension (CA:TRUE)"),
        (&with_false, "BasicConstraints extension says CA:FALSE"),
    ] {
        let inbox = Inbox::new();
        inbox.drops_certificate("root.pem", &pki.root);
        inbox.drops_certificate("ca.pem", &pki.intermediates[0]);
        assert_eq!(inbox.hears("ca.pem").await.unwrap(), Output::Incomplete);
        let reason = inbox.only_reason();
        assert!(
            reason.contains("ACME Issuing CA") && reason.contains(words),
            "{reason}"
        );
        assert!(inbox.aws.executions().is_empty());
        // With the leaf it is a set, which `validate` refuses with every check in the record.
        inbox.drops_certificate("leaf.pem", &pki.leaf);
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_carries_no_keys_is_no_leaf() {
    let inbox = Inbox::with_chain();
    let signs = Profile::leaf("ACME Signing", "x").key_usage(&[KeyUsage::DigitalSignature]);
    let key = PrivateKey::cached(KeyKind::EccP256, "signing");
    inbox.drops("leaf.pem", signs.issued_by(inbox.pki.issuer(), &key).pem());
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Incomplete);
    let reason = inbox.only_reason();
    assert!(
        reason.contains("ACME Signing") && reason.contains("keyEncipherment"),
        "{reason}"
    );
    for usage in [KeyUsage::KeyAgreement, KeyUsage::DataEncipherment] {
        let leaf = Profile::leaf("ACME Leaf", "x").key_usage(&[usage]);
        inbox.drops("leaf.pem", leaf.issued_by(inbox.pki.issuer(), &key).pem());
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_says_which_ceremony_was_begun_last() {
    let mut inbox = Inbox::with_chain();
    inbox.hears("leaf.pem").await.unwrap();
    inbox.time_passes(5);
    inbox.drops("noise.pem", "noise");
    assert_eq!(inbox.hears("noise.pem").await.unwrap(), Output::Rejected);
    let detail = inbox.only_announcement().detail;
    let begun = json!({
        "ceremonyId": inbox.name_of_run(1), "begunAt": "2026-11-18T10:26:40Z",
    });
    assert_eq!(detail["latestCeremony"], begun);
    assert!(!detail.to_string().contains("nothing has been started"));
    inbox.aws.delete("inbox", &format!("{FOLDER}leaf.pem"));
    assert_eq!(inbox.hears("ca.pem").await.unwrap(), Output::Incomplete);
    let told = inbox.aws.announced();
    assert_eq!(told[1].detail["latestCeremony"], begun);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_looked_at_starts_nothing() {
    for operation in ["ListObjectsV2", "GetObject", "GetParameter"] {
        let inbox = Inbox::with_chain();
        inbox.aws.fault_for_good(operation, Fault::Throttled);
        let error = inbox.hears("leaf.pem").await.unwrap_err();
        assert_eq!(error.name(), "ServiceThrottled", "{operation}");
        assert!(inbox.aws.items().is_empty() && inbox.aws.executions().is_empty());
        inbox.aws.mend();
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    }
}
