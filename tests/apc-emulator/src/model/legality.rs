//! Which usage goes with which algorithm, class and modes of use.
//!
//! The table is the user guide's "Key attributes for specific operations" and "Understanding key
//! attributes"; everything it does not list is refused.

use super::attributes::{KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage};

/// Checks attributes of a key that the service is asked to create.
pub fn check_created_key(attributes: &KeyAttributes) -> Result<(), IllegalAttributes> {
    let row = Row::of(attributes.key_usage);
    let class = if row.asymmetric {
        KeyClass::AsymmetricKeyPair
    } else {
        KeyClass::SymmetricKey
    };
    // ECC signature keys appear only as imported certificates.
    if attributes.key_usage == KeyUsage::S0 && attributes.key_algorithm.is_ecc() {
        return Err(IllegalAttributes::Algorithm(
            attributes.key_usage,
            attributes.key_algorithm,
        ));
    }
    row.check(attributes, class, row.modes)
}

/// Checks attributes of a public key that arrives in a certificate: it can only do the public half.
pub fn check_imported_public_key(attributes: &KeyAttributes) -> Result<(), IllegalAttributes> {
    let modes: &[KeyModesOfUse] = match attributes.key_usage {
        KeyUsage::D1 | KeyUsage::K2 => &[KeyModesOfUse::ENCRYPT_WRAP],
        KeyUsage::S0 => &[KeyModesOfUse::VERIFY],
        usage => return Err(IllegalAttributes::Usage(usage)),
    };
    Row::of(attributes.key_usage).check(attributes, KeyClass::PublicKey, modes)
}

/// Attributes that no key may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IllegalAttributes {
    #[error("KeyAlgorithm {1} is not valid for KeyUsage {0}")]
    Algorithm(KeyUsage, KeyAlgorithm),
    #[error("KeyClass {present} is not valid for KeyUsage {usage}, which needs {required}")]
    Class {
        usage: KeyUsage,
        present: KeyClass,
        required: KeyClass,
    },
    #[error("the set of KeyModesOfUse is not valid for KeyUsage {0}")]
    ModesOfUse(KeyUsage),
    #[error("KeyUsage {0} is not valid for the public key of a certificate")]
    Usage(KeyUsage),
}

/// One row of the table.
struct Row {
    asymmetric: bool,
    algorithm: fn(KeyAlgorithm) -> bool,
    modes: &'static [KeyModesOfUse],
}

impl Row {
    fn of(usage: KeyUsage) -> Self {
        let symmetric = |algorithm, modes| Self {
            asymmetric: false,
            algorithm,
            modes,
        };
        let asymmetric = |algorithm, modes| Self {
            asymmetric: true,
            algorithm,
            modes,
        };
        match usage {
            KeyUsage::B0 => symmetric(tdes_or_aes, DERIVE),
            // The service accepts AES for C0, E0 to E6, V1 and V2, though no operation uses it.
            KeyUsage::C0 => symmetric(tdes_or_aes, GENERATE),
            KeyUsage::D0 | KeyUsage::K0 | KeyUsage::K1 | KeyUsage::P0 => {
                symmetric(tdes_or_aes, ENCRYPT)
            }
            // INFERRED: P1 is in the enum and in no table; the AWS CLI's start-key-usage example
            // shows one that encrypts, decrypts, wraps and unwraps.
            KeyUsage::P1 => symmetric(tdes_or_aes, ENCRYPT),
            KeyUsage::E0 | KeyUsage::E1 | KeyUsage::E2 => symmetric(tdes_or_aes, DERIVE),
            KeyUsage::E4 | KeyUsage::E5 | KeyUsage::E6 => symmetric(tdes_or_aes, DERIVE),
            KeyUsage::M0 => symmetric(KeyAlgorithm::is_tdes, GENERATE_RESTRICTED),
            KeyUsage::M1 | KeyUsage::M3 => symmetric(KeyAlgorithm::is_tdes, GENERATE),
            KeyUsage::M6 => symmetric(tdes_or_aes, GENERATE),
            KeyUsage::M7 => symmetric(KeyAlgorithm::is_hmac, GENERATE),
            KeyUsage::V1 | KeyUsage::V2 => symmetric(tdes_or_aes, GENERATE),
            KeyUsage::D1 | KeyUsage::K2 => asymmetric(KeyAlgorithm::is_rsa, ENCRYPT_RESTRICTED),
            KeyUsage::K3 => asymmetric(KeyAlgorithm::is_ecc, &[KeyModesOfUse::DERIVE_KEY]),
            KeyUsage::S0 => asymmetric(rsa_or_ecc, &[KeyModesOfUse::SIGN, KeyModesOfUse::VERIFY]),
        }
    }

    fn check(
        &self,
        attributes: &KeyAttributes,
        class: KeyClass,
        modes: &[KeyModesOfUse],
    ) -> Result<(), IllegalAttributes> {
        let KeyAttributes {
            key_usage,
            key_class,
            key_algorithm,
            key_modes_of_use,
        } = *attributes;
        if key_class != class {
            return Err(IllegalAttributes::Class {
                usage: key_usage,
                present: key_class,
                required: class,
            });
        }
        if !(self.algorithm)(key_algorithm) {
            return Err(IllegalAttributes::Algorithm(key_usage, key_algorithm));
        }
        if !modes.contains(&key_modes_of_use) {
            return Err(IllegalAttributes::ModesOfUse(key_usage));
        }
        Ok(())
    }
}

fn tdes_or_aes(algorithm: KeyAlgorithm) -> bool {
    algorithm.is_tdes() || algorithm.is_aes()
}

fn rsa_or_ecc(algorithm: KeyAlgorithm) -> bool {
    algorithm.is_rsa() || algorithm.is_ecc()
}

const DERIVE: &[KeyModesOfUse] = &[KeyModesOfUse::DERIVE_KEY, KeyModesOfUse::NO_RESTRICTIONS];
const ENCRYPT: &[KeyModesOfUse] = &[
    KeyModesOfUse::ENCRYPT_DECRYPT_WRAP_UNWRAP,
    KeyModesOfUse::ENCRYPT_WRAP,
    KeyModesOfUse::DECRYPT_UNWRAP,
    KeyModesOfUse::NO_RESTRICTIONS,
];
const ENCRYPT_RESTRICTED: &[KeyModesOfUse] = &[
    KeyModesOfUse::ENCRYPT_DECRYPT_WRAP_UNWRAP,
    KeyModesOfUse::ENCRYPT_WRAP,
    KeyModesOfUse::DECRYPT_UNWRAP,
];
const GENERATE: &[KeyModesOfUse] = &[
    KeyModesOfUse::GENERATE,
    KeyModesOfUse::VERIFY,
    KeyModesOfUse::GENERATE_VERIFY,
    KeyModesOfUse::NO_RESTRICTIONS,
];
const GENERATE_RESTRICTED: &[KeyModesOfUse] = &[
    KeyModesOfUse::GENERATE,
    KeyModesOfUse::VERIFY,
    KeyModesOfUse::GENERATE_VERIFY,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every set of modes there is, 2^9 of them.
    fn all_modes() -> impl Iterator<Item = KeyModesOfUse> {
        (0..512u32).map(|bits| {
            let bit = |position: u32| bits >> position & 1 == 1;
            KeyModesOfUse {
                encrypt: bit(0),
                decrypt: bit(1),
                wrap: bit(2),
                unwrap: bit(3),
                generate: bit(4),
                sign: bit(5),
                verify: bit(6),
                derive_key: bit(7),
                no_restrictions: bit(8),
            }
        })
    }

    /// How many combinations of class, algorithm and modes each usage allows, counted by hand from
    /// the table: algorithms times mode sets.
    #[test]
    fn exactly_the_tabled_combinations_are_legal() {
        let expected = |usage| match usage {
            KeyUsage::B0 => 5 * 2,
            KeyUsage::C0 | KeyUsage::M6 | KeyUsage::P1 | KeyUsage::V1 | KeyUsage::V2 => 5 * 4,
            KeyUsage::D0 | KeyUsage::K0 | KeyUsage::K1 | KeyUsage::P0 => 5 * 4,
            KeyUsage::E0 | KeyUsage::E1 | KeyUsage::E2 => 5 * 2,
            KeyUsage::E4 | KeyUsage::E5 | KeyUsage::E6 => 5 * 2,
            KeyUsage::M0 => 2 * 3,
            KeyUsage::M1 | KeyUsage::M3 => 2 * 4,
            KeyUsage::M7 => 4 * 4,
            KeyUsage::D1 | KeyUsage::K2 => 3 * 3,
            KeyUsage::K3 => 3,
            KeyUsage::S0 => 3 * 2,
        };
        for usage in KeyUsage::ALL {
            assert_eq!(
                count(*usage, check_created_key),
                expected(*usage),
                "{usage}"
            );
        }
    }

    #[test]
    fn a_certificate_yields_only_the_public_half() {
        let expected = |usage| match usage {
            KeyUsage::D1 | KeyUsage::K2 => 3,
            KeyUsage::S0 => 6,
            _ => 0,
        };
        for usage in KeyUsage::ALL {
            assert_eq!(
                count(*usage, check_imported_public_key),
                expected(*usage),
                "{usage}"
            );
        }
    }

    #[test]
    fn a_data_key_with_encrypt_and_decrypt_only_is_refused() {
        let modes = KeyModesOfUse {
            encrypt: true,
            decrypt: true,
            ..Default::default()
        };
        let attributes = KeyAttributes {
            key_usage: KeyUsage::D0,
            key_class: KeyClass::SymmetricKey,
            key_algorithm: KeyAlgorithm::Aes128,
            key_modes_of_use: modes,
        };
        assert_eq!(
            check_created_key(&attributes),
            Err(IllegalAttributes::ModesOfUse(KeyUsage::D0))
        );
    }

    fn count(usage: KeyUsage, check: fn(&KeyAttributes) -> Result<(), IllegalAttributes>) -> usize {
        let mut legal = 0;
        for class in KeyClass::ALL {
            for algorithm in KeyAlgorithm::ALL {
                for modes in all_modes() {
                    let attributes = KeyAttributes {
                        key_usage: usage,
                        key_class: *class,
                        key_algorithm: *algorithm,
                        key_modes_of_use: modes,
                    };
                    legal += usize::from(check(&attributes).is_ok());
                }
            }
        }
        legal
    }
}
