//! Every certificate mistake is refused, by the check that is about it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::{KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::contract::validate::{CheckName, Input, Output};
use ceremony::digest::Sha256;
use ceremony::identifiers::{Ceremony, CeremonyId, Folder};
use ceremony::path::CertificatePath;
use ceremony::profile::{KeyBlockHeader, Policy};
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

fn input(pki: &Pki) -> Input {
    let folder = Folder::of_inbox_key("acme/non-production/cardholder/leaf.pem").unwrap();
    Input {
        ceremony: Ceremony::new(CeremonyId::new(&folder, "v1", &[]), folder),
        path: CertificatePath {
            leaf: read(&pki.leaf),
            intermediates: pki.intermediates.iter().rev().map(read).collect(),
            root: read(&pki.root),
        },
        policy: Policy {
            ca_key_arns: Default::default(),
            expected_uid: UID.to_owned(),
            kek_algorithm: KekAlgorithm::AES_128,
            kek_key_arn: None,
            key_block_header: KeyBlockHeader::try_from("3130".to_owned()).unwrap(),
            oaep_hash: OaepHash::SHA_256,
            signature_algorithm: SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_256,
            trust_anchors: vec![Sha256::of(pki.root.der())],
        },
    }
}

fn validate(input: Input) -> Output {
    validate::handle(input, Utc::now()).unwrap()
}

/// Exactly the checks that fail for a chain, in the order made, without repetition.
fn failures(output: &Output) -> Vec<CheckName> {
    let mut failed: Vec<CheckName> = output
        .checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| check.check)
        .collect();
    failed.dedup();
    failed
}

#[track_caller]
fn assert_refused(pki: &PkiBuilder, error: CheckName, failed: &[CheckName]) {
    assert_input_refused(input(&pki.clone().build()), error, failed);
}

#[track_caller]
fn assert_input_refused(input: Input, error: CheckName, failed: &[CheckName]) {
    let output = validate(input);
    assert_eq!(failures(&output), failed);
    assert!(output.validated.is_none());
    assert_eq!(output.refused.unwrap().error, error);
}

#[test]
fn a_right_chain_passes_every_check() {
    let output = validate(input(&builder().build()));
    assert_eq!(failures(&output), []);
    assert!(output.refused.is_none());
    assert!(output.validated.is_some());
    assert!(output.checks.len() > 12, "{:?}", output.checks);
}

#[test]
fn a_chain_without_intermediates_and_one_with_two_pass() {
    for kinds in [vec![], vec![KeyKind::Rsa4096, KeyKind::Rsa4096]] {
        let output = validate(input(&builder().intermediate_keys(&kinds).build()));
        assert_eq!(failures(&output), []);
    }
}

#[test]
fn an_elliptic_curve_ca_may_sign_an_rsa_leaf() {
    // Payment Cryptography documents the rule for RSA over RSA and for ECC under RSA only.
    let pki = builder()
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP384])
        .build();
    assert_eq!(failures(&validate(input(&pki))), []);
}

#[test]
fn expired_certificates_are_refused_at_every_place() {
    let expired = |pki: &PkiBuilder| {
        use CheckName::{CertificateExpired, CertificatePathInvalid};
        assert_refused(
            pki,
            CertificateExpired,
            &[CertificatePathInvalid, CertificateExpired],
        );
    };
    expired(&builder().leaf(Profile::expired));
    expired(&builder().intermediate(0, Profile::expired));
    // webpki does not look at an anchor's dates; Payment Cryptography does.
    assert_refused(
        &builder().root(Profile::expired),
        CheckName::CertificateExpired,
        &[CheckName::CertificateExpired],
    );
}

#[test]
fn a_leaf_that_is_not_yet_valid_is_refused() {
    assert_refused(
        &builder().leaf(Profile::not_yet_valid),
        CheckName::CertificateNotYetValid,
        &[
            CheckName::CertificatePathInvalid,
            CheckName::CertificateNotYetValid,
        ],
    );
}

#[test]
fn only_the_very_identity_will_do() {
    let mismatch = |change: &dyn Fn(Profile) -> Profile| {
        assert_refused(
            &builder().leaf(change),
            CheckName::IdentityMismatch,
            &[CheckName::IdentityMismatch],
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
    assert_eq!(failures(&validate(input(&pki))), []);
}

#[test]
fn a_leaf_too_weak_for_the_kek_is_refused() {
    let weak = builder().leaf_key(KeyKind::Rsa2048);
    assert_refused(
        &weak,
        CheckName::LeafKeyTooWeak,
        &[CheckName::LeafKeyTooWeak],
    );
    let mut tdes = input(&weak.build());
    tdes.policy.kek_algorithm = KekAlgorithm::TDES_3KEY;
    assert_eq!(failures(&validate(tdes)), []);
}

#[test]
fn no_rsa_leaf_is_strong_enough_for_aes_256() {
    let mut strong = input(&builder().leaf_key(KeyKind::Rsa4096).build());
    strong.policy.kek_algorithm = KekAlgorithm::AES_256;
    assert_input_refused(
        strong,
        CheckName::LeafKeyTooWeak,
        &[CheckName::LeafKeyTooWeak],
    );
}

#[test]
fn an_elliptic_curve_leaf_is_refused() {
    assert_refused(
        &builder().leaf_key(KeyKind::EccP256),
        CheckName::UnsuitableCaKey,
        &[CheckName::UnsuitableCaKey, CheckName::LeafKeyTooWeak],
    );
}

#[test]
fn a_ca_that_may_not_sign_certificates_is_refused() {
    for usage in [&[KeyUsage::DigitalSignature][..], &[]] {
        assert_refused(
            &builder().intermediate(0, |ca| ca.key_usage(usage)),
            CheckName::KeyUsageWrong,
            &[CheckName::KeyUsageWrong],
        );
        assert_refused(
            &builder().root(|ca| ca.key_usage(usage)),
            CheckName::KeyUsageWrong,
            &[CheckName::KeyUsageWrong],
        );
    }
}

#[test]
fn a_leaf_for_signatures_only_is_refused() {
    assert_refused(
        &builder().leaf(|leaf| leaf.key_usage(&[KeyUsage::DigitalSignature])),
        CheckName::KeyUsageWrong,
        &[CheckName::KeyUsageWrong],
    );
}

#[test]
fn a_leaf_without_key_usage_may_be_used_for_everything() {
    let pki = builder().leaf(Profile::without_key_usage).build();
    assert_eq!(failures(&validate(input(&pki))), []);
}

#[test]
fn an_intermediate_that_is_no_ca_is_refused() {
    for change in [
        Profile::not_an_authority,
        Profile::without_basic_constraints,
    ] {
        assert_refused(
            &builder().intermediate(0, change),
            CheckName::BasicConstraintsWrong,
            &[
                CheckName::CertificatePathInvalid,
                CheckName::BasicConstraintsWrong,
            ],
        );
    }
}

#[test]
fn a_leaf_that_is_a_ca_is_refused() {
    assert_refused(
        &builder().leaf(Profile::an_authority),
        CheckName::BasicConstraintsWrong,
        &[
            CheckName::CertificatePathInvalid,
            CheckName::BasicConstraintsWrong,
        ],
    );
}

#[test]
fn a_path_longer_than_its_cas_allow_is_refused() {
    assert_refused(
        &builder()
            .intermediate_keys(&[KeyKind::Rsa4096, KeyKind::Rsa4096])
            .intermediate(0, |ca| ca.path_length(0)),
        CheckName::PathTooLong,
        &[CheckName::CertificatePathInvalid, CheckName::PathTooLong],
    );
}

#[test]
fn a_root_that_is_not_pinned_is_refused() {
    let mut unpinned = input(&builder().build());
    unpinned.policy.trust_anchors = vec![Sha256::of(b"another root")];
    assert_input_refused(
        unpinned,
        CheckName::RootNotPinned,
        &[CheckName::RootNotPinned, CheckName::CertificatePathInvalid],
    );
}

#[test]
fn a_pinned_intermediate_does_not_make_its_root_trusted() {
    let mut pinned = input(&builder().build());
    pinned.policy.trust_anchors = vec![pinned.path.intermediates[0].sha256()];
    let output = validate(pinned);
    assert_eq!(output.refused.unwrap().error, CheckName::RootNotPinned);
}

#[test]
fn a_leaf_signed_by_another_key_is_refused() {
    let mut forged = input(&builder().build());
    let impostor = Profile::root("ACME Issuing CA")
        .self_signed(&PrivateKey::cached(KeyKind::Rsa4096, "impostor"));
    let leaf = Profile::leaf("ACME Key Exchange", UID)
        .issued_by(&impostor, &PrivateKey::cached(KeyKind::Rsa3072, "forged"));
    forged.path.leaf = read(&leaf);
    assert_input_refused(
        forged,
        CheckName::CertificatePathInvalid,
        &[CheckName::CertificatePathInvalid],
    );
}

#[test]
fn a_ca_weaker_than_what_it_signs_is_refused() {
    assert_refused(
        &builder().intermediate_keys(&[KeyKind::Rsa2048]),
        CheckName::UnsuitableCaKey,
        &[CheckName::UnsuitableCaKey],
    );
}

#[test]
fn every_failure_is_told_not_only_the_first() {
    let output = validate(input(
        &builder()
            .leaf_key(KeyKind::Rsa2048)
            .leaf(|leaf| leaf.expired().uid("other"))
            .build(),
    ));
    let failed = failures(&output);
    for check in [
        CheckName::CertificateExpired,
        CheckName::IdentityMismatch,
        CheckName::LeafKeyTooWeak,
    ] {
        assert!(failed.contains(&check), "{failed:?}");
    }
    let cause = output.refused.unwrap().cause;
    for word in [
        "valid until",
        "expected `identity:idms.group.9091073`",
        "RSA_2048 may not carry AES_128",
        "What to do:",
    ] {
        assert!(cause.contains(word), "{cause}");
    }
}

#[test]
fn an_intermediate_that_is_not_on_the_verified_path_is_refused() {
    let mut stuffed = input(&builder().build());
    let stranger = Profile::intermediate("Stranger")
        .self_signed(&PrivateKey::cached(KeyKind::Rsa4096, "stranger"));
    stuffed.path.intermediates.push(read(&stranger));
    let output = validate(stuffed);
    assert!(output.validated.is_none());
    assert!(failures(&output).contains(&CheckName::CertificatePathInvalid));
}
