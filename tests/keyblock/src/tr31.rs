//! TR-31 key blocks (ANSI X9.143-2021): a key wrapped under another together with the attributes
//! that say what it may be used for, so that neither can be changed without the other.
//!
//! ```text
//! header, optional blocks | encrypted payload, hex | MAC, hex        (clause 6.1 figure 2)
//!
//! payload (clause 7.3.1 table 26)
//! offset length
//!      0      2  length of the key in bits
//!      2      n  the key
//!    2+n      m  random padding: hides the length of the key and fills the last cipher block
//! ```
//!
//! Versions A to D are read and written; see [`Version`]. Hexadecimal digits are upper case, and no
//! others are accepted. Which key may protect which is for the caller to decide, beyond the one rule that AES
//! keys protect version D and TDES keys the others.

mod binding;
mod error;
mod fields;
mod header;
mod optional_blocks;
mod reader;

pub use error::{Field, Tr31Error};
pub use fields::{
    Algorithm, Exportability, KeyUsage, KeyVersion, ModeOfUse, NotAKeyVersion, Version,
};
pub use header::{DecodedHeader, Header};
pub use optional_blocks::{BlockId, OptionalBlocks};

use zeroize::Zeroizing;

use crate::{ClearKey, SymmetricAlgorithm};
use binding::Binding;
use optional_blocks::is_printable;
use reader::decode_bytes;

/// Wraps a key. The random bytes become padding; they must be new for every block.
pub fn wrap(
    key: &ClearKey,
    header: &Header,
    masking: LengthMasking,
    protection_key: &ClearKey,
    random: &[u8; RANDOM_LENGTH],
) -> Result<String, Tr31Error> {
    check_agreement(key, header)?;
    let version = header.version;
    let binding = Binding::new(version, protection_key)?;

    let (key_padding, header_padding) = random.split_at(32);
    let mut payload = encode_payload(key, masking, version.block_length(), key_padding)?;
    let remaining_length = remaining_length(key, version, masking);
    let mut block = header.encode(remaining_length, header_padding)?;
    let mac = binding.seal(&block, &mut payload)?;
    block += &hex::encode_upper(&*payload);
    block += &hex::encode_upper(mac);
    Ok(block)
}

/// Opens a key block: everything about it is checked before anything of it is returned.
pub fn unwrap(block: &str, protection_key: &ClearKey) -> Result<UnwrappedKey, Tr31Error> {
    if !is_printable(block) {
        return Err(Tr31Error::NotAscii);
    }
    let decoded = Header::decode(block)?;
    if decoded.declared_length != block.len() {
        return Err(Tr31Error::Length {
            declared: decoded.declared_length,
            actual: block.len(),
        });
    }
    let version = decoded.header.version;
    if !decoded
        .encoded_length
        .is_multiple_of(version.block_length())
    {
        return Err(Tr31Error::Uneven(Field::Header));
    }
    let (header_text, sealed) = block.split_at(decoded.encoded_length);
    let (ciphertext, mac) = sealed
        .len()
        .checked_sub(2 * version.mac_length())
        .and_then(|middle| sealed.split_at_checked(middle))
        .ok_or(Tr31Error::Truncated(Field::Mac))?;
    let mac = decode_bytes(mac, Field::Mac)?;
    let mut payload = Zeroizing::new(decode_bytes(ciphertext, Field::Ciphertext)?);
    if payload.is_empty() {
        return Err(Tr31Error::Truncated(Field::Ciphertext));
    }

    Binding::new(version, protection_key)?.open(header_text, &mut payload, &mac)?;
    let key = decode_payload(&payload)?;
    let algorithm = decoded.header.key_algorithm(key.len())?;
    let mismatch = Tr31Error::KeyForAlgorithm {
        algorithm: decoded.header.algorithm,
        length: key.len(),
    };
    Ok(UnwrappedKey {
        header: decoded.header,
        key: ClearKey::new(algorithm, key.to_vec().into()).map_err(|_| mismatch)?,
    })
}

/// What was in a key block.
#[derive(Clone)]
pub struct UnwrappedKey {
    /// The attributes of the key.
    pub header: Header,
    /// The key, or a component of one: [`KeyVersion::is_component`] tells.
    pub key: ClearKey,
}

/// How much of the length of a key its block shows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LengthMasking {
    /// The key is padded to the longest of its algorithm: 24 bytes for TDES, 32 bytes for AES. This
    /// is what the service does. HMAC keys have no longest and are not padded.
    Maximum,
    /// The key is padded only to whole cipher blocks.
    None,
}

/// How many random bytes [`wrap`] is given; it uses no more.
pub const RANDOM_LENGTH: usize = 48;

/// How many characters follow the header of a block with this key: payload and MAC.
pub(crate) fn remaining_length(key: &ClearKey, version: Version, masking: LengthMasking) -> usize {
    2 * (payload_length(key, masking, version.block_length()) + version.mac_length())
}

/// The header may not say of the key what is not so.
pub(crate) fn check_agreement(key: &ClearKey, header: &Header) -> Result<(), Tr31Error> {
    let length = key.bytes().len();
    let stated = header.key_algorithm(length)?;
    match (stated, key.algorithm()) {
        (stated, actual) if stated == actual => Ok(()),
        (SymmetricAlgorithm::Hmac(_), SymmetricAlgorithm::Hmac(key)) => {
            Err(Tr31Error::HmacHash { key })
        }
        _ => Err(Tr31Error::KeyForAlgorithm {
            algorithm: header.algorithm,
            length,
        }),
    }
}

fn encode_payload(
    key: &ClearKey,
    masking: LengthMasking,
    block_length: usize,
    padding: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Tr31Error> {
    let bytes = key.bytes().expose();
    let bits = u16::try_from(8 * bytes.len()).map_err(|_| Tr31Error::TooLong(Field::Payload))?;
    let length = payload_length(key, masking, block_length);

    // Room for all of it from the start, so that no copy of the key is left behind.
    let mut payload = Zeroizing::new(Vec::with_capacity(length));
    payload.extend_from_slice(&bits.to_be_bytes());
    payload.extend_from_slice(bytes);
    // At most 30 bytes are missing: a payload of 48 bytes with a key of 16.
    let missing = length - payload.len();
    payload.extend(padding.iter().take(missing));
    Ok(payload)
}

fn payload_length(key: &ClearKey, masking: LengthMasking, block_length: usize) -> usize {
    let shown_length = match (masking, key.algorithm()) {
        (LengthMasking::None, _) | (LengthMasking::Maximum, SymmetricAlgorithm::Hmac(_)) => {
            key.bytes().len()
        }
        (
            LengthMasking::Maximum,
            SymmetricAlgorithm::Aes128 | SymmetricAlgorithm::Aes192 | SymmetricAlgorithm::Aes256,
        ) => 32,
        (LengthMasking::Maximum, SymmetricAlgorithm::Tdes2Key | SymmetricAlgorithm::Tdes3Key) => 24,
    };
    (2 + shown_length).next_multiple_of(block_length)
}

fn decode_payload(payload: &[u8]) -> Result<&[u8], Tr31Error> {
    let (bits, rest) = payload
        .split_first_chunk()
        .ok_or(Tr31Error::Truncated(Field::Payload))?;
    let bits = u16::from_be_bytes(*bits);
    let malformed = Tr31Error::KeyBits {
        bits,
        available: rest.len(),
    };
    if !bits.is_multiple_of(8) {
        return Err(malformed);
    }
    rest.get(..usize::from(bits / 8)).ok_or(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a faulty or malicious holder of the protection key can make: the MAC is right, the rest
    /// need not be.
    #[test]
    fn a_right_mac_does_not_excuse_a_wrong_payload_or_header() {
        let bits = |bits, available| Some(Tr31Error::KeyBits { bits, available });
        let length = |algorithm, length| Some(Tr31Error::KeyForAlgorithm { algorithm, length });
        let hash = Field::OptionalBlock(BlockId::HM);
        let unknown_hash = Tr31Error::Value {
            field: hash,
            found: "10".into(),
        };
        for (header, stated_bits, expected) in [
            ("B0080D0TB00E0000", 128, None),
            ("B0080D0TB00E0000", 127, bits(127, 22)),
            ("B0080D0TB00E0000", 184, bits(184, 22)),
            ("B0080D0TB00E0000", 0xFFF8, bits(0xFFF8, 22)),
            ("B0080D0TB00E0000", 0, length(Algorithm::Tdes, 0)),
            ("B0080D0TB00E0000", 64, length(Algorithm::Tdes, 8)),
            ("B0080D0AB00E0000", 160, length(Algorithm::Aes, 20)),
            ("B0080D0DB00E0000", 64, length(Algorithm::Des, 8)),
            ("B0080D1RB00E0000", 128, length(Algorithm::Rsa, 16)),
            ("B0080M7HC00E0000", 128, Some(Tr31Error::Missing(hash))),
            ("B0096M7HC00E0200HM0610PB0A000000", 128, Some(unknown_hash)),
            (
                "B0086M7HC00E0100HM0621",
                128,
                Some(Tr31Error::Uneven(Field::Header)),
            ),
        ] {
            let bytes: Vec<u8> = (0..16).collect();
            let key = ClearKey::new(SymmetricAlgorithm::Tdes2Key, bytes.into()).unwrap();
            let mut payload = vec![0; 24];
            payload[..2].copy_from_slice(&u16::to_be_bytes(stated_bits));
            let mac = Binding::new(Version::B, &key)
                .and_then(|binding| binding.seal(header, &mut payload))
                .unwrap();
            let block = format!(
                "{header}{}{}",
                hex::encode_upper(payload),
                hex::encode_upper(mac)
            );
            assert_eq!(
                unwrap(&block, &key).err(),
                expected,
                "{header} {stated_bits}"
            );
        }
    }
}
