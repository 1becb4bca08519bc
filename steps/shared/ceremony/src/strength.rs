//! Which key may carry, and which may certify, which other: no key is weaker than what rests on it.

use crate::algorithms::{KekAlgorithm, KeyAlgorithm};
use crate::exchange::{Load, Method};

impl Method {
    /// Whether the method works with a key of this kind, whatever it is strong enough for.
    pub fn works_with(self, key: &KeyAlgorithm) -> bool {
        use KeyAlgorithm::{EccNistP256, EccNistP384, EccNistP521, Rsa2048, Rsa3072, Rsa4096};
        match self {
            Self::RsaOaep | Self::Tr34 => matches!(key, Rsa2048 | Rsa3072 | Rsa4096),
            Self::Ecdh => matches!(key, EccNistP256 | EccNistP384 | EccNistP521),
        }
    }

    /// The kind of key that the method works with.
    pub fn required_kind(self) -> &'static str {
        match self {
            Self::RsaOaep | Self::Tr34 => "RSA of 2048, 3072 or 4096 bits",
            Self::Ecdh => "one on P-256, P-384 or P-521",
        }
    }
}

impl Load {
    /// Whether the leaf's key may carry the KEK by the method.
    ///
    /// | KEK | `rsa-oaep`, `tr34` | `ecdh` |
    /// | --- | --- | --- |
    /// | TDES | RSA-2048 and up | any curve |
    /// | AES-128 | RSA-3072 and up | any curve |
    /// | AES-192 | none | P-384, P-521 |
    /// | AES-256 | none | P-521 |
    ///
    /// Source: AWS Payment Cryptography user guide, "Import and export keys", tables of key
    /// strengths.
    pub fn may_travel_under(self, wrapping_key: &KeyAlgorithm) -> bool {
        use KeyAlgorithm::{EccNistP256, EccNistP521, Rsa2048};
        let strong_enough = match (self.method, self.kek) {
            (_, KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY) => true,
            (Method::RsaOaep | Method::Tr34, KekAlgorithm::AES_128) => *wrapping_key != Rsa2048,
            (Method::RsaOaep | Method::Tr34, _) => false,
            (Method::Ecdh, KekAlgorithm::AES_128) => true,
            (Method::Ecdh, KekAlgorithm::AES_192) => *wrapping_key != EccNistP256,
            (Method::Ecdh, KekAlgorithm::AES_256) => *wrapping_key == EccNistP521,
        };
        strong_enough && self.method.works_with(wrapping_key)
    }

    /// Whether there is any key that may.
    pub fn some_key_may_carry_it(self) -> bool {
        let mut known = KeyAlgorithm::KNOWN.into_iter();
        known.any(|key| self.may_travel_under(&key))
    }

    /// What the leaf's key must be, in words, for [`Self::may_travel_under`] to hold.
    pub fn required_wrapping_key(self) -> &'static str {
        match (self.method, self.kek) {
            (Method::RsaOaep | Method::Tr34, KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY) => {
                "RSA-2048, RSA-3072 or RSA-4096"
            }
            (Method::RsaOaep | Method::Tr34, KekAlgorithm::AES_128) => "RSA-3072 or RSA-4096",
            (Method::RsaOaep | Method::Tr34, KekAlgorithm::AES_192 | KekAlgorithm::AES_256) => {
                "none: no RSA key is strong enough for it, use another exchange method"
            }
            (Method::Ecdh, KekAlgorithm::AES_192) => "P-384 or P-521",
            (Method::Ecdh, KekAlgorithm::AES_256) => "P-521",
            (Method::Ecdh, _) => "P-256, P-384 or P-521",
        }
    }
}

impl KekAlgorithm {
    /// Whether such a key may protect a TR-31 block with a key of that algorithm in it.
    ///
    /// | key in the block | key that protects it |
    /// | --- | --- |
    /// | TDES_2KEY | any |
    /// | TDES_3KEY | TDES_3KEY, any AES |
    /// | AES | AES that is no shorter |
    ///
    /// Source: AWS Payment Cryptography user guide, "Import and export keys", tables of key
    /// strengths.
    pub fn may_protect(self, carried: Self) -> bool {
        use KekAlgorithm::{AES_128, AES_192, AES_256, TDES_2KEY, TDES_3KEY};
        match carried {
            TDES_2KEY => true,
            TDES_3KEY => self != TDES_2KEY,
            AES_128 => matches!(self, AES_128 | AES_192 | AES_256),
            AES_192 => matches!(self, AES_192 | AES_256),
            AES_256 => self == AES_256,
        }
    }
}

impl KeyAlgorithm {
    /// Whether the key of a CA may certify a key of that algorithm, as Payment Cryptography sees
    /// it.
    ///
    /// | key certified | CA |
    /// | --- | --- |
    /// | RSA-2048 | any |
    /// | RSA-3072 | RSA-3072, RSA-4096, any curve |
    /// | RSA-4096 | RSA-4096, any curve |
    /// | P-256 | any curve |
    /// | P-384 | P-384, P-521 |
    /// | P-521 | P-521 |
    ///
    /// Source: user guide, "Import public keys": no CA is weaker than what it certifies, and none
    /// of RSA certifies a curve. Between a curve and RSA the security strengths of NIST SP 800-57
    /// part 1, table 2, decide, where RSA-3072 and RSA-4096 both count 128 bits. A key that the
    /// service has no name for certifies nothing and is certified by nothing.
    pub fn may_certify(&self, certified: &Self) -> bool {
        use KeyAlgorithm::{
            EccNistP256, EccNistP384, EccNistP521, Other, Rsa2048, Rsa3072, Rsa4096,
        };
        let ca_is_a_curve = matches!(self, EccNistP256 | EccNistP384 | EccNistP521);
        match certified {
            Rsa2048 => ca_is_a_curve || matches!(self, Rsa2048 | Rsa3072 | Rsa4096),
            Rsa3072 => ca_is_a_curve || matches!(self, Rsa3072 | Rsa4096),
            Rsa4096 => ca_is_a_curve || matches!(self, Rsa4096),
            EccNistP256 => ca_is_a_curve,
            EccNistP384 => matches!(self, EccNistP384 | EccNistP521),
            EccNistP521 => matches!(self, EccNistP521),
            Other(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented table, in the order of [`KeyAlgorithm::KNOWN`]. The contract test holds it to the
    /// emulator's, which was written without it.
    #[test]
    fn which_key_carries_which_kek_is_the_user_guides_table() {
        let (no, yes) = (false, true);
        for (method, kek, row) in [
            // P-256, P-384, P-521, RSA-2048, RSA-3072, RSA-4096
            (
                Method::RsaOaep,
                KekAlgorithm::TDES_2KEY,
                [no, no, no, yes, yes, yes],
            ),
            (
                Method::RsaOaep,
                KekAlgorithm::TDES_3KEY,
                [no, no, no, yes, yes, yes],
            ),
            (
                Method::RsaOaep,
                KekAlgorithm::AES_128,
                [no, no, no, no, yes, yes],
            ),
            (Method::RsaOaep, KekAlgorithm::AES_192, [no; 6]),
            (Method::RsaOaep, KekAlgorithm::AES_256, [no; 6]),
            (
                Method::Tr34,
                KekAlgorithm::TDES_2KEY,
                [no, no, no, yes, yes, yes],
            ),
            (
                Method::Tr34,
                KekAlgorithm::TDES_3KEY,
                [no, no, no, yes, yes, yes],
            ),
            (
                Method::Tr34,
                KekAlgorithm::AES_128,
                [no, no, no, no, yes, yes],
            ),
            (Method::Tr34, KekAlgorithm::AES_192, [no; 6]),
            (Method::Tr34, KekAlgorithm::AES_256, [no; 6]),
            (
                Method::Ecdh,
                KekAlgorithm::TDES_2KEY,
                [yes, yes, yes, no, no, no],
            ),
            (
                Method::Ecdh,
                KekAlgorithm::TDES_3KEY,
                [yes, yes, yes, no, no, no],
            ),
            (
                Method::Ecdh,
                KekAlgorithm::AES_128,
                [yes, yes, yes, no, no, no],
            ),
            (
                Method::Ecdh,
                KekAlgorithm::AES_192,
                [no, yes, yes, no, no, no],
            ),
            (
                Method::Ecdh,
                KekAlgorithm::AES_256,
                [no, no, yes, no, no, no],
            ),
        ] {
            let load = Load { kek, method };
            let allowed = KeyAlgorithm::KNOWN.map(|key| load.may_travel_under(&key));
            assert_eq!(allowed, row, "{kek} by {method}");
        }
    }

    /// The documented table, in the order of [`KekAlgorithm::ALL`]: the key that protects down, the one
    /// in the block across. The contract test holds it to the emulator's.
    #[test]
    fn a_key_block_is_protected_by_a_key_that_is_no_weaker() {
        let table = [
            // AES-128, AES-192, AES-256, TDES with two keys, with three
            [true, false, false, true, true],
            [true, true, false, true, true],
            [true, true, true, true, true],
            [false, false, false, true, false],
            [false, false, false, true, true],
        ];
        for (protection, row) in KekAlgorithm::ALL.into_iter().zip(table) {
            let allowed = KekAlgorithm::ALL.map(|carried| protection.may_protect(carried));
            assert_eq!(allowed, row, "{protection}");
        }
    }

    #[test]
    fn the_words_say_what_the_table_says() {
        let names = [
            "P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "RSA-4096",
        ];
        for (kek, method) in KekAlgorithm::ALL
            .into_iter()
            .flat_map(|kek| Method::ALL.map(|method| (kek, method)))
        {
            let load = Load { kek, method };
            let words = load.required_wrapping_key();
            for (name, key) in names.iter().zip(&KeyAlgorithm::KNOWN) {
                let said = words.contains(name);
                assert_eq!(said, load.may_travel_under(key), "{kek} by {method}");
            }
        }
    }

    /// The documented table, in the order of [`KeyAlgorithm::KNOWN`]: the CA down, the certified
    /// key across. The contract test holds it to the emulator's, which was written without it.
    #[test]
    fn a_ca_certifies_what_the_table_says() {
        let table = [
            // P-256, P-384, P-521, RSA-2048, RSA-3072, RSA-4096
            [true, false, false, true, true, true],
            [true, true, false, true, true, true],
            [true, true, true, true, true, true],
            [false, false, false, true, false, false],
            [false, false, false, true, true, false],
            [false, false, false, true, true, true],
        ];
        for (ca, row) in KeyAlgorithm::KNOWN.iter().zip(table) {
            for (certified, expected) in KeyAlgorithm::KNOWN.iter().zip(row) {
                assert_eq!(ca.may_certify(certified), expected, "{ca} and {certified}");
            }
        }
    }

    #[test]
    fn a_key_without_a_name_certifies_nothing_and_is_certified_by_nothing() {
        let other = KeyAlgorithm::Other("Ed25519".to_owned());
        for known in &KeyAlgorithm::KNOWN {
            assert!(!other.may_certify(known));
            assert!(!known.may_certify(&other));
        }
    }
}
