//! What the caller of ExportKey wants in the header of a key block.

use std::collections::BTreeMap;

use keyblock::tr31::{BlockId, Exportability, Header, KeyVersion};
use serde::Deserialize;

use super::attributes::{KeyModesOfUse, wire_enum};
use super::key_block::{KeyBlockPurpose, mode_letter};

/// `KeyBlockHeaders`: restrictions for the receiver, a key version, and optional blocks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct KeyBlockHeaders {
    key_modes_of_use: Option<KeyModesOfUse>,
    key_exportability: Option<KeyExportability>,
    key_version: Option<KeyVersionText>,
    optional_blocks: OptionalBlocks,
}

impl KeyBlockHeaders {
    /// Puts all of it into the header of a key with this purpose.
    pub fn apply(
        self,
        purpose: &KeyBlockPurpose,
        header: &mut Header,
    ) -> Result<(), KeyBlockHeadersError> {
        let Self {
            key_modes_of_use,
            key_exportability,
            key_version,
            optional_blocks,
        } = self;

        if let Some(modes) = key_modes_of_use {
            let narrower = modes.is_within(purpose.modes_of_use) && purpose.may_have(modes);
            header.mode_of_use = mode_letter(modes)
                .filter(|_| narrower)
                .ok_or(KeyBlockHeadersError::Wider)?;
        }
        // INFERRED: all three may be asked for. The model's text lets a SENSITIVE key leave in more
        // ways than an EXPORTABLE one, but a key of the service is only exportable or not.
        if let Some(exportability) = key_exportability {
            header.exportability = exportability.into();
        }
        if let Some(KeyVersionText(version)) = key_version {
            header.key_version = version;
        }
        for (id, data) in optional_blocks.0 {
            header
                .optional_blocks
                .push(id, &data)
                .map_err(|_| KeyBlockHeadersError::ReservedBlock(id))?;
        }
        Ok(())
    }
}

/// Why headers cannot be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyBlockHeadersError {
    #[error("KeyBlockHeaders: optional block {0} is written by the service itself")]
    ReservedBlock(BlockId),
    #[error(
        "KeyBlockHeaders: KeyModesOfUse can only be more restrictive than those of the key, and fit \
         its usage"
    )]
    Wider,
}

wire_enum! {
    /// Whether the receiver may export the key again.
    KeyExportability {
        Exportable = "EXPORTABLE",
        NonExportable = "NON_EXPORTABLE",
        Sensitive = "SENSITIVE",
    }
}

impl From<KeyExportability> for Exportability {
    fn from(exportability: KeyExportability) -> Self {
        match exportability {
            KeyExportability::Exportable => Self::Exportable,
            KeyExportability::NonExportable => Self::NonExportable,
            KeyExportability::Sensitive => Self::Sensitive,
        }
    }
}

/// `[0-9A-Z]{2}`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct KeyVersionText(KeyVersion);

impl TryFrom<String> for KeyVersionText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.parse::<KeyVersion>() {
            Ok(version) if !version.is_component() => Ok(Self(version)),
            _ => Err("value must match [0-9A-Z]{2}"),
        }
    }
}

/// Ids of `[0-9A-Z]{2}`, values of 1 to 108 of `[0-9a-zA-Z]`; 112 characters in all, where every
/// block counts four for its id and length.
///
/// INFERRED: they are written in the order of their ids. `HM` and `PB` are the service's own, and
/// `KP` is for import only.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
struct OptionalBlocks(Vec<(BlockId, String)>);

impl TryFrom<BTreeMap<String, String>> for OptionalBlocks {
    type Error = String;

    fn try_from(map: BTreeMap<String, String>) -> Result<Self, String> {
        let total: usize = map.values().map(|value| 4 + value.len()).sum();
        if total > 112 {
            return Err("optional blocks must have at most 112 characters in all".to_owned());
        }
        map.into_iter()
            .map(|(id, value)| {
                let id: BlockId = id
                    .parse()
                    .map_err(|_| "an id must match [0-9A-Z]{2}".to_owned())?;
                if [BlockId::HM, BlockId::KP, BlockId::PB].contains(&id) {
                    return Err(format!("optional block {id} cannot be asked for"));
                }
                let alphanumeric = value.chars().all(|c| c.is_ascii_alphanumeric());
                if alphanumeric && (1..=108).contains(&value.len()) {
                    Ok((id, value))
                } else {
                    Err("a value must be 1 to 108 of [0-9a-zA-Z]".to_owned())
                }
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use keyblock::SymmetricAlgorithm;
    use keyblock::tr31::{KeyUsage, ModeOfUse, Version};
    use serde_json::{Value, json};

    use super::*;

    const PURPOSE: KeyBlockPurpose = KeyBlockPurpose {
        usage: KeyUsage::K0,
        algorithm: SymmetricAlgorithm::Tdes2Key,
        modes_of_use: KeyModesOfUse::ENCRYPT_DECRYPT_WRAP_UNWRAP,
    };

    fn parse(value: Value) -> Result<KeyBlockHeaders, serde_json::Error> {
        serde_json::from_value(value)
    }

    fn apply(value: Value) -> Result<Header, KeyBlockHeadersError> {
        let mut header = PURPOSE.header(Version::B).unwrap();
        parse(value).unwrap().apply(&PURPOSE, &mut header)?;
        Ok(header)
    }

    #[test]
    fn headers_restrict_and_add() {
        let header = apply(json!({
            "KeyModesOfUse": { "Decrypt": true, "Unwrap": true },
            "KeyExportability": "NON_EXPORTABLE",
            "KeyVersion": "A7",
            "OptionalBlocks": { "KS": "0123456789" },
        }))
        .unwrap();
        assert_eq!(header.mode_of_use, ModeOfUse::Decrypt);
        assert_eq!(header.exportability, Exportability::NonExportable);
        assert_eq!(header.key_version.to_string(), "A7");
        assert_eq!(header.optional_blocks.get(BlockId::KS), Some("0123456789"));
        assert_eq!(
            apply(json!({})).unwrap(),
            PURPOSE.header(Version::B).unwrap()
        );
    }

    #[test]
    fn headers_do_not_widen() {
        let modes = |modes: Value| apply(json!({ "KeyModesOfUse": modes }));
        assert_eq!(
            modes(json!({ "NoRestrictions": true })),
            Err(KeyBlockHeadersError::Wider)
        );
        assert_eq!(
            modes(json!({ "Encrypt": true, "Generate": true })),
            Err(KeyBlockHeadersError::Wider)
        );
        assert_eq!(
            modes(json!({ "Encrypt": true })),
            Err(KeyBlockHeadersError::Wider)
        );
    }

    #[test]
    fn without_restrictions_there_is_still_the_usage() {
        let purpose = KeyBlockPurpose {
            modes_of_use: KeyModesOfUse::NO_RESTRICTIONS,
            ..PURPOSE
        };
        let modes = |modes: Value| {
            let mut header = purpose.header(Version::B).unwrap();
            let headers = parse(json!({ "KeyModesOfUse": modes })).unwrap();
            headers.apply(&purpose, &mut header)
        };
        assert_eq!(modes(json!({ "Encrypt": true, "Wrap": true })), Ok(()));
        for wrong in [
            json!({ "Sign": true }),
            json!({ "DeriveKey": true }),
            json!({ "Generate": true, "Verify": true }),
        ] {
            let refused = modes(wrong.clone());
            assert_eq!(refused, Err(KeyBlockHeadersError::Wider), "{wrong}");
        }
    }

    #[test]
    fn optional_blocks_have_patterns_and_a_limit_together() {
        for wrong in [
            json!({ "ks": "1" }),
            json!({ "KS1": "1" }),
            json!({ "KS": "" }),
            json!({ "KS": "1 2" }),
            json!({ "KS": "1".repeat(109) }),
            json!({ "KS": "1".repeat(60), "KC": "1".repeat(45) }),
            json!({ "PB": "1" }),
            json!({ "HM": "21" }),
        ] {
            let blocks = json!({ "OptionalBlocks": wrong });
            assert!(parse(blocks.clone()).is_err(), "{blocks}");
        }
        assert!(parse(json!({ "OptionalBlocks": { "KS": "1".repeat(108) } })).is_ok());
        assert!(parse(json!({ "KeyVersion": "c1" })).is_err());
    }
}
