//! Whether a file holds a private key, whatever it is called and however it is packed.
//!
//! What is looked for is how keys begin, and not what a parser makes of the whole: of a key whose end is
//! lost, or which has a blank line in it, a parser makes nothing or an error, and it is a key all the
//! same. Nothing is decrypted or unpacked, and nothing of what is found is kept.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// In which form a private key was found, in words.
pub type Form = &'static str;

/// The form in which `file` holds a private key, or what usually holds one (PKCS#12, a Java
/// keystore); `None` if it holds none that can be seen.
///
/// The beginning of a file will do.
pub fn private_key_in(file: &[u8]) -> Option<Form> {
    let text = narrow(file);
    framed(&text)
        .or_else(|| in_der(file))
        .or_else(|| encoded(&text))
        .or_else(|| in_json(&text))
}

/// The same of a JSON document: where the lines of a PEM file end is escaped there.
pub(crate) fn private_key_in_json(json: &str) -> Option<Form> {
    let text = json.replace("\\/", "/");
    let text = text.replace("\\r", "\r").replace("\\n", "\n");
    private_key_in(text.as_bytes())
}

/// UTF-16 and UTF-32, in either order of their bytes, with a mark or without: what is left of ASCII
/// without its zeros is ASCII.
fn narrow(file: &[u8]) -> Vec<u8> {
    file.iter().copied().filter(|byte| *byte != 0).collect()
}

/// By the words that programs write around keys.
fn framed(text: &[u8]) -> Option<Form> {
    let holds = |words: &[u8]| positions(text, words).next().is_some();
    if positions(text, TITLE).any(|at| is_in_frame(text, at)) {
        Some("PEM")
    } else if holds(b"Proc-Type: 4,ENCRYPTED") {
        Some("PEM, encrypted")
    } else if holds(b"PuTTY-User-Key-File-") {
        Some("a key file of PuTTY")
    } else if holds(b"privateExponent:") || holds(b"Private-Key: (") {
        Some("the text that OpenSSL prints of a key")
    } else if holds(b"<RSAKeyValue>") && holds(b"<D>") {
        Some("XML")
    } else {
        None
    }
}

const TITLE: &[u8] = b"PRIVATE KEY";

/// Whether the title there is that of a PEM block: a CA may have such words in its name, and people
/// write them into notes.
///
/// One dash on each side is enough, of whatever length a word processor has made it: the others may
/// have been lost.
fn is_in_frame(text: &[u8], title: usize) -> bool {
    let (before, rest) = text.split_at(title);
    let mut after = rest.get(TITLE.len()..).unwrap_or_default();
    // OpenPGP; SSH2.
    for word in [&b" BLOCK"[..], b" "] {
        after = after.strip_prefix(word).unwrap_or(after);
    }
    let is_of_title =
        |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
    let words = before
        .iter()
        .rev()
        .take(LONGEST_TITLE)
        .take_while(|byte| is_of_title(byte))
        .count();
    let (before, words) = before.split_at(before.len() - words);
    let words = words.trim_ascii_start();
    let begins = words.starts_with(b"BEGIN ") || words.starts_with(b"END ");
    let dash = |at: usize, bytes: &[u8]| {
        bytes.get(at) == Some(&b'-')
            // U+2010 to U+2015.
            || matches!(bytes.get(at.saturating_sub(2)..), Some([0xe2, 0x80, 0x90..=0x95, ..]))
    };
    let dash_before = before
        .len()
        .checked_sub(1)
        .is_some_and(|last| dash(last, before));
    let dash_after = dash(0, after);
    begins && dash_before && dash_after
}

/// Of the words before [`TITLE`], in bytes; `BEGIN SSH2 ENCRYPTED ` has 21.
const LONGEST_TITLE: usize = 40;

/// Binary, at the beginning or behind other things: a certificate, the header of an archive.
fn in_der(file: &[u8]) -> Option<Form> {
    keystore(file).or_else(|| {
        positions(file, &[SEQUENCE]).find_map(|at| key_at(file.get(at..).unwrap_or_default()))
    })
}

/// OpenSSH's own form, and Java's keystores (JKS and JCEKS), by their magic numbers.
fn keystore(file: &[u8]) -> Option<Form> {
    if positions(file, b"openssh-key-v1\0").next().is_some() {
        return Some("a key of OpenSSH");
    }
    let is_java = [[0xfe, 0xed, 0xfe, 0xed], [0xce, 0xce, 0xce, 0xce]]
        .iter()
        .any(|magic| {
            positions(file, magic).any(|at| {
                // Four bytes somewhere in random ones happen; their version is 1 or 2.
                let version = file.get(at + magic.len()..).unwrap_or_default();
                at == 0 || matches!(version, [0, 0, 0, 1 | 2, ..])
            })
        });
    is_java.then_some("a Java keystore, which usually holds one")
}

/// Base64 or hex, in a frame or without: of a key, or of what holds one (a file in PEM, as it is in a
/// Secret of Kubernetes or attached to a mail; a certificate and its key in one).
///
/// Decoded once, and not what comes out of it. Blanks may stand anywhere. Words that are no Base64 and
/// look like it may stand before it, so that it may begin at any character: each run is decoded from
/// each of its first four, and so every group of four is met.
fn encoded(text: &[u8]) -> Option<Form> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let runs = |is_digit: fn(&u8) -> bool| {
        text.split(move |byte| !is_digit(byte))
            .filter(|run| run.len() >= SHORTEST)
    };
    let holds = |bytes: Vec<u8>| {
        let narrow = narrow(&bytes);
        let found = framed(&narrow).or_else(|| in_der(&bytes));
        found.or_else(|| in_json(&narrow)).is_some()
    };
    let mut base64 =
        runs(is_base64).flat_map(|run| (0..4).filter_map(move |from| base64_from(run, from)));
    let mut hex = runs(u8::is_ascii_hexdigit)
        .flat_map(|run| (0..2).filter_map(move |from| hex_from(run, from)));
    // Hex looks like Base64, and makes nothing of sense as such.
    if hex.any(holds) {
        Some("hex")
    } else if base64.any(holds) {
        Some("Base64")
    } else {
        None
    }
}

fn hex_from(run: &[u8], from: usize) -> Option<Vec<u8>> {
    let run = run.get(from..)?;
    hex::decode(run.get(..run.len() / 2 * 2)?).ok()
}

fn base64_from(run: &[u8], from: usize) -> Option<Vec<u8>> {
    let run = run.get(from..)?;
    // One character alone is no byte.
    let whole = run.len() - usize::from(run.len() % 4 == 1);
    LENIENT.decode(run.get(..whole)?).ok()
}

/// Less Base64 than this tells of no key.
const SHORTEST: usize = 20;

/// A JSON Web Key, or a set of them: the members that only a private or a symmetric one has.
fn in_json(text: &[u8]) -> Option<Form> {
    let start = text.iter().position(|byte| *byte == b'{')?;
    // As far as the first value goes: something else may follow.
    let mut values = serde_json::Deserializer::from_slice(text.get(start..)?).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let is_private = |key: &Value| {
        key.get("kty").is_some() && (key.get("d").is_some() || key.get("k").is_some())
    };
    let in_a_set = value.get("keys").and_then(Value::as_array);
    (is_private(&value) || in_a_set.is_some_and(|keys| keys.iter().any(is_private)))
        .then_some("a JSON Web Key")
}

/// The last character before a cut may have bits to spare.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Whether a private key begins here: the end need not be there, lengths may be indefinite.
fn key_at(bytes: &[u8]) -> Option<Form> {
    let contents = enter(bytes, SEQUENCE)?;
    if let Some(algorithm) = enter(contents, SEQUENCE) {
        // RFC 5958 §3, EncryptedPrivateKeyInfo: encrypted by a password (RFC 8018, RFC 7292).
        let identifier = enter(algorithm, OBJECT_IDENTIFIER)?;
        let by_password = [PKCS_5, PKCS_12_PBE]
            .iter()
            .any(|begins| identifier.starts_with(begins));
        return by_password.then_some("encrypted PKCS#8");
    }
    let version = contents
        .get(2)
        .filter(|_| contents.starts_with(&[INTEGER, 1]))?;
    let rest = contents.get(3..)?;
    match version {
        // RFC 7292 §4, PFX: what it protects is of a type of PKCS#7. A certificate of version 1 with
        // such a serial number names the algorithm of a signature here.
        3 => enter(enter(rest, SEQUENCE)?, OBJECT_IDENTIFIER)?
            .starts_with(PKCS_7)
            .then_some("PKCS#12, which usually holds one"),
        0 | 1 => {
            // RFC 5958 §2. A certificate of version 1 (RFC 5280 §4.1) with such a serial number has a
            // name where this has the key.
            let after = enter(rest, SEQUENCE)
                .and_then(|algorithm| enter(algorithm, OBJECT_IDENTIFIER))
                .and_then(|_| skip(rest));
            if after.is_some_and(|after| after.first() == Some(&OCTET_STRING)) {
                return Some("PKCS#8");
            }
            // RFC 8017 appendix A.1.2: a modulus where a public key has its own without a version.
            // OpenSSL's form of DSA keys is the same.
            if length(rest, INTEGER).is_some_and(|bytes| bytes >= 64) {
                return Some("PKCS#1");
            }
            // RFC 5915 §3.
            let scalar = length(rest, OCTET_STRING);
            (*version == 1 && scalar.is_some_and(|bytes| (14..=72).contains(&bytes)))
                .then_some("SEC 1")
        }
        _ => None,
    }
}

/// 1.2.840.113549.1.5, .1.7 and .1.12.1.
const PKCS_7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
const PKCS_5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05];
const PKCS_12_PBE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];

/// What is in a value with this tag, as far as it is there.
fn enter(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let (header, _) = header(bytes, tag)?;
    bytes.get(header..)
}

/// How long it says to be; `None` where its length is indefinite.
fn length(bytes: &[u8], tag: u8) -> Option<usize> {
    header(bytes, tag)?.1
}

/// What follows a SEQUENCE.
fn skip(bytes: &[u8]) -> Option<&[u8]> {
    let (header, length) = header(bytes, SEQUENCE)?;
    bytes.get(header.checked_add(length?)?..)
}

/// The bytes of tag and length, and the length.
fn header(bytes: &[u8], tag: u8) -> Option<(usize, Option<usize>)> {
    match bytes {
        [found, ..] if *found != tag => None,
        [_, 0x80, ..] => Some((2, None)),
        [_, length @ 0..0x80, ..] => Some((2, Some(usize::from(*length)))),
        [_, long @ 0x81..=0x84, rest @ ..] => {
            let count = usize::from(long & 0x7f);
            let digits = rest.get(..count)?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            Some((2 + count, Some(length)))
        }
        _ => None,
    }
}

/// Where `wanted` begins in `bytes`.
fn positions<'a>(bytes: &'a [u8], wanted: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes
        .windows(wanted.len())
        .enumerate()
        .filter(move |(_, window)| *window == wanted)
        .map(|(at, _)| at)
}
