//! DUKPT: the initial key that a device is given, derived from a base derivation key (BDK).
//!
//! Only this first step is here. The keys a device then makes for its transactions never travel.

use std::str::FromStr;

use aes::{Aes128, Aes192, Aes256};
use des::TdesEde2;
use des::cipher::array::Array;
use des::cipher::consts::U16;
use des::cipher::{BlockCipherEncrypt, BlockSizeUser, KeyInit};
use zeroize::Zeroizing;

use crate::{ClearKey, SymmetricAlgorithm};

/// The initial key for the device with this key serial number; its algorithm is that of the base
/// derivation key.
///
/// A serial number of 10 bytes goes with a double-length TDES key, one of 12 bytes with an AES key.
pub fn initial_key(
    serial_number: KeySerialNumber,
    base_derivation_key: &ClearKey,
) -> Result<ClearKey, DukptError> {
    let algorithm = base_derivation_key.algorithm();
    let base = base_derivation_key.bytes().expose();
    let initial_key = match (algorithm, serial_number) {
        (SymmetricAlgorithm::Aes128, KeySerialNumber::Aes(number)) => {
            aes_initial_key::<Aes128>(number, 0x0002, base)
        }
        (SymmetricAlgorithm::Aes192, KeySerialNumber::Aes(number)) => {
            aes_initial_key::<Aes192>(number, 0x0003, base)
        }
        (SymmetricAlgorithm::Aes256, KeySerialNumber::Aes(number)) => {
            aes_initial_key::<Aes256>(number, 0x0004, base)
        }
        (SymmetricAlgorithm::Tdes2Key, KeySerialNumber::Tdes(number)) => {
            tdes_initial_key(number, base)
        }
        (SymmetricAlgorithm::Hmac(_) | SymmetricAlgorithm::Tdes3Key, _) => None,
        _ => {
            return Err(DukptError::SerialNumberForOtherAlgorithm {
                algorithm,
                serial_number,
            });
        }
    };
    initial_key
        .and_then(|bytes| ClearKey::new(algorithm, bytes.into()).ok())
        .ok_or(DukptError::BaseDerivationKey { algorithm })
}

/// A key serial number (KSN): who the device is, and how many transactions it has made.
///
/// ```text
/// TDES (ANSI X9.24-1:2009)                 AES (ANSI X9.24-3:2017)
/// offset bits                              offset bytes
///      0   59  initial key serial number        0     8  initial key identifier
///     59   21  transaction counter              8     4  transaction counter
/// ```
///
/// The counter has no part in the derivation of an initial key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeySerialNumber {
    /// Of a device with AES keys.
    Aes([u8; 12]),
    /// Of a device with TDES keys.
    Tdes([u8; 10]),
}

impl FromStr for KeySerialNumber {
    type Err = DukptError;

    /// Reads 20 (TDES) or 24 (AES) upper-case hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, DukptError> {
        if text.contains(|c: char| c.is_ascii_lowercase()) {
            return Err(DukptError::SerialNumberSyntax);
        }
        let bytes = hex::decode(text).map_err(|_| DukptError::SerialNumberSyntax)?;
        if let Ok(bytes) = <[u8; 10]>::try_from(bytes.as_slice()) {
            return Ok(Self::Tdes(bytes));
        }
        <[u8; 12]>::try_from(bytes)
            .map(Self::Aes)
            .map_err(|_| DukptError::SerialNumberSyntax)
    }
}

/// Why there is no initial key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DukptError {
    /// Base derivation keys are double-length TDES (X9.24-1) or AES (X9.24-3) keys.
    #[error("a base derivation key cannot be a key for {algorithm:?}")]
    BaseDerivationKey {
        /// What the key is for.
        algorithm: SymmetricAlgorithm,
    },
    /// 10 bytes for TDES, 12 bytes for AES.
    #[error("the key serial number is not one for a base derivation key for {algorithm:?}")]
    SerialNumberForOtherAlgorithm {
        /// What the base derivation key is for.
        algorithm: SymmetricAlgorithm,
        /// The serial number that was given.
        serial_number: KeySerialNumber,
    },
    /// The text is not 20 or 24 upper-case hexadecimal digits.
    #[error("the key serial number is not 20 or 24 upper-case hexadecimal digits")]
    SerialNumberSyntax,
}

/// ANSI X9.24-1:2009 annex A.6: the leftmost 8 bytes of the serial number without the counter,
/// encrypted once under the base derivation key and once under its variant. `None` if the key has
/// another length than 16 bytes.
fn tdes_initial_key(serial_number: [u8; 10], base: &[u8]) -> Option<Vec<u8>> {
    let [mut left @ .., _, _] = serial_number;
    left[7] &= 0xE0;
    let variant: Zeroizing<Vec<u8>> = Zeroizing::new(
        base.iter()
            .zip(VARIANT_MASK)
            .map(|(byte, mask)| byte ^ mask)
            .collect(),
    );

    let mut halves = Zeroizing::new([Array::from(left), Array::from(left)]);
    TdesEde2::new_from_slice(base)
        .ok()?
        .encrypt_block(&mut halves[0]);
    TdesEde2::new_from_slice(&variant)
        .ok()?
        .encrypt_block(&mut halves[1]);
    Some(halves.concat())
}

/// ANSI X9.24-1:2009 annex A.6.
const VARIANT_MASK: [u8; 16] = [
    0xC0, 0xC0, 0xC0, 0xC0, 0, 0, 0, 0, 0xC0, 0xC0, 0xC0, 0xC0, 0, 0, 0, 0,
];

/// ANSI X9.24-3:2017 clause 6.3: the derivation data of clause 6.3.2 encrypted, one block for each 16
/// bytes of key. The derived key is as long as the base derivation key. `None` if that is no key of
/// this cipher.
///
/// ```text
/// offset length
///      0      1  version, 01
///      1      1  counter of the block of keying material, from 01
///      2      2  usage of the derived key, 8001 (initial key)
///      4      2  algorithm of the derived key: 0002 AES-128, 0003 AES-192, 0004 AES-256
///      6      2  length of the derived key in bits
///      8      8  initial key identifier
/// ```
fn aes_initial_key<C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + KeyInit>(
    serial_number: [u8; 12],
    algorithm_code: u16,
    base: &[u8],
) -> Option<Vec<u8>> {
    let [initial_key_id @ .., _, _, _, _] = serial_number;
    let cipher = C::new_from_slice(base).ok()?;
    let bits = u16::try_from(base.len() * 8).ok()?;

    let mut initial_key = Vec::with_capacity(32);
    for counter in [1, 2] {
        let mut block = [0; 16];
        block[..4].copy_from_slice(&[0x01, counter, 0x80, 0x01]);
        block[4..6].copy_from_slice(&algorithm_code.to_be_bytes());
        block[6..8].copy_from_slice(&bits.to_be_bytes());
        block[8..].copy_from_slice(&initial_key_id);
        let mut block = Zeroizing::new(Array::from(block));
        cipher.encrypt_block(&mut block);
        initial_key.extend_from_slice(&block);
    }
    initial_key.truncate(base.len());
    Some(initial_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TDES_BASE: &str = "0123456789ABCDEFFEDCBA9876543210";
    const AES_BASE: &str = "FEDCBA9876543210F1F1F1F1F1F1F1F1";

    #[test]
    fn tdes_initial_keys_agree_with_the_published_vectors() {
        let base = key(SymmetricAlgorithm::Tdes2Key, TDES_BASE);
        for (serial_number, expected) in [
            ("FFFF9876543210E00000", "6AC292FAA1315B4D858AB3A3D7D5933A"),
            ("12345678901234560001", "30267E417AA83B3D9B9282110DC15610"),
        ] {
            let derived = initial_key(serial_number.parse().unwrap(), &base).unwrap();
            assert_eq!(hex::encode_upper(derived.bytes().expose()), expected);
            assert_eq!(derived.algorithm(), SymmetricAlgorithm::Tdes2Key);
        }
        let derived = initial_key("FFFF9876543210E00000".parse().unwrap(), &base).unwrap();
        assert_eq!(derived.key_check_value().to_string(), "AF8C07");
    }

    #[test]
    fn aes_initial_keys_agree_with_the_published_vectors() {
        for (algorithm, base, expected) in [
            (
                SymmetricAlgorithm::Aes128,
                AES_BASE.to_owned(),
                "1273671EA26AC29AFA4D1084127652A1",
            ),
            (
                SymmetricAlgorithm::Aes256,
                AES_BASE.repeat(2),
                "CE9CE0C101D1138F97FB6CAD4DF045A7083D4EAE2D35A31789D01CCF0949550F",
            ),
        ] {
            let serial_number = "123456789012345600000001".parse().unwrap();
            let derived = initial_key(serial_number, &key(algorithm, &base)).unwrap();
            assert_eq!(hex::encode_upper(derived.bytes().expose()), expected);
            assert_eq!(derived.algorithm(), algorithm);
        }
    }

    #[test]
    fn the_transaction_counter_does_not_change_the_initial_key() {
        for (algorithm, base, first, second) in [
            (
                SymmetricAlgorithm::Tdes2Key,
                TDES_BASE,
                "FFFF9876543210E00000",
                "FFFF9876543210FFFFFF",
            ),
            (
                SymmetricAlgorithm::Tdes2Key,
                TDES_BASE,
                "12345678901234560001",
                "12345678901234569999",
            ),
            (
                SymmetricAlgorithm::Aes128,
                AES_BASE,
                "123456789012345600000001",
                "1234567890123456FFFFFFFF",
            ),
        ] {
            let base = key(algorithm, base);
            let [first, second] =
                [first, second].map(|number| initial_key(number.parse().unwrap(), &base).unwrap());
            assert_eq!(first.bytes().expose(), second.bytes().expose());
        }
    }

    #[test]
    fn a_serial_number_for_another_algorithm_is_refused() {
        let serial_number = "123456789012345600000001".parse().unwrap();
        let refused = initial_key(serial_number, &key(SymmetricAlgorithm::Tdes2Key, TDES_BASE));
        let expected = DukptError::SerialNumberForOtherAlgorithm {
            algorithm: SymmetricAlgorithm::Tdes2Key,
            serial_number,
        };
        assert_eq!(refused.err(), Some(expected));
    }

    #[test]
    fn a_triple_length_tdes_key_is_no_base_derivation_key() {
        let algorithm = SymmetricAlgorithm::Tdes3Key;
        let base = key(
            algorithm,
            "0123456789ABCDEFFEDCBA987654321089ABCDEF01234567",
        );
        let refused = initial_key("FFFF9876543210E00000".parse().unwrap(), &base);
        assert_eq!(
            refused.err(),
            Some(DukptError::BaseDerivationKey { algorithm })
        );
    }

    #[test]
    fn a_serial_number_is_20_or_24_upper_case_hexadecimal_digits() {
        for text in [
            "",
            "FFFF9876543210E0000",
            "FFFF9876543210E0000000",
            "ffff9876543210e00000",
            "FFFF9876543210E0000G",
            "FFFF9876543210E000é",
        ] {
            assert_eq!(
                text.parse::<KeySerialNumber>(),
                Err(DukptError::SerialNumberSyntax),
                "{text}"
            );
        }
    }

    fn key(algorithm: SymmetricAlgorithm, bytes: &str) -> ClearKey {
        ClearKey::new(algorithm, hex::decode(bytes).unwrap().into()).unwrap()
    }
}
