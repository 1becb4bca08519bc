//! RSA unwrap: a raw key under RSA-OAEP to the key of GetParametersForImport.

use keyblock::ClearKey;
use serde::Deserialize;

use super::Imported;
use crate::crypto::material::KeyMaterial;
use crate::crypto::oaep::{self, WrappingKeySpec};
use crate::model::attributes::{KeyAttributes, KeyClass};
use crate::model::exchange_token::{ImportToken, KeyMaterialType};
use crate::model::hex_text::WrappedKeyCryptogram;
use crate::model::{legality, strength};
use crate::operations::call::Call;
use crate::operations::parameters::pair_of_token;
use crate::protocol::error::ServiceError;

/// A cryptogram carries nothing but the key, so the attributes come with the request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyCryptogram {
    key_attributes: KeyAttributes,
    exportable: bool,
    wrapped_key_cryptogram: WrappedKeyCryptogram,
    import_token: ImportToken,
    #[serde(default)]
    wrapping_spec: WrappingKeySpec,
}

impl KeyCryptogram {
    pub(super) fn open(self, call: &Call<'_>) -> Result<Imported, ServiceError> {
        let Self {
            key_attributes,
            exportable,
            wrapped_key_cryptogram,
            import_token: ImportToken(token),
            wrapping_spec,
        } = self;

        legality::check_created_key(&key_attributes)?;
        let moved = key_attributes.key_algorithm;
        let Some(algorithm) = moved.symmetric() else {
            let class = KeyClass::SymmetricKey;
            let message = format!("KeyAttributes: a key cryptogram holds a {class}");
            return Err(ServiceError::Validation(message));
        };
        let token = token.ok_or_else(|| {
            ServiceError::Validation("ImportToken: the token is empty".to_owned())
        })?;
        let pair = pair_of_token(call, &token, KeyMaterialType::KeyCryptogram)?;
        let wrapping = pair.algorithm;
        strength::check(strength::rsa_may_wrap, wrapping, moved)?;

        let refused = || {
            ServiceError::Validation(format!(
                "WrappedKeyCryptogram: not a key of {moved} under the key of {token}"
            ))
        };
        let cryptogram = wrapped_key_cryptogram.bytes();
        let bytes =
            oaep::unwrap(&pair.private_key, wrapping_spec, cryptogram).map_err(|_| refused())?;
        let key = ClearKey::new(algorithm, bytes).map_err(|_| refused())?;
        Ok(Imported {
            attributes: key_attributes,
            exportable,
            material: KeyMaterial::Symmetric(key),
        })
    }
}
