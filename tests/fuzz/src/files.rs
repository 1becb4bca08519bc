//! Target `files`: what a partner drops, whatever it is.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::bundle::{MAX_CERTIFICATES, UnusableFile, certificates_in};
use ceremony::certificate::Certificate;
use ceremony::exchange::Method;
use ceremony::path::{Candidates, MAX_CAS};
use ceremony::text::shown;
use ceremony::utc::Utc;
use partner::{KeyKind, Pki, PrivateKey, Profile, bundle, hostile, pkcs7};

/// The file, as it is.
///
/// Holds if it is read or refused in time, in words that are bounded and clean and repeat nothing of
/// it; if a private key behind it is found in every form, whatever the file is; and if the
/// certificates in it make a path of which each is signed by the next, or none for a reason in words
/// of the same kind.
pub fn files(data: &[u8]) {
    let began = Instant::now();
    match certificates_in(data) {
        Ok(certificates) => check_path(&certificates),
        Err(refusal) => check_words(&refusal.to_string(), data),
    }
    check_keys(data);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "it takes too long"
    );
}

pub fn seeds() -> Vec<Vec<u8>> {
    let pki = Pki::builder("identity:idms.group.1")
        .named("fuzz")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[KeyKind::EccP256])
        .leaf_key(KeyKind::EccP256)
        .build();
    let leaf = pki.leaf.der();
    let key = PrivateKey::cached(KeyKind::EccP256, "fuzz");
    let namesakes = (0..9).map(|_| Profile::leaf("Same", "x").self_signed(&key));
    let namesakes: Vec<_> = namesakes.collect();
    let pem = pki.leaf.pem();
    let wide = pem.encode_utf16().flat_map(u16::to_le_bytes);
    let mut seeds = vec![
        bundle(pki.chain()).into_bytes(),
        pkcs7(pki.chain()),
        leaf.to_vec(),
        STANDARD.encode(leaf).into_bytes(),
        wide.collect(),
        bundle(&namesakes).into_bytes(),
        b"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n".to_vec(),
        b"<!doctype html>".to_vec(),
        vec![0x1f, 0x8b, 8, 0],
        vec![0x30, 0x80, 0x06, 0x09, 0, 0],
    ];
    let keys = hostile::private_keys(&Profile::leaf("Key", "x").self_signed(&key));
    seeds.extend(keys.into_iter().map(|(_, file)| file));
    seeds
}

fn check_words(words: &str, file: &[u8]) {
    assert!(words.chars().count() <= 600, "too long: {words}");
    assert_clean(words);
    // Base64 of any key has a digit somewhere; our own words have none in a row of letters.
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    for window in file.windows(16) {
        if window.iter().all(is_base64) && window.iter().any(u8::is_ascii_digit) {
            let text = String::from_utf8_lossy(window);
            assert!(!words.contains(text.as_ref()), "{words}");
        }
    }
    let hex: Vec<char> = words.chars().filter(char::is_ascii_hexdigit).collect();
    if hex.len() >= 16 {
        for window in file.windows(8) {
            assert!(!words.contains(&hex::encode(window)), "{words}");
        }
    }
}

pub(crate) fn assert_clean(words: &str) {
    // Our own words are plain but for these; what is of a file is shown, which leaves them out.
    let plain = words.replace(['`', '<', '>', '&', '[', ']', '|'], "");
    for part in plain.split_inclusive(' ') {
        let part = part.trim_end();
        assert!(part.chars().count() > 199 || shown(part) == part, "{words}");
    }
}

/// A key whose end is the end of the file.
fn check_keys(before: &[u8]) {
    static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate(KeyKind::EccP256));
    let (der, pem) = (KEY.der(), KEY.pem());
    let base64 = STANDARD.encode(der);
    for key in [der, pem.as_bytes(), format!("\n{base64}").as_bytes()] {
        let found = certificates_in(&[before, key].concat());
        assert!(
            matches!(found, Err(UnusableFile::PrivateKey(_))),
            "a key was passed over: {found:?}"
        );
    }
}

fn check_path(certificates: &[Certificate]) {
    assert!((1..=MAX_CERTIFICATES).contains(&certificates.len()));
    let now = Utc::now();
    let mut candidates = Candidates::new(certificates);
    let path = candidates
        .newest_leaf(Method::RsaOaep, now)
        .and_then(|choice| candidates.path_from(choice.leaf, &[], now));
    match path {
        Ok(path) => {
            let path: Vec<&Certificate> = path.certificates().map(|(_, one)| one).collect();
            assert!(path.len() <= 1 + MAX_CAS);
            for pair in path.windows(2) {
                assert!(pair[0].is_signed_by(pair[1]));
            }
            assert!(path.last().unwrap().is_self_signed());
        }
        Err(error) => {
            let words = error.to_string();
            assert!(words.len() <= 8000, "too long: {words}");
            assert_clean(&words);
        }
    }
}
