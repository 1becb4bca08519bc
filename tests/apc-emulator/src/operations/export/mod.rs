//! ExportKey.

use keyblock::ClearKey;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::crypto::certificates::Certificate;
use crate::crypto::material::KeyMaterial;
use crate::crypto::oaep::{self, WrappingKeySpec};
use crate::model::attributes::{KeyAlgorithm, KeyCheckValueAlgorithm, wire_enum};
use crate::model::certificate_text::CertificateText;
use crate::model::identifiers::{KeyArn, KeyIdentifier};
use crate::model::strength;
use crate::operations::authorities::{certificate_authority, check_certified};
use crate::operations::call::Call;
use crate::protocol::error::ServiceError;
use crate::protocol::input::not_emulated;

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
    not_emulated(export_dukpt_initial_key, "ExportDukptInitialKey")?;
    let moved = exportable_key(call, &export_key_identifier)?;
    let wrapped_key = match key_material {
        ExportKeyMaterial::KeyCryptogram(cryptogram) => cryptogram.wrap(call, &moved)?,
        ExportKeyMaterial::NotEmulated(kind) => {
            return Err(ServiceError::NotEmulated(format!("ExportKey with {kind}")));
        }
    };
    Ok(ExportKeyOutput { wrapped_key })
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
    export_dukpt_initial_key: Option<IgnoredAny>,
    /// Does not change the check value, see [`KeyAlgorithm::key_check_value_algorithm`].
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
    }
}

/// The union: exactly one member.
#[derive(Deserialize)]
#[serde(try_from = "ExportKeyMaterialWire")]
enum ExportKeyMaterial {
    KeyCryptogram(ExportKeyCryptogram),
    NotEmulated(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExportKeyMaterialWire {
    tr31_key_block: Option<IgnoredAny>,
    tr34_key_block: Option<IgnoredAny>,
    key_cryptogram: Option<ExportKeyCryptogram>,
    diffie_hellman_tr31_key_block: Option<IgnoredAny>,
    as2805_key_cryptogram: Option<IgnoredAny>,
}

impl TryFrom<ExportKeyMaterialWire> for ExportKeyMaterial {
    type Error = &'static str;

    fn try_from(wire: ExportKeyMaterialWire) -> Result<Self, Self::Error> {
        let later = |name: &str, member: Option<IgnoredAny>| {
            member.map(|_| Self::NotEmulated(name.to_owned()))
        };
        let mut members = [
            wire.key_cryptogram.map(Self::KeyCryptogram),
            later("Tr31KeyBlock", wire.tr31_key_block),
            later("Tr34KeyBlock", wire.tr34_key_block),
            later(
                "DiffieHellmanTr31KeyBlock",
                wire.diffie_hellman_tr31_key_block,
            ),
            later("As2805KeyCryptogram", wire.as2805_key_cryptogram),
        ]
        .into_iter()
        .flatten();
        match (members.next(), members.next()) {
            (Some(material), None) => Ok(material),
            _ => Err("exactly one kind of key material is required"),
        }
    }
}

/// RSA wrap: the raw key under RSA-OAEP to the key of a certificate.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExportKeyCryptogram {
    certificate_authority_public_key_identifier: KeyIdentifier,
    wrapping_key_certificate: CertificateText,
    #[serde(default)]
    wrapping_spec: WrappingKeySpec,
}

impl ExportKeyCryptogram {
    /// Nothing is asked of the wrapping certificate but a good signature by the authority, its
    /// dates and a strong enough RSA key: the service's samples use certificates without any
    /// extension, and even the self-signed authority itself.
    fn wrap(self, call: &mut Call<'_>, moved: &MovedKey) -> Result<WrappedKey, ServiceError> {
        let Self {
            certificate_authority_public_key_identifier: authority,
            wrapping_key_certificate,
            wrapping_spec,
        } = self;

        let certificate = Certificate::from_der(wrapping_key_certificate.der())?;
        let (authority_arn, authority) = certificate_authority(call, &authority)?;
        check_certified(&certificate, &authority)?;
        certificate.check_dates(call.now)?;
        if !strength::rsa_may_wrap(certificate.algorithm(), moved.algorithm) {
            return Err(ServiceError::Validation(format!(
                "a key of {} cannot leave under the weaker or unsuitable {}",
                moved.algorithm,
                certificate.algorithm()
            )));
        }

        let block = oaep::wrap(
            certificate.subject_public_key_info(),
            wrapping_spec,
            &moved.key,
        )?;
        Ok(WrappedKey {
            // INFERRED: for exports under a certificate, the ARN of the authority's key.
            wrapping_key_arn: authority_arn,
            wrapped_key_material_format: WrappedKeyMaterialFormat::KeyCryptogram,
            key_material: hex::encode_upper(block),
            key_check_value: moved.key.key_check_value().to_string(),
            key_check_value_algorithm: moved.algorithm.key_check_value_algorithm(),
        })
    }
}

/// A key that may leave.
struct MovedKey {
    algorithm: KeyAlgorithm,
    key: ClearKey,
}

/// The key to give out: symmetric, usable, exportable. INFERRED: a key that is not exportable is a
/// ValidationException.
fn exportable_key(
    call: &mut Call<'_>,
    identifier: &KeyIdentifier,
) -> Result<MovedKey, ServiceError> {
    let mut state = call.store.lock();
    let partition = state.partition(&call.scope, call.now);
    let record = call.resolve(partition, identifier)?;
    record.check_usable()?;
    if !record.exportable {
        return Err(ServiceError::Validation(format!(
            "{identifier} is not exportable"
        )));
    }
    match &record.material {
        KeyMaterial::Symmetric(key) => Ok(MovedKey {
            algorithm: record.attributes.key_algorithm,
            key: key.clone(),
        }),
        _ => Err(ServiceError::Validation(format!(
            "{identifier} is not a symmetric key"
        ))),
    }
}
