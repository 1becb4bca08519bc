//! Files that nobody should send: a private key stops the folder, all else only itself.

use emulated::aws::{Announced, Fault};
use intake::Output;
use partner::{Certified, KeyKind, PrivateKey, Profile, bundle, hostile};
use serde_json::{Value, json};

use crate::inbox::{FOLDER, INBOX, Inbox};

fn keys_announced(inbox: &Inbox) -> Vec<Announced> {
    let mut announced = inbox.aws.announced();
    announced.retain(|event| event.detail_type == "Private Key Received");
    announced
}

/// All that has left the step: events, what the table holds, what was sent and started.
fn told(inbox: &Inbox) -> String {
    let items: Vec<Option<Value>> = inbox
        .aws
        .items()
        .iter()
        .map(|id| inbox.aws.item(id))
        .collect();
    format!(
        "{:?} {items:?} {:?} {:?}",
        inbox.aws.announced(),
        inbox.aws.sent(),
        inbox.aws.executions()
    )
}

/// No 16 characters of the file, as it is or in hex.
fn assert_not_repeated(inbox: &Inbox, name: &str, file: &[u8]) {
    let told = told(inbox);
    let text: String = file
        .iter()
        .filter(|byte| **byte != 0)
        .map(|byte| char::from(*byte))
        .collect();
    let in_hex = hex_of(file);
    for (what, secret) in [("text", text), ("hex", in_hex)] {
        let characters: Vec<char> = secret.chars().collect();
        for window in characters.windows(16) {
            let window: String = window.iter().collect();
            let is_key = window
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
            assert!(
                !is_key || !told.contains(&window),
                "{name}, {what}: {window}"
            );
        }
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn certified() -> Certified {
    let key = PrivateKey::cached(KeyKind::Rsa2048, "sent by mistake");
    Profile::leaf("ACME Mistake", "x").self_signed(&key)
}

#[tokio::test(start_paused = true)]
async fn a_private_key_in_any_form_is_announced_at_once_and_stops_the_set() {
    for (name, file) in hostile::private_keys(&certified()) {
        let inbox = Inbox::with_chain();
        inbox.drops("noise.pem", "noise");
        inbox.hears("noise.pem").await.unwrap();
        let version = inbox.drops("oops.pem", file.clone());
        // However many rejections there are: this is none of them.
        assert_eq!(
            inbox.hears("oops.pem").await.unwrap(),
            Output::PrivateKeyReceived,
            "{name}"
        );
        let [event] = &keys_announced(&inbox)[..] else {
            panic!("{name}: one announcement");
        };
        let detail = &event.detail;
        assert_eq!(detail["severity"], "high");
        assert_eq!(detail["file"], format!("{FOLDER}oops.pem"));
        assert_eq!(detail["versionId"], version);
        assert_eq!(detail["bytes"], file.len());
        assert_eq!(detail["partner"], "acme");
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Rejected);
        assert!(inbox.aws.executions().is_empty() && inbox.begun_today() == 0);
        assert_not_repeated(&inbox, &name, &file);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_can_act_is_told_what_to_do() {
    let inbox = Inbox::with_chain();
    inbox.hears("leaf.pem").await.unwrap();
    inbox.drops("oops.pem", certified().key().pem());
    inbox.hears("oops.pem").await.unwrap();
    let detail = inbox.only_announcement().detail;
    let text = |member: &str| detail[member].as_str().unwrap().to_owned();
    assert!(text("what").contains("a private key (PEM)"), "{detail}");
    assert!(
        text("remedy").contains("Tell the partner to replace that key"),
        "{detail}"
    );
    assert!(
        text("remedy").contains("delete every version of the object"),
        "{detail}"
    );
    let command = text("deleteVersions");
    assert!(
        command.starts_with(&format!("key='{FOLDER}oops.pem'; ")),
        "{command}"
    );
    assert!(
        command.contains("--bucket inbox --prefix \"$key\""),
        "{command}"
    );
    assert_eq!(detail["latestCeremony"]["ceremonyId"], inbox.name_of_run(1));
}

#[tokio::test(start_paused = true)]
async fn after_the_file_is_gone_the_leaf_dropped_again_starts_the_ceremony() {
    for for_good in [false, true] {
        let mut inbox = Inbox::with_chain();
        let key = format!("{FOLDER}oops.pem");
        let version = inbox.drops("oops.pem", certified().key().pem());
        for file in ["root.pem", "ca.pem", "leaf.pem"] {
            assert_eq!(inbox.hears(file).await.unwrap(), Output::Rejected);
        }
        inbox.time_passes(60);
        inbox.delivers(&inbox.aws.sent()).await;
        // Briefly, and once a minute.
        let announced = inbox.aws.announced();
        assert_eq!(announced.len(), 2);
        let reason = announced[0].detail["reason"].as_str().unwrap();
        assert!(
            reason.starts_with("no ceremony of this folder starts as long as `acme/"),
            "{reason}"
        );
        assert_eq!(announced[0].detail["file"], key.as_str());
        assert_eq!(announced[1].detail["files"].as_array().unwrap().len(), 1);
        if for_good {
            inbox.aws.delete_version(INBOX, &key, &version);
        } else {
            inbox.aws.delete(INBOX, &key);
        }
        inbox.time_passes(60);
        inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
        inbox.assert_runs(&[1]);
    }
}

/// Its sender has seen the mistake and covered it, or deleted it: the version is still there.
#[tokio::test(start_paused = true)]
async fn a_key_that_was_covered_before_it_was_looked_at_is_announced() {
    let inbox = Inbox::with_chain();
    let key = certified().key().pem();
    let covered = inbox.drops("leaf.pem", key.clone());
    let newest = inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    let deleted = inbox.drops("gone.pem", key);
    inbox.aws.delete(INBOX, &format!("{FOLDER}gone.pem"));
    for (file, version) in [("leaf.pem", &covered), ("gone.pem", &deleted)] {
        let heard = inbox.hears_of_version(file, version).await.unwrap();
        assert_eq!(heard, Output::PrivateKeyReceived);
        let event = keys_announced(&inbox).pop().unwrap();
        assert_eq!(event.detail["versionId"], version.as_str());
    }
    let heard = inbox.hears_of_version("leaf.pem", &newest).await.unwrap();
    assert_eq!(heard, Output::Started);
    // A version that a responder has deleted since is nothing to look at.
    inbox
        .aws
        .delete_version(INBOX, &format!("{FOLDER}leaf.pem"), &covered);
    let heard = inbox.hears_of_version("leaf.pem", &covered).await.unwrap();
    assert_eq!(heard, Output::AlreadyStarted);
    assert_eq!(keys_announced(&inbox).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_one_file_too_many_is_announced() {
    let inbox = Inbox::new();
    for number in 0..16 {
        inbox.drops(&format!("{number}.pem"), "-");
    }
    let version = inbox.drops("oops.pem", certified().key().pem());
    for heard in [
        inbox.hears("oops.pem").await,
        inbox.hears_of_version("oops.pem", &version).await,
    ] {
        assert_eq!(heard.unwrap(), Output::PrivateKeyReceived);
    }
    assert_eq!(keys_announced(&inbox).len(), 2);
}

/// A keystore with many certificates, or all keys of a house in one file.
#[tokio::test(start_paused = true)]
async fn a_key_in_a_file_that_is_too_large_stops_the_folder_all_the_same() {
    let key = certified().key().pem();
    let mut java = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    java.resize(200_000, 0xa5);
    for file in [java, key.repeat(60).into_bytes()] {
        let inbox = Inbox::with_chain();
        let version = inbox.drops("oops.jks", file.clone());
        for heard in [
            inbox.hears("oops.jks").await,
            inbox.hears_of_version("oops.jks", &version).await,
        ] {
            assert_eq!(heard.unwrap(), Output::PrivateKeyReceived);
            let event = keys_announced(&inbox).pop().unwrap();
            assert_eq!(event.detail["versionId"], version);
            assert_eq!(event.detail["bytes"], file.len());
        }
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Rejected);
        assert!(inbox.aws.executions().is_empty());
        assert_not_repeated(&inbox, "too large", &file);
        // A version that another one covers.
        inbox.drops("oops.jks", "noise");
        let heard = inbox.hears_of_version("oops.jks", &version).await;
        assert_eq!(heard.unwrap(), Output::PrivateKeyReceived);
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    }
}

/// It is somebody's key wherever it lies.
#[tokio::test(start_paused = true)]
async fn a_key_that_lies_in_no_folder_is_announced_and_stops_nothing() {
    let key = certified().key().pem();
    for name in [
        "leaf.key",
        "acme/prod/pin/leaf.key",
        "acme/production/cardholder/old/leaf.key",
        "acme/production/cardholder/",
    ] {
        for file in [key.clone(), key.repeat(60)] {
            let inbox = Inbox::with_chain();
            let version = inbox.aws.put(INBOX, name, file.clone());
            let heard = inbox.hears_of_key(name).await.unwrap();
            assert_eq!(heard, Output::PrivateKeyReceived, "{name}");
            let detail = inbox.only_announcement().detail;
            for member in [
                "ceremony",
                "partner",
                "environment",
                "dataType",
                "latestCeremony",
            ] {
                assert_eq!(detail[member], Value::Null, "{detail}");
            }
            assert_eq!(detail["file"], name);
            assert_eq!(detail["versionId"], version);
            assert_eq!(detail["bytes"], file.len());
            let command = detail["deleteVersions"].as_str().unwrap();
            assert!(command.starts_with(&format!("key='{name}'; ")), "{command}");
            assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
            assert_not_repeated(&inbox, name, file.as_bytes());
        }
    }
}

/// Fail closed: where it cannot be looked at or told, the event comes again.
#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_told_fails_the_call() {
    for operation in ["GetObject", "PutEvents", "GetItem"] {
        let inbox = Inbox::with_chain();
        inbox.drops("oops.pem", certified().key().pem());
        inbox.aws.fault_for_good(operation, Fault::Throttled);
        assert!(inbox.hears("oops.pem").await.is_err(), "{operation}");
        inbox.aws.mend();
        let heard = inbox.hears("oops.pem").await.unwrap();
        assert_eq!(heard, Output::PrivateKeyReceived);
        assert!(inbox.aws.executions().is_empty());
    }
}

/// Each is told by name, and none of them stops the set.
#[tokio::test(start_paused = true)]
async fn other_hostile_files_are_refused_by_name_and_stop_nothing() {
    let key = PrivateKey::cached(KeyKind::EccP256, "hostile files");
    let many: Vec<Certified> = (0..120)
        .map(|number| Profile::leaf(&number.to_string(), "x").self_signed(&key))
        .collect();
    let request = hostile::openssl(
        "req -new -key /dev/stdin -subj /CN=x -outform DER",
        &key.pem(),
    );
    let wide = bundle(&many[..1])
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (file, words) in [
        (Vec::new(), "it is empty"),
        (wide, "iconv -f UTF-16"),
        (b"\x1f\x8b\x08\x00".to_vec(), "packed (gzip)"),
        (b"PK\x03\x04".to_vec(), "packed (zip)"),
        (b"<!doctype html>".to_vec(), "a web page"),
        (partner::pkcs7(&many), "120 certificates"),
        (request, "request for a certificate"),
        (vec![0x30, 0x80, 0x06, 0x09, 0, 0], "indefinite lengths"),
        (vec![b'A'; 65_537], "65537 bytes; at most"),
    ] {
        let inbox = Inbox::with_chain();
        inbox.drops("bad.pem", file);
        assert_eq!(inbox.hears("bad.pem").await.unwrap(), Output::Rejected);
        let reason = inbox.only_reason();
        assert!(reason.contains(words), "{reason}");
        assert_eq!(
            inbox.only_announcement().detail["file"],
            json!(format!("{FOLDER}bad.pem"))
        );
        assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
    }
}
