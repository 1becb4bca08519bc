//! An offer as the steps publish it: its README's commands verify it, and wrap a key that we can open.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod made;
mod signed;
mod terminal;
mod wrapped;

use ceremony::algorithms::SignatureAlgorithm as A;

use made::Made;
use terminal::Terminal;

#[tokio::test]
async fn its_readme_verifies_it_by_every_signature_algorithm() {
    for algorithm in A::ALL {
        let made = Made::rsa_oaep("AES_128");
        let files = made.package(algorithm).await;
        let printed = Terminal::with(&files, &[]).follow().unwrap();
        let ours = made.offer.terms.ours().certificate.sha256().to_string();
        let checked: Vec<String> = files
            .keys()
            .filter(|name| !name.starts_with("SHA256SUMS"))
            .map(|name| format!("{name}: OK"))
            .collect();
        assert_eq!(printed[1], "Verified OK", "{algorithm}");
        assert_eq!(printed[2], checked.join("\n"));
        assert_eq!(printed[3], "");
        assert_eq!(printed[4], "certificate.pem: OK");
        assert_eq!(printed[5], ours);
        assert_eq!(printed[6], made.offer.id().as_str());
    }
}

/// The document is the one over which `key-import.md` says how its digest is computed.
#[tokio::test]
async fn jq_names_the_offer_as_the_readme_says() {
    let made = Made::ecdh("AES_128", ["NIST_SP800", "SHA_512", "AES_256"]);
    let files = made.package(A::ECDSA_SHA_256).await;
    let terminal = Terminal::with(&files, &[]);
    let readme = String::from_utf8(files["README.md"].clone()).unwrap();
    let command = "jq -cjS . offer.json | openssl dgst -sha256";
    assert!(readme.contains(command), "{readme}");
    let printed = terminal.types(command).unwrap();
    assert!(
        printed.ends_with(&made.offer.digest().to_string()),
        "{printed}"
    );
}

#[tokio::test]
async fn whichever_file_is_changed_added_or_removed_is_noticed() {
    let made = Made::tr34("AES_128", Some("0102030405060708"));
    let files = made.package(A::ECDSA_SHA_256).await;
    for (name, bytes) in &files {
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = files.clone();
            changed.get_mut(name).unwrap()[place] ^= 1;
            let followed = Terminal::with(&changed, &[]).follow();
            assert!(followed.is_err(), "{name} at {place}");
        }
        let mut fewer = files.clone();
        fewer.remove(name);
        assert!(
            Terminal::with(&fewer, &[]).follow().is_err(),
            "without {name}"
        );
    }
    let mut more = files.clone();
    more.insert("more.txt".to_owned(), b"more".to_vec());
    assert!(Terminal::with(&more, &[]).follow().is_err());
}

/// With another certificate of the service's in its place, listed and signed by us or not.
#[tokio::test]
async fn a_certificate_that_is_not_that_of_the_offer_is_noticed() {
    let made = Made::rsa_oaep("AES_128");
    let mut files = made.package(A::ECDSA_SHA_256).await;
    let readme = String::from_utf8(files["README.md"].clone()).unwrap();
    let (_, after) = readme.split_once("\n## 2. ").unwrap();
    files.insert("README.md".to_owned(), after.into());
    assert!(Terminal::with(&files, &[]).follow().is_ok());
    let other = Made::ecdh("AES_128", ["NIST_SP800", "SHA_512", "AES_256"]);
    let other = other.package(A::ECDSA_SHA_256).await;
    for name in ["certificate.pem", "chain.pem"] {
        files.insert(name.to_owned(), other[name].clone());
    }
    let noticed = Terminal::with(&files, &[]).follow().unwrap_err();
    assert!(noticed.contains("grep -of - offer.json"), "{noticed}");
}

/// Both commands stand in the text, as not every package has the certificates.
#[tokio::test]
async fn where_the_signing_key_is_certified_the_partners_own_trust_says_whose_it_is() {
    let made = Made::rsa_oaep("AES_128");
    let (files, ca) = made.certified_package().await;
    let readme = String::from_utf8(files["README.md"].clone()).unwrap();
    let commands: Vec<&str> = readme
        .split('`')
        .filter(|it| it.starts_with("openssl") && it.contains("signing-certificates.pem"))
        .collect();
    assert_eq!(commands.len(), 2, "{readme}");
    let terminal = Terminal::with(&files, &[("ca.pem", ca)]);
    assert!(terminal.follow().is_ok());
    let printed = commands
        .iter()
        .map(|command| terminal.types(command).unwrap());
    let printed: Vec<String> = printed.collect();
    assert_eq!(printed, ["signing-certificates.pem: OK", ""]);
    let other = made.ours.root.pem();
    let terminal = Terminal::with(&files, &[("ca.pem", other)]);
    assert!(terminal.types(commands[0]).is_err());
}

#[tokio::test]
async fn the_readme_of_a_receipt_verifies_it() {
    let made = Made::rsa_oaep("AES_128");
    for (kcv, section) in [
        ("confirmed", "3. Confirm"),
        ("announced", "3. Nothing more"),
    ] {
        let files = made.receipt(kcv).await;
        let readme = String::from_utf8(files["README.md"].clone()).unwrap();
        assert!(readme.contains(section), "{readme}");
        let printed = Terminal::with(&files, &[]).follow().unwrap();
        assert_eq!(printed[1], "Verified OK");
        assert_eq!(printed[4], "7AD386");
    }
}
