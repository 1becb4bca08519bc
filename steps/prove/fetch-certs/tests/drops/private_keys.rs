//! What becomes of a private key in a drop.

use emulated::quick_chain;
use step::StepError;
use step::error::to_diagnostic;

use crate::dropped::Dropped;

/// However it is dropped: the file must not stay where it lies, and what is told of it goes into
/// logs, events and a locked record.
#[tokio::test(start_paused = true)]
async fn a_private_key_is_refused_and_nothing_of_it_is_told() {
    let pki = quick_chain();
    let (leaf, key) = (pki.leaf.pem(), pki.leaf.key().pem());
    let lines: Vec<&str> = key.lines().collect();
    let [first, body @ .., last] = &lines[..] else {
        panic!("a key has lines");
    };
    let secret = |told: &str| body.iter().any(|line| told.contains(&line[..16]));
    let body = body.join("\n");
    for file in [
        key.clone(),
        format!("{leaf}{key}"),
        format!("{key}{leaf}"),
        key.replace("PRIVATE", "EC PRIVATE"),
        key.replace("PRIVATE", "ENCRYPTED PRIVATE"),
        key.replace('\n', "\r\n"),
        // What editors and mail make of it: a blank line, a lost or broken end, a broken beginning.
        format!("{first}\n{}\n\n{last}\n", body.replace('\n', "\n\n")),
        format!("{leaf}{first}\n{body}\n"),
        format!("{first}\n{body}\n-----END CERTIFICATE-----\n"),
        format!("{}\n{body}\n{last}\n{leaf}", &first[..first.len() - 1]),
        format!("{}\n{body}\n{last}\n{leaf}", &first[1..]),
    ] {
        let mut dropped = Dropped::new();
        dropped.replaces_leaf(&file);
        let Err(error) = dropped.fetched().await else {
            panic!("taken: {file}");
        };
        assert_eq!(error.name(), "FileUnusable");
        let told = to_diagnostic(&error, vec![]).error_message;
        assert!(told.contains("holds a private key"), "{told} for {file}");
        for told in [told, format!("{error:?}")] {
            assert!(!secret(&told), "{told}");
        }
    }
    // It has no words that say what it is, and is no certificate either.
    let mut dropped = Dropped::new();
    dropped.replaces_leaf(pki.leaf.key().der());
    assert_eq!(dropped.refused().await, "FileUnusable");
}
