//! Every certificate mistake is refused, by the check that is about it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::KekAlgorithm;
use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::path::CertificatePath;
use ceremony::profile::Trust;
use ceremony::proof::{CheckName, Proof, prove};
use ceremony::utc::Utc;
use partner::{Certified, KeyKind, Pki, PkiBuilder, PrivateKey, Profile};
use rcgen::KeyUsagePurpose as KeyUsage;

const UID: &str = "identity:idms.group.9091073";

fn builder() -> PkiBuilder {
    Pki::builder(UID)
        .named("refusals")
        .root_key(KeyKind::Rsa4096)
        .intermediate_keys(&[KeyKind::Rsa4096])
        .leaf_key(KeyKind::Rsa3072)
}

fn read(certified: &Certified) -> Certificate {
    certificates_in(certified.der()).unwrap().remove(0)
}

/// What a proof is made from.
struct Case {
    path: CertificatePath,
    trust: Trust,
    kek: KekAlgorithm,
}

fn case(pki: &Pki) -> Case {
    Case {
        path: CertificatePath {
            leaf: read(&pki.leaf),
            intermediates: pki.intermediates.iter().rev().map(read).collect(),
            root: read(&pki.root),
        },
        trust: Trust {
            trust_anchors: vec![Sha256::of(pki.root.der())],
            identity: UID.to_owned(),
            minimum_remaining_days: 7,
        },
        kek: KekAlgorithm::AES_128,
    }
}

fn proof(case: Case) -> Proof {
    prove(case.path, &case.trust, case.kek, Utc::now())
}

/// Exactly the checks that fail for a chain, in the order made, without repetition.
fn failures(proof: &Proof) -> Vec<CheckName> {
    let mut failed: Vec<CheckName> = proof
        .checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| check.check)
        .collect();
    failed.dedup();
    failed
}

#[track_caller]
fn assert_refused(pki: &PkiBuilder, error: &str, failed: &[CheckName]) {
    assert_case_refused(case(&pki.clone().build()), error, failed);
}

#[track_caller]
fn assert_case_refused(case: Case, error: &str, failed: &[CheckName]) {
    let proof = proof(case);
    assert_eq!(failures(&proof), failed);
    assert_eq!(proof.verdict.unwrap_err().error, error);
}

#[test]
fn a_right_chain_passes_every_check() {
    let outcome = proof(case(&builder().build()));
    assert_eq!(failures(&outcome), []);
    assert!(outcome.verdict.is_ok());
    assert!(outcome.checks.len() > 12, "{:?}", outcome.checks);
}

#[test]
fn a_chain_without_intermediates_and_one_with_two_pass() {
    for kinds in [vec![], vec![KeyKind::Rsa4096, KeyKind::Rsa4096]] {
        let outcome = proof(case(&builder().intermediate_keys(&kinds).build()));
        assert_eq!(failures(&outcome), []);
    }
}

#[test]
fn an_elliptic_curve_ca_may_sign_an_rsa_leaf() {
    // Payment Cryptography documents the rule for RSA over RSA and for ECC under RSA only.
    let pki = builder()
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP384])
        .build();
    assert_eq!(failures(&proof(case(&pki))), []);
}

#[test]
fn expired_certificates_are_refused_at_every_place() {
    let expired = |pki: &PkiBuilder| {
        assert_refused(
            pki,
            "CertificateExpired",
            &[CheckName::CertificatePath, CheckName::NotExpired],
        );
    };
    expired(&builder().leaf(Profile::expired));
    expired(&builder().intermediate(0, Profile::expired));
    // webpki does not look at an anchor's dates; Payment Cryptography does.
    assert_refused(
        &builder().root(Profile::expired),
        "CertificateExpired",
        &[CheckName::NotExpired],
    );
}

#[test]
fn a_leaf_that_is_not_yet_valid_is_refused() {
    assert_refused(
        &builder().leaf(Profile::not_yet_valid),
        "CertificateNotYetValid",
        &[CheckName::CertificatePath, CheckName::AlreadyValid],
    );
}

#[test]
fn only_the_very_identity_will_do() {
    let mismatch = |change: &dyn Fn(Profile) -> Profile| {
        assert_refused(
            &builder().leaf(change),
            "IdentityMismatch",
            &[CheckName::Identity],
        );
    };
    mismatch(&|leaf| leaf.uid("identity:idms.group.9091071"));
    mismatch(&|leaf| leaf.uid("identity:idms.group.90910731"));
    mismatch(&|leaf| leaf.uid("x-identity:idms.group.9091073"));
    mismatch(&|leaf| leaf.uid("identity:idms.group.909107"));
    mismatch(&|leaf| leaf.uid("IDENTITY:idms.group.9091073"));
    mismatch(&|leaf| leaf.without_uid());
    mismatch(&|leaf| leaf.without_uid().uri("identity:idms.group.9091073/x"));
    mismatch(&|leaf| {
        leaf.without_uid()
            .common_name("identity:idms.group.9091073")
    });
}

#[test]
fn the_identity_may_stand_in_a_san_uri() {
    let pki = builder().leaf(|leaf| leaf.without_uid().uri(UID)).build();
    assert_eq!(failures(&proof(case(&pki))), []);
}

#[test]
fn a_leaf_too_weak_for_the_kek_is_refused() {
    let weak = builder().leaf_key(KeyKind::Rsa2048);
    assert_refused(&weak, "LeafKeyTooWeak", &[CheckName::LeafKeySuitable]);
    let mut tdes = case(&weak.build());
    tdes.kek = KekAlgorithm::TDES_3KEY;
    assert_eq!(failures(&proof(tdes)), []);
}

#[test]
fn no_rsa_leaf_is_strong_enough_for_aes_256() {
    let mut strong = case(&builder().leaf_key(KeyKind::Rsa4096).build());
    strong.kek = KekAlgorithm::AES_256;
    assert_case_refused(strong, "LeafKeyTooWeak", &[CheckName::LeafKeySuitable]);
}

#[test]
fn an_elliptic_curve_leaf_is_refused() {
    assert_refused(
        &builder().leaf_key(KeyKind::EccP256),
        "UnsuitableCaKey",
        &[CheckName::CaKeySuitable, CheckName::LeafKeySuitable],
    );
}

#[test]
fn a_ca_that_may_not_sign_certificates_is_refused() {
    for usage in [&[KeyUsage::DigitalSignature][..], &[]] {
        assert_refused(
            &builder().intermediate(0, |ca| ca.key_usage(usage)),
            "KeyUsageWrong",
            &[CheckName::KeyUsage],
        );
        assert_refused(
            &builder().root(|ca| ca.key_usage(usage)),
            "KeyUsageWrong",
            &[CheckName::KeyUsage],
        );
    }
}

#[test]
fn a_leaf_for_signatures_only_is_refused() {
    assert_refused(
        &builder().leaf(|leaf| leaf.key_usage(&[KeyUsage::DigitalSignature])),
        "KeyUsageWrong",
        &[CheckName::KeyUsage],
    );
}

#[test]
fn a_leaf_without_key_usage_may_be_used_for_everything() {
    let pki = builder().leaf(Profile::without_key_usage).build();
    assert_eq!(failures(&proof(case(&pki))), []);
}

#[test]
fn an_intermediate_that_is_no_ca_is_refused() {
    for change in [
        Profile::not_an_authority,
        Profile::without_basic_constraints,
    ] {
        assert_refused(
            &builder().intermediate(0, change),
            "BasicConstraintsWrong",
            &[CheckName::CertificatePath, CheckName::BasicConstraints],
        );
    }
}

#[test]
fn a_leaf_that_is_a_ca_is_refused() {
    assert_refused(
        &builder().leaf(Profile::an_authority),
        "BasicConstraintsWrong",
        &[CheckName::CertificatePath, CheckName::BasicConstraints],
    );
}

#[test]
fn a_path_longer_than_its_cas_allow_is_refused() {
    assert_refused(
        &builder()
            .intermediate_keys(&[KeyKind::Rsa4096, KeyKind::Rsa4096])
            .intermediate(0, |ca| ca.path_length(0)),
        "PathTooLong",
        &[CheckName::CertificatePath, CheckName::PathLength],
    );
}

#[test]
fn a_root_that_is_not_pinned_is_refused() {
    let mut unpinned = case(&builder().build());
    unpinned.trust.trust_anchors = vec![Sha256::of(b"another root")];
    assert_case_refused(
        unpinned,
        "RootNotPinned",
        &[CheckName::RootPinned, CheckName::CertificatePath],
    );
}

#[test]
fn a_pinned_intermediate_does_not_make_its_root_trusted() {
    let mut pinned = case(&builder().build());
    pinned.trust.trust_anchors = vec![pinned.path.intermediates[0].sha256()];
    let outcome = proof(pinned);
    assert_eq!(outcome.verdict.unwrap_err().error, "RootNotPinned");
}

#[test]
fn a_leaf_signed_by_another_key_is_refused() {
    let mut forged = case(&builder().build());
    let impostor = Profile::root("ACME Issuing CA")
        .self_signed(&PrivateKey::cached(KeyKind::Rsa4096, "impostor"));
    let leaf = Profile::leaf("ACME Key Exchange", UID)
        .issued_by(&impostor, &PrivateKey::cached(KeyKind::Rsa3072, "forged"));
    forged.path.leaf = read(&leaf);
    assert_case_refused(
        forged,
        "CertificatePathInvalid",
        &[CheckName::CertificatePath],
    );
}

#[test]
fn a_ca_weaker_than_what_it_signs_is_refused() {
    assert_refused(
        &builder().intermediate_keys(&[KeyKind::Rsa2048]),
        "UnsuitableCaKey",
        &[CheckName::CaKeySuitable],
    );
}

#[test]
fn every_failure_is_told_not_only_the_first() {
    let outcome = proof(case(
        &builder()
            .leaf_key(KeyKind::Rsa2048)
            .leaf(|leaf| leaf.expired().uid("other"))
            .build(),
    ));
    let failed = failures(&outcome);
    for check in [
        CheckName::NotExpired,
        CheckName::Identity,
        CheckName::LeafKeySuitable,
    ] {
        assert!(failed.contains(&check), "{failed:?}");
    }
    let refusal = outcome.verdict.unwrap_err();
    let cause = &refusal.what;
    for word in [
        "valid until",
        "expected `identity:idms.group.9091073`",
        "RSA_2048 may not carry AES_128",
        "leaf `",
    ] {
        assert!(cause.contains(word), "{cause}");
    }
    assert!(
        refusal.remedy.contains("renewed certificate"),
        "{}",
        refusal.remedy
    );
}

#[test]
fn an_intermediate_that_is_not_on_the_verified_path_is_refused() {
    let mut stuffed = case(&builder().build());
    let stranger = Profile::intermediate("Stranger")
        .self_signed(&PrivateKey::cached(KeyKind::Rsa4096, "stranger"));
    stuffed.path.intermediates.push(read(&stranger));
    let outcome = proof(stuffed);
    assert!(outcome.verdict.is_err());
    assert!(failures(&outcome).contains(&CheckName::CertificatePath));
}

#[test]
fn a_certificate_is_valid_from_its_first_second_to_its_last() {
    let right = case(&builder().build());
    let at = |now: Utc| {
        let proof = prove(right.path.clone(), &right.trust, right.kek, now);
        failures(&proof)
    };
    let seconds = |time: Utc, seconds: i64| {
        Utc::from(time::OffsetDateTime::from(time) + time::Duration::seconds(seconds))
    };
    let first = right
        .path
        .certificates()
        .map(|(_, it)| it.not_before())
        .max()
        .unwrap();
    let last = right
        .path
        .certificates()
        .map(|(_, it)| it.not_after())
        .min()
        .unwrap();
    assert_eq!(at(first), []);
    assert_eq!(at(last), []);
    assert!(at(seconds(first, -1)).contains(&CheckName::AlreadyValid));
    assert!(at(seconds(last, 1)).contains(&CheckName::NotExpired));
}

#[test]
fn a_p_256_ca_may_not_sign_a_p_384_key() {
    assert_refused(
        &builder()
            .root_key(KeyKind::EccP256)
            .intermediate_keys(&[KeyKind::EccP384]),
        "UnsuitableCaKey",
        &[CheckName::CaKeySuitable],
    );
}

/// A remedy for each, and none tells how to run again: that is the machine's to say.
#[test]
fn every_refusal_has_a_remedy() {
    for pki in [
        builder().leaf(Profile::expired),
        builder().leaf(Profile::not_yet_valid),
        builder().leaf(Profile::without_uid),
        builder().leaf_key(KeyKind::Rsa2048),
        builder().intermediate_keys(&[KeyKind::Rsa2048]),
    ] {
        let refusal = proof(case(&pki.build())).verdict.unwrap_err();
        assert!(refusal.remedy.len() > 20, "{refusal:?}");
        assert!(!refusal.remedy.contains("leaf again"), "{refusal:?}");
    }
}
