//! The only container key bytes are kept in.

use zeroize::Zeroizing;

/// Secret bytes, wiped when dropped.
///
/// There is deliberately no `Debug`, `Display`, `PartialEq` or `Serialize`: a secret cannot reach a
/// log line, an answer or a variable-time comparison by accident. Whoever needs the bytes asks for
/// them by name, with [`SecretBytes::expose`].
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes over; the caller keeps no copy.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret itself.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes there are, which is not a secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}
