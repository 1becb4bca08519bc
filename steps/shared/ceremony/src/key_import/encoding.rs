//! From the bytes of a dropped file to those of a block: as it was documented, and in no other way.
//!
//! What a file is, if it is not what is expected, is told as far as it can be known without guessing: Base64
//! where hex belongs is the mistake that is made most. Not a byte of it is repeated.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::place::BlockForm;
use super::refused::Refused;
use crate::bundle::private_key_in;
use crate::tr31::KeyBlock;

/// The largest file that is looked into: the longest key block, with room for the ends of its lines.
pub const MAX_FILE_BYTES: usize = 16 * 1024;

/// Characters of a TR-31 block that the service takes (API reference, `Tr31WrappedKeyBlock`).
const TR31_CHARACTERS: (usize, usize) = (56, 9984);

/// Bytes of a TR-34 block that the service takes (API reference, `Tr34WrappedKeyBlock`).
const TR34_BYTES: (usize, usize) = (1, 2048);

/// Of the shortest key that a KEK can be, and of the others.
const KEY_BYTES: [usize; 3] = [16, 24, 32];

/// The text of a TR-31 block, which may be followed by what editors leave at the end of a line.
pub fn tr31(file: &[u8]) -> Result<KeyBlock, Refused> {
    let file = looked_into(file)?;
    let text = match std::str::from_utf8(file.trim_ascii_end()) {
        Ok(text) if is_text(text.as_bytes()) => text,
        _ => return Err(unreadable(BlockForm::Tr31, Mistake::Binary)),
    };
    let block = KeyBlock::read(text).map_err(|error| {
        let is_block = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).ok();
            text.is_some_and(|text| KeyBlock::read(text.trim_ascii_end()).is_ok())
        };
        match other_encoding(text.as_bytes(), is_block) {
            Some(mistake) => unreadable(BlockForm::Tr31, mistake),
            None => Refused::KeyBlockMalformed(error),
        }
    })?;
    within(text.len(), TR31_CHARACTERS)?;
    // Of a header that is well-formed, optional blocks may have others.
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refused::CharactersNotTaken);
    }
    Ok(block)
}

/// The DER of a TR-34 block, whose file holds that, or its hex digits.
pub fn tr34(file: &[u8]) -> Result<Vec<u8>, Refused> {
    const SEQUENCE: u8 = 0x30;
    let file = looked_into(file)?;
    // Hex digits may begin so too, with a 0; and DER is no text.
    let der = if file.first() == Some(&SEQUENCE) && !is_text(file) {
        file.to_vec()
    } else {
        hex_digits(file, BlockForm::Tr34, |bytes| {
            bytes.first() == Some(&SEQUENCE)
        })?
    };
    within(der.len(), TR34_BYTES)?;
    Ok(der)
}

/// An RSA block of so many bytes, whose file holds those, or their hex digits.
pub fn rsa_block(file: &[u8], modulus_bytes: usize) -> Result<Vec<u8>, Refused> {
    let file = looked_into(file)?;
    if file.len() == modulus_bytes && !is_text(file) {
        return Ok(file.to_vec());
    }
    hex_digits(file, BlockForm::Oaep, |bytes| bytes.len() == modulus_bytes)
}

/// A file that must not lie where it does, whatever it was dropped for: a private key, or what may be a key
/// in the clear.
pub fn secret_in(file: &[u8]) -> Option<Refused> {
    if let Some(form) = private_key_in(file) {
        return Some(Refused::PrivateKeyReceived(form));
    }
    may_be_a_clear_key(file).then_some(Refused::ClearKeyReceived)
}

/// The file, if it may hold a block at all.
fn looked_into(file: &[u8]) -> Result<&[u8], Refused> {
    within(file.len(), (1, MAX_FILE_BYTES))?;
    match secret_in(file) {
        Some(refused) => Err(refused),
        None => Ok(file),
    }
}

/// No block is as short as a key, nor has as few hex digits.
fn may_be_a_clear_key(file: &[u8]) -> bool {
    let digits = without_white_space(file);
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    KEY_BYTES.contains(&file.len())
        || (is_hex && digits.len().is_multiple_of(2) && KEY_BYTES.contains(&(digits.len() / 2)))
}

/// The bytes behind hex digits, with white space anywhere between them: programs break lines.
fn hex_digits(
    file: &[u8],
    form: BlockForm,
    is_block: impl Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, Refused> {
    if !is_text(file) {
        return Err(unreadable(form, Mistake::Binary));
    }
    let digits = without_white_space(file);
    if let Ok(bytes) = hex::decode(&digits) {
        return Ok(bytes);
    }
    let mistake = if digits.iter().all(u8::is_ascii_hexdigit) {
        Mistake::OddDigits
    } else {
        other_encoding(file, |bytes| is_block(&bytes)).unwrap_or(Mistake::Other)
    };
    Err(unreadable(form, mistake))
}

/// How a text hides what it would be right as.
fn other_encoding(text: &[u8], is_block: impl Fn(Vec<u8>) -> bool) -> Option<Mistake> {
    if text.starts_with(b"-----BEGIN") {
        return Some(Mistake::Pem);
    }
    let digits = without_white_space(text);
    if hex::decode(&digits).is_ok_and(&is_block) {
        return Some(Mistake::HexOfText);
    }
    let base64 = LENIENT.decode(&digits).ok();
    base64.is_some_and(is_block).then_some(Mistake::Base64)
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn without_white_space(text: &[u8]) -> Vec<u8> {
    let bytes = text.iter().copied();
    bytes.filter(|byte| !byte.is_ascii_whitespace()).collect()
}

fn is_text(file: &[u8]) -> bool {
    let printable = |byte: &u8| (0x20..0x7f).contains(byte) || byte.is_ascii_whitespace();
    file.iter().all(printable)
}

fn within(found: usize, (least, most): (usize, usize)) -> Result<(), Refused> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(Refused::BlockSizeWrong { found, least, most })
}

fn unreadable(form: BlockForm, mistake: Mistake) -> Refused {
    Refused::BlockUnreadable(Unreadable { form, mistake })
}

/// A file that is no block as it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it is {mistake}, and {} expected", expected(*form))]
pub struct Unreadable {
    form: BlockForm,
    mistake: Mistake,
}

impl Unreadable {
    pub fn mistake(&self) -> Mistake {
        self.mistake
    }
}

fn expected(form: BlockForm) -> &'static str {
    match form {
        BlockForm::Tr31 => "the text of the key block is",
        BlockForm::Tr34 => "hex digits, or the DER itself, are",
        BlockForm::Oaep => "hex digits, or the bytes themselves, are",
    }
}

/// What it is instead.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Mistake {
    #[error("Base64")]
    Base64,
    #[error("binary, and nothing that is known")]
    Binary,
    #[error("the hex digits of a text")]
    HexOfText,
    #[error("an odd number of hex digits")]
    OddDigits,
    #[error("a text that is neither")]
    Other,
    #[error("PEM")]
    Pem,
}
