//! A drop becomes a path and a policy, or is refused by name; and nothing is ever written.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod dropped;
mod methods;
mod private_keys;

use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::execution::{DroppedObject, Start};
use ceremony::id::{Ceremony, CeremonyId, CertificateSet, Kind};
use ceremony::identifiers::{Folder, ca_alias};
use emulated::aws::{Aws, Fault};
use emulated::{certificate, path, policy, quick_chain};
use fetch_certs::{Error, Output};
use partner::Pki;
use serde_json::json;
use step::StepError;
use storage::Differs;

use crate::dropped::{Dropped, EVIDENCE, FOLDER, INBOX, PARAMETER};

#[tokio::test(start_paused = true)]
async fn a_drop_becomes_a_path_a_policy_and_the_aliases_of_its_keys() {
    let dropped = Dropped::new();
    let Output {
        path: found,
        policy: held,
        aliases,
        nonce,
        package_signer,
        tr34_signer,
    } = dropped.fetched().await.unwrap();
    assert_eq!(found, path(&dropped.pki));
    assert_eq!(held, policy(&dropped.pki, |_| {}));
    let of_ca = |ca: &Certificate| ca_alias(&ca.sha256());
    let leaf = certificate(&dropped.pki.leaf).sha256();
    let kek = dropped.input.ceremony.folder().kek_alias(&leaf);
    let [issuer, root] = [&dropped.pki.intermediates[0], &dropped.pki.root].map(certificate);
    assert_eq!(aliases, [of_ca(&issuer), of_ca(&root), kek]);
    assert_eq!((nonce, package_signer, tr34_signer), (None, None, None));
}

/// By `ecdh` a ceremony may make a key of ours too, for the curve of the leaf.
#[tokio::test(start_paused = true)]
async fn the_alias_of_our_key_for_agreement_is_among_them() {
    let dropped = Dropped::new();
    dropped.onboards(|profile| {
        profile["kekExport"] = json!({ "exchange": { "method": "ecdh" } });
    });
    let aliases = dropped.fetched().await.unwrap().aliases;
    let folder = dropped.input.ceremony.folder();
    let curve = certificate(&dropped.pki.leaf).key_algorithm().clone();
    assert_eq!(aliases.len(), 4);
    assert_eq!(aliases[3], folder.agreement_alias(&curve));
}

#[tokio::test(start_paused = true)]
async fn exactly_the_versions_of_the_input_are_read() {
    let dropped = Dropped::new();
    let key = format!("{FOLDER}leaf.pem");
    dropped.aws.put(INBOX, &key, quick_chain().leaf.pem());
    dropped.aws.delete(INBOX, &key);
    assert_eq!(dropped.fetched().await.unwrap().path, path(&dropped.pki));
}

#[tokio::test(start_paused = true)]
async fn the_policy_says_which_version_of_the_profile_it_is_from() {
    let dropped = Dropped::new();
    dropped.onboards(|profile| profile["identity"] = json!("another"));
    let policy = dropped.fetched().await.unwrap().policy;
    assert_eq!(policy.profile.version, 2);
    assert_eq!(policy.profile.parameter, PARAMETER);
    assert_eq!(policy.trust.identity, "another");
}

/// A partner chooses the names of its files.
#[tokio::test(start_paused = true)]
async fn names_of_objects_are_told_in_plain_characters() {
    const NAME: &str = "\u{1b}[31m<b>\u{202e}.pem";
    let told = r"\u{1b}\u{5b}31m\u{3c}b\u{3e}\u{202e}.pem` ";
    let malformed = |change: fn(&mut Dropped)| {
        let mut dropped = Dropped::new();
        dropped.adds(NAME, "noise");
        change(&mut dropped);
        dropped
    };
    for (dropped, words) in [
        (malformed(|_| {}), "cannot be used: "),
        (
            malformed(|dropped| dropped.adds(NAME, "noise")),
            "is named twice",
        ),
        (
            malformed(|dropped| dropped.input.objects[3].sha256 = Sha256::of(b"other")),
            "has SHA-256 ",
        ),
        (
            malformed(|dropped| dropped.input.objects[3].key = format!("other/{NAME}")),
            "is not in the folder",
        ),
        (
            malformed(|dropped| {
                let object = dropped.input.objects.remove(3);
                dropped
                    .aws
                    .delete_version(INBOX, &object.key, &object.version_id);
                dropped.input.objects.insert(0, object);
            }),
            "is not there",
        ),
        (
            malformed(|dropped| {
                dropped.input.objects.pop();
                dropped.adds(NAME, vec![b'x'; 65_537]);
            }),
            "has 65537 bytes",
        ),
    ] {
        let error = dropped.fetched().await.unwrap_err().to_string();
        assert!(!error.contains(['\u{1b}', '\u{202e}', '<']), "{error}");
        assert!(error.contains(words), "{error}");
        assert!(error.contains(told), "{error}");
    }
}

/// Before a KEK is made that nobody can sign for.
#[tokio::test(start_paused = true)]
async fn a_signature_that_our_key_cannot_make_is_refused() {
    let dropped = Dropped::new();
    dropped.onboards(|profile| {
        profile["kekExport"]["signature"] = json!({ "algorithm": "ECDSA_SHA_256" });
    });
    let error = dropped.fetched().await.unwrap_err();
    assert_eq!(error.name(), "SignatureAlgorithmUnfit", "{error}");
    assert!(error.remedy().contains("profile"));
}

#[tokio::test(start_paused = true)]
async fn a_root_that_was_proven_before_completes_a_drop() {
    let mut dropped = Dropped::new();
    dropped.input.objects.remove(0);
    assert_eq!(dropped.refused().await, "PathMissing");
    let key = format!("trusted-roots/{}.pem", dropped.pki.root.sha256());
    dropped.aws.put(EVIDENCE, &key, dropped.pki.root.pem());
    assert_eq!(dropped.fetched().await.unwrap().path, path(&dropped.pki));
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_not_those_of_the_input_are_refused() {
    let mut dropped = Dropped::new();
    let other = Sha256::of(quick_chain().leaf.pem().as_bytes());
    let seen = std::mem::replace(&mut dropped.input.objects[2].sha256, other.clone());
    let Err(Error::DigestMismatch(Differs {
        expected, found, ..
    })) = dropped.fetched().await
    else {
        panic!("the digests differ");
    };
    assert_eq!((expected, found), (other, seen));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_gone_or_too_large_is_refused() {
    let mut dropped = Dropped::new();
    let leaf = dropped.input.objects[2].clone();
    dropped
        .aws
        .delete_version(INBOX, &leaf.key, &leaf.version_id);
    assert_eq!(dropped.refused().await, "ObjectUnreadable");
    dropped.replaces_leaf(format!("{}{}", dropped.pki.leaf.pem(), "\n".repeat(65_536)));
    assert_eq!(dropped.refused().await, "ObjectUnreadable");
}

/// Another one may have become valid since, or be newer.
#[tokio::test(start_paused = true)]
async fn the_leaf_that_the_input_names_is_taken() {
    let mut dropped = Dropped::new();
    let later = partner::Profile::leaf("ACME Later", "x").issued_by(
        dropped.pki.issuer(),
        &partner::PrivateKey::cached(partner::KeyKind::EccP256, "later"),
    );
    let root = dropped.pki.root.pem();
    dropped.input.objects.clear();
    dropped.adds("root.pem", root);
    dropped.adds(
        "ca.pem",
        partner::bundle([&dropped.pki.intermediates[0], &later]),
    );
    dropped.adds("leaf.pem", dropped.pki.leaf.pem());
    for leaf in [&dropped.pki.leaf, &later] {
        let mut dropped = Dropped {
            aws: dropped.aws.clone(),
            pki: dropped.pki.clone(),
            input: dropped.input.clone(),
        };
        dropped.input.leaf = Some(certificate(leaf).sha256());
        let fetched = dropped.fetched().await.unwrap();
        assert_eq!(fetched.path.leaf, certificate(leaf));
    }
    dropped.input.leaf = Some(Sha256::of(b"none of them"));
    assert_eq!(dropped.refused().await, "PathMissing");
}

#[tokio::test(start_paused = true)]
async fn files_that_make_no_path_are_refused() {
    let mut dropped = Dropped::new();
    dropped.replaces_leaf("no certificate");
    assert_eq!(dropped.refused().await, "FileUnusable");
    dropped.input.objects.pop();
    assert_eq!(dropped.refused().await, "PathMissing");
    // Of two that begin and end together there is no telling which is meant.
    let leaf = |pki: &Pki| pki.leaf.pem();
    let (one, other) = two_at_once();
    assert_ne!(leaf(&one), leaf(&other));
    dropped.adds("leaves.pem", format!("{}{}", leaf(&one), leaf(&other)));
    assert_eq!(dropped.refused().await, "PathMissing");
}

#[tokio::test(start_paused = true)]
async fn a_folder_without_a_right_profile_is_refused() {
    let mut dropped = Dropped::new();
    dropped.onboards(|profile| {
        profile.as_object_mut().unwrap().remove("kekExport");
    });
    assert_eq!(dropped.refused().await, "CeremonyNotAllowed");
    dropped.onboards(|profile| profile["partner"] = json!("victim"));
    assert_eq!(dropped.refused().await, "ProfileMalformed");
    dropped.onboards(|profile| profile["trustAnchors"] = json!("all"));
    assert_eq!(dropped.refused().await, "ProfileMalformed");
    dropped.aws = Aws::default();
    assert_eq!(dropped.refused().await, "PartnerUnknown");
}

#[tokio::test(start_paused = true)]
async fn an_input_that_is_not_of_this_folder_reads_nothing() {
    type Change = fn(&mut Start);
    let changes: [Change; 8] = [
        |input| input.version = 2,
        |input| input.objects.clear(),
        |input| {
            let many = input.objects.iter().cycle().take(17).cloned().enumerate();
            input.objects = many
                .map(|(at, object)| DroppedObject {
                    key: format!("{}{at}", object.key),
                    ..object
                })
                .collect();
        },
        |input| input.objects[1].key = input.objects[0].key.clone(),
        |input| input.objects[1].key = "victim/production/cardholder/leaf.pem".to_owned(),
        |input| input.objects[1].key = "acme/production/pin/leaf.pem".to_owned(),
        |input| input.ceremony.partner = "victim".to_owned().try_into().unwrap(),
        |input| {
            let victim = Folder::of_inbox_key("victim/production/cardholder/x").unwrap();
            let set = CertificateSet::new(Kind::KekExport, &victim, Sha256::of(b"leaf"), []);
            let id = CeremonyId::new(&set, 1);
            input.ceremony = Ceremony::new(Kind::KekExport, id, input.ceremony.folder());
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut dropped = Dropped::new();
        change(&mut dropped.input);
        assert_eq!(dropped.refused().await, "InputMalformed", "change {number}");
        assert!(dropped.aws.calls().is_empty(), "change {number}");
    }
}

/// What the machine retries, and what it does not.
#[tokio::test(start_paused = true)]
async fn a_service_that_says_no_is_told_by_its_own_name() {
    for operation in ["GetObject", "GetParameter"] {
        for (fault, expected) in [
            (Fault::Throttled, "ServiceThrottled"),
            (Fault::Denied, "AccessDenied"),
            (Fault::AnswerLost, "ServiceUnavailable"),
        ] {
            let dropped = Dropped::new();
            dropped.aws.fault(operation, 1..=1, fault.clone());
            // A client tries again by itself, unless it may not.
            assert_eq!(dropped.fetched().await.is_ok(), expected != "AccessDenied");
            dropped.aws.fault_for_good(operation, fault);
            assert_eq!(dropped.refused().await, expected, "{operation}");
        }
    }
}

/// Chains of the same second.
fn two_at_once() -> (Pki, Pki) {
    loop {
        let (one, other) = (quick_chain(), quick_chain());
        let begins = |pki: &Pki| certificate(&pki.leaf).not_before();
        if begins(&one) == begins(&other) {
            return (one, other);
        }
    }
}
