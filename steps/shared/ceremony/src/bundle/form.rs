//! What a file is, if it is not what is expected: so that its sender is told, and not only refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::UnusableFile;

/// DER of a certificate or of PKCS#7 starts with a SEQUENCE in long form; PEM is text.
pub(super) fn is_der(file: &[u8]) -> bool {
    matches!(file, [0x30, 0x80..=0xff, ..])
}

/// What is not even looked into.
pub(super) fn unreadable(file: &[u8]) -> Option<UnusableFile> {
    const ARCHIVES: [(&[u8], &str); 7] = [
        (&[0x1f, 0x8b], "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"BZh", "bzip2"),
        (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz"),
        (&[b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c], "7-Zip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "Zstandard"),
    ];
    if file.iter().all(u8::is_ascii_whitespace) {
        return Some(UnusableFile::Empty);
    }
    if let Some((_, name)) = ARCHIVES.iter().find(|(magic, _)| file.starts_with(magic)) {
        return Some(UnusableFile::Archive(name));
    }
    if file
        .get(257..)
        .is_some_and(|rest| rest.starts_with(b"ustar"))
    {
        return Some(UnusableFile::Archive("tar"));
    }
    if is_utf16(file) {
        return Some(UnusableFile::Utf16);
    }
    let mut text = file.strip_prefix(UTF8_MARK).unwrap_or(file);
    text = text.trim_ascii_start();
    let beginning = text.get(..text.len().min(9)).unwrap_or_default();
    let beginning = beginning.to_ascii_lowercase();
    let is_page = [&b"<!doctype"[..], b"<html", b"<head", b"<body"]
        .iter()
        .any(|tag| beginning.starts_with(tag));
    is_page.then_some(UnusableFile::WebPage)
}

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// With a byte order mark, or without one: every other byte of ASCII in UTF-16 is zero.
fn is_utf16(file: &[u8]) -> bool {
    let marked = matches!(file, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let zeros = |at: usize| {
        let mut pairs = file.chunks_exact(2).take(16);
        file.len() > 1 && pairs.all(|pair| pair.get(at) == Some(&0) && pair.get(1 - at) != Some(&0))
    };
    marked || zeros(0) || zeros(1)
}

/// What DER is that is no certificate.
pub(super) fn other_than_certificate(der: &[u8]) -> Option<UnusableFile> {
    if X509CertificationRequest::from_der(der).is_ok() {
        Some(UnusableFile::CertificateRequest)
    } else if CertificateRevocationList::from_der(der).is_ok() {
        Some(UnusableFile::RevocationList)
    } else {
        None
    }
}

/// How many PEM blocks begin or end in a text, whichever are more.
pub(super) fn frames(text: &[u8]) -> usize {
    let count = |words: &[u8]| {
        text.windows(words.len())
            .filter(|window| *window == words)
            .count()
    };
    count(b"-----BEGIN").max(count(b"-----END"))
}

/// What a text without a PEM block is.
pub(super) fn without_certificate(file: &[u8]) -> UnusableFile {
    let text: Vec<u8> = file
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    match STANDARD.decode(text) {
        Ok(der) if is_der(&der) => UnusableFile::BareBase64,
        _ => UnusableFile::NoCertificate,
    }
}

/// A PEM block's tag, if it is one that is known: others may say anything.
pub(super) fn known_tag(tag: &str) -> &'static str {
    match tag {
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
            "with a request for a certificate (CSR)"
        }
        "X509 CRL" => "with a revocation list (CRL)",
        "PUBLIC KEY" | "RSA PUBLIC KEY" => "with a public key",
        "ATTRIBUTE CERTIFICATE" => "with an attribute certificate",
        "DH PARAMETERS" | "DSA PARAMETERS" | "EC PARAMETERS" => "with parameters of keys",
        "PGP MESSAGE" | "PGP PUBLIC KEY BLOCK" | "PGP SIGNATURE" => "of OpenPGP",
        _ => "of another kind",
    }
}
