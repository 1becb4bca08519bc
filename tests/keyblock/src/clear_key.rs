//! A key in the clear, with its algorithm.

use crate::{KeyCheckValue, SecretBytes, SymmetricAlgorithm, key_check_value};

/// Key bytes whose length fits their algorithm: holding one is the proof that it was checked.
///
/// The bytes are kept verbatim. Parity bits of a TDES key are neither demanded nor repaired, as
/// its check value does not depend on them and a partner's copy must stay byte for byte the same.
#[derive(Clone)]
pub struct ClearKey {
    algorithm: SymmetricAlgorithm,
    bytes: SecretBytes,
}

impl ClearKey {
    /// Pairs key bytes with the algorithm they are for.
    pub fn new(algorithm: SymmetricAlgorithm, bytes: SecretBytes) -> Result<Self, KeyLengthError> {
        if !algorithm.accepts_length(bytes.len()) {
            return Err(KeyLengthError {
                algorithm,
                length: bytes.len(),
            });
        }
        Ok(Self { algorithm, bytes })
    }

    /// What the key is for.
    pub fn algorithm(&self) -> SymmetricAlgorithm {
        self.algorithm
    }

    /// The secret itself.
    pub fn bytes(&self) -> &SecretBytes {
        &self.bytes
    }

    /// The check value by the method of the key's algorithm.
    pub fn key_check_value(&self) -> KeyCheckValue {
        key_check_value::of_symmetric_key(self)
    }
}

/// The bytes are not as many as a key of this algorithm has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a key of {length} bytes is not a key for {algorithm:?}")]
pub struct KeyLengthError {
    /// The algorithm the bytes were meant for.
    pub algorithm: SymmetricAlgorithm,
    /// How many bytes there were.
    pub length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_length_des_key_is_refused() {
        let refused = ClearKey::new(SymmetricAlgorithm::Tdes2Key, vec![0; 8].into());
        let expected = KeyLengthError {
            algorithm: SymmetricAlgorithm::Tdes2Key,
            length: 8,
        };
        assert_eq!(refused.err(), Some(expected));
    }

    #[test]
    fn a_key_keeps_its_bytes_verbatim() {
        let bytes: Vec<u8> = (0..24).collect();
        let key = ClearKey::new(SymmetricAlgorithm::Tdes3Key, bytes.clone().into()).unwrap();
        assert_eq!(key.bytes().expose(), bytes);
    }
}
