//! Every lint sees its mistake, on the certificate that has it, and nothing on a good chain.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use ceremony::certificate::Certificate;
use ceremony::lints::{LINTS, lint_path, notes};
use ceremony::path::{CertificatePath, Role};
use ceremony::proof::CheckName::{self, *};
use ceremony::proof::{Check, Severity};
use ceremony::utc::Utc;
use partner::certificate::KeyUsage;
use partner::certificate::remade::{
    GENERALIZED_TIME, INTEGER, Parts, SEQUENCE, UTC_TIME, modulus_of, rsa_key, tlv,
};
use partner::{Certified, KeyKind, Pki, PkiBuilder, Profile};

const UID: &str = "identity:idms.group.1";

fn builder() -> PkiBuilder {
    Pki::builder(UID)
        .named("lints")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP256, KeyKind::EccP256])
        .leaf_key(KeyKind::Rsa2048)
}

fn read(certified: &Certified) -> Certificate {
    Certificate::from_der(certified.der()).unwrap()
}

fn path(pki: &Pki) -> CertificatePath {
    CertificatePath {
        leaf: read(&pki.leaf),
        intermediates: pki.intermediates.iter().rev().map(read).collect(),
        root: read(&pki.root),
    }
}

fn failed(pki: &Pki) -> Vec<(CheckName, Option<Role>)> {
    let checks = lint_path(&path(pki), Utc::now());
    let failed = checks.iter().filter(|check| !check.passed);
    failed.map(|check| (check.check, check.role)).collect()
}

#[track_caller]
fn assert_found(pki: &PkiBuilder, expected: &[(CheckName, Role)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(it, role)| (*it, Some(*role)))
        .collect();
    assert_eq!(failed(&pki.clone().build()), expected);
}

/// What the lint says of the one certificate that it finds something in.
#[track_caller]
fn detail_of(pki: &PkiBuilder, lint: CheckName) -> String {
    let checks = lint_path(&path(&pki.clone().build()), Utc::now());
    let mut found = checks
        .into_iter()
        .filter(|it| it.check == lint && !it.passed);
    let check = found.next().unwrap();
    assert_eq!(found.next(), None);
    check.detail
}

/// A leaf with parts replaced, and the lints that see it.
#[track_caller]
fn assert_leaf(change: impl FnOnce(&mut Parts), expected: &[CheckName]) {
    let mut pki = builder().build();
    pki.leaf = pki.leaf.remade(pki.issuer().key(), change);
    let expected: Vec<_> = expected.iter().map(|it| (*it, Some(Role::Leaf))).collect();
    assert_eq!(failed(&pki), expected);
}

#[test]
fn a_good_chain_passes_each_lint_as_one_check() {
    let path = path(&builder().build());
    let checks = lint_path(&path, Utc::now());
    let names: Vec<CheckName> = LINTS.iter().map(|lint| lint.name).collect();
    assert_eq!(checks.iter().map(|it| it.check).collect::<Vec<_>>(), names);
    for (check, lint) in checks.iter().zip(LINTS) {
        assert!(check.passed, "{check:?}");
        assert_eq!(check.detail, "4 certificates");
        assert_eq!((check.role, &check.subject), (None, &None));
        assert_eq!(check.clause, lint.clause);
        assert_eq!(check.severity, lint.severity);
    }
    assert_eq!(notes(&path, Utc::now()), []);
}

#[test]
fn a_serial_number_is_positive_and_not_too_long() {
    let serial = |octets: &[u8], expected: &[CheckName]| {
        assert_leaf(|parts| parts.serial = tlv(INTEGER, octets), expected);
    };
    serial(&[1], &[]);
    serial(&[0x7f; 20], &[]);
    serial(&[&[0][..], &[0xff; 19]].concat(), &[]);
    // Twenty octets of a number, and one more that says it is positive.
    serial(&[&[0][..], &[0xff; 20]].concat(), &[SerialNumber]);
    for wrong in [&[0][..], &[], &[0x80], &[0xff; 20], &[0x7f; 21], &[1; 2000]] {
        serial(wrong, &[SerialNumber]);
    }
}

#[test]
fn a_long_serial_number_is_told_in_part() {
    let pki = builder().build();
    let long = |parts: &mut Parts| parts.serial = tlv(INTEGER, &[0x11; 4000]);
    let leaf = read(&pki.leaf.remade(pki.issuer().key(), long));
    assert_eq!(leaf.serial(), format!("{}…", "11".repeat(21)));
    assert_eq!(leaf.raw_serial().len(), 4000);
}

#[test]
fn what_is_signed_over_a_broken_digest_is_seen_below_the_root() {
    let oid = |last: u8| vec![6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last];
    let ecdsa_with_sha1 = vec![6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    let pss_by_default = [oid(10), vec![0x30, 0]].concat();
    for algorithm in [oid(2), oid(4), oid(5), ecdsa_with_sha1, pss_by_default] {
        let algorithm = tlv(SEQUENCE, &algorithm);
        assert_leaf(
            |parts| parts.algorithm = algorithm.clone(),
            &[SignatureDigest],
        );
        let mut pki = builder().build();
        let change = |parts: &mut Parts| parts.algorithm = algorithm.clone();
        pki.root = pki.root.remade(pki.root.key(), change);
        assert_eq!(failed(&pki), []);
        let ca = &pki.intermediates[0];
        pki.intermediates[0] = ca.remade(pki.root.key(), change);
        assert_eq!(failed(&pki), [(SignatureDigest, Some(Role::Intermediate))]);
    }
    assert_leaf(|parts| parts.algorithm = tlv(SEQUENCE, &oid(11)), &[]);
}

#[test]
fn dates_are_dates_and_written_as_demanded() {
    let utc = |text: &str| tlv(UTC_TIME, text.as_bytes());
    let generalized = |text: &str| tlv(GENERALIZED_TIME, text.as_bytes());
    let lints_of = |start: &[u8], end: &[u8]| {
        let validity = tlv(SEQUENCE, &[start, end].concat());
        let mut pki = builder().build();
        let ca = &pki.intermediates[0];
        pki.intermediates[0] = ca.remade(pki.root.key(), |parts| parts.validity = validity);
        Certificate::from_der(pki.intermediates[0].der()).map(|_| failed(&pki))
    };
    let (start, end) = (utc("200101000000Z"), utc("491231235959Z"));
    for (start, end) in [
        (&start, &end),
        (&utc("500101000000Z"), &end),
        (&start, &generalized("20500101000000Z")),
        (&start, &generalized("99981231235959Z")),
    ] {
        assert_eq!(lints_of(start, end), Ok(vec![]));
    }
    for (start, end) in [
        (&start, &generalized("20491231235959Z")),
        (&start, &generalized("99991231235959Z")),
        (&start, &utc("491231235959+0100")),
        (&start, &utc("4912312359Z")),
        (&generalized("19491231235959Z"), &end),
        (&generalized("20200101000000Z"), &end),
        (&end, &start),
    ] {
        let found = [(ValidityDates, Some(Role::Intermediate))];
        assert_eq!(lints_of(start, end).as_deref(), Ok(&found[..]));
    }
    // What is no date at all ends at the parser.
    for end in [
        utc("491331235959Z"),
        utc("x"),
        generalized("20500101000000.5"),
        generalized("-0010101000000Z"),
    ] {
        let refused = lints_of(&start, &end).map_err(|error| error.to_string());
        let expected = "not an X.509 certificate: invalid date".to_owned();
        assert_eq!(refused, Err(expected), "{}", String::from_utf8_lossy(&end));
    }
}

#[test]
fn whose_certificate_it_is_must_be_said() {
    let empty = |parts: &mut Parts| parts.subject = tlv(SEQUENCE, &[]);
    assert_leaf(empty, &[SubjectPresent]);
    let san = |critical| {
        let names = tlv(SEQUENCE, &tlv(0x86, b"urn:x"));
        let leaf = move |leaf: Profile| leaf.extension(&[2, 5, 29, 17], critical, names);
        let mut pki = builder().leaf(leaf).build();
        pki.leaf = pki.leaf.remade(pki.issuer().key(), empty);
        failed(&pki)
    };
    assert_eq!(san(true), []);
    assert_eq!(san(false), [(SubjectPresent, Some(Role::Leaf))]);
    let mut pki = builder().build();
    pki.intermediates[1] = pki.intermediates[1].remade(pki.intermediates[0].key(), empty);
    assert_eq!(failed(&pki), [(SubjectPresent, Some(Role::Intermediate))]);
}

#[test]
fn an_rsa_key_is_two_sound_numbers() {
    let exponent = |exponent: &[u8], expected: &[CheckName]| {
        let key = |key: &[u8]| rsa_key(&modulus_of(key), exponent);
        assert_leaf(|parts| parts.key = key(&parts.key), expected);
    };
    exponent(&[1, 0, 1], &[]);
    exponent(&[1, 0, 3], &[]);
    exponent(&[1, 0xff, 0xff, 0xff, 0xff], &[]);
    for wrong in [
        &[0][..],
        &[1],
        &[2],
        &[3],
        &[17],
        &[0, 0xff, 0xff],
        &[1, 0, 0],
        &[1, 0, 2],
        &[2, 0, 0, 0, 1],
        &[0x7f; 400],
    ] {
        exponent(wrong, &[RsaExponent]);
    }
    // Not numbers at all, or with a zero too many.
    exponent(&[0x80, 0, 1], &[RsaLength, RsaModulus]);
    exponent(&[0, 1, 0, 1], &[RsaLength, RsaModulus]);
    exponent(&[], &[RsaLength, RsaModulus]);

    let modulus = |change: &dyn Fn(Vec<u8>) -> Vec<u8>, expected: &[CheckName]| {
        let key = |key: &[u8]| rsa_key(&change(modulus_of(key)), &[1, 0, 1]);
        assert_leaf(|parts| parts.key = key(&parts.key), expected);
    };
    let even = |mut it: Vec<u8>| {
        *it.last_mut().unwrap() &= 0xfe;
        it
    };
    modulus(&even, &[RsaModulus]);
    for prime in [3, 7, 251, 65_521] {
        modulus(&|it| multiple_of(prime, it), &[RsaModulus]);
    }
    // A power of two, and one less, which 3 divides.
    modulus(&|it| power_of_two(it.len()), &[RsaModulus]);
    modulus(
        &|it| [&[0][..], &vec![0xff; it.len() - 1]].concat(),
        &[RsaModulus],
    );
    // Negative, zero, one, and of lengths that the service does not take.
    modulus(&|it| it[1..].to_vec(), &[RsaLength, RsaModulus]);
    modulus(&|_| vec![0], &[RsaLength, RsaModulus]);
    modulus(&|_| vec![1], &[RsaLength]);
    // Large enough that its square has not one bit less than twice as many.
    let large = |mut it: Vec<u8>| {
        it[1] |= 0xc0;
        it
    };
    modulus(&|it| squared(&large(it)), &[RsaModulus]);
    modulus(&|it| squared(&squared(&it)), &[RsaLength]);
}

/// The next number that `prime` divides, and 2 does not.
fn multiple_of(prime: u32, mut number: Vec<u8>) -> Vec<u8> {
    let rest = |number: &[u8]| {
        let digits = number.iter().map(|byte| u32::from(*byte));
        digits.fold(0, |rest, digit| (rest * 256 + digit) % prime)
    };
    while rest(&number) != 0 {
        add_two(&mut number);
    }
    number
}

fn add_two(number: &mut [u8]) {
    let mut carry = 2;
    for byte in number.iter_mut().rev() {
        let sum = u16::from(*byte) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
}

fn power_of_two(bytes: usize) -> Vec<u8> {
    let mut number = vec![0; bytes];
    number[1] = 0x80;
    number
}

/// Twice as long, and without factors that are not the number's own.
fn squared(number: &[u8]) -> Vec<u8> {
    let mut square = vec![0_u32; number.len() * 2];
    for (i, a) in number.iter().rev().enumerate() {
        let mut carry = 0;
        for (j, b) in number.iter().rev().enumerate() {
            let sum = square[i + j] + u32::from(*a) * u32::from(*b) + carry;
            square[i + j] = sum & 0xff;
            carry = sum >> 8;
        }
        square[i + number.len()] += carry;
    }
    let mut bytes: Vec<u8> = square.iter().rev().map(|it| *it as u8).collect();
    let zeros = bytes.iter().position(|byte| *byte != 0).unwrap();
    bytes.drain(..zeros);
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    bytes
}

#[test]
fn what_the_library_does_not_take_for_a_key_is_seen() {
    // More in the SEQUENCE than the algorithm and the key.
    assert_leaf(
        |parts| {
            let key = rsa_key(&modulus_of(&parts.key), &[1, 0, 1]);
            parts.key = tlv(SEQUENCE, &[&key[4..], &[5, 0]].concat());
        },
        &[RsaModulus],
    );
}

#[test]
fn a_key_on_a_curve_is_a_point_of_it() {
    let mut pki = builder().build();
    let off = |parts: &mut Parts| *parts.key.last_mut().unwrap() ^= 1;
    pki.intermediates[0] = pki.intermediates[0].remade(pki.root.key(), off);
    assert_eq!(
        failed(&pki),
        [(EllipticCurvePoint, Some(Role::Intermediate))]
    );
    pki = builder().build();
    pki.root = pki.root.remade(pki.root.key(), off);
    assert_eq!(failed(&pki), [(EllipticCurvePoint, Some(Role::Root))]);
}

const PRIVATE: &[u64] = &[1, 3, 6, 1, 4, 1, 99_999, 7];
const NAME_CONSTRAINTS: &[u64] = &[2, 5, 29, 30];
const POLICY_CONSTRAINTS: &[u64] = &[2, 5, 29, 36];
const INHIBIT_ANY_POLICY: &[u64] = &[2, 5, 29, 54];
const CERTIFICATE_POLICIES: &[u64] = &[2, 5, 29, 32];
const POLICY_MAPPINGS: &[u64] = &[2, 5, 29, 33];
const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
const SUBJECT_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 14];
const AUTHORITY_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 35];

/// With an extension, on the certificate at a place of the chain.
fn with(role: Role, oid: &'static [u64], critical: bool, value: &[u8]) -> PkiBuilder {
    let value = value.to_vec();
    let change = move |it: Profile| it.extension(oid, critical, value);
    match role {
        Role::Leaf => builder().leaf(change),
        Role::Intermediate => builder().intermediate(0, change),
        Role::Root => builder().root(change),
    }
}

const EVERYWHERE: [Role; 3] = [Role::Leaf, Role::Intermediate, Role::Root];

#[test]
fn extensions_are_known_or_not_critical_and_there_once() {
    for role in EVERYWHERE {
        assert_found(&with(role, PRIVATE, false, &[5, 0]), &[]);
        assert_found(
            &with(role, PRIVATE, true, &[5, 0]),
            &[(CriticalExtensionsKnown, role)],
        );
    }
    let twice = |it: Profile| {
        it.extension(PRIVATE, false, vec![5, 0])
            .extension(PRIVATE, false, vec![5, 0])
    };
    assert_found(&builder().leaf(twice), &[(ExtensionsOnce, Role::Leaf)]);
    assert_found(&builder().root(twice), &[(ExtensionsOnce, Role::Root)]);
}

/// `SEQUENCE { [0] { SEQUENCE { [2] "x" } } }`: names within the domain x.
const NAMES_WITHIN_X: &[u8] = &[0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'x'];

#[test]
fn constraints_are_critical_and_stand_in_a_ca() {
    let leaf = with(Role::Leaf, NAME_CONSTRAINTS, true, NAMES_WITHIN_X);
    assert_found(&leaf, &[(NameConstraintsInCaOnly, Role::Leaf)]);
    for ca in [Role::Intermediate, Role::Root] {
        assert_found(&with(ca, NAME_CONSTRAINTS, true, NAMES_WITHIN_X), &[]);
        for (oid, value) in [
            (NAME_CONSTRAINTS, NAMES_WITHIN_X),
            (POLICY_CONSTRAINTS, &[0x30, 3, 0x80, 1, 0]),
            (INHIBIT_ANY_POLICY, &[2, 1, 0]),
        ] {
            let not_critical = with(ca, oid, false, value);
            assert_found(&not_critical, &[(ConstraintsCritical, ca)]);
        }
    }
}

/// Nobody is told to mark as critical what is refused for that.
#[test]
fn what_is_not_processed_is_told_so_however_it_is_marked() {
    let nowhere = "; this software does not process it, so no certificate on the path may carry it";
    for (oid, value, name) in [
        (
            POLICY_CONSTRAINTS,
            &[0x30, 3, 0x80, 1, 0][..],
            "PolicyConstraints",
        ),
        (INHIBIT_ANY_POLICY, &[2, 1, 0], "InhibitAnyPolicy"),
    ] {
        for role in EVERYWHERE {
            let critical = with(role, oid, true, value);
            assert_found(&critical, &[(CriticalExtensionsKnown, role)]);
            let told = detail_of(&critical, CriticalExtensionsKnown);
            assert_eq!(told, format!("{name} is critical{nowhere}"));
            let told = detail_of(&with(role, oid, false, value), ConstraintsCritical);
            assert_eq!(
                told,
                format!("{name} must be critical, and is not{nowhere}")
            );
        }
    }
    let any_policy = &[0x30, 8, 0x30, 6, 6, 4, 0x55, 0x1d, 0x20, 0][..];
    let mapped = &[0x30, 12, 0x30, 10, 6, 3, 0x2a, 3, 4, 6, 3, 0x2a, 3, 5][..];
    for (oid, value, name) in [
        (CERTIFICATE_POLICIES, any_policy, "CertificatePolicies"),
        (POLICY_MAPPINGS, mapped, "PolicyMappings"),
    ] {
        for role in EVERYWHERE {
            assert_found(&with(role, oid, false, value), &[]);
            let critical = with(role, oid, true, value);
            assert_found(&critical, &[(CriticalExtensionsKnown, role)]);
            let told = detail_of(&critical, CriticalExtensionsKnown);
            let only = "so it may be on the path only if it is not critical";
            let expected = format!("{name} is critical; this software does not process it, {only}");
            assert_eq!(told, expected);
        }
    }
}

/// NameConstraints (RFC 5280 §4.2.1.10) that permit, or exclude, one name.
fn constraining(permitted: bool, name: &[u8]) -> Vec<u8> {
    let tag = if permitted { 0xa0 } else { 0xa1 };
    tlv(SEQUENCE, &tlv(tag, &tlv(SEQUENCE, name)))
}

#[test]
fn names_are_constrained_where_they_can_be_compared() {
    let directory = tlv(0xa4, &tlv(SEQUENCE, &[]));
    let uri = tlv(0x86, b"example.org");
    let email = tlv(0x81, b"example.org");
    let other_name = tlv(0xa0, &[6, 3, 0x2a, 3, 4, 0xa0, 2, 5, 0]);
    let dns = tlv(0x82, b"example.org");
    let ip = tlv(0x87, &[10, 0, 0, 0, 255, 0, 0, 0]);
    let alternative = |name: &[u8]| {
        let names = tlv(SEQUENCE, name);
        move |leaf: Profile| leaf.extension(&[2, 5, 29, 17], false, names)
    };
    let cannot = |kind: &str| format!("constrains {kind}, which this software cannot check");
    for ca in [Role::Intermediate, Role::Root] {
        for permitted in [true, false] {
            let constrained =
                |name: &[u8]| with(ca, NAME_CONSTRAINTS, true, &constraining(permitted, name));
            let found = [(NameConstraintsComparable, ca)];
            // Every certificate has a subject.
            let pki = constrained(&directory);
            assert_found(&pki, &found);
            let told = detail_of(&pki, NameConstraintsComparable);
            assert_eq!(told, cannot("directory names"));
            for (base, name, kind) in [
                (&uri, tlv(0x86, b"https://example.org"), "URIs"),
                (&email, tlv(0x81, b"a@example.org"), "e-mail addresses"),
                (&other_name, other_name.clone(), "names of an uncommon kind"),
            ] {
                // Where nothing below has such a name, there is nothing to compare.
                assert_found(&constrained(base), &[]);
                let pki = constrained(base).leaf(alternative(&name));
                assert_found(&pki, &found);
                assert_eq!(detail_of(&pki, NameConstraintsComparable), cannot(kind));
            }
            for base in [&dns, &ip] {
                let pki = constrained(base).leaf(alternative(&tlv(0x82, b"a.example.org")));
                assert_found(&pki, &[]);
            }
        }
    }
}

#[test]
fn only_a_ca_may_sign_certificates() {
    let signs = |it: Profile| it.key_usage(&[KeyUsage::KeyEncipherment, KeyUsage::KeyCertSign]);
    let found = [(KeyCertSignInCaOnly, Role::Leaf)];
    assert_found(&builder().leaf(signs), &found);
    assert_found(
        &builder().leaf(|leaf| signs(leaf).without_basic_constraints()),
        &found,
    );
}

#[test]
fn key_identifiers_are_there_and_not_critical() {
    let without = Profile::without_authority_key_identifier;
    assert_found(&builder().root(without), &[]);
    assert_found(
        &builder().leaf(without).intermediate(1, without),
        &[
            (AuthorityKeyIdentifier, Role::Leaf),
            (AuthorityKeyIdentifier, Role::Intermediate),
        ],
    );
    let critical = |it: Profile| {
        let it = it.without_authority_key_identifier();
        it.extension(AUTHORITY_KEY_IDENTIFIER, true, vec![0x30, 3, 0x80, 1, 7])
    };
    assert_found(
        &builder().root(critical),
        &[(AuthorityKeyIdentifier, Role::Root)],
    );
    // Below the root path validation refuses what it does not know.
    let found = [
        (CriticalExtensionsKnown, Role::Leaf),
        (AuthorityKeyIdentifier, Role::Leaf),
    ];
    assert_found(&builder().leaf(critical), &found);
    assert_eq!(
        detail_of(&builder().leaf(critical), CriticalExtensionsKnown),
        "AuthorityKeyIdentifier is critical; it must not be, and path validation refuses it below the \
         root"
    );

    let own = |profile: Profile, oid, critical, value: &[u8]| {
        let it = profile.without_basic_constraints();
        it.extension(oid, critical, value.to_vec())
    };
    // rcgen writes the subject's identifier and BasicConstraints together: here only the latter.
    let no_identifier = builder().intermediate(0, |ca| {
        own(ca, BASIC_CONSTRAINTS, true, &[0x30, 3, 1, 1, 0xff])
    });
    assert_found(
        &no_identifier,
        &[(SubjectKeyIdentifier, Role::Intermediate)],
    );
    let critical = builder().root(|root| {
        own(root, BASIC_CONSTRAINTS, true, &[0x30, 3, 1, 1, 0xff]).extension(
            SUBJECT_KEY_IDENTIFIER,
            true,
            vec![4, 1, 7],
        )
    });
    assert_found(&critical, &[(SubjectKeyIdentifier, Role::Root)]);
    let leaf = |leaf| own(leaf, BASIC_CONSTRAINTS, false, &[0x30, 0]);
    assert_found(&builder().leaf(leaf), &[]);
    let not_critical = builder().root(|root| {
        own(root, BASIC_CONSTRAINTS, false, &[0x30, 3, 1, 1, 0xff]).extension(
            SUBJECT_KEY_IDENTIFIER,
            false,
            vec![4, 1, 7],
        )
    });
    assert_found(&not_critical, &[(BasicConstraintsCritical, Role::Root)]);
}

#[test]
fn uses_that_are_none_of_a_key_exchange_are_noted() {
    let server = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    for role in EVERYWHERE {
        let pki = with(role, EXTENDED_KEY_USAGE, false, &server);
        assert_found(&pki, &[(NoExtendedKeyUsage, role)]);
    }
}

#[test]
fn a_leaf_of_more_than_398_days_and_what_expires_within_30_is_noted() {
    let start = time::OffsetDateTime::now_utc() - time::Duration::HOUR;
    let valid = |days, seconds| {
        let end = start + time::Duration::days(days) + time::Duration::seconds(seconds);
        move |it: Profile| it.valid(start, end)
    };
    // Both ends are part of the period.
    assert_found(&builder().leaf(valid(398, -1)), &[]);
    let found = [(LeafValidityPeriod, Role::Leaf)];
    assert_found(&builder().leaf(valid(398, 0)), &found);
    let told = detail_of(&builder().leaf(valid(398, 0)), LeafValidityPeriod);
    assert_eq!(told, "it is valid for 399 days, more than 398");
    assert_found(&builder().leaf(valid(31, 0)), &[]);
    assert_found(
        &builder().leaf(valid(30, 0)),
        &[(NotExpiringSoon, Role::Leaf)],
    );
    let soon = builder().root(valid(1, 0)).intermediate(0, valid(29, 0));
    let found = [
        (NotExpiringSoon, Role::Intermediate),
        (NotExpiringSoon, Role::Root),
    ];
    assert_found(&soon, &found);
    // Over already: that is refused, and by another check.
    assert_found(&builder().root(Profile::expired), &[]);
}

#[test]
fn names_that_are_told_as_escapes_are_noted() {
    for name in [
        "a\u{1b}[2J",
        "a\u{202e}b",
        "<b>",
        "`",
        "a\nb",
        "What to do: nothing",
    ] {
        // Both have it: the one as its subject, the other as its issuer.
        let pki = builder().intermediate(1, |ca| ca.common_name(name));
        let found = [(NamesPlain, Role::Leaf), (NamesPlain, Role::Intermediate)];
        assert_found(&pki, &found);
        assert_found(&builder().leaf(|leaf| leaf.uid(name)), &found[..1]);
    }
    assert_found(
        &builder().leaf(|leaf| leaf.uri("urn:<x>")),
        &[(NamesPlain, Role::Leaf)],
    );
    assert_found(
        &builder().leaf(|leaf| leaf.common_name("Schlüssel (α) \"1\"")),
        &[],
    );
}

/// A state holds 256 KiB, and who makes one certificate wrongly makes seven.
#[test]
fn what_all_certificates_have_is_told_of_three() {
    let wrong = |it: Profile| it.extension(PRIVATE, true, vec![5, 0]);
    let pki = builder()
        .intermediate_keys(&[KeyKind::EccP256; 5])
        .root(wrong)
        .leaf(wrong);
    let pki = (0..5).fold(pki, |pki, ca| pki.intermediate(ca, wrong));
    let checks = lint_path(&path(&pki.build()), Utc::now());
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
    assert_eq!(failed.len(), 4);
    assert!(failed.iter().all(|it| it.severity == Severity::Refuse));
    let others = &failed[3];
    assert_eq!((others.role, &others.subject), (None, &None));
    assert_eq!(others.detail.matches("intermediate (sha256 ").count(), 3);
    assert_eq!(others.detail.matches("root (sha256 ").count(), 1);
}

/// OpenSSL's strict checks are of the same mind where they look at the same thing.
#[test]
fn openssl_refuses_what_the_lints_refuse_or_note() {
    let strict = |pki: &Pki| {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let root = file("root.pem", &pki.root.pem());
        let leaf = file("leaf.pem", &pki.leaf.pem());
        let between = file("between.pem", &partner::bundle(&pki.intermediates));
        let output = Command::new("openssl")
            .args(["verify", "-x509_strict", "-CAfile"])
            .arg(root)
            .arg("-untrusted")
            .arg(between)
            .arg(leaf)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said)
    };
    let good = builder().build();
    assert_eq!(strict(&good), (true, String::new()));

    let authority = |it: Profile| it.extension(BASIC_CONSTRAINTS, true, vec![0x30, 3, 1, 1, 0xff]);
    let no_identifier = |it: Profile| authority(it.without_basic_constraints());
    let mut nameless = builder().build();
    nameless.leaf = nameless.leaf.remade(nameless.issuer().key(), |parts| {
        parts.subject = tlv(SEQUENCE, &[]);
    });
    for (pki, lint, words) in [
        (
            builder()
                .leaf(Profile::without_authority_key_identifier)
                .build(),
            AuthorityKeyIdentifier,
            "Missing Authority Key Identifier",
        ),
        (
            builder().intermediate(0, no_identifier).build(),
            SubjectKeyIdentifier,
            "Missing Subject Key Identifier",
        ),
        (
            with(Role::Intermediate, PRIVATE, true, &[5, 0]).build(),
            CriticalExtensionsKnown,
            "unhandled critical extension",
        ),
        (nameless, SubjectPresent, "Subject name empty"),
    ] {
        let (verified, said) = strict(&pki);
        assert!(!verified, "{lint:?}");
        assert!(
            said.to_lowercase().contains(&words.to_lowercase()),
            "{said}"
        );
        assert!(
            failed(&pki).iter().any(|(found, _)| *found == lint),
            "{lint:?}"
        );
    }
}
