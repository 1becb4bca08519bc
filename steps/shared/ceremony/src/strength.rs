//! Which key may carry, and which may certify, which other: no key is weaker than what rests on it.

use crate::algorithms::{KekAlgorithm, KeyAlgorithm};

impl KekAlgorithm {
    /// Whether an RSA key may carry this KEK.
    ///
    /// Source: AWS Payment Cryptography user guide, "Import and export keys", table of key
    /// strengths: TDES under RSA-2048 and up, AES-128 under RSA-3072 and up, AES-192 and
    /// AES-256 under no RSA key.
    pub fn may_travel_under(self, wrapping_key: &KeyAlgorithm) -> bool {
        use KeyAlgorithm::{Rsa2048, Rsa3072, Rsa4096};
        match self {
            Self::TDES_2KEY | Self::TDES_3KEY => {
                matches!(wrapping_key, Rsa2048 | Rsa3072 | Rsa4096)
            }
            Self::AES_128 => matches!(wrapping_key, Rsa3072 | Rsa4096),
            Self::AES_192 | Self::AES_256 => false,
        }
    }

    /// What the leaf's key must be, in words, for [`Self::may_travel_under`] to hold.
    pub fn required_wrapping_key(self) -> &'static str {
        match self {
            Self::TDES_2KEY | Self::TDES_3KEY => "RSA-2048, RSA-3072 or RSA-4096",
            Self::AES_128 => "RSA-3072 or RSA-4096",
            Self::AES_192 | Self::AES_256 => {
                "none: no RSA key is strong enough for it, use another exchange method"
            }
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

    #[test]
    fn which_rsa_key_carries_which_kek_is_the_user_guides_table() {
        let allowed = |kek: KekAlgorithm| {
            [
                KeyAlgorithm::Rsa2048,
                KeyAlgorithm::Rsa3072,
                KeyAlgorithm::Rsa4096,
            ]
            .map(|key| kek.may_travel_under(&key))
        };
        assert_eq!(allowed(KekAlgorithm::TDES_2KEY), [true, true, true]);
        assert_eq!(allowed(KekAlgorithm::TDES_3KEY), [true, true, true]);
        assert_eq!(allowed(KekAlgorithm::AES_128), [false, true, true]);
        assert_eq!(allowed(KekAlgorithm::AES_192), [false, false, false]);
        assert_eq!(allowed(KekAlgorithm::AES_256), [false, false, false]);
    }

    #[test]
    fn the_words_say_what_the_table_says() {
        for kek in KekAlgorithm::ALL {
            let words = kek.required_wrapping_key();
            for (name, key) in [
                ("RSA-2048", KeyAlgorithm::Rsa2048),
                ("RSA-3072", KeyAlgorithm::Rsa3072),
                ("RSA-4096", KeyAlgorithm::Rsa4096),
            ] {
                assert_eq!(words.contains(name), kek.may_travel_under(&key), "{kek}");
            }
        }
    }

    #[test]
    fn no_kek_travels_under_an_elliptic_curve_key_by_rsa_wrap() {
        for kek in KekAlgorithm::ALL {
            assert!(!kek.may_travel_under(&KeyAlgorithm::EccNistP521));
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
