//! Certificates of absurd size, depth and number of things are refused by name, and quickly.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use ceremony::certificate::{Certificate, MalformedCertificate};
use partner::certificate::remade::{SEQUENCE, tlv};
use partner::{KeyKind, PrivateKey, Profile};

const PRIVATE: [u64; 7] = [1, 3, 6, 1, 4, 1, 99_999];

fn leaf() -> Profile {
    Profile::leaf("Leaf", "uid")
}

fn read(profile: Profile) -> Result<Certificate, MalformedCertificate> {
    let key = PrivateKey::cached(KeyKind::EccP256, "shapes");
    let certified = profile.self_signed(&key);
    let start = Instant::now();
    let read = Certificate::from_der(certified.der());
    assert!(start.elapsed() < Duration::from_millis(500));
    read
}

fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| tlv(SEQUENCE, &inner))
}

#[test]
fn a_certificate_of_6_kib_is_read_and_no_larger_one() {
    let filled = |bytes| leaf().extension(&PRIVATE, false, vec![7; bytes]);
    assert!(read(filled(5_000)).is_ok());
    let refused = read(filled(6_144)).unwrap_err();
    assert!(matches!(refused, MalformedCertificate::Large(bytes) if bytes > 6_144));
    let huge = vec![0x30; 1 << 20];
    assert_eq!(
        Certificate::from_der(&huge).unwrap_err(),
        MalformedCertificate::Large(1 << 20)
    );
}

#[test]
fn parts_within_parts_have_an_end() {
    let deep = |depth| read(leaf().extension(&PRIVATE, false, nested(depth)));
    assert!(deep(20).is_ok());
    assert_eq!(deep(30), Err(MalformedCertificate::Deep));
    assert_eq!(deep(1_000), Err(MalformedCertificate::Deep));
    // In the certificate itself, where an attribute of a name may be anything.
    assert_eq!(
        Certificate::from_der(&nested(1_300)),
        Err(MalformedCertificate::Deep)
    );
}

#[test]
fn extensions_and_names_are_counted() {
    let extended = |count| {
        let extension = |it: Profile, number| {
            it.extension(&[&PRIVATE[..], &[number]].concat(), false, vec![5, 0])
        };
        read((0..count).fold(leaf(), extension))
    };
    assert!(extended(20).is_ok());
    let refused = extended(60).unwrap_err();
    assert!(matches!(refused, MalformedCertificate::TooManyExtensions(count) if count >= 60));

    let named = |count| read((0..count).fold(leaf(), |it, _| it.uri("u")));
    assert!(named(100).is_ok());
    assert_eq!(named(101), Err(MalformedCertificate::TooManyNames(101)));
}

#[test]
fn names_are_as_long_as_can_be_told() {
    let organization = |length: usize| read(leaf().organization(&"o".repeat(length)));
    assert!(organization(400).is_ok());
    assert!(matches!(
        organization(500).unwrap_err(),
        MalformedCertificate::NameTooLong { which: "subject", bytes } if bytes > 512
    ));
    let identified = |length: usize| read(leaf().uri(&"u".repeat(length)));
    assert!(identified(4_000).is_ok());
    assert_eq!(
        identified(4_094),
        Err(MalformedCertificate::IdentitiesTooLong(4_097))
    );
}

#[test]
fn what_cannot_be_read_is_refused_in_words() {
    let broken = read(leaf().extension(&[2, 5, 29, 35], false, vec![0x30, 0x7f]));
    let words = broken.unwrap_err().to_string();
    assert!(
        words.starts_with("extension 2.5.29.35 cannot be read: "),
        "{words}"
    );
    for (der, words) in [
        (&[][..], "not an X.509 certificate: "),
        (b"hello", "not an X.509 certificate: "),
        (&[0x30, 0x82, 1, 2, 3], "not an X.509 certificate: "),
    ] {
        let refused = Certificate::from_der(der).unwrap_err().to_string();
        assert!(refused.starts_with(words), "{refused}");
        for word in ["Parsing", "Err", "(", "{"] {
            assert!(!refused.contains(word), "{refused}");
        }
    }
}

/// What is told of a name is bounded, whatever it is made of; what is compared is the name.
#[test]
fn names_that_are_told_alike_are_not_taken_for_one() {
    let one = read(leaf().common_name("A\u{1b}").organization(&"o".repeat(300)));
    let other = read(
        leaf()
            .common_name("A\u{1b}B")
            .organization(&"o".repeat(300)),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.subject(), other.subject());
    assert!(one.subject().ends_with("o…"));
    assert_eq!(one.subject().chars().count(), 200);
    assert_ne!(one.subject_der(), other.subject_der());
    assert!(!one.is_signed_by(&other));
}
