//! TR-31 key blocks as the partner opens and seals them (ANSI X9.143): versions B, under TDES, and D, under
//! AES.
//!
//! By other code than the emulator's, which uses `keyblock`.

mod seal;

use std::fmt;

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit};
use cmac::block_api::CmacCipher;
use cmac::digest::InnerInit;
use cmac::{Cmac, Mac};
use des::{TdesEde2, TdesEde3};

pub use seal::{Draft, seal};

/// Why a block is not to be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Tr31Error {
    #[error("the block is cut off, or has something else where digits belong")]
    Malformed,
    #[error("the block's MAC is not that of its header and its key under this KEK")]
    MacMismatch,
    #[error("the KEK does not protect blocks of this version")]
    OtherKek,
}

/// A key out of a block, and what the block says of it.
#[derive(Clone, Eq, PartialEq)]
pub struct Tr31Key {
    /// The first sixteen characters.
    pub header: String,
    /// Identifier and data of each optional block.
    pub optional_blocks: Vec<(String, String)>,
    key: Vec<u8>,
}

impl Tr31Key {
    /// The key itself: for a test that compares it with the one in the emulator.
    pub fn expose(&self) -> &[u8] {
        &self.key
    }

    pub fn usage(&self) -> &str {
        &self.header[5..7]
    }

    /// The name that Payment Cryptography has for such a key.
    pub fn algorithm(&self) -> Option<&'static str> {
        match (&self.header[7..8], self.key.len()) {
            ("A", 16) => Some("AES_128"),
            ("A", 24) => Some("AES_192"),
            ("A", 32) => Some("AES_256"),
            ("T", 16) => Some("TDES_2KEY"),
            ("T", 24) => Some("TDES_3KEY"),
            _ => None,
        }
    }

    pub fn mode(&self) -> &str {
        &self.header[8..9]
    }

    pub fn exportability(&self) -> &str {
        &self.header[11..12]
    }
}

impl fmt::Debug for Tr31Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tr31Key({}, {} bytes)", self.header, self.key.len())
    }
}

/// Opens a block under a KEK in the clear. `algorithm` is the KEK's, as Payment Cryptography spells it.
pub fn open(block: &str, algorithm: &str, kek: &[u8]) -> Result<Tr31Key, Tr31Error> {
    if !block.is_ascii() || block.len() < 16 {
        return Err(Tr31Error::Malformed);
    }
    match (&block[..1], algorithm) {
        ("D", "AES_128") => under::<Aes128>(block, kek, 2),
        ("D", "AES_192") => under::<Aes192>(block, kek, 3),
        ("D", "AES_256") => under::<Aes256>(block, kek, 4),
        ("B", "TDES_2KEY") => under::<TdesEde2>(block, kek, 0),
        ("B", "TDES_3KEY") => under::<TdesEde3>(block, kek, 1),
        _ => Err(Tr31Error::OtherKek),
    }
}

trait Cipher: CmacCipher + BlockCipherDecrypt + KeyInit + Clone {}
impl<C: CmacCipher + BlockCipherDecrypt + KeyInit + Clone> Cipher for C {}

fn under<C: Cipher>(block: &str, kek: &[u8], code: u8) -> Result<Tr31Key, Tr31Error> {
    let (header_end, optional_blocks) = header(block)?;
    let unit = if code < 2 { 8 } else { 16 };
    let mac_at = block
        .len()
        .checked_sub(2 * unit)
        .filter(|at| *at > header_end)
        .ok_or(Tr31Error::Malformed)?;
    let bytes = |text: &str| hex::decode(text).map_err(|_| Tr31Error::Malformed);
    let mut payload = bytes(&block[header_end..mac_at])?;
    let mac = bytes(&block[mac_at..])?;

    let cipher = C::new_from_slice(kek).map_err(|_| Tr31Error::OtherKek)?;
    let keyed = |purpose| {
        C::new_from_slice(&derived(&cipher, purpose, code, kek.len()))
            .map_err(|_| Tr31Error::OtherKek)
    };
    cbc::Decryptor::inner_iv_slice_init(keyed(0)?, &mac)
        .map_err(|_| Tr31Error::Malformed)?
        .decrypt_padded::<NoPadding>(&mut payload)
        .map_err(|_| Tr31Error::Malformed)?;
    if cmac_of(&keyed(1)?, &[&block.as_bytes()[..header_end], &payload]) != mac {
        return Err(Tr31Error::MacMismatch);
    }
    // Length in bits, the key, and padding.
    let (length, rest) = payload.split_at_checked(2).ok_or(Tr31Error::Malformed)?;
    let bits = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let key = rest.get(..bits / 8).ok_or(Tr31Error::Malformed)?;
    if bits % 8 != 0 || key.is_empty() {
        return Err(Tr31Error::Malformed);
    }
    Ok(Tr31Key {
        header: block[..16].to_owned(),
        optional_blocks,
        key: key.to_vec(),
    })
}

/// Where the header ends, and its optional blocks.
fn header(block: &str) -> Result<(usize, Vec<(String, String)>), Tr31Error> {
    let part = |from: usize, to: usize| block.get(from..to).ok_or(Tr31Error::Malformed);
    let number =
        |text: &str, radix| usize::from_str_radix(text, radix).map_err(|_| Tr31Error::Malformed);
    if number(part(1, 5)?, 10)? != block.len() {
        return Err(Tr31Error::Malformed);
    }
    let (mut at, mut blocks) = (16, Vec::new());
    for _ in 0..number(part(12, 14)?, 10)? {
        let length = number(part(at + 2, at + 4)?, 16)?;
        if length < 4 {
            return Err(Tr31Error::Malformed);
        }
        let (id, data) = (part(at, at + 2)?, part(at + 4, at + length)?);
        blocks.push((id.to_owned(), data.to_owned()));
        at += length;
    }
    Ok((at, blocks))
}

/// The key for encryption (purpose 0) or for the MAC (1): CMAC over a counter and what the key is for
/// (X9.143 §7.2, tables 24 and 25).
fn derived<C: Cipher>(kek: &C, purpose: u8, code: u8, length: usize) -> Vec<u8> {
    let bits = u16::try_from(8 * length).unwrap_or_default().to_be_bytes();
    let mut key = Vec::new();
    for counter in 1..=3 {
        let input = [counter, 0, purpose, 0, 0, code, bits[0], bits[1]];
        key.extend(cmac_of(kek, &[&input]));
    }
    key.truncate(length);
    key
}

fn cmac_of<C: Cipher>(key: &C, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Cmac::inner_init(key.clone());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ANSI X9.143 samples, opened with psec too.
    const B: &str =
        "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E";
    const B_WITH_KS: &str = "B0104B0TX12S0100KS1800604B120F9292800000BB68BE8680A400D9191AD4ECE45B6E6C0D21C4738A52190E248719E24B433627";
    const D: &str = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34";

    fn opened(block: &str, algorithm: &str, kek: &str) -> Result<Tr31Key, Tr31Error> {
        open(block, algorithm, &hex::decode(kek).unwrap())
    }

    #[test]
    fn published_blocks_are_opened() {
        for (block, algorithm, kek, key) in [
            (
                B,
                "TDES_2KEY",
                "DD7515F2BFC17F85CE48F3CA25CB21F6",
                "3F419E1CB7079442AA37474C2EFBF8B8",
            ),
            (
                B_WITH_KS,
                "TDES_2KEY",
                "1D22BF32387C600AD97F9B97A51311AC",
                "E8BC63E5479455E26577F715D587FE68",
            ),
            (
                D,
                "AES_256",
                "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6",
                "3F419E1CB7079442AA37474C2EFBF8B8",
            ),
        ] {
            let opened = opened(block, algorithm, kek).unwrap();
            assert_eq!(hex::encode_upper(opened.expose()), key);
            assert_eq!(opened.header, block[..16]);
        }
    }

    #[test]
    fn a_block_that_was_changed_is_not_opened() {
        let kek = "DD7515F2BFC17F85CE48F3CA25CB21F6";
        let with = |block: &str| opened(block, "TDES_2KEY", kek);
        for (from, to) in [
            ("P0TE00E", "P0TB00E"),
            ("00E0000", "00N0000"),
            ("94B4", "94B5"),
        ] {
            assert_eq!(
                with(&B.replacen(from, to, 1)),
                Err(Tr31Error::MacMismatch),
                "{to}"
            );
        }
        for cut in 0..B.len() {
            assert!(with(&B[..cut]).is_err(), "{cut}");
        }
        assert_eq!(opened(B, "AES_128", kek), Err(Tr31Error::OtherKek));
    }
}
