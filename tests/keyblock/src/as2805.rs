//! Keys under a key encryption key (KEK) the AS 2805 way: not in a block that says what the key is
//! for, but under a variant of the KEK that says it.
//!
//! ```text
//! cryptogram = TDES-CBC(KEK ⊕ mask mask …, IV = 0, key)
//!
//! variant    mask    key
//!      00    none    terminal major
//!      22    22C0    data encryption
//!      24    24C0    message authentication
//!      28    28C0    PIN encryption
//! ```
//!
//! INFERRED: the masks, the mode and the vector are what published programs for the service do (the
//! standard is not public, and the service documents only the names of the variants). That the mask
//! goes over the whole of a triple-length KEK, and that a triple-length key is one chain of three
//! blocks, is how the same rule reads for 24 bytes.
//!
//! A cryptogram has no check value: the wrong KEK, the wrong variant or a changed byte give another
//! key and no error. Whoever opens one compares the key check value with the sender's.

use zeroize::Zeroizing;

use crate::cipher::{self, Cipher};
use crate::{ClearKey, SecretBytes, SymmetricAlgorithm};

/// Encrypts a key under the variant of a KEK. Both are TDES keys.
///
/// The cryptogram is as long as the key.
pub fn wrap(key: &ClearKey, variant: KeyVariant, kek: &ClearKey) -> Result<Vec<u8>, As2805Error> {
    let algorithm = key.algorithm();
    if !is_tdes(algorithm) {
        return Err(As2805Error::Key { algorithm });
    }
    let mut bytes = Zeroizing::new(key.bytes().expose().to_vec());
    variant
        .of_kek(kek)?
        .cbc_encrypt(&ZERO_IV, &mut bytes)
        .map_err(|_| As2805Error::Key { algorithm })?;
    // It is a cryptogram now, and no longer to be wiped.
    Ok(std::mem::take(&mut *bytes))
}

/// Decrypts a key that was encrypted under the variant of a KEK.
pub fn unwrap(
    cryptogram: &[u8],
    algorithm: SymmetricAlgorithm,
    variant: KeyVariant,
    kek: &ClearKey,
) -> Result<ClearKey, As2805Error> {
    if !is_tdes(algorithm) {
        return Err(As2805Error::Key { algorithm });
    }
    let malformed = As2805Error::Cryptogram {
        algorithm,
        length: cryptogram.len(),
    };
    if !algorithm.accepts_length(cryptogram.len()) {
        return Err(malformed);
    }
    let mut bytes = Zeroizing::new(cryptogram.to_vec());
    variant
        .of_kek(kek)?
        .cbc_decrypt(&ZERO_IV, &mut bytes)
        .map_err(|_| malformed)?;
    ClearKey::new(algorithm, std::mem::take(&mut *bytes).into()).map_err(|_| malformed)
}

/// What the key under the KEK is for. Variants end with their number, as that is how the service
/// names them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyVariant {
    /// A data encryption key.
    DataEncryption22,
    /// A message authentication key.
    MessageAuthentication24,
    /// A PIN encryption key.
    PinEncryption28,
    /// A terminal major key: another KEK.
    TerminalMajor00,
}

impl KeyVariant {
    fn of_kek(self, kek: &ClearKey) -> Result<Box<dyn Cipher>, As2805Error> {
        let algorithm = kek.algorithm();
        let refused = As2805Error::KeyEncryptionKey { algorithm };
        if !is_tdes(algorithm) {
            return Err(refused);
        }
        let bytes = kek.bytes().expose().iter();
        let masked: Vec<u8> = bytes
            .zip(self.mask().into_iter().cycle())
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        ClearKey::new(algorithm, SecretBytes::new(masked))
            .ok()
            .and_then(|variant| cipher::of_key(&variant))
            .ok_or(refused)
    }

    fn mask(self) -> [u8; 2] {
        match self {
            Self::DataEncryption22 => [0x22, 0xC0],
            Self::MessageAuthentication24 => [0x24, 0xC0],
            Self::PinEncryption28 => [0x28, 0xC0],
            Self::TerminalMajor00 => [0, 0],
        }
    }
}

/// Why a cryptogram was not opened, or not made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum As2805Error {
    /// A cryptogram is as long as the key in it.
    #[error("cryptogram: {length} bytes are no key for {algorithm:?}")]
    Cryptogram {
        /// What the key is said to be for.
        algorithm: SymmetricAlgorithm,
        /// The length of the cryptogram.
        length: usize,
    },
    /// The scheme is one of TDES keys.
    #[error("key: a key for {algorithm:?} does not go under a variant")]
    Key {
        /// What the key is for.
        algorithm: SymmetricAlgorithm,
    },
    /// The scheme is one of TDES keys.
    #[error("key encryption key: a key for {algorithm:?} has no variants")]
    KeyEncryptionKey {
        /// What the KEK is for.
        algorithm: SymmetricAlgorithm,
    },
}

fn is_tdes(algorithm: SymmetricAlgorithm) -> bool {
    matches!(
        algorithm,
        SymmetricAlgorithm::Tdes2Key | SymmetricAlgorithm::Tdes3Key
    )
}

const ZERO_IV: [u8; 8] = [0; 8];

#[cfg(test)]
mod tests {
    use des::cipher::array::Array;
    use des::cipher::{BlockCipherEncrypt, KeyInit};
    use des::{TdesEde2, TdesEde3};

    use super::KeyVariant::{
        DataEncryption22, MessageAuthentication24, PinEncryption28, TerminalMajor00,
    };
    use super::*;
    use crate::HmacHash;
    use SymmetricAlgorithm::{Aes128, Aes192, Hmac, Tdes2Key, Tdes3Key};

    const VARIANTS: [KeyVariant; 4] = [
        DataEncryption22,
        MessageAuthentication24,
        PinEncryption28,
        TerminalMajor00,
    ];

    const LENGTHS: [SymmetricAlgorithm; 2] = [Tdes2Key, Tdes3Key];

    #[test]
    fn what_was_wrapped_is_unwrapped() {
        for (algorithm, kek_algorithm, variant) in combinations() {
            let (key, kek) = (key(algorithm), kek(kek_algorithm));
            let cryptogram = wrap(&key, variant, &kek).unwrap();
            assert_eq!(cryptogram.len(), algorithm.key_length());
            let unwrapped = unwrap(&cryptogram, algorithm, variant, &kek).unwrap();
            assert_eq!(unwrapped.bytes().expose(), key.bytes().expose());
            assert_eq!(unwrapped.algorithm(), algorithm);
        }
    }

    #[test]
    fn every_variant_gives_another_cryptogram() {
        for kek_algorithm in LENGTHS {
            let (key, kek) = (key(Tdes2Key), kek(kek_algorithm));
            let mut cryptograms = VARIANTS.map(|variant| wrap(&key, variant, &kek).unwrap());
            cryptograms.sort();
            assert!(cryptograms.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }

    /// The definition once more, with nothing of this crate in it.
    #[test]
    fn a_cryptogram_is_cipher_block_chaining_under_the_masked_kek() {
        for (algorithm, kek_algorithm, variant) in combinations() {
            let (key, kek) = (key(algorithm), kek(kek_algorithm));
            let mask = match variant {
                DataEncryption22 => [0x22, 0xC0],
                MessageAuthentication24 => [0x24, 0xC0],
                PinEncryption28 => [0x28, 0xC0],
                TerminalMajor00 => [0x00, 0x00],
            };
            let mut masked = kek.bytes().expose().to_vec();
            for (position, byte) in masked.iter_mut().enumerate() {
                *byte ^= mask[position % 2];
            }

            let mut chain = [0; 8];
            let mut expected = Vec::new();
            for block in key.bytes().expose().chunks(8) {
                for (chained, byte) in chain.iter_mut().zip(block) {
                    *chained ^= byte;
                }
                let mut block = Array::from(chain);
                match kek_algorithm {
                    Tdes2Key => TdesEde2::new_from_slice(&masked)
                        .unwrap()
                        .encrypt_block(&mut block),
                    _ => TdesEde3::new_from_slice(&masked)
                        .unwrap()
                        .encrypt_block(&mut block),
                }
                chain = block.into();
                expected.extend(chain);
            }
            assert_eq!(wrap(&key, variant, &kek), Ok(expected));
        }
    }

    #[test]
    fn only_tdes_keys_take_part() {
        for algorithm in [Aes128, Aes192, Hmac(HmacHash::Sha256)] {
            let (tdes, other) = (key(Tdes2Key), key(algorithm));
            let refused_key = As2805Error::Key { algorithm };
            let refused_kek = As2805Error::KeyEncryptionKey { algorithm };
            assert_eq!(wrap(&other, TerminalMajor00, &tdes), Err(refused_key));
            assert_eq!(wrap(&tdes, TerminalMajor00, &other), Err(refused_kek));
            let cryptogram = vec![0; algorithm.key_length()];
            let refused = unwrap(&cryptogram, algorithm, TerminalMajor00, &tdes);
            assert_eq!(refused.err(), Some(refused_key));
            let refused = unwrap(&[0; 16], Tdes2Key, TerminalMajor00, &other);
            assert_eq!(refused.err(), Some(refused_kek));
        }
    }

    #[test]
    fn a_cryptogram_of_another_length_is_refused() {
        let kek = kek(Tdes2Key);
        for length in (0..40).filter(|length| *length != 24) {
            let refused = unwrap(&vec![0; length], Tdes3Key, PinEncryption28, &kek);
            let expected = As2805Error::Cryptogram {
                algorithm: Tdes3Key,
                length,
            };
            assert_eq!(refused.err(), Some(expected));
        }
    }

    fn combinations() -> impl Iterator<Item = (SymmetricAlgorithm, SymmetricAlgorithm, KeyVariant)>
    {
        LENGTHS.into_iter().flat_map(|key| {
            LENGTHS
                .into_iter()
                .flat_map(move |kek| VARIANTS.map(|variant| (key, kek, variant)))
        })
    }

    fn key(algorithm: SymmetricAlgorithm) -> ClearKey {
        let bytes: Vec<u8> = (0x31..).take(algorithm.key_length()).collect();
        ClearKey::new(algorithm, bytes.into()).unwrap()
    }

    fn kek(algorithm: SymmetricAlgorithm) -> ClearKey {
        let bytes: Vec<u8> = (0..).step_by(11).take(algorithm.key_length()).collect();
        ClearKey::new(algorithm, bytes.into()).unwrap()
    }
}
