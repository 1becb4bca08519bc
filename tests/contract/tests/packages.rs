//! A package as the steps make it: its own README verifies and opens it, and what is changed on its
//! way is noticed, by the README's commands as well as by the partner's own code.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use aws_sdk_kms::Client;
use ceremony::algorithms::SignatureAlgorithm as A;
use ceremony::exchange;
use ceremony::keys::KekFacts;
use emulated::aws::{self, Aws};
use emulated::{Emulated, ceremony, chain, clearance, execution, path, policy};
use partner::terminal::follow_the_readme;
use partner::{KeyKind, OpenError, Opened, Package, Pki, PrivateKey};
use serde_json::json;
use signing::Signer;
use step::Journal;

type Files = BTreeMap<String, Vec<u8>>;

/// A KEK wrapped for a partner's leaf, from which packages are made.
struct Wrapped {
    pki: Pki,
    issuing_ca_key_arn: String,
    kek: KekFacts,
    cryptogram: String,
}

impl Wrapped {
    async fn new() -> Self {
        let (emulated, pki, journal) = (Emulated::start().await, chain(), Journal::default());
        let (path, policy) = (path(&pki), policy(&pki, |_| {}));
        let input = import_ca::Input {
            ceremony: ceremony(),
            path: path.clone(),
            policy: policy.clone(),
            revocation: clearance(&path),
            awaited: None,
        };
        let cas = import_ca::handle(&emulated.client, input, &journal).await;
        let import_ca::Output::Imported(cas) = cas.unwrap() else {
            panic!("no approval team is there");
        };
        let issuing_ca_key_arn = cas.issuing_ca_key_arn;
        let input = create_kek::Input {
            ceremony: ceremony(),
            execution: execution(),
            leaf_sha256: path.leaf.sha256(),
            algorithm: policy.kek.algorithm,
            key_arn: None,
        };
        let kek = create_kek::handle(&emulated.client, input, &journal).await;
        let kek = kek.unwrap().0;
        let input = wrap_rsa::Input {
            ceremony: ceremony(),
            revocation: clearance(&path),
            path,
            policy,
            issuing_ca_key_arn: issuing_ca_key_arn.clone(),
            kek: kek.clone(),
        };
        let wrapped = wrap_rsa::handle(&emulated.client, input, &journal).await;
        let exchange::Wrapped::RsaOaep { cryptogram, .. } = wrapped.unwrap().0 else {
            panic!("it was wrapped by another method");
        };
        Self {
            pki,
            issuing_ca_key_arn,
            kek,
            cryptogram,
        }
    }

    /// The package, signed by this algorithm with the key of this name.
    async fn package(&self, algorithm: A, key: &str) -> Files {
        let (signer, journal) = (signer(algorithm, key), Journal::default());
        let policy = policy(&self.pki, |profile| {
            profile["kekExport"]["signature"] = json!({ "algorithm": algorithm });
        });
        let input = sign::Input {
            ceremony: ceremony(),
            signed_prefix: "3130".to_owned().try_into().unwrap(),
            cryptogram: self.cryptogram.clone(),
            algorithm,
        };
        let signature = sign::handle(&signer, input, &journal).await.unwrap().0;
        let public_key = signature.public_key.clone();
        let input = package_kek::Input {
            ceremony: ceremony(),
            execution: execution(),
            path: path(&self.pki),
            policy,
            issuing_ca_key_arn: self.issuing_ca_key_arn.clone(),
            kek: self.kek.clone(),
            cryptogram: self.cryptogram.clone(),
            signature,
        };
        let input = sign_package::Input {
            ceremony: ceremony(),
            publication: package_kek::handle(input).unwrap().0,
            algorithm,
            public_key,
        };
        let signed = sign_package::handle(&signer, input, &journal).await;
        let publication = signed.unwrap().publication;
        let files = publication.files.into_iter().chain([publication.manifest]);
        files.map(|file| (file.name, file.contents)).collect()
    }

    fn follow(&self, files: &Files) -> Result<Vec<String>, String> {
        follow_the_readme(files, &self.pki.leaf.key().pem())
    }

    fn open(&self, files: &Files) -> Result<Opened, OpenError> {
        Package::from_files(files.clone()).open(&self.pki.leaf)
    }

    fn is_noticed(&self, files: &Files, what: &str) {
        assert!(self.follow(files).is_err(), "by the README: {what}");
        assert!(self.open(files).is_err(), "by the partner: {what}");
    }
}

fn signer(algorithm: A, key: &str) -> Signer {
    const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/signing";
    let kind = match algorithm {
        A::ECDSA_SHA_256 => KeyKind::EccP256,
        A::ECDSA_SHA_384 => KeyKind::EccP384,
        A::ECDSA_SHA_512 => KeyKind::EccP521,
        _ => KeyKind::Rsa2048,
    };
    let aws = Aws::default();
    aws.put_signer(aws::Signer::new(ARN, PrivateKey::cached(kind, key)));
    Signer {
        kms: Client::new(&aws.config()),
        key_arn: ARN.to_owned(),
    }
}

#[tokio::test]
async fn its_readme_verifies_and_opens_it_by_every_signature_algorithm() {
    let wrapped = Wrapped::new().await;
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
    let wrapped = Wrapped::new().await;
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
    let wrapped = Wrapped::new().await;
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
    let wrapped = Wrapped::new().await;
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
    let wrapped = Wrapped::new().await;
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
