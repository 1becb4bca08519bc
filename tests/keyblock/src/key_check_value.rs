//! Key check values: a few bytes by which two parties see that they hold the same key.

use std::fmt;

use aes::{Aes128, Aes192, Aes256};
use cmac::Cmac;
use des::cipher::{BlockCipherEncrypt, KeyInit};
use des::{TdesEde2, TdesEde3};
use hmac::{Hmac, Mac};
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::{ClearKey, HmacHash, SymmetricAlgorithm};

/// The check value of a symmetric key.
///
/// | algorithm | method | source |
/// | --- | --- | --- |
/// | AES | CMAC over one block of zeros, leftmost 3 bytes | ANSI X9.24-1-2017 annex A |
/// | TDES | encryption of 8 zero bytes, leftmost 3 bytes; a double-length key runs as K1 K2 K1 | ANSI X9.24-1-2017 annex A |
/// | HMAC | HMAC over the empty message, leftmost 3 bytes | the service's user guide |
///
/// An AES key is *not* checked by encrypting zeros: that older method gives another value.
pub fn of_symmetric_key(key: &ClearKey) -> KeyCheckValue {
    let bytes = key.bytes().expose();
    // A `ClearKey` has a length that fits its algorithm, so no arm can meet a wrong one; were that
    // ever broken, an empty check value would match nothing.
    let full = match key.algorithm() {
        SymmetricAlgorithm::Aes128 => mac::<Cmac<Aes128>>(bytes, &[0; 16]),
        SymmetricAlgorithm::Aes192 => mac::<Cmac<Aes192>>(bytes, &[0; 16]),
        SymmetricAlgorithm::Aes256 => mac::<Cmac<Aes256>>(bytes, &[0; 16]),
        SymmetricAlgorithm::Hmac(HmacHash::Sha224) => mac::<Hmac<Sha224>>(bytes, &[]),
        SymmetricAlgorithm::Hmac(HmacHash::Sha256) => mac::<Hmac<Sha256>>(bytes, &[]),
        SymmetricAlgorithm::Hmac(HmacHash::Sha384) => mac::<Hmac<Sha384>>(bytes, &[]),
        SymmetricAlgorithm::Hmac(HmacHash::Sha512) => mac::<Hmac<Sha512>>(bytes, &[]),
        SymmetricAlgorithm::Tdes2Key => encrypted_zeros::<TdesEde2>(bytes),
        SymmetricAlgorithm::Tdes3Key => encrypted_zeros::<TdesEde3>(bytes),
    };
    KeyCheckValue::leftmost(&full, 3)
}

/// The check value of a public key, and of the pair it belongs to: the leftmost 4 bytes of SHA-1
/// over the DER of its SubjectPublicKeyInfo (RFC 5280 section 4.1).
///
/// INFERRED: the service documents the name (`SHA_1`) and the length, not what is hashed.
pub fn of_public_key(subject_public_key_info: &[u8]) -> KeyCheckValue {
    KeyCheckValue::leftmost(&Sha1::digest(subject_public_key_info), 4)
}

/// A key check value; not secret. Displayed as upper-case hex, the way the service writes it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct KeyCheckValue(Vec<u8>);

impl KeyCheckValue {
    fn leftmost(full: &[u8], length: usize) -> Self {
        Self(full.iter().copied().take(length).collect())
    }

    /// The bytes of the check value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyCheckValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    match <M as KeyInit>::new_from_slice(key) {
        Ok(mac) => mac.chain_update(message).finalize().into_bytes().to_vec(),
        Err(_) => Vec::new(),
    }
}

fn encrypted_zeros<C: BlockCipherEncrypt + KeyInit>(key: &[u8]) -> Vec<u8> {
    match C::new_from_slice(key) {
        Ok(cipher) => {
            let mut block = cmac::digest::array::Array::default();
            cipher.encrypt_block(&mut block);
            block.to_vec()
        }
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values computed with an independent library (Python `cryptography`).
    const VECTORS: &[(SymmetricAlgorithm, &str, &str)] = &[
        (
            SymmetricAlgorithm::Aes128,
            "2B7E151628AED2A6ABF7158809CF4F3C",
            "7AD386",
        ),
        (
            SymmetricAlgorithm::Aes192,
            "8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B",
            "3A072A",
        ),
        (
            SymmetricAlgorithm::Aes256,
            "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
            "1A0B2D",
        ),
        (
            SymmetricAlgorithm::Aes128,
            "00000000000000000000000000000000",
            "763CBC",
        ),
        (
            SymmetricAlgorithm::Aes128,
            "11111111111111111111111111111111",
            "EE23D8",
        ),
        (
            SymmetricAlgorithm::Aes128,
            "79ADAEF3212AADCE312ACE422ACCFEFB",
            "9A1B2A",
        ),
        (
            SymmetricAlgorithm::Aes128,
            "6E46FE409DF704BCA75E7FF270B65E73",
            "0ACAFC",
        ),
        (
            SymmetricAlgorithm::Aes256,
            "1111222233334444555566667777888811112222333344445555666677778888",
            "AF9A3A",
        ),
        (
            SymmetricAlgorithm::Aes128,
            "3F419E1CB7079442AA37474C2EFBF8B8",
            "08793E",
        ),
        (
            SymmetricAlgorithm::Tdes2Key,
            "0123456789ABCDEFFEDCBA9876543210",
            "08D7B4",
        ),
        (
            SymmetricAlgorithm::Tdes3Key,
            "0123456789ABCDEFFEDCBA987654321089ABCDEF01234567",
            "3FD539",
        ),
        (
            SymmetricAlgorithm::Tdes2Key,
            "8A8349794C9EE9A4C2927098F249FED6",
            "9C8552",
        ),
        (
            SymmetricAlgorithm::Tdes2Key,
            "F039121BEC83D26B169BDCD5B22AAF8F",
            "CB9DEA",
        ),
        (
            SymmetricAlgorithm::Hmac(HmacHash::Sha224),
            HMAC_KEY,
            "2A7430",
        ),
        (
            SymmetricAlgorithm::Hmac(HmacHash::Sha256),
            HMAC_KEY,
            "D38B42",
        ),
        (
            SymmetricAlgorithm::Hmac(HmacHash::Sha384),
            HMAC_KEY,
            "8F8683",
        ),
        (
            SymmetricAlgorithm::Hmac(HmacHash::Sha512),
            HMAC_KEY,
            "B04A70",
        ),
    ];

    const HMAC_KEY: &str = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";

    #[test]
    fn symmetric_check_values_agree_with_the_published_vectors() {
        for (algorithm, key, expected) in VECTORS {
            let key = ClearKey::new(*algorithm, hex::decode(key).unwrap().into()).unwrap();
            assert_eq!(
                key.key_check_value().to_string(),
                *expected,
                "{algorithm:?}"
            );
        }
    }

    #[test]
    fn an_aes_check_value_is_not_the_encryption_of_zeros() {
        let bytes = hex::decode("2B7E151628AED2A6ABF7158809CF4F3C").unwrap();
        let encrypted = KeyCheckValue::leftmost(&encrypted_zeros::<Aes128>(&bytes), 3);
        assert_eq!(encrypted.to_string(), "7DF76B");
        let key = ClearKey::new(SymmetricAlgorithm::Aes128, bytes.into()).unwrap();
        assert_ne!(key.key_check_value(), encrypted);
    }

    #[test]
    fn parity_bits_do_not_change_a_tdes_check_value() {
        let odd = hex::decode("0123456789ABCDEFFEDCBA9876543210").unwrap();
        let even: Vec<u8> = odd.iter().map(|byte| byte ^ 1).collect();
        let odd = ClearKey::new(SymmetricAlgorithm::Tdes2Key, odd.into()).unwrap();
        let even = ClearKey::new(SymmetricAlgorithm::Tdes2Key, even.into()).unwrap();
        assert_eq!(odd.key_check_value(), even.key_check_value());
    }

    #[test]
    fn a_public_key_check_value_has_four_bytes() {
        // SHA-1 of the empty string is da39a3ee5e6b4b0d3255bfef95601890afd80709 (FIPS 180).
        assert_eq!(of_public_key(&[]).to_string(), "DA39A3EE");
    }
}
