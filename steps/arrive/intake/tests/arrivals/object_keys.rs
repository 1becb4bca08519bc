//! Names of objects, which a partner chooses.

use intake::Output;

use crate::inbox::{FOLDER, INBOX, Inbox};

/// What XML cannot carry, what URLs give a meaning to, and what people would be fooled by.
const NAMES: [&str; 14] = [
    "\u{1}.pem",
    "\u{1b}[31mred.pem",
    "\u{fffe}.pem",
    "\u{202e}mep.fael",
    "a b+c&d=e?f#g.pem",
    "100%25%2F.pem",
    "%",
    "..",
    ".",
    "<script>.pem",
    "日本語.pem",
    "\n",
    "'\"\\`$(x).pem",
    "~!*();:@,[]{}|^",
];

#[tokio::test(start_paused = true)]
async fn a_file_of_any_name_is_read_and_told_of_in_plain_characters() {
    for name in NAMES {
        let inbox = Inbox::with_chain();
        inbox.aws.delete(INBOX, &format!("{FOLDER}leaf.pem"));
        inbox.drops(name, "noise");
        assert_eq!(
            inbox.hears(name).await.unwrap(),
            Output::Rejected,
            "{name:?}"
        );
        let told = inbox.only_announcement().detail;
        let file = told["file"].as_str().unwrap();
        assert!(file.starts_with(FOLDER), "{file}");
        let plain = |character: char| {
            !character.is_control() && !"<>&`\u{202e}\u{fffe}".contains(character)
        };
        assert!(file.chars().all(plain), "{file:?}");
        assert!(inbox.only_reason().contains("no certificate"), "{name:?}");
        // And as a leaf.
        inbox.drops(name, inbox.pki.leaf.pem());
        assert_eq!(
            inbox.hears(name).await.unwrap(),
            Output::Started,
            "{name:?}"
        );
        let input = &inbox.assert_runs(&[1])[0].input;
        let input: serde_json::Value = serde_json::from_str(input).unwrap();
        let objects = input["objects"].as_array().unwrap();
        let key = format!("{FOLDER}{name}");
        assert!(
            objects.iter().any(|object| object["key"] == key),
            "{objects:?}"
        );
    }
}

/// A name that makes one listing fail would make every later event of the folder fail.
#[tokio::test(start_paused = true)]
async fn a_file_of_any_name_stops_no_other() {
    let inbox = Inbox::with_chain();
    for name in &NAMES[..13] {
        inbox.drops(name, "noise");
    }
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
}

#[tokio::test(start_paused = true)]
async fn the_longest_key_is_read_and_shortened_where_it_is_told() {
    let inbox = Inbox::with_chain();
    let name = "x".repeat(1024 - FOLDER.len());
    inbox.drops(&name, "noise");
    assert_eq!(inbox.hears(&name).await.unwrap(), Output::Rejected);
    let told = inbox.only_announcement().detail;
    let file = told["file"].as_str().unwrap();
    assert_eq!(file, format!("{FOLDER}{}…", "x".repeat(199 - FOLDER.len())));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_no_file_of_a_folder_is_told_in_plain_characters() {
    for key in [
        "acme//production/pin/leaf.pem",
        "acme/production/pin//leaf.pem",
        "/acme/production/pin/leaf.pem",
        "../production/pin/leaf.pem",
        "acme/../pin/leaf.pem",
        "acme%2Fproduction%2Fpin%2Fleaf.pem",
        "acme\u{0}/production/pin/leaf.pem",
        "<b>/production/pin/leaf.pem",
        "acme/pro\u{1b}[2Jduction/pin/leaf.pem",
        "acme/production/`pin`/leaf.pem",
        "ａcme/production/pin/leaf.pem",
    ] {
        let inbox = Inbox::new();
        assert_eq!(
            inbox.hears_of_key(key).await.unwrap(),
            Output::Rejected,
            "{key:?}"
        );
        let told = inbox.only_announcement().detail.to_string();
        assert!(
            told.chars()
                .all(|one| !one.is_control() && !"<&".contains(one) || one == '<'),
            "{told}"
        );
        assert!(
            !told.contains("\\u0000") && !told.contains("\\u001b") && !told.contains("<b"),
            "{told}"
        );
        assert!(inbox.aws.executions().is_empty());
    }
}

/// `acme` is how `acme-bank` begins, and a folder's prefix ends with a slash.
#[tokio::test(start_paused = true)]
async fn a_partner_whose_name_begins_like_that_of_another_is_a_partner_of_its_own() {
    let inbox = Inbox::new();
    for (other, file) in [
        ("acme-bank", "leaf.pem"),
        ("acm", "leaf.pem"),
        ("acme2", "oops.pem"),
    ] {
        let key = format!("{other}/production/cardholder/{file}");
        let bytes = if file == "oops.pem" {
            inbox.pki.leaf.key().pem()
        } else {
            inbox.pki.leaf.pem()
        };
        inbox.aws.put(INBOX, &key, bytes);
    }
    inbox.drops_certificate("root.pem", &inbox.pki.root);
    inbox.drops_certificate("ca.pem", &inbox.pki.intermediates[0]);
    assert_eq!(inbox.hears("ca.pem").await.unwrap(), Output::Incomplete);
    let key = "acme-bank/production/cardholder/leaf.pem";
    assert_eq!(inbox.hears_of_key(key).await.unwrap(), Output::Incomplete);
    inbox.drops_certificate("leaf.pem", &inbox.pki.leaf);
    assert_eq!(inbox.hears("leaf.pem").await.unwrap(), Output::Started);
}
