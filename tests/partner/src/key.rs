//! The partner's private keys.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::thread;

use aws_lc_rs::rsa::PublicEncryptingKey;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512,
    PKCS_RSA_SHA256, PublicKeyData, RsaKeySize,
};

/// What kind of key, and how large.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyKind {
    EccP256,
    EccP384,
    EccP521,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

/// A key pair; clones share it. Its `Debug` says only what kind it is.
#[derive(Clone)]
pub struct PrivateKey {
    kind: KeyKind,
    pair: Arc<KeyPair>,
}

impl PrivateKey {
    /// A new key. A large RSA key takes seconds: see [`PrivateKey::cached`].
    pub fn generate(kind: KeyKind) -> Self {
        let pair = match kind {
            KeyKind::EccP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            KeyKind::EccP384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            KeyKind::EccP521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512),
            KeyKind::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            KeyKind::Rsa3072 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
            KeyKind::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096),
        };
        // Only a broken random source or library could refuse a fixed, supported kind.
        Self {
            kind,
            pair: Arc::new(pair.expect("key generation")),
        }
    }

    /// A key from elsewhere, in PEM; `None` if it is none of these kinds.
    pub fn read(pem: &str) -> Option<Self> {
        let pair = KeyPair::from_pem(pem).ok()?;
        let kind = if pair.is_compatible(&PKCS_ECDSA_P256_SHA256) {
            KeyKind::EccP256
        } else if pair.is_compatible(&PKCS_ECDSA_P384_SHA384) {
            KeyKind::EccP384
        } else if pair.is_compatible(&PKCS_ECDSA_P521_SHA512) {
            KeyKind::EccP521
        } else if pair.is_compatible(&PKCS_RSA_SHA256) {
            let public_key = PublicEncryptingKey::from_der(&pair.subject_public_key_info()).ok()?;
            match public_key.key_size_bits() {
                2048 => KeyKind::Rsa2048,
                3072 => KeyKind::Rsa3072,
                4096 => KeyKind::Rsa4096,
                _ => return None,
            }
        } else {
            return None;
        };
        let pair = Arc::new(pair);
        Some(Self { kind, pair })
    }

    /// The key that this process made earlier under that name, or a new one. Threads that ask for
    /// different keys do not wait for each other.
    pub fn cached(kind: KeyKind, name: &str) -> Self {
        type Slots = HashMap<(KeyKind, String), Arc<OnceLock<PrivateKey>>>;
        static KEYS: LazyLock<Mutex<Slots>> = LazyLock::new(Mutex::default);
        let slot = {
            let mut keys = KEYS
                .lock()
                .expect("nothing panics while it holds this lock");
            Arc::clone(keys.entry((kind, name.to_owned())).or_default())
        };
        slot.get_or_init(|| Self::generate(kind)).clone()
    }

    /// Several cached keys, made at the same time.
    pub fn cached_all(wanted: &[(KeyKind, String)]) -> Vec<Self> {
        thread::scope(|scope| {
            let started: Vec<_> = wanted
                .iter()
                .map(|(kind, name)| scope.spawn(|| Self::cached(*kind, name)))
                .collect();
            started
                .into_iter()
                .map(|key| key.join().expect("key generation"))
                .collect()
        })
    }

    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// PKCS#8 in PEM, as `openssl` reads it.
    pub fn pem(&self) -> String {
        self.pair.serialize_pem()
    }

    /// PKCS#8 in DER.
    pub fn der(&self) -> &[u8] {
        self.pair.serialized_der()
    }

    pub(crate) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    pub(crate) fn shared(&self) -> Arc<KeyPair> {
        Arc::clone(&self.pair)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({:?})", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_key_is_made_once() {
        let first = PrivateKey::cached(KeyKind::EccP256, "one");
        assert_eq!(
            first.der(),
            PrivateKey::cached(KeyKind::EccP256, "one").der()
        );
        assert_ne!(
            first.der(),
            PrivateKey::cached(KeyKind::EccP256, "two").der()
        );
    }

    #[test]
    fn a_key_is_read_as_what_it_was_written() {
        for kind in [
            KeyKind::EccP256,
            KeyKind::EccP384,
            KeyKind::EccP521,
            KeyKind::Rsa2048,
        ] {
            let key = PrivateKey::cached(kind, "read");
            let read = PrivateKey::read(&key.pem()).unwrap();
            assert_eq!(read.kind(), kind);
            assert_eq!(read.der(), key.der());
        }
        assert!(PrivateKey::read("-----BEGIN PRIVATE KEY-----\n").is_none());
    }

    #[test]
    fn debug_output_has_no_key_in_it() {
        let key = PrivateKey::cached(KeyKind::EccP256, "one");
        assert_eq!(format!("{key:?}"), "PrivateKey(EccP256)");
    }
}
