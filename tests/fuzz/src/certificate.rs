//! Target `certificate`: certificates as they arrive, and all that is told of them.

use ceremony::algorithms::KekAlgorithm;
use ceremony::certificate::Certificate;
use ceremony::exchange::{Load, Method};
use ceremony::path::CertificatePath;
use ceremony::profile::Trust;
use ceremony::proof::prove;
use ceremony::text::{SHOWN_CHARACTERS, needs_escaping, shown};
use ceremony::utc::Utc;
use partner::certificate::remade::{INTEGER, rsa_key, tlv};
use partner::{KeyKind, Pki, Profile};

/// Holds if a certificate stays the bytes that it was, if whatever is told of it, or of why it is
/// none, is clean and short, and if every check can be made of it, in every place of a path.
pub fn certificate(data: &[u8]) {
    is_shown(&shown(&String::from_utf8_lossy(data)));
    let certificate = match Certificate::from_der(data) {
        Ok(certificate) => certificate,
        Err(error) => return is_clean(&error.to_string()),
    };
    assert_eq!(certificate.der(), data);
    let again = Certificate::try_from(certificate.to_pem()).unwrap();
    assert_eq!(again, certificate);
    for text in [certificate.subject(), certificate.issuer()] {
        is_shown(text);
    }
    assert!(certificate.serial().len() <= 50);
    is_clean(&certificate.to_string());
    is_clean(&certificate.key_algorithm().to_string());

    let trust = Trust {
        trust_anchors: vec![certificate.sha256()],
        identity: "\u{1b}`".to_owned(),
        minimum_remaining_days: 7,
    };
    let path = CertificatePath {
        leaf: certificate.clone(),
        intermediates: vec![certificate.clone(); 2],
        root: certificate,
    };
    let now = Utc::of_unix_seconds(1_800_000_000).unwrap();
    let proof = prove(path, &trust, LOAD, now);
    for check in &proof.checks {
        is_clean(&check.detail);
    }
    // The intermediates are never what the path needs.
    let refusal = proof.verdict.unwrap_err();
    assert!(refusal.what.len() < 5 * 1024, "{}", refusal.what.len());
    assert!(!refusal.what.contains(char::is_control));
}

const LOAD: Load = Load {
    kek: KekAlgorithm::AES_128,
    method: Method::RsaOaep,
};

/// A root, a leaf, and some that are wrong.
pub fn seeds() -> Vec<Vec<u8>> {
    let pki = Pki::builder("identity:idms.group.1")
        .named("fuzz")
        .root_key(KeyKind::EccP256)
        .intermediate_keys(&[KeyKind::EccP384])
        .leaf_key(KeyKind::Rsa2048)
        .intermediate(0, |ca| {
            ca.organization("a\u{1b}[2J`<b>\u{202e}What to do: x")
        })
        .leaf(|leaf| leaf.uri("urn:x"))
        .build();
    let key = pki.issuer().key();
    let odd = pki.leaf.remade(key, |parts| {
        parts.key = rsa_key(&[0x7f; 256], &[1]);
        parts.serial = tlv(INTEGER, &[0xff; 30]);
    });
    // An OID that nobody knows, critical, and a name constraint where none may be.
    let extended = Profile::leaf("Leaf", "uid")
        .extension(&[1, 3, 6, 1, 4, 1, 99_999, 7], true, vec![5, 0])
        .extension(
            &[2, 5, 29, 30],
            true,
            vec![0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'x'],
        )
        .issued_by(pki.issuer(), pki.leaf.key());
    let chain = pki.chain().into_iter().chain([&odd, &extended]);
    chain.map(|certified| certified.der().to_vec()).collect()
}

fn is_shown(text: &str) {
    assert!(text.chars().count() <= SHOWN_CHARACTERS, "{text:?}");
    assert!(!needs_escaping(&text.replace('\\', "")), "{text:?}");
}

/// With marks and words of our own around what is shown.
fn is_clean(text: &str) {
    assert!(text.len() < 4096, "{} bytes", text.len());
    let clean = |character: char| !needs_escaping(character.encode_utf8(&mut [0; 4]));
    let ours = |character: char| "`\\<>[]&|".contains(character);
    assert!(text.chars().all(|it| clean(it) || ours(it)), "{text:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_read() {
        for seed in seeds() {
            assert!(Certificate::from_der(&seed).is_ok());
        }
    }
}
