//! Between the service's key attributes and the header of a key block (TR-31 and TR-34).

use keyblock::SymmetricAlgorithm;
use keyblock::tr31::{self, Exportability, Header, ModeOfUse, Version};
use serde::Deserialize;

use super::attributes::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage, wire_enum,
};
use super::legality::{self, IllegalAttributes};
use super::limits::text_of_length;

/// What a key is for, in the words of a key block: also an initial DUKPT key (B1) has this, for
/// which the service has no `KeyUsage`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyBlockPurpose {
    pub usage: tr31::KeyUsage,
    pub algorithm: SymmetricAlgorithm,
    pub modes_of_use: KeyModesOfUse,
}

impl KeyBlockPurpose {
    /// Of a symmetric key of the service; `None` for others.
    pub fn of(attributes: &KeyAttributes) -> Option<Self> {
        Some(Self {
            usage: code(attributes.key_usage).parse().ok()?,
            algorithm: attributes.key_algorithm.symmetric()?,
            modes_of_use: attributes.key_modes_of_use,
        })
    }

    /// Of the initial key derived from a base derivation key.
    pub fn initial_key(algorithm: SymmetricAlgorithm) -> Self {
        Self {
            usage: tr31::KeyUsage::B1,
            algorithm,
            modes_of_use: KeyModesOfUse::DERIVE_KEY,
        }
    }

    /// Whether a key of this usage and algorithm may have these modes.
    pub fn may_have(&self, modes: KeyModesOfUse) -> bool {
        let usage: &str = self.usage.into();
        match KeyUsage::ALL.iter().find(|known| code(**known) == usage) {
            Some(usage) => legality::check_created_key(&KeyAttributes {
                key_usage: *usage,
                key_class: KeyClass::SymmetricKey,
                key_algorithm: KeyAlgorithm::of_symmetric(self.algorithm),
                key_modes_of_use: modes,
            })
            .is_ok(),
            None => modes == KeyModesOfUse::DERIVE_KEY,
        }
    }

    /// The header of an exportable key; `None` if no letter stands for the modes of use.
    pub fn header(&self, version: Version) -> Option<Header> {
        let mode = mode_letter(self.modes_of_use)?;
        let mut header = Header::new(self.usage, self.algorithm, mode, version);
        if self.usage == tr31::KeyUsage::B1 {
            // As the guide's example of such a key block has it.
            header.exportability = Exportability::Sensitive;
        }
        Some(header)
    }
}

/// A TR-31 key block: 56 to 9984 of `[0-9a-zA-Z]`.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Tr31WrappedKeyBlock(String);

impl Tr31WrappedKeyBlock {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Tr31WrappedKeyBlock {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().all(|c| c.is_ascii_alphanumeric()) {
            text_of_length(text, 56, 9984).map(Self)
        } else {
            Err("value must match [0-9a-zA-Z]+".to_owned())
        }
    }
}

wire_enum! {
    /// The format of TR-34 key blocks: there is only one.
    Tr34KeyBlockFormat {
        X9Tr342012 = "X9_TR34_2012",
    }
}

/// The attributes of a key that came in a key block, and whether it may be exported again.
///
/// INFERRED: `S` (sensitive) counts as exportable, as `E` does.
pub fn imported_attributes(
    header: &Header,
    algorithm: SymmetricAlgorithm,
) -> Result<(KeyAttributes, bool), KeyBlockError> {
    if header.key_version.is_component() {
        return Err(KeyBlockError::Component);
    }
    let usage: &str = header.key_usage.into();
    let attributes = KeyAttributes {
        key_usage: KeyUsage::ALL
            .iter()
            .copied()
            .find(|known| code(*known) == usage)
            .ok_or(KeyBlockError::Usage(usage))?,
        key_class: KeyClass::SymmetricKey,
        key_algorithm: KeyAlgorithm::of_symmetric(algorithm),
        key_modes_of_use: modes_of_use(header.mode_of_use)?,
    };
    legality::check_created_key(&attributes)?;
    let exportable = header.exportability != Exportability::NonExportable;
    Ok((attributes, exportable))
}

/// Why the key in a key block cannot be one of the service's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyBlockError {
    #[error("the key block holds a component of a key and not a key")]
    Component,
    #[error(transparent)]
    Illegal(#[from] IllegalAttributes),
    #[error("no KeyModesOfUse stand for mode of use {0} of the key block")]
    ModeOfUse(&'static str),
    #[error("no KeyUsage stands for usage {0} of the key block")]
    Usage(&'static str),
}

/// The two characters after `TR31_`.
fn code(usage: KeyUsage) -> &'static str {
    &usage.as_str()[5..7]
}

/// The letter for a legal set of modes.
pub fn mode_letter(modes: KeyModesOfUse) -> Option<ModeOfUse> {
    MODES
        .iter()
        .find_map(|(letter, known)| (*known == modes).then_some(*letter))
}

fn modes_of_use(letter: ModeOfUse) -> Result<KeyModesOfUse, KeyBlockError> {
    MODES
        .iter()
        .find_map(|(known, modes)| (*known == letter).then_some(*modes))
        .ok_or(KeyBlockError::ModeOfUse(letter.into()))
}

const MODES: &[(ModeOfUse, KeyModesOfUse)] = &[
    (ModeOfUse::Decrypt, KeyModesOfUse::DECRYPT_UNWRAP),
    (ModeOfUse::DeriveKey, KeyModesOfUse::DERIVE_KEY),
    (ModeOfUse::Encrypt, KeyModesOfUse::ENCRYPT_WRAP),
    (
        ModeOfUse::EncryptAndDecrypt,
        KeyModesOfUse::ENCRYPT_DECRYPT_WRAP_UNWRAP,
    ),
    (ModeOfUse::Generate, KeyModesOfUse::GENERATE),
    (ModeOfUse::GenerateAndVerify, KeyModesOfUse::GENERATE_VERIFY),
    (ModeOfUse::NoRestrictions, KeyModesOfUse::NO_RESTRICTIONS),
    (ModeOfUse::Sign, KeyModesOfUse::SIGN),
    (ModeOfUse::Verify, KeyModesOfUse::VERIFY),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symmetric_usage_has_a_code_that_comes_back() {
        let mut seen = 0;
        for usage in KeyUsage::ALL {
            for algorithm in KeyAlgorithm::ALL {
                for (_, modes) in MODES {
                    let attributes = KeyAttributes {
                        key_usage: *usage,
                        key_class: KeyClass::SymmetricKey,
                        key_algorithm: *algorithm,
                        key_modes_of_use: *modes,
                    };
                    if legality::check_created_key(&attributes).is_err() {
                        continue;
                    }
                    let symmetric = algorithm.symmetric().unwrap();
                    let purpose = KeyBlockPurpose::of(&attributes).unwrap();
                    let header = purpose.header(Version::D).unwrap();
                    let back = imported_attributes(&header, symmetric);
                    assert_eq!(back, Ok((attributes, true)), "{usage} {algorithm}");
                    seen += 1;
                }
            }
        }
        // The symmetric rows of the table in `legality`: algorithms times sets of modes.
        assert_eq!(seen, 10 + 5 * 20 + 4 * 20 + 6 * 10 + 6 + 2 * 8 + 16);
    }

    #[test]
    fn what_the_service_does_not_have_is_refused() {
        let header = |text: &str| Header::decode(text).unwrap().header;
        let import = |text| imported_attributes(&header(text), SymmetricAlgorithm::Tdes2Key);
        assert_eq!(import("B0080B1TX00E0000"), Err(KeyBlockError::Usage("B1")));
        assert_eq!(
            import("B0080K0TY00E0000"),
            Err(KeyBlockError::ModeOfUse("Y"))
        );
        assert_eq!(import("B0080K0TBc1E0000"), Err(KeyBlockError::Component));
        assert!(matches!(
            import("B0080K0TC00E0000"),
            Err(KeyBlockError::Illegal(_))
        ));
        assert!(!import("B0080K0TB00N0000").unwrap().1);
        assert!(import("B0080K0TB00S0000").unwrap().1);
    }
}
