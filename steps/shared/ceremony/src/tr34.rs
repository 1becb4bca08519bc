//! A TR-34 key block (ANSI X9.139) as Payment Cryptography makes and takes it: read as far as that goes
//! without the receiver's key, and verified, whether it leaves or came. Opens nothing.
//!
//! The key distribution host (KDH) signs, the key receiving device (KRD) is whose key opens. A block of
//! one pass has the time at which it was signed, one of two passes the nonce that the receiver had sent.

mod der;
mod read;

use crate::algorithms::{KekAlgorithm, SignatureAlgorithm};
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::exchange::Nonce;
use crate::signature::verifies;
use crate::text::shown;
use crate::tr31::Header;
use crate::utc::Utc;

/// A block that is well-formed. What it says is not proven before [`KeyBlock::verify`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyBlock {
    kdh: Named,
    krd: Named,
    header: String,
    freshness: Freshness,
    digest: Vec<u8>,
    attributes: Vec<u8>,
    signature: Vec<u8>,
    envelope: Vec<u8>,
    encrypted_key_bytes: usize,
    cipher: Cipher,
}

/// What a receiver knows by that it is no answer of yesterday.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Freshness {
    SigningTime(Utc),
    Nonce(Nonce),
}

/// The cipher under which the key and its header lie.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cipher {
    Aes128,
    Tdes,
}

/// A certificate, by its issuer and serial number.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Named {
    issuer: Vec<u8>,
    serial: Vec<u8>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub kdh: &'a Certificate,
    pub krd: &'a Certificate,
    pub algorithm: KekAlgorithm,
    /// `K0`, say: the usages that the key may have.
    pub usages: &'a [&'a str],
    /// `B`, say: the modes that it may have.
    pub modes: &'a [char],
    /// `E`, say: whether its receiver may send it on.
    pub exportabilities: &'a [char],
    /// That of the receiver, in an exchange of two passes.
    pub nonce: Option<&'a Nonce>,
    pub now: Utc,
}

/// By how much the sender's clock may differ from ours, in seconds.
const CLOCKS_DIFFER: i64 = 5 * 60;

impl KeyBlock {
    /// Reads a block in DER. Whatever is not exactly of the form is refused.
    pub fn read(der: &[u8]) -> Result<Self, MalformedBlock> {
        read::key_block(der)
    }

    /// The sixteen characters that the signature covers, and the encrypted key repeats.
    pub fn header(&self) -> &str {
        &self.header
    }

    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    pub fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// Whether it is what was asked for: by this host, for this device, for this key, now. That the
    /// encrypted key is the one, its KCV says, which comes beside the block.
    pub fn verify(&self, expected: &Expected<'_>) -> Result<(), Mismatch> {
        self.verify_since(expected, expected.now)
    }

    /// The same of a block that came to us: where it answers no nonce, it was signed at any time since its
    /// sender could know the certificate that it is for.
    pub fn verify_received(&self, expected: &Expected<'_>, since: Utc) -> Result<(), Mismatch> {
        self.verify_since(expected, since)
    }

    fn verify_since(&self, expected: &Expected<'_>, since: Utc) -> Result<(), Mismatch> {
        if !self.kdh.is(expected.kdh) {
            return Err(Mismatch::OtherHost);
        }
        if !self.krd.is(expected.krd) {
            return Err(Mismatch::OtherDevice);
        }
        let algorithm = SignatureAlgorithm::RSASSA_PKCS1_V1_5_SHA_256;
        let key = expected.kdh.public_key_info();
        // In the block they are tagged [0]; what is signed is the SET that they are (RFC 5652 §5.4).
        if !verifies(algorithm, key, &as_set(&self.attributes), &self.signature) {
            return Err(Mismatch::Signature);
        }
        if self.digest != Sha256::of(&self.envelope).bytes() {
            return Err(Mismatch::Digest);
        }
        self.header_is(expected)?;
        self.is_fresh(expected.nonce, since, expected.now)?;
        let modulus_bytes = expected.krd.key_algorithm().modulus_bytes();
        if modulus_bytes != Some(self.encrypted_key_bytes) {
            return Err(Mismatch::EncryptedKeyLength {
                bytes: self.encrypted_key_bytes,
            });
        }
        // No AES key is protected by TDES, which is the weaker of the two.
        if self.cipher == Cipher::Tdes && letter(expected.algorithm) == 'A' {
            return Err(Mismatch::WeakCipher);
        }
        Ok(())
    }

    fn header_is(&self, expected: &Expected<'_>) -> Result<(), Mismatch> {
        let letter = letter(expected.algorithm);
        let fits = |header: &Header| {
            expected.usages.contains(&header.usage.as_str())
                && header.algorithm == letter
                && expected.modes.contains(&header.mode)
                && header.key_version == "00"
                && expected.exportabilities.contains(&header.exportability)
        };
        match Header::read_fixed(&self.header) {
            Ok(header) if fits(&header) => Ok(()),
            _ => Err(Mismatch::Header {
                found: self.header.clone(),
                expected: format!(
                    "usage {}, algorithm {letter}, mode {}, key version 00, exportability {}",
                    expected.usages.join(" or "),
                    one_of(expected.modes),
                    one_of(expected.exportabilities),
                ),
            }),
        }
    }

    fn is_fresh(&self, nonce: Option<&Nonce>, since: Utc, now: Utc) -> Result<(), Mismatch> {
        match (&self.freshness, nonce) {
            (Freshness::Nonce(found), Some(sent)) if found == sent => Ok(()),
            (Freshness::SigningTime(time), None) => {
                let earliest = since.unix_seconds() - CLOCKS_DIFFER;
                let latest = now.unix_seconds() + CLOCKS_DIFFER;
                if (earliest..=latest).contains(&time.unix_seconds()) {
                    Ok(())
                } else {
                    Err(Mismatch::SigningTime { found: *time, now })
                }
            }
            _ => Err(Mismatch::Nonce),
        }
    }
}

impl Named {
    /// The issuer's name byte for byte: a name that is written differently is another one.
    fn is(&self, certificate: &Certificate) -> bool {
        self.issuer == certificate.issuer_der() && self.serial == certificate.raw_serial()
    }
}

fn one_of(letters: &[char]) -> String {
    let letters: Vec<String> = letters.iter().map(char::to_string).collect();
    letters.join(" or ")
}

/// TR-31's letter for the algorithm.
fn letter(algorithm: KekAlgorithm) -> char {
    match algorithm {
        KekAlgorithm::AES_128 | KekAlgorithm::AES_192 | KekAlgorithm::AES_256 => 'A',
        KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY => 'T',
    }
}

fn as_set(attributes: &[u8]) -> Vec<u8> {
    let mut set = vec![der::SET];
    // They have been read, with a length of two bytes at most.
    match attributes.len() {
        short @ 0..=0x7f => set.push(low_byte(short)),
        long @ 0x80..=0xff => set.extend([0x81, low_byte(long)]),
        longer => set.extend([0x82, low_byte(longer >> 8), low_byte(longer)]),
    }
    set.extend_from_slice(attributes);
    set
}

fn low_byte(number: usize) -> u8 {
    u8::try_from(number & 0xff).unwrap_or_default()
}

/// Why bytes are no block. None of these repeats any of them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MalformedBlock {
    /// Which part of it is wrong, or followed by something else.
    #[error("{0} is not of the form X9_TR34_2012")]
    Part(&'static str),
    #[error("it has {0} bytes; at most {max} are expected", max = read::MAX_BYTES)]
    TooLong(usize),
}

/// In what a block differs from what was asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Mismatch {
    #[error("the digest that is signed is not that of the envelope")]
    Digest,
    #[error("the encrypted key has {bytes} bytes, which the leaf's modulus has not")]
    EncryptedKeyLength { bytes: usize },
    #[error(
        "the header in the block is `{}`; expected were {expected}",
        shown(found)
    )]
    Header { found: String, expected: String },
    #[error("it has not the nonce that was sent, or a nonce although none was sent")]
    Nonce,
    #[error("its receiver is not the one that the leaf names")]
    OtherDevice,
    #[error("its sender is not the one that the signing certificate names")]
    OtherHost,
    #[error("the signature is not by the key of the signing certificate")]
    Signature,
    #[error("it says that it was signed at {found}, and it is {now}")]
    SigningTime { found: Utc, now: Utc },
    #[error("the key is AES, and TDES encrypts it")]
    WeakCipher,
}
