//! How a recipient knows that a message is not an old one sent again.

use super::{Field, Tr34Error};

/// What the sender signed of the moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// With two passes: the nonce that the recipient had sent before.
    Nonce(Nonce),
    /// With one pass: when it was signed, in seconds since 1970. A message can say it until 2049.
    SigningTime(i64),
}

impl Freshness {
    /// A nonce answers exactly the recipient who made it: neither can a message do without the one
    /// that was asked for, nor is one accepted that answers somebody else.
    pub(super) fn check(&self, expected: Option<&Nonce>) -> Result<(), Tr34Error> {
        match (self, expected) {
            (Self::Nonce(nonce), Some(expected)) if nonce == expected => Ok(()),
            (Self::Nonce(_), Some(_)) => Err(Tr34Error::Mismatch(Field::Nonce)),
            (Self::Nonce(_), None) => Err(Tr34Error::Unexpected(Field::Nonce)),
            (Self::SigningTime(_), Some(_)) => Err(Tr34Error::Missing(Field::Nonce)),
            (Self::SigningTime(_), None) => Ok(()),
        }
    }
}

/// A number used once, of 8 to 16 bytes; not secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// Takes any bytes; that they are random, and new, is for the caller to see to.
    pub fn new(bytes: &[u8]) -> Result<Self, Tr34Error> {
        if !(8..=16).contains(&bytes.len()) {
            return Err(Tr34Error::NonceLength {
                length: bytes.len(),
            });
        }
        Ok(Self(bytes.to_vec()))
    }

    /// The bytes of the nonce.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
