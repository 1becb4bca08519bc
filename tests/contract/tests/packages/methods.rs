//! What holds for every method: a package opens by its own README, by the partner's code, and by
//! programs that share nothing with this project; and nothing of it can be changed unnoticed.

use ceremony::algorithms::SignatureAlgorithm as A;
use partner::{KeyKind, OpenError};
use serde_json::Value;
use workbench::python_program;

use crate::made::{Case, Files, Made, bank, certified, signer};

const TDES: [&str; 2] = ["TDES_2KEY", "TDES_3KEY"];

/// Every kind of KEK under every kind of protection that a method has.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kek in ["AES_128", TDES[0], TDES[1]] {
        cases.push(Case::tr34(kek, None));
    }
    // The shortest and the longest nonce; one that reads as text.
    cases.push(Case::tr34("AES_128", Some("0102030405060708")));
    cases.push(Case::tr34(
        TDES[1],
        Some("FFEEDDCCBBAA99887766554433221100"),
    ));
    cases.push(Case::tr34("AES_128", Some("3132333435363738")));
    for (leaf, kek, derivation) in [
        (
            KeyKind::EccP521,
            "AES_256",
            ["NIST_SP800", "SHA_512", "AES_256"],
        ),
        (
            KeyKind::EccP384,
            "AES_192",
            ["NIST_SP800", "SHA_384", "AES_192"],
        ),
        (
            KeyKind::EccP256,
            "AES_128",
            ["ANSI_X963", "SHA_256", "AES_128"],
        ),
        (
            KeyKind::EccP256,
            TDES[0],
            ["ANSI_X963", "SHA_512", "AES_256"],
        ),
        (
            KeyKind::EccP384,
            TDES[1],
            ["NIST_SP800", "SHA_256", "AES_128"],
        ),
    ] {
        cases.push(Case::ecdh(leaf, kek, derivation));
    }
    cases
}

#[tokio::test]
async fn its_readme_and_the_partner_open_it_whatever_the_kek() {
    for case in cases() {
        let named = format!("{} by {}", case.kek, case.exchange);
        let nonce = case.nonce;
        let made = Made::of(case).await;
        let files = made.package(A::ECDSA_SHA_256, "signing").await;
        let opened = made.open(&files);
        let opened = opened.unwrap_or_else(|error| panic!("{named}: {error}"));
        assert_eq!(opened.kcv, made.kek.kcv, "{named}");
        let printed = made.follow(&files);
        let printed = printed.unwrap_or_else(|error| panic!("{named}: {error}"));
        assert!(printed[0].starts_with(&opened.signer_sha256), "{named}");
        assert_eq!(printed[1], "Verified OK", "{named}");
        let kcv = printed.iter().filter(|line| **line == made.kek.kcv);
        assert_eq!(kcv.count(), 1, "{named}: {printed:?}");
        if let Some(nonce) = nonce {
            assert!(printed.contains(&nonce.to_owned()), "{named}: {printed:?}");
        }
    }
}

/// What is told in the manifest about certificates of ours stands on the list that our key signed.
#[tokio::test]
async fn every_certificate_of_ours_is_told_by_its_fingerprint() {
    for case in Case::one_of_each() {
        let made = Made::of(case).await;
        let files = made.package(A::ECDSA_SHA_256, "signing").await;
        let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        let wrapping = &manifest["wrapping"];
        assert_eq!(wrapping["method"], made.wrapped.method().as_str());
        assert_eq!(manifest["schemaVersion"], 2);
        let Some(ours) = made.wrapped.ours() else {
            assert_eq!(wrapping.get("ours"), None);
            assert!(manifest["referenceSignature"].is_object());
            continue;
        };
        assert_eq!(manifest["referenceSignature"], Value::Null);
        let told = &wrapping["ours"];
        let certificate = ours.certificate.sha256().to_string();
        assert_eq!(told["certificate"]["sha256"], certificate);
        let issuer = ours.chain[0].sha256().to_string();
        assert_eq!(told["chain"][0]["sha256"], issuer);
        let readme = String::from_utf8(files["README.md"].clone()).unwrap();
        assert!(
            readme.contains(&format!("sha256   {certificate}\n")),
            "{readme}"
        );
        let list = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
        assert!(list.contains("  manifest.json\n"));
        assert_eq!(wrapping["header"]["usage"], "K0");
    }
}

#[tokio::test]
async fn whichever_file_is_changed_added_or_removed_is_noticed() {
    for case in Case::one_of_each() {
        let made = Made::of(case).await;
        let files = made.package(A::ECDSA_SHA_256, "signing").await;
        for (name, bytes) in &files {
            for place in [0, bytes.len() / 2, bytes.len() - 1] {
                let mut changed = files.clone();
                changed.get_mut(name).unwrap()[place] ^= 1;
                made.is_noticed(&changed, &format!("{name} at {place}"));
            }
            let mut fewer = files.clone();
            fewer.remove(name);
            made.is_noticed(&fewer, &format!("without {name}"));
        }
        let mut more = files.clone();
        more.insert("more.txt".to_owned(), b"more".to_vec());
        made.is_noticed(&more, "with more");
    }
}

/// The steps of the README after the signed list notice it by themselves, as somebody could hold the
/// signing key and not the other keys. What frames a TR-34 block is under no signature of the KDH's.
#[tokio::test]
async fn a_block_that_was_changed_and_listed_anew_opens_to_no_other_key() {
    for case in &Case::one_of_each()[1..] {
        let made = Made::of(case.clone()).await;
        let files = made.package(A::ECDSA_SHA_256, "signing").await;
        let readme = String::from_utf8(files["README.md"].clone()).unwrap();
        let (_, opening) = readme.split_once("\n## 2. ").unwrap();
        let block = ["key-block.der", "key-block.txt"]
            .into_iter()
            .find(|name| files.contains_key(*name))
            .unwrap();
        let bytes = &files[block];
        let (mut places, mut noticed) = (0, 0);
        for place in (0..bytes.len()).step_by(bytes.len() / 12) {
            let mut changed: Files = files.clone();
            changed.insert("README.md".to_owned(), opening.into());
            assert!(made.follow(&changed).is_ok(), "{block}");
            let byte = &mut changed.get_mut(block).unwrap()[place];
            *byte = if *byte == b'0' { b'1' } else { b'0' };
            let printed = made.follow(&changed);
            let kcv = |printed: &Vec<String>| printed.contains(&made.kek.kcv);
            places += 1;
            noticed += usize::from(!printed.as_ref().is_ok_and(kcv));
        }
        assert!(noticed + 1 >= places, "{noticed} of {places} in {block}");
    }
}

#[tokio::test]
async fn another_nonce_than_the_one_that_was_sent_is_noticed() {
    let sent = "0102030405060708";
    let made = Made::of(Case::tr34("AES_128", Some(sent))).await;
    let files = made.package(A::ECDSA_SHA_256, "signing").await;
    assert!(made.open_answering(&files, Some(sent)).is_ok());
    for other in [Some("0102030405060709"), Some("010203040506070800"), None] {
        let refused = made.open_answering(&files, other).unwrap_err();
        assert_eq!(refused, OpenError::NonceMismatch, "{other:?}");
    }
    let one_pass = Made::of(Case::tr34("AES_128", None)).await;
    let files = one_pass.package(A::ECDSA_SHA_256, "signing").await;
    let refused = one_pass.open_answering(&files, Some(sent)).unwrap_err();
    assert_eq!(refused, OpenError::NonceMismatch);
}

/// The partner trusts a CA instead of a fingerprint, and notices another sender.
#[tokio::test]
async fn with_an_enrolled_certificate_the_partners_own_trust_says_whose_key_it_is() {
    for case in Case::one_of_each() {
        let made = Made::of(case).await;
        let (aws, ca) = (signer(A::ECDSA_SHA_256, "signing"), bank());
        let installed = certified(&aws, &ca, "signing");
        let files = made
            .package_by(&aws, A::ECDSA_SHA_256, Some(installed))
            .await;
        let trust = |ca: String| made.follow_with(&files, &[("ca.pem", ca)]);
        let printed = trust(ca.pem()).unwrap();
        assert_eq!(printed[1], "signing-certificates.pem: OK");
        assert_eq!(printed[2], "");
        assert!(
            printed[3].contains("Key Ceremony Signing Key"),
            "{printed:?}"
        );
        assert!(printed.contains(&made.kek.kcv));
        assert!(made.open(&files).is_ok());
        let other = trust(made.pki.root.pem()).unwrap_err();
        assert!(
            other.contains("openssl verify -CAfile ../ca.pem"),
            "{other}"
        );

        // Somebody else's key, in a package with our certificate.
        let theirs = signer(A::ECDSA_SHA_256, "another");
        let mut mixed = made.package_by(&theirs, A::ECDSA_SHA_256, None).await;
        for name in ["signing-certificates.pem", "README.md"] {
            mixed.insert(name.to_owned(), files[name].clone());
        }
        let noticed = made.follow_with(&mixed, &[("ca.pem", ca.pem())]);
        let noticed = noticed.unwrap_err();
        assert!(
            noticed.contains("cmp - signing-public-key.pem"),
            "{noticed}"
        );
    }
}

/// psec and Python's `cryptography` open what the steps make, and find the same key.
#[tokio::test]
async fn programs_of_others_open_it_too() {
    let place = tempfile::tempdir().unwrap();
    let (mut folders, mut expected) = (String::new(), String::new());
    for (number, case) in cases().into_iter().chain([Case::rsa_oaep()]).enumerate() {
        let made = Made::of(case).await;
        let files = made.package(A::ECDSA_SHA_256, "signing").await;
        let opened = made.open(&files).unwrap();
        let folder = place.path().join(number.to_string());
        let package = folder.join("package");
        std::fs::create_dir_all(&package).unwrap();
        for (name, bytes) in &files {
            std::fs::write(package.join(name), bytes).unwrap();
        }
        std::fs::write(folder.join("leaf.key"), made.pki.leaf.key().pem()).unwrap();
        folders += &format!("{}\n", folder.display());
        let kek = hex::encode_upper(opened.kek.expose());
        expected += &format!("{kek} {}\n", made.kek.kcv);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/packages/elsewhere.py");
    let list = place.path().join("folders");
    std::fs::write(&list, folders).unwrap();
    let mut program = python_program(script.as_ref()).await.unwrap();
    let ran = program
        .stdin(std::fs::File::open(list).unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let equal = ran.stdout == expected.as_bytes();
    assert!(equal, "another key, or another check value: {said}");
}
