//! Base derivation keys: which serial numbers go with one, and under which KEK its initial keys may
//! leave.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::serial_number::{AES_DIGITS, SerialNumber, TDES_DIGITS};
use crate::algorithms::KekAlgorithm;

/// A base derivation key in Payment Cryptography (usage `TR31_B0_BASE_DERIVATION_KEY`).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bdk {
    pub key_arn: String,
    pub algorithm: BdkAlgorithm,
    /// Key check value, hex.
    pub kcv: String,
}

/// Algorithm of a BDK, and with it of its initial keys. A triple-length TDES key is none.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(non_camel_case_types)]
pub enum BdkAlgorithm {
    AES_128,
    AES_192,
    AES_256,
    TDES_2KEY,
}

impl BdkAlgorithm {
    pub const ALL: [Self; 4] = [Self::AES_128, Self::AES_192, Self::AES_256, Self::TDES_2KEY];

    /// As Payment Cryptography spells it.
    pub fn as_str(self) -> &'static str {
        self.as_travelling().as_str()
    }

    pub fn of_service(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// Digits of the serial numbers that go with it.
    pub fn serial_number_digits(self) -> usize {
        match self {
            Self::AES_128 | Self::AES_192 | Self::AES_256 => AES_DIGITS,
            Self::TDES_2KEY => TDES_DIGITS,
        }
    }

    /// As the header of a key block has it (ANSI X9.143).
    pub fn letter(self) -> char {
        match self {
            Self::AES_128 | Self::AES_192 | Self::AES_256 => 'A',
            Self::TDES_2KEY => 'T',
        }
    }

    /// The optional block that tells the terminal which key it is: the whole serial number in `KS` for
    /// TDES, the initial key identifier in `IK` for AES (ANSI X9.143).
    pub fn optional_block(self, serial_number: &SerialNumber) -> (&'static str, String) {
        match self {
            Self::AES_128 | Self::AES_192 | Self::AES_256 => {
                ("IK", serial_number.initial_key_id().hex())
            }
            Self::TDES_2KEY => ("KS", serial_number.as_str().to_owned()),
        }
    }

    /// Whether the KEK is as strong as the initial keys.
    pub fn may_travel_under(self, kek: KekAlgorithm) -> bool {
        kek.may_protect(self.as_travelling())
    }

    /// Of what leaves: an initial key is as strong as a KEK of the same algorithm, and the tables of which
    /// key may carry which are the same for both.
    pub fn as_travelling(self) -> KekAlgorithm {
        match self {
            Self::AES_128 => KekAlgorithm::AES_128,
            Self::AES_192 => KekAlgorithm::AES_192,
            Self::AES_256 => KekAlgorithm::AES_256,
            Self::TDES_2KEY => KekAlgorithm::TDES_2KEY,
        }
    }
}

impl fmt::Display for BdkAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The usage of a BDK, as Payment Cryptography spells it.
pub const BDK_USAGE: &str = "TR31_B0_BASE_DERIVATION_KEY";

/// Why a key is not the BDK that was asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnfitBdk {
    #[error("its algorithm is {found}, the profile says {expected}")]
    Algorithm {
        found: String,
        expected: BdkAlgorithm,
    },
    #[error("it is disabled or not (any more) complete: {0}")]
    NotReady(String),
    #[error("it is not exportable, and neither are its initial keys")]
    NotExportable,
    #[error("a {kek} KEK is weaker than {bdk} initial keys")]
    StrongerThanKek {
        bdk: BdkAlgorithm,
        kek: KekAlgorithm,
    },
    #[error("its usage is {0}, {BDK_USAGE} is needed")]
    Usage(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_initial_key_leaves_under_a_weaker_kek() {
        use KekAlgorithm::{AES_128, AES_192, AES_256, TDES_2KEY, TDES_3KEY};
        for (bdk, keks) in [
            (BdkAlgorithm::TDES_2KEY, &KekAlgorithm::ALL[..]),
            (BdkAlgorithm::AES_128, &[AES_128, AES_192, AES_256]),
            (BdkAlgorithm::AES_192, &[AES_192, AES_256]),
            (BdkAlgorithm::AES_256, &[AES_256]),
        ] {
            for kek in [AES_128, AES_192, AES_256, TDES_2KEY, TDES_3KEY] {
                assert_eq!(
                    bdk.may_travel_under(kek),
                    keks.contains(&kek),
                    "{bdk} {kek}"
                );
            }
        }
    }

    #[test]
    fn a_triple_length_key_is_no_bdk() {
        assert_eq!(BdkAlgorithm::of_service("TDES_3KEY"), None);
        for algorithm in BdkAlgorithm::ALL {
            assert_eq!(
                BdkAlgorithm::of_service(algorithm.as_str()),
                Some(algorithm)
            );
        }
    }

    #[test]
    fn a_block_may_say_whose_key_it_is() {
        let tdes = SerialNumber::parse("FFFF9876543210E00000").unwrap();
        let block = BdkAlgorithm::TDES_2KEY.optional_block(&tdes);
        assert_eq!(block, ("KS", "FFFF9876543210E00000".to_owned()));
        let aes = SerialNumber::parse("123456789012345600000000").unwrap();
        let block = BdkAlgorithm::AES_256.optional_block(&aes);
        assert_eq!(block, ("IK", "1234567890123456".to_owned()));
    }
}
