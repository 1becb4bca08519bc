//! The block ciphers of keys and envelopes: AES by aws-lc, TDES by a crate of its own.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext, UnboundCipherKey,
};
use aws_lc_rs::cmac;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use des::TdesEde3;

use super::error::OpenError;

/// How many bytes of a check value are given (ANSI X9.24-1-2017 annex A).
const KCV_BYTES: usize = 3;

/// A key of a block cipher.
pub(super) enum Key {
    Aes(Vec<u8>),
    /// Three keys of eight bytes, of which the first may be the third.
    Tdes(Vec<u8>),
}

/// How many bytes a key of that name has; `None` for a name that is unknown.
pub(crate) fn key_bytes(algorithm: &str) -> Option<usize> {
    Some(match algorithm {
        "AES_128" | "TDES_2KEY" => 16,
        "AES_192" | "TDES_3KEY" => 24,
        "AES_256" => 32,
        _ => return None,
    })
}

impl Key {
    /// `None` where the name is unknown, or is that of a key of another length.
    pub(super) fn new(algorithm: &str, bytes: &[u8]) -> Option<Self> {
        if key_bytes(algorithm)? != bytes.len() {
            return None;
        }
        let mut key = bytes.to_vec();
        if algorithm.starts_with("AES") {
            return Some(Self::Aes(key));
        }
        if key.len() == 16 {
            key.extend_from_slice(&bytes[..8]);
        }
        Some(Self::Tdes(key))
    }

    /// Cipher block chaining (NIST SP 800-38A §6.2) without padding.
    pub(super) fn cbc_decrypt(&self, iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        let mut data = data.to_vec();
        match self {
            Self::Aes(key) => {
                let key = UnboundCipherKey::new(aes(key)?, key).ok()?;
                let iv: [u8; 16] = iv.try_into().ok()?;
                let context = DecryptionContext::Iv128(iv.into());
                let key = DecryptingKey::cbc(key).ok()?;
                key.decrypt(&mut data, context).ok()?;
            }
            Self::Tdes(key) => {
                let mode = cbc::Decryptor::<TdesEde3>::new_from_slices(key, iv).ok()?;
                mode.decrypt_padded::<NoPadding>(&mut data).ok()?;
            }
        }
        Some(data)
    }

    /// By the method that belongs to the cipher.
    fn check_value(&self) -> Option<Vec<u8>> {
        match self {
            Self::Aes(key) => {
                let algorithm = match key.len() {
                    16 => cmac::AES_128,
                    24 => cmac::AES_192,
                    _ => cmac::AES_256,
                };
                let key = cmac::Key::new(algorithm, key).ok()?;
                Some(cmac::sign(&key, &[0; 16]).ok()?.as_ref().to_vec())
            }
            Self::Tdes(key) => {
                let mut zeros = [0; 8];
                let mode = cbc::Encryptor::<TdesEde3>::new_from_slices(key, &[0; 8]).ok()?;
                mode.encrypt_padded::<NoPadding>(&mut zeros, 8).ok()?;
                Some(zeros.to_vec())
            }
        }
    }
}

fn aes(key: &[u8]) -> Option<&'static Algorithm> {
    Some(match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return None,
    })
}

/// The check value of a KEK, in upper-case hex.
pub fn check_value(algorithm: &str, kek: &[u8]) -> Result<String, OpenError> {
    if key_bytes(algorithm).is_none() {
        return Err(OpenError::Unknown {
            what: "KEK algorithm",
            name: algorithm.into(),
        });
    }
    let value = Key::new(algorithm, kek).and_then(|key| key.check_value());
    let value = value.ok_or_else(|| OpenError::KekLength {
        algorithm: algorithm.into(),
        found: kek.len(),
    })?;
    Ok(hex::encode_upper(&value[..KCV_BYTES]))
}
