//! The symmetric algorithms a payment key can have.

/// What a symmetric key is for, cryptographically. Single-length DES does not exist here: an
/// 8-byte key is no payment key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SymmetricAlgorithm {
    /// AES with a 16-byte key.
    Aes128,
    /// AES with a 24-byte key.
    Aes192,
    /// AES with a 32-byte key.
    Aes256,
    /// HMAC with the given hash.
    Hmac(HmacHash),
    /// Triple DES with a double-length (16-byte) key, K1 ‖ K2.
    Tdes2Key,
    /// Triple DES with a triple-length (24-byte) key, K1 ‖ K2 ‖ K3.
    Tdes3Key,
}

impl SymmetricAlgorithm {
    /// The length of a newly made key, in bytes.
    ///
    /// For HMAC it is the length of the hash, the shortest that RFC 2104 section 3 recommends.
    pub fn key_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Tdes2Key => 16,
            Self::Aes192 | Self::Tdes3Key => 24,
            Self::Aes256 => 32,
            Self::Hmac(hash) => hash.output_length(),
        }
    }

    /// Whether a key of this many bytes can be one for this algorithm. HMAC takes any length
    /// (RFC 2104 section 2); an empty key is refused all the same.
    pub fn accepts_length(self, length: usize) -> bool {
        match self {
            Self::Hmac(_) => length > 0,
            _ => length == self.key_length(),
        }
    }
}

/// The hash inside an HMAC key's algorithm.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum HmacHash {
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HmacHash {
    /// The length of a digest, in bytes (FIPS 180-4, figure 1).
    pub fn output_length(self) -> usize {
        match self {
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}
