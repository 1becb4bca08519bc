//! ExportKey.

mod as2805;
mod key_cryptogram;
mod moved_key;
mod tr31;
mod tr34;

use serde::{Deserialize, Serialize};

use as2805::As2805KeyCryptogram;
use key_cryptogram::KeyCryptogram;
use moved_key::{ExportDukptInitialKey, MovedKey};
use tr31::{DiffieHellmanTr31KeyBlock, Tr31KeyBlock};
use tr34::Tr34KeyBlock;

use crate::model::attributes::{KeyCheckValueAlgorithm, wire_enum};
use crate::model::identifiers::{KeyArn, KeyIdentifier};
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;

/// Gives a key out, protected by another one.
pub fn export_key(
    call: &mut Call<'_>,
    input: ExportKeyInput,
) -> Result<ExportKeyOutput, ServiceError> {
    let ExportKeyInput {
        key_material,
        export_key_identifier,
        export_attributes,
    } = input;

    let ExportAttributes {
        export_dukpt_initial_key,
        key_check_value_algorithm: _,
    } = export_attributes;
    let moved = MovedKey::find(call, &export_key_identifier)?;
    let moved = match export_dukpt_initial_key {
        Some(initial_key) => initial_key.derive(moved)?,
        None => moved,
    };
    let wrapped = key_material.wrap(call, &moved)?;
    Ok(ExportKeyOutput {
        wrapped_key: WrappedKey {
            wrapping_key_arn: wrapped.wrapping_key_arn,
            wrapped_key_material_format: wrapped.format,
            key_material: wrapped.key_material,
            key_check_value: moved.key.key_check_value().to_string(),
            key_check_value_algorithm: moved.algorithm.key_check_value_algorithm(),
        },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExportKeyInput {
    key_material: ExportKeyMaterial,
    export_key_identifier: KeyIdentifier,
    #[serde(default)]
    export_attributes: ExportAttributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExportAttributes {
    export_dukpt_initial_key: Option<ExportDukptInitialKey>,
    /// Does not change the check value, see
    /// [`crate::model::attributes::KeyAlgorithm::key_check_value_algorithm`].
    #[expect(dead_code, reason = "checked for its form, then ignored")]
    key_check_value_algorithm: Option<KeyCheckValueAlgorithm>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExportKeyOutput {
    wrapped_key: WrappedKey,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WrappedKey {
    wrapping_key_arn: KeyArn,
    wrapped_key_material_format: WrappedKeyMaterialFormat,
    key_material: String,
    key_check_value: String,
    key_check_value_algorithm: KeyCheckValueAlgorithm,
}

wire_enum! {
    /// What `KeyMaterial` of an answer is.
    WrappedKeyMaterialFormat {
        KeyCryptogram = "KEY_CRYPTOGRAM",
        Tr31KeyBlock = "TR31_KEY_BLOCK",
        Tr34KeyBlock = "TR34_KEY_BLOCK",
    }
}

/// The union: exactly one member, which is how serde reads an enum from an object.
#[derive(Deserialize)]
enum ExportKeyMaterial {
    As2805KeyCryptogram(As2805KeyCryptogram),
    DiffieHellmanTr31KeyBlock(DiffieHellmanTr31KeyBlock),
    KeyCryptogram(KeyCryptogram),
    Tr31KeyBlock(Tr31KeyBlock),
    Tr34KeyBlock(Tr34KeyBlock),
}

impl ExportKeyMaterial {
    fn wrap(self, call: &mut Call<'_>, moved: &MovedKey) -> Result<Wrapped, ServiceError> {
        match self {
            Self::As2805KeyCryptogram(cryptogram) => cryptogram.wrap(call, moved),
            Self::DiffieHellmanTr31KeyBlock(block) => block.wrap(call, moved),
            Self::KeyCryptogram(cryptogram) => cryptogram.wrap(call, moved),
            Self::Tr31KeyBlock(block) => block.wrap(call, moved),
            Self::Tr34KeyBlock(block) => block.wrap(call, moved),
        }
    }
}

/// A key on its way out.
struct Wrapped {
    format: WrappedKeyMaterialFormat,
    key_material: String,
    /// INFERRED: for exports under a certificate the ARN of the authority's key, for those under an
    /// agreed key the ARN of the service's own pair.
    wrapping_key_arn: KeyArn,
}
