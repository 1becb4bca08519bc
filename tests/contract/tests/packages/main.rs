//! A package as the steps make it: its own README verifies and opens it, and what is changed on its
//! way is noticed, by the README's commands as well as by the partner's own code.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod made;
mod methods;

use ceremony::algorithms::SignatureAlgorithm as A;

use made::{Case, Made};

#[tokio::test]
async fn its_readme_verifies_and_opens_it_by_every_signature_algorithm() {
    let wrapped = Made::of(Case::rsa_oaep()).await;
    for algorithm in A::ALL {
        let files = wrapped.package(algorithm, "signing").await;
        let opened = wrapped.open(&files).unwrap();
        let printed = wrapped.follow(&files).unwrap();
        let [signer, list, sums, others, cryptogram, _, kcv, _] = &printed[..] else {
            panic!("eight commands were expected: {printed:?}");
        };
        assert!(signer.starts_with(&opened.signer_sha256), "{signer}");
        assert_eq!([list, cryptogram], ["Verified OK"; 2], "{algorithm}");
        let checked = files.keys().filter(|name| !name.starts_with("SHA256SUMS"));
        let checked: Vec<String> = checked.map(|name| format!("{name}: OK")).collect();
        assert_eq!(*sums, checked.join("\n"));
        assert_eq!(opened.files, checked.len());
        assert_eq!(others, "");
        assert_eq!(*kcv, wrapped.kek.kcv);
    }
}

#[tokio::test]
async fn a_byte_changed_on_the_way_is_noticed_whichever_file_it_is_in() {
    let wrapped = Made::of(Case::rsa_oaep()).await;
    for algorithm in [A::ECDSA_SHA_256, A::RSASSA_PSS_SHA_256] {
        let files = wrapped.package(algorithm, "signing").await;
        for (name, bytes) in &files {
            for place in [0, bytes.len() - 1] {
                let mut changed = files.clone();
                changed.get_mut(name).unwrap()[place] ^= 1;
                wrapped.is_noticed(&changed, &format!("{name} at {place}"));
            }
        }
    }
}

/// Names that would hide a file from a list, a shell or an eye are no way around it.
#[tokio::test]
async fn a_file_added_or_removed_is_noticed() {
    let wrapped = Made::of(Case::rsa_oaep()).await;
    let files = wrapped.package(A::ECDSA_SHA_256, "signing").await;
    for name in files.keys() {
        let mut fewer = files.clone();
        fewer.remove(name);
        wrapped.is_noticed(&fewer, &format!("without {name}"));
    }
    for name in [
        "more.txt",
        ".hidden",
        "-e",
        "kcv.txt ",
        "kcv.txt\nREADME.md",
        "kcv\\ntxt",
        "KCV.TXT",
        "SHA256SUMS.asc",
        "xSHA256SUMS",
    ] {
        let mut more = files.clone();
        more.insert(name.to_owned(), b"more".to_vec());
        wrapped.is_noticed(&more, &format!("with {name:?}"));
    }
}

/// A file and its line on the list, changed together.
#[tokio::test]
async fn a_list_that_agrees_with_a_changed_file_is_noticed() {
    let wrapped = Made::of(Case::rsa_oaep()).await;
    let files = wrapped.package(A::ECDSA_SHA_256, "signing").await;
    let other = wrapped.package(A::ECDSA_SHA_256, "another").await;
    for names in [
        &["SHA256SUMS"][..],
        &["SHA256SUMS.sig"],
        &["SHA256SUMS", "SHA256SUMS.sig"],
        &["signing-public-key.pem"],
        &["SHA256SUMS", "SHA256SUMS.sig", "README.md", "manifest.json"],
    ] {
        let mut mixed = files.clone();
        for name in names {
            mixed.insert((*name).to_owned(), other[*name].clone());
        }
        wrapped.is_noticed(&mixed, &format!("{names:?} of another package"));
    }
}

/// As the README says of itself: only the fingerprint tells, to whoever has it from elsewhere.
#[tokio::test]
async fn a_wholly_substituted_package_passes_all_but_the_comparison_over_another_channel() {
    let wrapped = Made::of(Case::rsa_oaep()).await;
    let ours = wrapped.package(A::ECDSA_SHA_256, "signing").await;
    let theirs = wrapped.package(A::ECDSA_SHA_256, "another").await;
    let known = wrapped.open(&ours).unwrap().signer_sha256;
    assert!(wrapped.follow(&ours).unwrap()[0].starts_with(&known));
    assert!(!wrapped.follow(&theirs).unwrap()[0].starts_with(&known));
    assert_ne!(wrapped.open(&theirs).unwrap().signer_sha256, known);
    let readme = String::from_utf8(ours["README.md"].clone()).unwrap();
    assert!(!readme.contains(&known), "it would be compared with itself");
    assert!(readme.contains("nothing in this folder can stand in for it"));
}
