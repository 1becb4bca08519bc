//! How the key block is encrypted, with a key that is used once.

use der::asn1::ObjectIdentifier;
use zeroize::Zeroizing;

use super::RANDOM_LENGTH;
use crate::cipher::{self, Cipher};
use crate::{ClearKey, SecretBytes, SymmetricAlgorithm};

/// The two ciphers of the format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ContentCipher {
    /// AES-128 in CBC mode.
    Aes128Cbc,
    /// Triple DES with three keys in CBC mode.
    DesEde3Cbc,
}

impl ContentCipher {
    /// The cipher for a key of this algorithm: one of its own kind. `None` if there is no such.
    pub(super) fn for_key(algorithm: SymmetricAlgorithm) -> Option<Self> {
        match algorithm {
            SymmetricAlgorithm::Aes128
            | SymmetricAlgorithm::Aes192
            | SymmetricAlgorithm::Aes256 => Some(Self::Aes128Cbc),
            SymmetricAlgorithm::Hmac(_) => None,
            SymmetricAlgorithm::Tdes2Key | SymmetricAlgorithm::Tdes3Key => Some(Self::DesEde3Cbc),
        }
    }

    pub(super) fn of_identifier(identifier: ObjectIdentifier) -> Option<Self> {
        [Self::Aes128Cbc, Self::DesEde3Cbc]
            .into_iter()
            .find(|cipher| cipher.identifier() == identifier)
    }

    pub(super) fn identifier(self) -> ObjectIdentifier {
        match self {
            // RFC 3565 section 4.1.
            Self::Aes128Cbc => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.2"),
            // RFC 3370 section 5.1.
            Self::DesEde3Cbc => ObjectIdentifier::new_unwrap("1.2.840.113549.3.7"),
        }
    }

    /// The length of a block and of an initialisation vector, in bytes.
    pub(super) fn block_length(self) -> usize {
        match self {
            Self::Aes128Cbc => 16,
            Self::DesEde3Cbc => 8,
        }
    }

    /// A key and an initialisation vector made of random bytes: see [`RANDOM_LENGTH`].
    pub(super) fn split_random(self, random: &[u8; RANDOM_LENGTH]) -> (SecretBytes, &[u8]) {
        let (key, rest) = random.split_at(24);
        let (iv, _) = rest.split_at(self.block_length());
        let key = match self {
            Self::Aes128Cbc => key[..16].to_vec(),
            Self::DesEde3Cbc => with_odd_parity(key),
        };
        (key.into(), iv)
    }

    /// Encrypts whole blocks; `None` if they are not, or if the key is none for this cipher.
    pub(super) fn encrypt(
        self,
        key: SecretBytes,
        iv: &[u8],
        mut text: Zeroizing<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        self.keyed(key)?.cbc_encrypt(iv, &mut text).ok()?;
        // It is a ciphertext now, and no longer to be wiped.
        Some(std::mem::take(&mut *text))
    }

    /// The inverse of [`ContentCipher::encrypt`].
    pub(super) fn decrypt(
        self,
        key: SecretBytes,
        iv: &[u8],
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut text = Zeroizing::new(ciphertext.to_vec());
        self.keyed(key)?.cbc_decrypt(iv, &mut text).ok()?;
        Some(text)
    }

    fn keyed(self, key: SecretBytes) -> Option<Box<dyn Cipher>> {
        let algorithm = match self {
            Self::Aes128Cbc => SymmetricAlgorithm::Aes128,
            Self::DesEde3Cbc => SymmetricAlgorithm::Tdes3Key,
        };
        cipher::of_key(&ClearKey::new(algorithm, key).ok()?)
    }
}

/// A triple-length TDES key: every byte with odd parity, and no two of its three keys the same.
/// Some receivers refuse a key with which triple DES is only single DES.
fn with_odd_parity(random: &[u8]) -> Vec<u8> {
    let mut key: Vec<u8> = random
        .iter()
        .map(|byte| byte ^ u8::from(byte.count_ones().is_multiple_of(2)))
        .collect();
    // Two flipped bits keep the parity. Three masks are enough, as two keys can be in the way.
    for part in [1, 2] {
        let (before, rest) = key.split_at_mut(8 * part);
        let original = rest[7];
        for mask in [0x00, 0x06, 0x18] {
            rest[7] = original ^ mask;
            if before.chunks(8).all(|other| other != &rest[..8]) {
                break;
            }
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ephemeral_tdes_key_has_odd_parity_and_three_different_keys() {
        for random in [
            [0x00; 24].to_vec(),
            [0x77; 24].to_vec(),
            [[0x12; 8], [0x34; 8], [0x12; 8]].concat(),
            [[0x12; 8], [0x12; 8], [0x34; 8]].concat(),
            // What the second key becomes is in the way of the third.
            [[1; 8], [1; 8], [1, 1, 1, 1, 1, 1, 1, 7]].concat(),
            (0..24).collect(),
        ] {
            let key = with_odd_parity(&random);
            assert!(key.iter().all(|byte| byte.count_ones() % 2 == 1));
            let [first, second, third] = [0, 8, 16].map(|start| &key[start..start + 8]);
            assert!(first != second && second != third && first != third);
        }
    }

    #[test]
    fn random_bytes_are_changed_no_more_than_need_be() {
        let random: Vec<u8> = (0..24).collect();
        let key = with_odd_parity(&random);
        assert!(
            random
                .iter()
                .zip(&key)
                .all(|(byte, other)| byte >> 1 == other >> 1)
        );
    }
}
