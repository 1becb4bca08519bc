//! Every certificate mistake is refused, by the check that is about it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::algorithms::KekAlgorithm;
use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::exchange::{Load, Method};
use ceremony::path::CertificatePath;
use ceremony::profile::Trust;
use ceremony::proof::{Check, CheckName, Proof, prove};
use ceremony::utc::Utc;
use partner::certificate::remade::{Parts, modulus_of, rsa_key, tlv};
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
    load: Load,
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
        load: Load {
            kek: KekAlgorithm::AES_128,
            method: Method::RsaOaep,
        },
    }
}

fn proof(case: Case) -> Proof {
    prove(case.path, &case.trust, case.load, Utc::now())
}

/// Exactly the checks that fail for a chain, in the order made, without repetition.
fn failures(proof: &Proof) -> Vec<CheckName> {
    let mut failed: Vec<CheckName> = proof
        .checks
        .iter()
        .filter(|check| check.refuses())
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
    assert_eq!(outcome.notes(), Vec::<&Check>::new());
    assert!(outcome.verdict.is_ok());
    assert!(outcome.checks.len() > 30, "{:?}", outcome.checks);
    assert!(outcome.checks.iter().all(|check| check.passed));
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

/// Payment Cryptography's own CA has the account as common name, and no identity.
#[test]
fn a_profile_may_ask_for_the_common_name() {
    let failures_of = |change: &dyn Fn(Profile) -> Profile| {
        let mut case = case(&builder().leaf(change).build());
        case.trust.identity = "CN=111122223333".to_owned();
        failures(&proof(case))
    };
    let account = |leaf: Profile| leaf.without_uid().common_name("111122223333");
    assert_eq!(failures_of(&account), []);
    let other = |leaf: Profile| leaf.without_uid().common_name("1111222233330");
    assert_eq!(failures_of(&other), [CheckName::Identity]);
    let elsewhere = |leaf: Profile| leaf.uid("111122223333").uri("CN=111122223333");
    assert_eq!(failures_of(&elsewhere), [CheckName::Identity]);
    // Whoever has somebody's identity as its name is not that somebody.
    let mut case = case(
        &builder()
            .leaf(|leaf| leaf.without_uid().common_name(UID))
            .build(),
    );
    case.trust.identity = UID.to_owned();
    assert_eq!(failures(&proof(case)), [CheckName::Identity]);
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
    tdes.load.kek = KekAlgorithm::TDES_3KEY;
    assert_eq!(failures(&proof(tdes)), []);
}

#[test]
fn no_rsa_leaf_is_strong_enough_for_aes_256() {
    let mut strong = case(&builder().leaf_key(KeyKind::Rsa4096).build());
    strong.load.kek = KekAlgorithm::AES_256;
    assert_case_refused(strong, "LeafKeyTooWeak", &[CheckName::LeafKeySuitable]);
}

#[test]
fn an_elliptic_curve_leaf_is_refused() {
    assert_refused(
        &builder().leaf_key(KeyKind::EccP256),
        "UnsuitableLeafKey",
        &[CheckName::LeafKeyKind],
    );
}

/// A partner on curves, as `ecdh` wants it: every CA on the strongest, unless a test says otherwise.
fn elliptic(leaf: KeyKind) -> PkiBuilder {
    Pki::builder(UID)
        .named("curves")
        .root_key(KeyKind::EccP521)
        .intermediate_keys(&[KeyKind::EccP521])
        .leaf_key(leaf)
        .leaf(|leaf| leaf.key_usage(&[KeyUsage::KeyAgreement]))
}

fn by(method: Method, kek: KekAlgorithm, pki: &PkiBuilder) -> Case {
    Case {
        load: Load { kek, method },
        ..case(&pki.clone().build())
    }
}

#[test]
fn a_leaf_on_a_curve_is_for_ecdh_and_one_of_rsa_for_the_others() {
    let kek = KekAlgorithm::AES_128;
    for curve in [KeyKind::EccP256, KeyKind::EccP384, KeyKind::EccP521] {
        let outcome = proof(by(Method::Ecdh, kek, &elliptic(curve)));
        assert_eq!(failures(&outcome), [], "{curve:?}");
    }
    assert_eq!(failures(&proof(by(Method::Tr34, kek, &builder()))), []);

    let agrees = |leaf: Profile| leaf.key_usage(&[KeyUsage::KeyAgreement]);
    let wrong_kind = [CheckName::LeafKeyKind];
    let rsa = by(Method::Ecdh, kek, &builder().leaf(agrees));
    assert_case_refused(rsa, "UnsuitableLeafKey", &wrong_kind);
    let encrypts = |leaf: Profile| leaf.key_usage(&[KeyUsage::KeyEncipherment]);
    let curve = elliptic(KeyKind::EccP256).leaf(encrypts);
    let curve = by(Method::Tr34, kek, &curve);
    assert_case_refused(curve, "UnsuitableLeafKey", &wrong_kind);
}

#[test]
fn a_leaf_whose_key_usage_is_another_methods_is_refused() {
    let kek = KekAlgorithm::AES_128;
    let encrypts = |leaf: Profile| leaf.key_usage(&[KeyUsage::KeyEncipherment]);
    let curve = elliptic(KeyKind::EccP256).leaf(encrypts);
    let refused = [CheckName::KeyUsage];
    assert_case_refused(by(Method::Ecdh, kek, &curve), "KeyUsageWrong", &refused);
    let agrees = |leaf: Profile| leaf.key_usage(&[KeyUsage::KeyAgreement]);
    let rsa = by(Method::Tr34, kek, &builder().leaf(agrees));
    assert_case_refused(rsa, "KeyUsageWrong", &refused);
    // Without the extension every use is allowed (RFC 5280 §4.2.1.3).
    let any = elliptic(KeyKind::EccP256).leaf(Profile::without_key_usage);
    assert_eq!(failures(&proof(by(Method::Ecdh, kek, &any))), []);
}

#[test]
fn a_curve_too_weak_for_the_kek_is_refused_and_the_words_name_those_that_do() {
    for (kek, curve, needed) in [
        (KekAlgorithm::AES_192, KeyKind::EccP256, "P-384 or P-521"),
        (KekAlgorithm::AES_256, KeyKind::EccP256, "P-521"),
        (KekAlgorithm::AES_256, KeyKind::EccP384, "P-521"),
    ] {
        let weak = by(Method::Ecdh, kek, &elliptic(curve));
        let refusal = proof(weak).verdict.unwrap_err();
        assert_eq!(refusal.error, "LeafKeyTooWeak", "{kek}");
        let words = format!("may not carry {kek}; it takes {needed}");
        assert!(refusal.what.contains(&words), "{}", refusal.what);
    }
    for (kek, curve) in [
        (KekAlgorithm::AES_192, KeyKind::EccP384),
        (KekAlgorithm::AES_256, KeyKind::EccP521),
    ] {
        let outcome = proof(by(Method::Ecdh, kek, &elliptic(curve)));
        assert_eq!(failures(&outcome), [], "{kek}");
    }
    for kek in [KekAlgorithm::AES_192, KekAlgorithm::AES_256] {
        let strongest = builder().leaf_key(KeyKind::Rsa4096);
        let refusal = proof(by(Method::Tr34, kek, &strongest)).verdict;
        assert_eq!(refusal.unwrap_err().error, "LeafKeyTooWeak", "{kek}");
    }
}

/// Payment Cryptography takes no curve from a CA of RSA, and none from a weaker curve.
#[test]
fn a_leaf_on_a_curve_needs_a_ca_on_one_that_is_no_weaker() {
    let kek = KekAlgorithm::AES_128;
    let refused = [CheckName::CaKeySuitable];
    let rsa = elliptic(KeyKind::EccP256).intermediate_keys(&[KeyKind::Rsa4096]);
    assert_case_refused(by(Method::Ecdh, kek, &rsa), "UnsuitableCaKey", &refused);
    let weaker = elliptic(KeyKind::EccP521).intermediate_keys(&[KeyKind::EccP384]);
    assert_case_refused(by(Method::Ecdh, kek, &weaker), "UnsuitableCaKey", &refused);
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
            &[
                CheckName::CertificatePath,
                CheckName::BasicConstraints,
                CheckName::KeyCertSignInCaOnly,
            ],
        );
    }
}

/// Path validation refuses it with the same error as a name that is wrong; here it has a name of its own.
#[test]
fn a_constraint_that_nothing_here_can_check_is_no_wrong_name() {
    let constrained = |base: &[u8]| {
        let subtrees = tlv(0xa0, &tlv(0x30, base));
        let constraints = tlv(0x30, &subtrees);
        builder().intermediate(0, |ca| ca.extension(&[2, 5, 29, 30], true, constraints))
    };
    let with_uri = |leaf: Profile| leaf.uri("https://a.example.org");
    for pki in [
        constrained(&tlv(0xa4, &tlv(0x30, &[]))),
        constrained(&tlv(0x86, b"a.example.org")).leaf(with_uri),
    ] {
        let failed = [
            CheckName::CertificatePath,
            CheckName::NameConstraintsComparable,
        ];
        assert_refused(&pki, "NameConstraintsUnsupported", &failed);
        let refusal = proof(case(&pki.build())).verdict.unwrap_err();
        assert!(
            refusal.what.contains("which this software cannot check"),
            "{}",
            refusal.what
        );
    }
    // What nothing below it has is not constrained, and what can be compared is.
    let uri = constrained(&tlv(0x86, b"a.example.org"));
    assert_eq!(failures(&proof(case(&uri.build()))), []);
    let address = [10, 0, 0, 0, 255, 0, 0, 0];
    let address = constrained(&tlv(0x87, &address));
    assert_eq!(failures(&proof(case(&address.build()))), []);
    let dns = tlv(0x30, &tlv(0x82, b"evil.example"));
    let other = constrained(&tlv(0x82, b"example.org"))
        .leaf(|leaf| leaf.extension(&[2, 5, 29, 17], false, dns));
    let failed = [CheckName::CertificatePath];
    assert_refused(&other, "CertificatePathInvalid", &failed);
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
    let mut right = case(&builder().build());
    right.trust.minimum_remaining_days = 0;
    let at = |now: Utc| {
        let proof = prove(right.path.clone(), &right.trust, right.load, now);
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

/// The leaf and the CA that issued it, but no other: that one is imported once and for all.
#[test]
fn a_leaf_or_issuing_ca_that_expires_too_soon_is_refused() {
    let start = time::OffsetDateTime::now_utc() - time::Duration::DAY;
    let days =
        |days: i64| move |it: Profile| it.valid(start, start + time::Duration::days(1 + days));
    let too_soon = |pki: &PkiBuilder| {
        let failed = [CheckName::RemainingLife];
        assert_refused(pki, "CertificateExpiresTooSoon", &failed);
    };
    too_soon(&builder().leaf(days(6)));
    too_soon(&builder().intermediate(0, days(6)));
    too_soon(&builder().intermediate_keys(&[]).root(days(6)));
    for pki in [builder().leaf(days(8)), builder().root(days(6))] {
        let outcome = proof(case(&pki.build()));
        assert_eq!(failures(&outcome), []);
        let notes: Vec<CheckName> = outcome.notes().iter().map(|note| note.check).collect();
        assert_eq!(notes, [CheckName::NotExpiringSoon]);
    }
    let mut patient = case(&builder().leaf(days(8)).build());
    patient.trust.minimum_remaining_days = 9;
    let failed = [CheckName::RemainingLife];
    assert_case_refused(patient, "CertificateExpiresTooSoon", &failed);
}

/// A right chain whose leaf is remade, with a signature that is right.
fn remade_leaf(change: impl FnOnce(&mut Parts)) -> Case {
    let mut pki = builder().build();
    pki.leaf = pki.leaf.remade(pki.issuer().key(), change);
    case(&pki)
}

/// `webpki` verifies a path to any of them: a leaf's own key is not its business.
#[test]
fn a_leaf_under_whose_key_nothing_is_hidden_is_refused() {
    for exponent in [&[0][..], &[1], &[2], &[3], &[1, 0, 0], &[2, 0, 0, 0, 1]] {
        let weak = remade_leaf(|parts| parts.key = rsa_key(&modulus_of(&parts.key), exponent));
        let failed = [CheckName::RsaExponent];
        assert_case_refused(weak, "UnsafeRsaExponent", &failed);
    }
    let even = remade_leaf(|parts| {
        let mut modulus = modulus_of(&parts.key);
        *modulus.last_mut().unwrap() &= 0xfe;
        parts.key = rsa_key(&modulus, &[1, 0, 1]);
    });
    assert_case_refused(even, "UnsafeRsaModulus", &[CheckName::RsaModulus]);
}

#[test]
fn a_leaf_with_a_key_of_another_kind_is_refused_for_its_own_key() {
    let long = remade_leaf(|parts| {
        // Twice as long, and odd: what its factors are is of no interest here.
        let modulus = modulus_of(&parts.key);
        parts.key = rsa_key(&[&modulus[..], &modulus[1..]].concat(), &[1, 0, 1]);
    });
    let outcome = proof(long);
    let failed = [CheckName::LeafKeyKind, CheckName::RsaLength];
    assert!(failures(&outcome).starts_with(&failed), "{outcome:?}");
    assert_eq!(outcome.verdict.unwrap_err().error, "UnsuitableLeafKey");

    let pss = remade_leaf(|parts| {
        // id-RSASSA-PSS instead of rsaEncryption, without parameters.
        let position = parts.key.windows(2).position(|it| it == [5, 0]).unwrap();
        let key = parts.key[position + 2..].to_vec();
        let oid = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
        parts.key = tlv(0x30, &[tlv(0x30, &oid), key].concat());
    });
    let failed = [CheckName::LeafKeyKind];
    assert_case_refused(pss, "UnsuitableLeafKey", &failed);
}

#[test]
fn a_signature_over_sha_1_is_refused_by_name() {
    let sha1 = remade_leaf(|parts| {
        parts.algorithm = tlv(
            0x30,
            &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0],
        );
    });
    let outcome = proof(sha1);
    let failed = [CheckName::CertificatePath, CheckName::SignatureDigest];
    assert_eq!(failures(&outcome), failed);
    let refusal = outcome.verdict.unwrap_err();
    assert_eq!(refusal.error, "SignatureTooWeak");
    assert!(refusal.what.contains("SHA-1"), "{}", refusal.what);
}

/// Whatever a path is refused for, people read words and dates.
#[test]
fn no_refusal_speaks_in_names_of_variants() {
    for pki in [
        builder().leaf(Profile::expired),
        builder().leaf(Profile::not_yet_valid),
        builder().leaf(Profile::an_authority),
        builder().intermediate(0, Profile::not_an_authority),
        builder().leaf(|leaf| leaf.extension(&[1, 3, 6, 1, 4, 1, 99_999, 7], true, vec![5, 0])),
        builder()
            .intermediate_keys(&[KeyKind::Rsa4096, KeyKind::Rsa4096])
            .intermediate(0, |ca| ca.path_length(0)),
    ] {
        let what = proof(case(&pki.build())).verdict.unwrap_err().what;
        for word in ["UnixTime", "{", "(", "Unsupported", "UsedAs", "Violated"] {
            assert!(!what.contains(word), "{what}");
        }
    }
}

/// The remedy is ours, and where a name begins and ends is seen.
#[test]
fn no_name_writes_a_remedy() {
    let name = "Acme`. What to do: The fingerprint was confirmed.\u{1b}[2K\n# <b>\u{202e}";
    let mut unpinned = case(&builder().root(|root| root.common_name(name)).build());
    unpinned.trust.trust_anchors = vec![Sha256::of(b"another root")];
    let refusal = proof(unpinned).verdict.unwrap_err();
    assert!(!refusal.what.contains("What to do"), "{}", refusal.what);
    let escaped = r"CN=Acme\u{60}. What\u{20}to do: The fingerprint was confirmed.\u{1b}\u{5b}2K\u{a}# \u{3c}b\u{3e}\u{202e}`:";
    assert!(refusal.what.contains(escaped), "{}", refusal.what);
}

/// However much is wrong: a cause has 32 KiB, and is read by people.
#[test]
fn a_refusal_tells_as_much_as_there_is_room_for() {
    let long = "\u{10ffff}".repeat(60);
    let wrong = |it: Profile| {
        let it = it.organization(&long).expired().without_key_usage();
        let twice = it.extension(&[1, 3, 6, 1, 4, 1, 99_999, 7], true, vec![5, 0]);
        twice.extension(&[1, 3, 6, 1, 4, 1, 99_999, 7], true, vec![5, 0])
    };
    let pki = builder()
        .intermediate_keys(&[KeyKind::Rsa2048; 4])
        .root(wrong)
        .intermediate(0, wrong)
        .intermediate(1, wrong)
        .intermediate(2, wrong)
        .intermediate(3, wrong)
        .leaf(wrong);
    let outcome = proof(case(&pki.build()));
    let refusal = outcome.verdict.unwrap_err();
    assert!(refusal.what.len() < 5 * 1024, "{}", refusal.what.len());
    assert!(refusal.what.contains(" more, which the record has"));
}
