//! Key agreement, second half: a key from the secret that two parties computed with each other's
//! public keys.
//!
//! The secret itself, Z, comes from an elliptic curve Diffie-Hellman that is not done here: it is
//! the x-coordinate of the shared point, as long as the field (32, 48 or 66 bytes for P-256, P-384
//! and P-521), leading zeros included.

use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::{ClearKey, SecretBytes, SymmetricAlgorithm};

/// Derives a key of as many bytes as the algorithm takes.
///
/// What both parties know beside the secret goes in as it is. A key for HMAC is refused: its
/// algorithm does not say how long it is.
pub fn derive_key(
    function: KeyDerivationFunction,
    hash: KdfHash,
    shared_secret: &SecretBytes,
    shared_information: &[u8],
    algorithm: SymmetricAlgorithm,
) -> Result<ClearKey, KeyDerivationError> {
    let refused = KeyDerivationError::Algorithm { algorithm };
    if matches!(algorithm, SymmetricAlgorithm::Hmac(_)) {
        return Err(refused);
    }
    if shared_secret.is_empty() {
        return Err(KeyDerivationError::SharedSecret);
    }
    let expand = match hash {
        KdfHash::Sha256 => expand::<Sha256>,
        KdfHash::Sha384 => expand::<Sha384>,
        KdfHash::Sha512 => expand::<Sha512>,
    };
    let length = algorithm.key_length();
    let derived = expand(function, shared_secret, shared_information, length);
    ClearKey::new(algorithm, derived).map_err(|_| refused)
}

/// How the counter, the secret and the shared information go into the hash: block `i` of the
/// keying material, from 1, is
///
/// | function | block |
/// | --- | --- |
/// | [`ConcatKdf`](Self::ConcatKdf) | H(i ‖ Z ‖ shared information) |
/// | [`X963`](Self::X963) | H(Z ‖ i ‖ shared information) |
///
/// with `i` in 4 bytes, the most significant first. The key is the leftmost bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyDerivationFunction {
    /// The one-step derivation of NIST SP 800-56A revision 3 clause 5.8.2.1, with a hash.
    ConcatKdf,
    /// ANSI X9.63 clause 5.6.3, which is SEC 1 version 2 clause 3.6.1.
    X963,
}

/// The hash that a [`KeyDerivationFunction`] runs on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KdfHash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// Why no key was derived.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyDerivationError {
    /// Keys for AES and TDES have a length to derive; keys for HMAC have not.
    #[error("algorithm: a key for {algorithm:?} is not derived, as its length is not fixed")]
    Algorithm {
        /// What the key was to be for.
        algorithm: SymmetricAlgorithm,
    },
    /// Without a secret, everybody could derive the key.
    #[error("shared secret: there is none")]
    SharedSecret,
}

fn expand<H: Digest>(
    function: KeyDerivationFunction,
    shared_secret: &SecretBytes,
    shared_information: &[u8],
    length: usize,
) -> SecretBytes {
    // Room for all of it from the start, so that no copy of the key is left behind.
    let room = length.next_multiple_of(<H as Digest>::output_size());
    let mut keying_material = Vec::with_capacity(room);
    let mut counter = 0_u32;
    while keying_material.len() < length {
        counter += 1;
        let hash = H::new();
        let hash = match function {
            KeyDerivationFunction::ConcatKdf => hash
                .chain_update(counter.to_be_bytes())
                .chain_update(shared_secret.expose()),
            KeyDerivationFunction::X963 => hash
                .chain_update(shared_secret.expose())
                .chain_update(counter.to_be_bytes()),
        };
        let block = Zeroizing::new(hash.chain_update(shared_information).finalize());
        keying_material.extend_from_slice(&block);
    }
    keying_material.truncate(length);
    keying_material.into()
}

#[cfg(test)]
mod tests {
    use super::KeyDerivationFunction::{ConcatKdf, X963};
    use super::*;
    use crate::HmacHash;
    use SymmetricAlgorithm::{Aes128, Aes192, Aes256, Tdes2Key, Tdes3Key};

    const SHARED_INFORMATION: &[u8] = &[0x01, 0x23, 0x45, 0x67, 0x89];

    /// Values computed with an independent library (Python `cryptography`).
    const VECTORS: &[(KeyDerivationFunction, &str)] = &[
        (
            ConcatKdf,
            "c0761e73d0ab5655aeaf534cda8e669de327fd04ebe477f35a5ad4715de44742",
        ),
        (
            X963,
            "ca04b3ead33083d9552a9510e815e27c9b846308d5e176071319bb2f8257cfa0",
        ),
    ];

    #[test]
    fn derived_keys_agree_with_an_independent_library() {
        for (function, expected) in VECTORS {
            for algorithm in [Aes128, Aes192, Aes256, Tdes2Key, Tdes3Key] {
                let key = derive(*function, KdfHash::Sha256, algorithm);
                let expected = &expected[..2 * algorithm.key_length()];
                assert_eq!(hex::encode(key.bytes().expose()), expected);
                assert_eq!(key.algorithm(), algorithm);
            }
        }
    }

    /// A key is never longer than SHA-256 gives, so the counter is seen to move only here.
    #[test]
    fn keying_material_goes_on_in_blocks() {
        for (function, first) in VECTORS {
            let long = expand::<Sha256>(*function, &secret(), SHARED_INFORMATION, 80);
            assert_eq!(long.len(), 80);
            assert_eq!(hex::encode(&long.expose()[..32]), *first);

            let second = match function {
                ConcatKdf => [&[0, 0, 0, 2], secret().expose(), SHARED_INFORMATION].concat(),
                X963 => [secret().expose(), &[0, 0, 0, 2], SHARED_INFORMATION].concat(),
            };
            assert_eq!(long.expose()[32..64], Sha256::digest(second)[..]);
        }
    }

    /// The vectors are all of SHA-256; the definition tells the other hashes.
    #[test]
    fn every_hash_is_the_one_it_is_called() {
        let input = [&[0, 0, 0, 1], secret().expose(), SHARED_INFORMATION].concat();
        for (hash, expected) in [
            (KdfHash::Sha256, Sha256::digest(&input).to_vec()),
            (KdfHash::Sha384, Sha384::digest(&input).to_vec()),
            (KdfHash::Sha512, Sha512::digest(&input).to_vec()),
        ] {
            let key = derive(ConcatKdf, hash, Aes256);
            assert_eq!(key.bytes().expose(), &expected[..32], "{hash:?}");
        }
    }

    #[test]
    fn a_key_of_no_fixed_length_is_refused() {
        let algorithm = SymmetricAlgorithm::Hmac(HmacHash::Sha256);
        let refused = derive_key(ConcatKdf, KdfHash::Sha256, &secret(), &[], algorithm);
        assert_eq!(
            refused.err(),
            Some(KeyDerivationError::Algorithm { algorithm })
        );
    }

    #[test]
    fn an_empty_secret_is_refused() {
        let empty = SecretBytes::new(Vec::new());
        let refused = derive_key(X963, KdfHash::Sha256, &empty, SHARED_INFORMATION, Aes128);
        assert_eq!(refused.err(), Some(KeyDerivationError::SharedSecret));
    }

    fn derive(
        function: KeyDerivationFunction,
        hash: KdfHash,
        algorithm: SymmetricAlgorithm,
    ) -> ClearKey {
        derive_key(function, hash, &secret(), SHARED_INFORMATION, algorithm).unwrap()
    }

    /// As long as an x-coordinate of P-521.
    fn secret() -> SecretBytes {
        (0..66).collect::<Vec<u8>>().into()
    }
}
