//! Paths whose certificates are as long as they may be, and as wrong.

use ceremony::certificate::Certificate;
use ceremony::enrolment::{Chain, chain_pem};
use ceremony::path::{CertificatePath, MAX_CAS};
use partner::certificate::KeyUsage;
use partner::certificate::remade::{INTEGER, SEQUENCE, modulus_of, rsa_key, tlv};
use partner::{Certified, KeyKind, PrivateKey, Profile};

/// What is in the names: as long as possible once it stands in JSON within JSON, once it is escaped,
/// or as it is.
pub(crate) const LETTERS: [char; 5] = ['"', '\u{1b}', '\u{10ffff}', '鿿', '𝄞'];

/// What is wrong with every certificate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mistakes {
    /// Nothing that a lint sees, but for the names.
    None,
    /// What lints note: the package is made, and tells it too.
    Noted,
    /// All that goes together.
    All,
}

/// An extension that nobody knows, with as many bytes as make the certificate as long as it may be.
const FILLER: &[u64] = &[1, 3, 6, 1, 4, 1, 99_999, 1];

/// Names and certificates as long as they may be, and as wrong: what every lint and every check says
/// of them is told too.
pub(crate) fn path(letter: char, mistakes: Mistakes) -> CertificatePath {
    let key = PrivateKey::cached(KeyKind::Rsa4096, "limits");
    let all = mistakes == Mistakes::All;
    let named = |profile: Profile, own: char| {
        let letters = 400 / letter.len_utf8();
        let name: String = std::iter::repeat_n(letter, letters).chain([own]).collect();
        let profile = profile.organization(&name);
        match mistakes {
            Mistakes::None => profile,
            Mistakes::Noted => with_noted_mistakes(profile),
            Mistakes::All => with_refused_mistakes(with_noted_mistakes(profile)),
        }
    };
    // What is wrong in the frame of a certificate does not keep it from being read.
    let spoil = |certified: Certified| match mistakes {
        Mistakes::All => certified.remade(&key, |parts| {
            parts.serial = tlv(INTEGER, &[0xff; 60]);
            parts.key = rsa_key(&modulus_of(&parts.key)[1..], &[1]);
            parts.algorithm = tlv(SEQUENCE, &SHA1_WITH_RSA);
        }),
        _ => certified,
    };
    let root = longest(|bytes| {
        let root = named(Profile::root("Root"), 'r').extension(FILLER, all, vec![7; bytes]);
        spoil(root.self_signed(&key))
    });
    let mut cas = vec![root];
    for own in ('a'..).take(MAX_CAS - 1) {
        let issuer = cas.last().unwrap().clone();
        cas.push(longest(|bytes| {
            let ca = named(Profile::intermediate("CA").path_length(5), own);
            spoil(
                ca.extension(FILLER, all, vec![7; bytes])
                    .issued_by(&issuer, &key),
            )
        }));
    }
    let issuer = cas.last().unwrap().clone();
    let leaf = longest(|bytes| {
        let leaf = named(Profile::leaf("Leaf", "uid"), 'l').uri(&"u".repeat(bytes));
        let leaf = leaf.uri("\u{1b}").uri("\u{7f}");
        spoil(leaf.issued_by(&issuer, &key))
    });
    let read = |certified: &Certified| Certificate::from_der(certified.der()).unwrap();
    let mut cas: Vec<Certificate> = cas.iter().map(read).collect();
    let root = cas.remove(0);
    cas.reverse();
    CertificatePath {
        leaf: read(&leaf),
        intermediates: cas,
        root,
    }
}

const SHA1_WITH_RSA: [u8; 13] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0];

fn with_noted_mistakes(profile: Profile) -> Profile {
    let server = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    let start = time::OffsetDateTime::now_utc() - time::Duration::days(400);
    profile
        .without_authority_key_identifier()
        .extension(&[2, 5, 29, 37], false, server.to_vec())
        .valid(start, start + time::Duration::days(410))
}

fn with_refused_mistakes(profile: Profile) -> Profile {
    let not_ca = [0x30, 0];
    let names_within_x = [0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'x'];
    profile
        .without_basic_constraints()
        .key_usage(&[KeyUsage::KeyCertSign])
        .extension(&[2, 5, 29, 19], false, not_ca.to_vec())
        .extension(&[2, 5, 29, 14], true, vec![4, 1, 7])
        .extension(&[2, 5, 29, 30], false, names_within_x.to_vec())
        .extension(&[2, 5, 29, 30], false, names_within_x.to_vec())
}

/// The largest that is still accepted, by bisection.
fn longest(make: impl Fn(usize) -> Certified) -> Certified {
    let (mut good, mut bad) = (0, Certificate::MAX_BYTES);
    while bad - good > 1 {
        let middle = (good + bad) / 2;
        if Certificate::from_der(make(middle).der()).is_ok() {
            good = middle;
        } else {
            bad = middle;
        }
    }
    assert!(good > 0, "nothing is accepted");
    make(good)
}

/// A chain of ours that is as long as it may be, of as many certificates as there may be, with such
/// letters in every name; and the key that it is for.
pub(crate) fn chain_of_ours(letter: char) -> (CertificatePath, PrivateKey) {
    let key = PrivateKey::cached(KeyKind::EccP256, "limits/ours");
    let made = |letters: usize| {
        let named = |profile: Profile, own: char| {
            let name: String = std::iter::repeat_n(letter, letters).chain([own]).collect();
            profile.organization(&name)
        };
        let mut cas = vec![named(Profile::root("Root"), 'r').self_signed(&key)];
        for own in ('a'..).take(MAX_CAS - 1) {
            let ca = named(Profile::intermediate("CA").path_length(5), own);
            cas.push(ca.issued_by(cas.last().unwrap(), &key));
        }
        let leaf = named(Profile::signer(), 'l').issued_by(cas.last().unwrap(), &key);
        let read = |certified: &Certified| Certificate::from_der(certified.der()).unwrap();
        let mut cas: Vec<Certificate> = cas.iter().map(read).collect();
        let root = cas.remove(0);
        cas.reverse();
        CertificatePath {
            leaf: read(&leaf),
            intermediates: cas,
            root,
        }
    };
    let fits = |path: &CertificatePath| chain_pem(path).len() <= Chain::MAX_PEM_BYTES;
    // The one that was measured: another with the same names may be longer by a few bytes, for the
    // signatures of ECDSA are not all of one length.
    let longest = (1..).map(made).take_while(fits).last();
    (longest.expect("one letter fits"), key)
}

/// A certificate of ours with its issuer: together as long as a chain of ours may be in PEM, with names
/// as people choose them.
pub(crate) fn ours() -> (Certificate, Certificate) {
    let key = PrivateKey::cached(KeyKind::Rsa4096, "limits");
    let name = "Payments of Example, in a Name of Some Sixty-Four Characters, CN";
    let ca = Profile::root(name).organization(name).self_signed(&key);
    let chain = |bytes: usize| {
        let leaf = Profile::leaf(name, "uid").organization(name);
        let leaf = leaf.extension(FILLER, false, vec![7; bytes]);
        let leaf = leaf.issued_by(&ca, &key);
        let read = |certified: &Certified| Certificate::from_der(certified.der()).unwrap();
        (read(&leaf), read(&ca))
    };
    let length = |(leaf, ca): &(Certificate, Certificate)| leaf.to_pem().len() + ca.to_pem().len();
    // Base64 makes four bytes of three, and 65 of 64.
    let room = (Chain::MAX_PEM_BYTES - length(&chain(0))) * 48 / 65 - 48;
    let longest = chain(room);
    assert!(length(&longest) <= Chain::MAX_PEM_BYTES);
    longest
}
